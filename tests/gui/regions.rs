//! Stories of regions drawn on the image and the map: what lies in them is found or selected.

use crate::support::{Desk, columns_on_disk, objects_on_disk};
use astrolabel::project::Object;
use egui::{Key, Modifiers, Pos2, Rect, pos2};
use std::path::{Path, PathBuf};

/// Side of the simulated field, pixels.
const SIDE: f64 = 640.0;

/// A window with the image in front, all of it in view; where it is on the screen.
fn image() -> (Desk, PathBuf, Rect) {
    let (mut desk, root) = Desk::with_project();
    desk.press_with(Modifiers::COMMAND, Key::Num2);
    let rect = desk.rect_of("Sky image, ");
    desk.until("objects on the image", |h| {
        use egui_kittest::kittest::Queryable;
        h.query_all_by_label_contains("60 objects").count() >= 2
    });
    (desk, root, rect)
}

/// Where a pixel of the image is on the screen while the whole image is shown: y grows upwards.
fn on_screen(rect: Rect, x: f64, y: f64) -> Pos2 {
    let zoom = f64::from(rect.width().min(rect.height())) / SIDE;
    let middle = (SIDE - 1.0) / 2.0;
    rect.center() + egui::vec2(((x - middle) * zoom) as f32, ((middle - y) * zoom) as f32)
}

/// The object that is farthest from all others and well inside: a square around it shows it alone.
fn lonely(objects: &[Object]) -> &Object {
    let at = |o: &Object| (o.x.unwrap(), o.y.unwrap());
    let inside = |o: &&Object| {
        let (x, y) = at(o);
        x.min(y) > 50.0 && x.max(y) < SIDE - 50.0
    };
    let room = |o: &Object| {
        let (x, y) = at(o);
        let others = objects.iter().filter(|p| p.id != o.id);
        let distances = others.map(|p| (at(p).0 - x).hypot(at(p).1 - y));
        distances.fold(f64::INFINITY, f64::min)
    };
    let chosen = objects.iter().filter(inside);
    chosen.max_by(|a, b| room(a).total_cmp(&room(b))).unwrap()
}

/// Names of the objects at these numbers.
fn names<'a>(objects: &'a [Object], keep: impl Fn(&Object) -> bool + 'a) -> Vec<String> {
    let kept = objects.iter().filter(|o| keep(o));
    kept.map(|o| o.name.clone()).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

/// Goes to the gallery's list of selected objects; their names.
fn selected_tiles(desk: &mut Desk, count: usize) -> Vec<String> {
    desk.press_with(Modifiers::COMMAND, Key::Num1);
    desk.click("Selected");
    desk.see(&format!("{count} selected"));
    let all = |tiles: &[(String, bool)]| tiles.len() == count && tiles.iter().all(|t| t.1);
    let tiles = desk.until_tiles("the selected cutouts", all);
    tiles.into_iter().map(|t| t.0).collect()
}

#[test]
fn a_square_drawn_around_an_object_finds_it_first() {
    let (mut desk, root, rect) = image();
    let objects = objects_on_disk(&root);
    let wanted = lonely(&objects);
    desk.click("Search box");
    // The square that the object's own cutout shows: 64 pixels around it.
    let corner = |by: f64| on_screen(rect, wanted.x.unwrap() + by, wanted.y.unwrap() - by);
    desk.draw(&[corner(-32.0), corner(32.0)]);
    desk.see_part("like the box at x ");
    // The gallery comes to the front by itself and lists what was found, most similar first.
    desk.until_tiles(&format!("{} first", wanted.name), |tiles| {
        tiles[0].0 == wanted.name
    });
}

#[test]
fn a_rectangle_drawn_on_the_image_selects_what_lies_in_it() {
    let (mut desk, root, rect) = image();
    let objects = objects_on_disk(&root);
    // Edges that no object is near, so that a rounded pixel decides nothing.
    let edge = |from: f64, of: fn(&Object) -> f64| {
        let free = |v: &f64| objects.iter().all(|o| (of(o) - v).abs() > 2.0);
        (0..100).map(|i| from + f64::from(i)).find(free).unwrap()
    };
    let x = |o: &Object| o.x.unwrap();
    let y = |o: &Object| o.y.unwrap();
    let (left, right) = (edge(120.0, x), edge(400.0, x));
    let (bottom, top) = (edge(100.0, y), edge(420.0, y));
    let inside = |o: &Object| (left..right).contains(&x(o)) && (bottom..top).contains(&y(o));
    let wanted = names(&objects, inside);
    assert!(3 < wanted.len() && wanted.len() < 50, "{wanted:?}");

    desk.click("Box");
    desk.draw(&[on_screen(rect, left, top), on_screen(rect, right, bottom)]);
    desk.see(&format!("{} selected", wanted.len()));
    let tiles = selected_tiles(&mut desk, wanted.len());
    assert_eq!(sorted(tiles), sorted(wanted));
}

#[test]
fn a_lasso_on_the_map_selects_the_same_objects_in_every_pane() {
    let (mut desk, root) = Desk::with_project();
    // Tall enough to see every row of the table at once.
    desk.harness.set_size(egui::vec2(1280.0, 2000.0));
    desk.command("map: principal components");
    let rect = desk.rect_of("Map of objects");
    desk.until("the objects on the map", |h| {
        use egui_kittest::kittest::{NodeT, Queryable};
        let mut buttons = h.query_all_by_label("Select in view");
        buttons.any(|b| !b.accesskit_node().is_disabled())
    });
    desk.click("Lasso");
    let rect_now = desk.rect_of("Map of objects");
    assert_eq!(rect, rect_now);
    // Around the left half of the map.
    let (middle, inner) = (rect.center().x, rect.shrink(2.0));
    let line = [
        inner.left_top(),
        pos2(middle, inner.top()),
        pos2(middle, inner.bottom()),
        inner.left_bottom(),
    ];
    desk.draw(&line);
    desk.gone("0 selected");
    let told = desk
        .seen()
        .into_iter()
        .find_map(|l| l.strip_suffix(" selected").map(str::to_owned));
    let count: usize = told.unwrap().parse().unwrap();
    assert!(0 < count && count < 60, "{count}");

    desk.press_with(Modifiers::COMMAND, Key::Num4);
    desk.see("60 objects");
    desk.until("all rows", |h| {
        use egui_kittest::kittest::Queryable;
        h.query_all_by_label_contains("Row ").count() == 60
    });
    let rows = desk.listed("Row ");
    let marked: Vec<String> = rows.iter().filter(|r| r.1).map(|r| r.0.clone()).collect();
    assert_eq!(marked.len(), count, "{rows:?}");
    let tiles = selected_tiles(&mut desk, count);
    assert_eq!(sorted(tiles), sorted(marked.clone()));
    let (most_inside, least_outside) = map_x(&root, &marked);
    assert!(
        most_inside < least_outside,
        "the left ones: {most_inside} {least_outside}"
    );
}

/// The largest place on the map of these objects, and the smallest of the others.
fn map_x(root: &Path, inside: &[String]) -> (f64, f64) {
    let x = columns_on_disk(root).numbers("map_pca_x").unwrap();
    let objects = objects_on_disk(root);
    let of = |is_inside: bool| {
        let kept = objects
            .iter()
            .filter(move |o| inside.contains(&o.name) == is_inside);
        kept.map(|o| x[o.id as usize]).collect::<Vec<f64>>()
    };
    (
        of(true).into_iter().fold(f64::NEG_INFINITY, f64::max),
        of(false).into_iter().fold(f64::INFINITY, f64::min),
    )
}
