//! Stories of opening something.

use crate::support::Desk;
use egui::{Key, Modifiers};

#[test]
fn an_empty_window_says_what_to_do() {
    let mut desk = Desk::new();
    desk.see("Drop FITS images, catalogues or a folder of cutouts here");
    desk.see("Open the sample survey");
}

#[test]
fn a_project_is_opened_by_its_typed_path() {
    let (mut desk, root) = Desk::with_project();
    let name = root.file_stem().unwrap().to_str().unwrap().to_owned();
    desk.see(&format!("{name}   60 objects"));
    desk.command("close project");
    desk.see("Drop FITS images, catalogues or a folder of cutouts here");
}

#[test]
fn a_path_where_nothing_is_opens_nothing() {
    let mut desk = Desk::new();
    desk.press_with(Modifiers::COMMAND, Key::L);
    desk.see("Open a path");
    desk.write("/there/is/nothing/here.fits");
    desk.see("There is nothing at this path.");
    desk.press(Key::Enter);
    desk.press(Key::Escape);
    desk.gone("Open a path");
    desk.see("Drop FITS images, catalogues or a folder of cutouts here");
}

#[test]
fn the_palette_runs_a_command_by_part_of_its_name() {
    let (mut desk, _) = Desk::with_project();
    desk.command("select all");
    desk.see("60 selected");
    desk.command("select none");
    desk.see("0 selected");
}
