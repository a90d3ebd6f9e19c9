//! Files dropped on the window: where they landed, what they are, what that means, and what is said of
//! it while they hover.
//!
//! While another program drags, nobody tells where the pointer is, and on X11 not even the drop does:
//! the pointer enters the window when the drag has ended. So a drop waits a moment for its place.

use super::Window;
use crate::app::command::Command;
use crate::app::derived::Derived;
use crate::encoder::registry::ENDINGS;
use crate::io::fits::FitsFile;
use crate::project::{FieldKind, Project};
use crate::tasks::inputs::{FileKind, file_kind, images_of};
use egui::{Event, Pos2};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a drop waits for its place, seconds; then it is one on the window as a whole.
const PATIENCE: f64 = 0.25;
/// A place seen this long before a drop is where it landed, seconds: the pointer can be quicker.
const BEFORE: f64 = 0.1;
/// A FITS image whose sides are at most this long is searched for; a larger one is a sky to import.
const SMALL_PX: usize = 1024;

/// What files are, as far as the meaning of a drop depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A project.
    Project,
    /// One picture that can be searched for.
    Picture,
    /// One catalogue.
    Catalog,
    /// Weights of networks, and descriptions of them.
    Encoders,
    /// Anything else, and several files.
    Others,
}

/// Files that were dropped and wait for their place.
#[derive(Debug, Clone)]
struct Held {
    paths: Vec<PathBuf>,
    dropped: f64,
    /// From when on a place of the pointer is theirs.
    since: f64,
}

/// Files on their way into the window.
#[derive(Default)]
pub(super) struct Drops {
    held: Option<Held>,
    /// Where the pointer was seen last, and when.
    pointer: Option<(Pos2, f64)>,
    /// Since when files hover.
    hovering: Option<f64>,
    kind: Derived<Vec<PathBuf>, (Vec<PathBuf>, Kind)>,
}

impl Drops {
    /// Follows pointer and files; gives a drop once, when its place and kind are settled. No place
    /// means the window as a whole.
    fn follow(&mut self, ctx: &egui::Context) -> Option<(Vec<PathBuf>, Kind, Option<Pos2>)> {
        let (now, dropped, hovers) = ctx.input(|i| {
            for event in &i.events {
                match event {
                    Event::PointerMoved(at) | Event::PointerButton { pos: at, .. } => {
                        self.pointer = Some((*at, i.time));
                    }
                    Event::PointerGone => self.pointer = None,
                    _ => {}
                }
            }
            let paths = i.raw.dropped_files.iter().map(|f| f.path().to_owned());
            (i.time, paths.collect::<Vec<_>>(), !i.raw.hovered_files.is_empty())
        });
        if !dropped.is_empty() {
            let held = self.held.get_or_insert(Held {
                paths: Vec::new(),
                dropped: now,
                // A pointer that was seen while files hovered was seen where they hovered.
                since: self.hovering.unwrap_or(now).min(now - BEFORE),
            });
            held.paths.extend(dropped);
        }
        self.hovering = hovers.then_some(self.hovering.unwrap_or(now));
        let held = self.held.clone()?;
        let place = self.pointer.filter(|(_, at)| *at >= held.since).map(|p| p.0);
        let left = held.dropped + PATIENCE - now;
        if place.is_none() && left > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(left));
            return None;
        }
        let kind = self.kind_of(ctx, &held.paths)?;
        self.held = None;
        Some((held.paths, kind, place))
    }

    /// What files are; `None` until a thread has looked at them.
    fn kind_of(&mut self, ctx: &egui::Context, paths: &[PathBuf]) -> Option<Kind> {
        let asked = paths.to_vec();
        let made = self.kind.get(ctx, &paths.to_vec(), move || {
            let kind = kind_of(&asked);
            (asked, kind)
        })?;
        (made.0 == paths).then_some(made.1)
    }
}

