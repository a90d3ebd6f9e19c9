//! Stories of the table and its filter.

use crate::support::{Desk, labels_on_disk};
use egui::{Key, Modifiers, OutputCommand};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::Path;

/// A window with a project and the table in front.
fn table() -> (Desk, std::path::PathBuf) {
    let (mut desk, root) = Desk::with_project();
    desk.press_with(Modifiers::COMMAND, Key::Num4);
    desk.see("60 objects");
    desk.see_part("Row ");
    (desk, root)
}

/// A column of the project as it would be exported.
fn column(root: &Path, name: &str) -> Vec<f64> {
    crate::support::columns_on_disk(root).numbers(name).unwrap()
}

/// Names of the rows on the screen, from above.
fn rows(desk: &Desk) -> Vec<String> {
    let mut found: Vec<(i32, String)> = desk
        .harness
        .query_all_by_label_contains("Row ")
        .map(|n| (n.rect().top() as i32, n.accesskit_node().label().unwrap()))
        .collect();
    found.sort();
    found.into_iter().map(|(_, name)| name).collect()
}

fn filter_by(desk: &mut Desk, text: &str) {
    desk.click_field("Filter");
    desk.press_with(Modifiers::COMMAND, Key::A);
    desk.write(text);
    desk.press(Key::Enter);
}

#[test]
fn a_filter_shows_what_it_says_and_a_mistake_is_explained() {
    let (mut desk, root) = table();
    let magnitudes = column(&root, "mag_r");
    let bright = magnitudes.iter().filter(|m| **m < 21.0).count();
    assert!(0 < bright && bright < 60, "{magnitudes:?}");

    filter_by(&mut desk, "mag_r < 21");
    let told = format!("{bright} of 60");
    desk.see(&told);
    desk.see(&format!("filter shows {bright} of 60"));
    desk.picture("table-filtered");

    filter_by(&mut desk, "mga_r < 21");
    desk.see("Character 1: there is no column mga_r; did you mean mag_r?");
    assert!(desk.has(&told), "the filter before it still holds");
    desk.picture("table-mistake");

    filter_by(&mut desk, "mag_r < 0");
    desk.see("No object passes the filter.");
    desk.picture("table-empty");
    desk.click("Show all objects");
    desk.see("60 objects");

    desk.click("Recent filters");
    desk.click("mag_r < 21");
    desk.see(&told);
    desk.click("Select all shown");
    desk.see(&format!("{bright} selected"));
    desk.click("Clear filter");
    desk.see("60 objects");
}

#[test]
fn a_filter_over_labels_follows_the_hand_that_labels() {
    let (mut desk, root) = table();
    crate::labelling::new_class(&mut desk, "ring");
    filter_by(&mut desk, "label == \"ring\"");
    desk.see("No object passes the filter.");
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::Num1);
    desk.see("1 of 60");
    assert_eq!(labels_on_disk(&root).len(), 1);
    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.see("No object passes the filter.");
}

#[test]
fn a_header_sorts_and_rows_are_chosen_by_click_and_keys() {
    let (mut desk, _) = table();
    let first = rows(&desk);
    desk.click("Sort by mag_r");
    desk.see("Sort by mag_r, now ascending");
    desk.until("the sorted rows", |h| {
        let top = h
            .query_all_by_label_contains("Row ")
            .min_by_key(|n| n.rect().top() as i32)
            .and_then(|n| n.accesskit_node().label());
        top.is_some_and(|t| t != first[0])
    });
    let sorted = rows(&desk);
    desk.click(&sorted[0]);
    desk.see("1 selected");
    desk.click_with(Modifiers::SHIFT, &sorted[4]);
    desk.see("5 selected");
    desk.click_with(Modifiers::COMMAND, &sorted[2]);
    desk.see("4 selected");
    desk.click(&sorted[1]);
    desk.see("1 selected");
    desk.press_with(Modifiers::SHIFT, Key::ArrowDown);
    desk.press_with(Modifiers::SHIFT, Key::ArrowDown);
    desk.see("3 selected");
    desk.press(Key::End);
    desk.see("1 selected");
    desk.until("the last rows", |h| {
        h.query_all_by_label_contains(sorted[0].as_str()).next().is_none()
    });
    desk.picture("table-end");
    assert!(desk.has("Sort by label"), "rows move, columns stay");
    desk.press(Key::Home);
    desk.see(&sorted[0]);

    // Sorted the other way the brightest stands far below, and the table follows it there.
    desk.click("Sort by mag_r, now ascending");
    desk.see("Sort by mag_r, now descending");
    desk.until("the brightest with the faintest above it", |h| {
        let top = h
            .query_all_by_label_contains("Row ")
            .min_by_key(|n| n.rect().top() as i32);
        let top = top.and_then(|n| n.accesskit_node().label());
        top.is_some_and(|t| t != sorted[0]) && h.query_all_by_label(&sorted[0]).next().is_some()
    });
    assert_ne!(rows(&desk)[0], sorted[0]);
}

#[test]
fn columns_are_chosen_and_selected_rows_are_copied() {
    let (mut desk, root) = table();
    desk.see("Sort by mag_g");
    desk.click("Columns");
    desk.click_field("Search columns");
    desk.write("mag_");
    desk.picture("table-columns");
    desk.click("Show mag_g");
    desk.gone("Sort by mag_g");
    desk.click("Move mag_r up");
    desk.press(Key::Escape);
    desk.press(Key::Escape);
    let first = rows(&desk)[0].clone();
    desk.click(&first);
    desk.see("1 selected");
    desk.harness.event(egui::Event::Copy);
    let mut copied = None;
    desk.until("the copied rows", |h| {
        copied = h.output().platform_output.commands.iter().find_map(|c| match c {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        copied.is_some()
    });
    let copied = copied.unwrap();
    let lines: Vec<Vec<&str>> = copied.lines().map(|l| l.split('\t').collect()).collect();
    assert_eq!(lines.len(), 2, "{copied}");
    assert_eq!(lines[0].len(), lines[1].len());
    assert_eq!(format!("Row {}", lines[1][0]), first);
    let place = lines[0].iter().position(|n| *n == "mag_r [mag]").unwrap();
    let value: f32 = lines[1][place].parse().unwrap();
    assert!(column(&root, "mag_r").iter().any(|m| *m as f32 == value));
    assert!(!lines[0].contains(&"mag_g [mag]"));
}
