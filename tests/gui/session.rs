//! Stories of coming back: the window is as it was left.

use crate::support::{Desk, objects_on_disk};
use egui::{Key, Modifiers};
use serde_json::Value;

#[test]
fn what_was_open_is_there_again() {
    let (mut desk, root) = Desk::with_project();
    desk.press_with(Modifiers::COMMAND, Key::A);
    desk.see("60 selected");
    let kept = desk.harness.state().kept();
    drop(desk.harness);
    let mut again = Desk::restored(&kept);
    again.harness.state_mut().open_at_start(None, Vec::new());
    again.see("60 selected");
    again.see_part("sky   60 objects");
    assert!(root.is_dir());
}

#[test]
fn filter_theme_layout_lists_and_the_object_looked_at_come_back() {
    let (mut desk, root) = Desk::with_project();
    let objects = objects_on_disk(&root);
    desk.see_part("Plain outlier score");
    desk.press_with(Modifiers::COMMAND, Key::T);
    // A filter, a column out of the way and another moved, rows sorted.
    desk.press_with(Modifiers::COMMAND, Key::Num4);
    desk.see("Sort by mag_r");
    desk.click("Columns");
    desk.click("Show mag_g");
    desk.gone("Sort by mag_g");
    desk.click("Move mag_r up");
    desk.press(Key::Escape);
    desk.press(Key::Escape);
    desk.click("Sort by mag_r");
    desk.see("Sort by mag_r, now ascending");
    desk.click_field("Filter");
    desk.write("mag_r < 23");
    desk.press(Key::Enter);
    desk.see_part("filter shows ");
    let shown = part(&desk, "filter shows ");
    let columns = headers(&desk);
    // One object among those shown, the list of the strangest, another pane in front.
    let row = desk.listed("Row ")[1].0.clone();
    desk.click(&format!("Row {row}"));
    desk.see("1 selected");
    desk.press_with(Modifiers::COMMAND, Key::Num1);
    desk.see_part("Cutout of ");
    desk.click("Strangest");
    // Any list before this one is in the order of the names.
    let listed = desk.until_tiles("another order", |tiles| !tiles.is_sorted_by_key(|t| &t.0));
    desk.press_with(Modifiers::COMMAND, Key::Num5);
    desk.press_with(Modifiers::COMMAND, Key::Num4);
    desk.see(&format!("Row {row}"));
    let kept = desk.harness.state().kept();
    drop(desk.harness);

    let mut again = Desk::restored(&kept);
    again.harness.state_mut().open_at_start(None, Vec::new());
    again.see("1 selected");
    again.see(&format!("filter shows {shown}"));
    again.see("Sort by mag_r, now ascending");
    assert_eq!(headers(&again), columns, "the columns in their order");
    again.see(&format!("Row {row}"));
    let rows = again.listed("Row ");
    assert!(rows.contains(&(row.clone(), true)), "{rows:?}");
    let now: Value = serde_json::from_str(&again.harness.state().kept()).unwrap();
    let before: Value = serde_json::from_str(&kept).unwrap();
    let new: Value = serde_json::from_str(&Desk::new().harness.state().kept()).unwrap();
    assert_ne!(
        before["tree"], new["tree"],
        "another pane is in front than at first"
    );
    for what in ["settings", "tree", "selection", "focus", "filter"] {
        assert_eq!(now[what], before[what], "{what}");
    }
    for pane in ["gallery", "table", "labels", "inspector"] {
        assert_eq!(now["panels"][pane], before["panels"][pane], "{pane}");
    }
    let focus = now["focus"].as_u64().unwrap() as usize;
    assert_eq!(objects[focus].name, row);
    assert_eq!(now["settings"]["theme"], "Light");
    again.press_with(Modifiers::COMMAND, Key::Num1);
    again.until_tiles("the strangest, in their order", |tiles| tiles == listed);
}

/// The rest of the label that begins so.
fn part(desk: &Desk, start: &str) -> String {
    let mut labels = desk.seen().into_iter();
    labels
        .find_map(|l| l.strip_prefix(start).map(str::to_owned))
        .unwrap()
}

/// Headers of the table from left to right.
fn headers(desk: &Desk) -> Vec<String> {
    desk.listed("Sort by ").into_iter().map(|h| h.0).collect()
}