impl Window {
    /// Does what dropped files mean: one picture on the gallery is searched for, everything else is
    /// opened, which is a question first unless it is a project.
    pub(super) fn take_drops(&mut self, ctx: &egui::Context) {
        let Some((paths, kind, place)) = self.drops.follow(ctx) else {
            return;
        };
        let is_free = self.state.open.is_some() && self.state.sheet.is_none();
        let on_gallery = place.is_some_and(|p| self.state.panels.gallery.is_at(p));
        self.state.out.send(match (kind, paths.as_slice()) {
            (Kind::Picture, [one]) if on_gallery && is_free => Command::SimilarToFile(one.clone()),
            (Kind::Encoders, _) => Command::AddEncoders(paths),
            _ => Command::Open(paths),
        });
    }

    /// What a drop would do, while files hover.
    pub(super) fn hover_ui(&mut self, ctx: &egui::Context) {
        let (hovers, paths) = ctx.input(|i| {
            let files = &i.raw.hovered_files;
            let paths: Vec<PathBuf> = files.iter().filter_map(|f| f.path.clone()).collect();
            (!files.is_empty(), paths)
        });
        if !hovers {
            return;
        }
        let kind = self.drops.kind_of(ctx, &paths).unwrap_or(Kind::Others);
        let text = self.promise(kind);
        egui::Area::new(egui::Id::unique("drop"))
            .order(egui::Order::Tooltip)
            .fixed_pos(ctx.content_rect().min)
            .interactable(false)
            .show(ctx, |ui| {
                let rect = ctx.content_rect();
                ui.painter()
                    .rect_filled(rect, 0.0, egui::Color32::from_black_alpha(160));
                let text = egui::RichText::new(text).size(24.0).color(egui::Color32::WHITE);
                ui.put(rect.shrink(24.0), egui::Label::new(text).wrap());
            });
    }

    /// What a drop of such files will do, in words.
    fn promise(&self, kind: Kind) -> String {
        if kind == Kind::Project {
            return "Drop to open this project".into();
        }
        if kind == Kind::Encoders {
            return "Drop to take up this encoder".into();
        }
        if self.state.sheet.is_some() {
            return "Drop to add to this import".into();
        }
        let Some(open) = &self.state.open else {
            return "Drop to open; nothing is imported before you have seen how".into();
        };
        let name = open.survey.name();
        let mosaics: Vec<&str> = (open.survey.fields.iter())
            .filter(|f| f.kind == FieldKind::Mosaic)
            .map(|f| f.name.as_str())
            .collect();
        match (kind, mosaics.as_slice()) {
            (Kind::Picture, _) if self.state.panels.gallery.is_shown() => {
                format!("Drop on the gallery to find what looks like it, elsewhere to add it to {name}")
            }
            (Kind::Catalog, [one]) => format!("Drop to add what this catalogue has on {one}"),
            (Kind::Catalog, [_, ..]) => {
                format!("Drop to add what this catalogue has on the images of {name}")
            }
            (Kind::Catalog, []) => "Drop this catalogue together with the image that it describes".into(),
            _ => format!("Drop to add to {name}"),
        }
    }
}

/// Looks at files.
fn kind_of(paths: &[PathBuf]) -> Kind {
    if !paths.is_empty() && paths.iter().all(|p| is_of_an_encoder(p)) {
        return Kind::Encoders;
    }
    let [one] = paths else { return Kind::Others };
    if Project::is_project(one) {
        return Kind::Project;
    }
    match file_kind(one) {
        Ok(FileKind::Picture) => Kind::Picture,
        Ok(FileKind::Catalog) => Kind::Catalog,
        Ok(FileKind::Fits) => kind_of_fits(one),
        _ => Kind::Others,
    }
}

/// Whether a file is called as weights or a description are, and is nothing else that is known.
fn is_of_an_encoder(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let is_called_so = ending.is_some_and(|e| e == "toml" || ENDINGS.contains(&e.as_str()));
    is_called_so && path.is_file() && matches!(file_kind(path), Ok(FileKind::Unknown) | Err(_))
}

fn kind_of_fits(path: &Path) -> Kind {
    let Ok(file) = FitsFile::open(path) else {
        return Kind::Others;
    };
    match images_of(&file) {
        (images, Some(_)) if images.is_empty() => Kind::Catalog,
        (images, _) if !images.is_empty() && images.iter().all(|i| i.shape.0.max(i.shape.1) <= SMALL_PX) => {
            Kind::Picture
        }
        _ => Kind::Others,
    }
}
