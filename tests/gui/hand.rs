//! The pointer at the desk: files that hover and are dropped, regions that are drawn.

use crate::support::Desk;
use astrolabel::app::Window;
use egui::accesskit::Toggled;
use egui::{Event, Modifiers, PointerButton, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file as the system hands it over in a drop.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

impl Desk {
    /// Drops files when nothing tells where; one frame.
    pub fn drop_somewhere(&mut self, paths: &[PathBuf]) {
        let input = self.harness.input_mut();
        for path in paths {
            input.dropped_files.push(Arc::new(Dropped(path.clone())));
        }
        input.hovered_files.clear();
        self.frame();
    }

    /// Drops files at a place, which the system tells together with the drop.
    pub fn drop_at(&mut self, at: Pos2, paths: &[PathBuf]) {
        self.harness.input_mut().events.push(Event::PointerMoved(at));
        self.drop_somewhere(paths);
    }

    /// Holds files over the window.
    pub fn hover_files(&mut self, paths: &[PathBuf]) {
        self.harness.input_mut().hovered_files = paths
            .iter()
            .map(|p| egui::HoveredFile {
                path: Some(p.clone()),
                ..Default::default()
            })
            .collect();
        self.frame();
    }

    /// Where the first thing whose label begins so is, once it is there.
    pub fn rect_of(&mut self, label: &str) -> Rect {
        self.see_part(label);
        // What has just appeared may still move.
        for _ in 0..4 {
            self.frame();
        }
        self.harness
            .query_all_by_label_contains(label)
            .next()
            .unwrap()
            .rect()
    }

    /// Moves the pointer there.
    pub fn point_at(&mut self, at: Pos2) {
        self.harness.event(Event::PointerMoved(at));
        self.frame();
    }

    /// Draws along a line with the left button, as slowly as a hand.
    pub fn draw(&mut self, line: &[Pos2]) {
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.point_at(line[0]);
        self.harness.event(button(line[0], true));
        self.frame();
        for pair in line.windows(2) {
            for step in 1..=4 {
                self.point_at(pair[0] + (pair[1] - pair[0]) * (step as f32 / 4.0));
            }
        }
        self.harness.event(button(line[line.len() - 1], false));
        self.frame();
        self.frame();
    }

    /// What follows `start` in the labels that begin so, in reading order, and whether it is selected.
    pub fn listed(&self, start: &str) -> Vec<(String, bool)> {
        listed(&self.harness, start)
    }

    /// Cutouts of the gallery in reading order, and whether each is selected.
    pub fn tiles(&self) -> Vec<(String, bool)> {
        self.listed(TILE)
    }

    /// Waits until the gallery, whose lists are made on another thread, shows what is wanted.
    pub fn until_tiles(
        &mut self,
        what: &str,
        wanted: impl Fn(&[(String, bool)]) -> bool,
    ) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        self.until(what, |h| {
            found = listed(h, TILE);
            !found.is_empty() && wanted(&found)
        });
        found
    }
}

/// How the label of a cutout in the gallery begins.
const TILE: &str = "Cutout of ";

fn listed(harness: &Harness<'_, Window>, start: &str) -> Vec<(String, bool)> {
    let mut found: Vec<((i32, i32), String, bool)> = harness
        .query_all_by_label_contains(start)
        .filter_map(|n| {
            let node = n.accesskit_node();
            let name = node.label()?.strip_prefix(start)?.to_owned();
            let place = (n.rect().top() as i32, n.rect().left() as i32);
            Some((place, name, node.toggled() == Some(Toggled::True)))
        })
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|(_, name, selected)| (name, selected))
        .collect()
}
