//! Stories of labelling: what is on the screen is on the disk.

use crate::support::{Desk, labels_on_disk, marks_on_disk};
use egui::accesskit::Toggled;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

/// Makes a class as a person does: N, its name, Enter.
pub fn new_class(desk: &mut Desk, name: &str) {
    desk.press(Key::N);
    desk.see("New class");
    desk.frame();
    desk.write(name);
    desk.press(Key::Enter);
    desk.see_part(name);
}

#[test]
fn keys_label_and_undo_and_redo_agree_with_the_journal() {
    let (mut desk, root) = Desk::with_project();
    new_class(&mut desk, "ring");
    new_class(&mut desk, "plain");
    assert!(
        labels_on_disk(&root).is_empty(),
        "a class without labels is not written"
    );

    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::Num1);
    desk.see("1 of 60 labelled");
    assert_eq!(labels_on_disk(&root).into_values().collect::<Vec<_>>(), ["ring"]);
    // The hand went on to the next object by itself.
    desk.press(Key::Num2);
    desk.see("2 of 60 labelled");
    let both = labels_on_disk(&root);
    assert_eq!(both.values().collect::<Vec<_>>(), ["ring", "plain"]);

    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.see("1 of 60 labelled");
    assert_eq!(labels_on_disk(&root).into_values().collect::<Vec<_>>(), ["ring"]);
    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.gone("1 of 60 labelled");
    assert!(labels_on_disk(&root).is_empty());

    let redo = Modifiers::COMMAND | Modifiers::SHIFT;
    desk.press_with(redo, Key::Z);
    desk.see("1 of 60 labelled");
    desk.press_with(redo, Key::Z);
    desk.see("2 of 60 labelled");
    assert_eq!(labels_on_disk(&root), both, "redo gives what undo took");
}

#[test]
fn several_objects_take_one_label_and_give_it_back_in_one_step() {
    let (mut desk, root) = Desk::with_project();
    new_class(&mut desk, "all of them");
    desk.press_with(Modifiers::COMMAND, Key::A);
    desk.see("60 selected");
    desk.press(Key::Num1);
    desk.see("60 of 60 labelled");
    assert_eq!(labels_on_disk(&root).len(), 60);
    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.gone("60 of 60 labelled");
    assert!(labels_on_disk(&root).is_empty());
}

/// The object that the selection names in the table's and the gallery's eyes: the one selected tile.
fn looked_at(desk: &mut Desk) -> String {
    desk.see("1 selected");
    desk.until("one selected cutout", |h| selected(h).len() == 1);
    selected(&desk.harness).remove(0)
}

fn selected(harness: &egui_kittest::Harness<'_, astrolabel::app::Window>) -> Vec<String> {
    let tiles = harness.query_all_by_label_contains("Cutout of ");
    let chosen = tiles.filter(|n| n.accesskit_node().toggled() == Some(Toggled::True));
    chosen.filter_map(|n| n.accesskit_node().label()).collect()
}

#[test]
fn arrows_step_through_the_gallery_and_the_way_back_is_known() {
    let (mut desk, _) = Desk::with_project();
    desk.see_part("Cutout of ");
    let order: Vec<String> = desk
        .tiles()
        .into_iter()
        .map(|t| format!("Cutout of {}", t.0))
        .collect();
    desk.press(Key::ArrowRight);
    assert_eq!(looked_at(&mut desk), order[0]);
    desk.press(Key::ArrowRight);
    assert_eq!(looked_at(&mut desk), order[1]);
    desk.press(Key::ArrowRight);
    assert_eq!(looked_at(&mut desk), order[2]);
    desk.press(Key::ArrowLeft);
    assert_eq!(looked_at(&mut desk), order[1]);
    desk.press_with(Modifiers::COMMAND, Key::A);
    desk.see("60 selected");

    // Back through all of it, and forward again.
    for wanted in [1, 2, 1, 0] {
        desk.press_with(Modifiers::ALT, Key::ArrowLeft);
        assert_eq!(looked_at(&mut desk), order[wanted]);
    }
    desk.press_with(Modifiers::ALT, Key::ArrowLeft);
    desk.see("0 selected");
    for wanted in [0, 1, 2, 1] {
        desk.press_with(Modifiers::ALT, Key::ArrowRight);
        assert_eq!(looked_at(&mut desk), order[wanted]);
    }
    desk.press_with(Modifiers::ALT, Key::ArrowRight);
    desk.see("60 selected");
    // A new choice ends the way forward.
    desk.press_with(Modifiers::ALT, Key::ArrowLeft);
    desk.press(Key::ArrowRight);
    assert_eq!(looked_at(&mut desk), order[2]);
    desk.press_with(Modifiers::ALT, Key::ArrowRight);
    assert_eq!(looked_at(&mut desk), order[2]);
}

#[test]
fn space_goes_on_to_what_is_worth_labelling_and_gives_no_label() {
    let (mut desk, root) = Desk::with_project();
    new_class(&mut desk, "ring");
    new_class(&mut desk, "plain");
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::Num1);
    desk.see("1 of 60 labelled");
    desk.press(Key::Num2);
    desk.see("2 of 60 labelled");
    // What both labels taught makes a new queue; Space walks through it in its order.
    desk.see_part(" % or ");
    let queue = desk.listed("Label next: ");
    assert!(queue.len() > 3, "{queue:?}");
    // From within the queue it would go on from there.
    desk.press(Key::Escape);
    desk.see("0 selected");
    for (wanted, _) in queue.iter().take(3) {
        desk.press(Key::Space);
        assert_eq!(looked_at(&mut desk), format!("Cutout of {wanted}"));
    }
    assert_eq!(labels_on_disk(&root).len(), 2, "skipping labels nothing");
}

#[test]
fn marks_are_taken_back_and_given_again() {
    let (mut desk, root) = Desk::with_project();
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::I);
    desk.see_part("Interesting (1)");
    desk.press(Key::ArrowRight);
    desk.press(Key::O);
    desk.see_part("Ordinary (1)");
    let both = marks_on_disk(&root);
    assert_eq!(both.values().collect::<Vec<_>>(), ["interesting", "ordinary"]);
    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.see_part("Ordinary (0)");
    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.see_part("Interesting (0)");
    assert!(marks_on_disk(&root).is_empty());
    let redo = Modifiers::COMMAND | Modifiers::SHIFT;
    desk.press_with(redo, Key::Z);
    desk.see_part("Interesting (1)");
    desk.press_with(redo, Key::Z);
    desk.see_part("Ordinary (1)");
    assert_eq!(marks_on_disk(&root), both, "redo gives what undo took");
    desk.press(Key::U);
    desk.see_part("Ordinary (0)");
    assert_eq!(marks_on_disk(&root).len(), 1);
}

#[test]
fn a_class_without_labels_is_there_after_the_project_was_read_again() {
    let (mut desk, root) = Desk::with_project();
    new_class(&mut desk, "ring");
    desk.command("map: principal components");
    // The map is there once the project was read again with it.
    desk.see_part("Map of objects");
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::Num1);
    desk.see("1 of 60 labelled");
    assert_eq!(labels_on_disk(&root).into_values().collect::<Vec<_>>(), ["ring"]);
}
