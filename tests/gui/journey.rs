//! Stories from dropped files to an exported catalogue, and back after the window was closed.

use crate::support::{Desk, labels_on_disk, objects_on_disk, survey};
use astrolabel::io::fits::FitsFile;
use egui::{Key, Modifiers};

#[test]
fn dropped_files_are_understood_imported_and_embedded_and_a_bad_one_is_named() {
    let mut desk = Desk::new();
    let folder = survey(desk.folder.path(), 30);
    let bad = folder.join("broken.fits");
    std::fs::write(&bad, "SIMPLE  =                    T / and nothing else").unwrap();
    desk.drop_somewhere(std::slice::from_ref(&folder));
    desk.see("Import 30 objects");
    desk.see_part("broken.fits");
    desk.click("Import 30 objects");
    desk.see_part("30 objects");
    // Embedded and ranked by themselves; the file that was left out stays on the list.
    desk.see_part("Plain outlier score");
    desk.press_with(Modifiers::COMMAND, Key::Num8);
    desk.see_part("1 input left out");
}

#[test]
fn columns_that_were_guessed_can_be_corrected_on_the_sheet() {
    let mut desk = Desk::new();
    let folder = survey(desk.folder.path(), 12);
    let catalog = desk.folder.path().join("odd.csv");
    // The right columns are called what nobody would guess; x and y of another image are guessed.
    let rows: String = (0..12)
        .map(|i| format!("n{i},{},{},9000,9000\n", 60 + 40 * i, 560 - 38 * i))
        .collect();
    std::fs::write(&catalog, format!("id,col_east,col_north,x,y\n{rows}")).unwrap();
    desk.drop_somewhere(&[folder.join("survey_r.fits.fz"), catalog]);
    desk.see("Columns of odd.csv (12 rows)");
    for (role, column) in [("Pixel x", "col_east"), ("Pixel y", "col_north")] {
        desk.click(role);
        desk.click(column);
        desk.see("Columns of odd.csv (12 rows)");
    }
    desk.see("Import 12 objects");
    desk.click("Import 12 objects");
    desk.see_part("12 objects");
}

#[test]
fn the_catalogue_is_exported_with_the_newest_labels() {
    let (mut desk, root) = Desk::with_project();
    let out = desk.folder.path().join("out.csv");
    desk.picker.answer(vec![out.clone()]);
    crate::labelling::new_class(&mut desk, "wow");
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::Num1);
    desk.see("1 of 60 labelled");
    desk.press_with(Modifiers::COMMAND, Key::E);
    desk.see_part("Exported 60 rows");
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(text.lines().filter(|l| l.contains(",wow,")).count(), 1);
    assert_eq!(labels_on_disk(&root).len(), 1);
}

#[test]
fn a_fits_catalogue_holds_every_object_and_its_labels() {
    let (mut desk, root) = Desk::with_project();
    let out = desk.folder.path().join("out.fits");
    desk.picker.answer(vec![out.clone()]);
    crate::labelling::new_class(&mut desk, "ring");
    crate::labelling::new_class(&mut desk, "plain");
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    for (i, key) in [Key::Num1, Key::Num2, Key::Num2].into_iter().enumerate() {
        desk.press(key);
        desk.see(&format!("{} of 60 labelled", i + 1));
    }
    desk.press_with(Modifiers::COMMAND, Key::E);
    desk.see_part("Exported 60 rows");

    let mut file = FitsFile::open(&out).unwrap();
    let table = file.read_table(1).unwrap();
    assert_eq!(table.rows(), 60);
    let objects = objects_on_disk(&root);
    let names: Vec<String> = objects.iter().map(|o| o.name.clone()).collect();
    assert_eq!(table.texts("object").unwrap(), names);
    let labels = table.texts("label").unwrap();
    let given = labels_on_disk(&root);
    assert_eq!(given.len(), 3);
    for (id, label) in labels.iter().enumerate() {
        let wanted = given.get(&(id as i64)).map_or("", String::as_str);
        assert_eq!(label.trim(), wanted, "object {id}");
    }
    let ra = table.numbers("ra_icrs").unwrap();
    assert!(
        objects
            .iter()
            .zip(&ra)
            .all(|(o, ra)| (o.ra_deg.unwrap() - ra).abs() < 1e-9)
    );
}

#[test]
fn one_interesting_mark_guides_the_ranking() {
    let (mut desk, _) = Desk::with_project();
    desk.see_part("mark objects interesting to guide it");
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::I);
    desk.see_part("from 1 interesting mark");
    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.see_part("mark objects interesting to guide it");
}

#[test]
fn similar_objects_are_found_by_one_key() {
    let (mut desk, _) = Desk::with_project();
    desk.press(Key::ArrowRight);
    desk.see("1 selected");
    desk.press(Key::S);
    desk.see_part("like SIM");
}
