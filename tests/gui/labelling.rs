//! Stories of labelling: what is on the screen is on the disk.

use crate::support::{Desk, labels_on_disk};
use egui::{Key, Modifiers};

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
