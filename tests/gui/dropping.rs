//! Stories of dropping files where they mean something.

use crate::support::{Desk, objects_on_disk};
use astrolabel::project::Object;
use egui::Pos2;
use std::path::{Path, PathBuf};

/// A small picture of a ring.
pub fn picture(folder: &Path) -> PathBuf {
    let path = folder.join("ring.png");
    let ring = image::GrayImage::from_fn(64, 64, |x, y| {
        let r = (f64::from(x) - 32.0).hypot(f64::from(y) - 32.0);
        image::Luma([(20.0 + 220.0 * (-((r - 14.0) / 4.0).powi(2)).exp()) as u8])
    });
    ring.save(&path).unwrap();
    path
}

/// A catalogue by pixels of the reference band: objects of the project, and new places.
fn catalogue(folder: &Path, known: &[Object], new: &[(f64, f64)]) -> PathBuf {
    let path = folder.join("more.csv");
    let mut text = "id,x,y,redshift\n".to_owned();
    for o in known {
        text.push_str(&format!("again-{},{},{},0.1\n", o.id, o.x.unwrap(), o.y.unwrap()));
    }
    for (i, (x, y)) in new.iter().enumerate() {
        text.push_str(&format!("new-{i},{x},{y},0.{i}\n"));
    }
    std::fs::write(&path, text).unwrap();
    path
}

/// Places of the 640² field that are far from every object.
fn free_places(objects: &[Object], count: usize) -> Vec<(f64, f64)> {
    let far = |x: f64, y: f64| {
        let apart = |o: &Object| (o.x.unwrap() - x).hypot(o.y.unwrap() - y);
        objects.iter().all(|o| apart(o) > 12.0)
    };
    let places = (0..400).map(|i| (40.0 + f64::from(i % 20) * 28.0, 40.0 + f64::from(i / 20) * 28.0));
    places.filter(|&(x, y)| far(x, y)).take(count).collect()
}

#[test]
fn a_picture_dropped_on_the_gallery_is_searched_for() {
    let (mut desk, root) = Desk::with_project();
    let ring = picture(desk.folder.path());
    desk.see_part("Cutout of ");
    let at = desk.rect_of("Cutout of ").center();
    desk.hover_files(std::slice::from_ref(&ring));
    desk.see("Drop on the gallery to find what looks like it, elsewhere to add it to sky");
    desk.picture("drop-hover");
    desk.drop_at(at, std::slice::from_ref(&ring));
    desk.see("found: like ring.png");
    desk.gone("Drop on the gallery to find what looks like it, elsewhere to add it to sky");
    assert!(!desk.has("Import"), "nothing is asked");
    assert_eq!(objects_on_disk(&root).len(), 60);
}

#[test]
fn a_place_that_comes_after_the_drop_is_waited_for() {
    let (mut desk, _) = Desk::with_project();
    let ring = picture(desk.folder.path());
    let at = desk.rect_of("Cutout of ").center();
    // The pointer was on the gallery long before: that says nothing.
    desk.point_at(at);
    desk.frame();
    desk.drop_somewhere(std::slice::from_ref(&ring));
    desk.point_at(at);
    desk.see("found: like ring.png");
}

#[test]
fn a_picture_dropped_elsewhere_is_asked_about() {
    let (mut desk, root) = Desk::with_project();
    let ring = picture(desk.folder.path());
    let on_gallery = desk.rect_of("Cutout of ").center();
    let on_labels = desk.rect_of("Plain score").center();
    desk.drop_at(on_labels, std::slice::from_ref(&ring));
    desk.see("Import 1 object");
    desk.click("Cancel");
    desk.gone("Import 1 object");
    // Nobody tells where: the window as a whole, whatever lies under an old place of the pointer.
    desk.point_at(on_gallery);
    desk.frame();
    desk.drop_somewhere(std::slice::from_ref(&ring));
    desk.see("Import 1 object");
    desk.click("Cancel");
    desk.gone("Import 1 object");
    assert_eq!(objects_on_disk(&root).len(), 60);
}

#[test]
fn a_catalogue_dropped_on_the_image_adds_what_is_new_to_that_image() {
    let (mut desk, root) = Desk::with_project();
    let before = objects_on_disk(&root);
    let new = free_places(&before, 3);
    assert_eq!(new.len(), 3);
    let more = catalogue(desk.folder.path(), &before[..5], &new);
    desk.press_with(egui::Modifiers::COMMAND, egui::Key::Num2);
    let at = desk.rect_of("Sky image, ").center();

    desk.hover_files(std::slice::from_ref(&more));
    desk.see_part("Drop to add what this catalogue has on survey");
    desk.drop_at(at, std::slice::from_ref(&more));
    desk.see_part("5 of them are objects of this project already");
    desk.see("as it is in the project");
    desk.picture("drop-catalogue");
    desk.click("Import 3 objects");
    desk.see("sky   63 objects");
    let after = objects_on_disk(&root);
    assert_eq!(after[..60], before[..], "what was there stays as it was");
    for (object, place) in after[60..].iter().zip(&new) {
        assert_eq!((object.x, object.y), (Some(place.0), Some(place.1)));
        assert_eq!(object.field, before[0].field, "on the same image");
        assert!(object.name.starts_with("new-"));
    }
    // They are embedded by themselves, and the same catalogue has nothing more to give.
    desk.see_part("Embedded 3 objects");
    desk.drop_somewhere(std::slice::from_ref(&more));
    desk.see_part("8 of them are objects of this project already");
    desk.click("Cancel");
    assert_eq!(objects_on_disk(&root).len(), 63);
    let columns = crate::support::columns_on_disk(&root);
    let redshift = columns.numbers("redshift").unwrap();
    assert!(redshift[..60].iter().all(|z| z.is_nan()));
    assert_eq!(redshift.len(), 63);
    assert!((redshift[62] - 0.2).abs() < 1e-6, "{redshift:?}");
}

#[test]
fn a_project_that_is_dropped_is_opened() {
    let mut desk = Desk::new();
    let root = crate::support::project(desk.folder.path());
    desk.hover_files(std::slice::from_ref(&root));
    desk.see("Drop to open this project");
    desk.drop_at(Pos2::new(600.0, 400.0), std::slice::from_ref(&root));
    desk.see("sky   60 objects");
}

#[test]
fn a_window_that_hears_of_no_drops_promises_none() {
    let mut desk = Desk::new();
    desk.harness.state_mut().promise_no_drops();
    desk.see("Open FITS images, catalogues or a folder of cutouts");
    assert!(!desk.seen().iter().any(|label| label.contains("Drop")));
}
