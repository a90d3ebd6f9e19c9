//! One cutout of the gallery: what a click, a double click and the menu on it do, and what is told of
//! it under the pointer.

use super::{GalleryPanel, badges};
use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::listing::Placed;
use crate::app::mind::counted;
use crate::app::panels::Pane;
use crate::app::selection::Meets;
use crate::app::theme::STANDS_BACK;
use crate::app::thumbs::Thumb;
use crate::project::journal::{INTERESTING, ORDINARY};
use crate::sky::coords::format_position;
use egui::{Modifiers, Rect, Response, Sense, Stroke, StrokeKind, Ui};

/// Where the journal says that a label came from.
const FROM: &str = "window, gallery";

impl GalleryPanel {
    /// Draws one tile and does what the pointer asks.
    pub(super) fn tile_ui(&mut self, ui: &Ui, view: &View<'_>, rect: Rect, object: u32, placed: &Placed) {
        // Tiles take no keyboard focus: the arrow keys walk through them, and a focused tile would keep
        // the keys that label from the window.
        let response = ui.interact(rect, ui.scope_id().with(("tile", object)), Sense::CLICK);
        let thumb = view.thumbs.paint(ui, rect, object, view.settings.look_of(object));
        // In a list of what was found or chosen the others aren't there to begin with.
        let lists_all = matches!(self.source, super::Source::All | super::Source::Strangest);
        if lists_all && view.selection.dims(object) {
            let veil = view.settings.theme.ground().gamma_multiply(1.0 - STANDS_BACK);
            ui.painter().rect_filled(rect, 2.0, veil);
        }
        if self.badges {
            let painter = ui.painter_at(rect.intersect(ui.clip_rect()));
            badges::paint(&painter, rect, object, view, self.source == super::Source::Found);
        }
        self.frame_ui(ui, view, rect, object, &response);
        response.widget_info(|| {
            let name = format!("Cutout of {}", name_of(view, object));
            egui::WidgetInfo::selected(egui::Role::Button, true, view.selection.has(object), name)
        });
        if response.clicked() {
            self.clicked(view, object, ui.input(|i| i.modifiers), placed);
        }
        if response.double_clicked() {
            view.send(Command::Similar(vec![object], Vec::new()));
        }
        if response.secondary_clicked() && !view.selection.has(object) {
            self.choose(view, vec![object], Meets::Replaces);
        }
        if response.secondary_clicked() || response.context_menu_opened() {
            response.context_menu(|ui| self.menu_ui(ui, view, object));
        } else if response.hovered() {
            response.on_hover_ui(|ui| told_ui(ui, view, object, &thumb));
        }
    }

    fn frame_ui(&self, ui: &Ui, view: &View<'_>, rect: Rect, object: u32, response: &Response) {
        let theme = view.settings.theme;
        let line = |width: f32, colour| {
            ui.painter()
                .rect_stroke(rect, 2.0, Stroke::new(width, colour), StrokeKind::Outside);
        };
        if view.selection.focus() == Some(object) {
            // A second line inside keeps the frame visible on a bright cutout.
            ui.painter()
                .rect_stroke(rect, 2.0, Stroke::new(1.0, theme.deep()), StrokeKind::Inside);
            line(3.0, theme.accent());
        } else if view.selection.has(object) {
            line(2.0, theme.accent());
        } else if response.hovered() {
            line(1.0, theme.weak());
        }
    }

    /// Plain: this one. Control: in or out. Shift: all from the last one clicked to this.
    fn clicked(&mut self, view: &View<'_>, object: u32, modifiers: Modifiers, placed: &Placed) {
        if modifiers.shift {
            let from = self.anchor.or(view.selection.focus()).unwrap_or(object);
            let meets = if modifiers.command {
                Meets::Adds
            } else {
                Meets::Replaces
            };
            self.choose(view, placed.range(from, object), meets);
            return;
        }
        self.anchor = Some(object);
        let meets = if modifiers.command {
            Meets::Toggles
        } else {
            Meets::Replaces
        };
        self.choose(view, vec![object], meets);
    }

    /// Chooses, and keeps what is listed of the selection.
    pub(super) fn choose(&mut self, view: &View<'_>, objects: Vec<u32>, meets: Meets) {
        self.list.own_click = true;
        view.send(Command::Choose(objects, meets));
    }

    /// The menu of a tile: for the selection if the tile is in it.
    fn menu_ui(&self, ui: &mut Ui, view: &View<'_>, object: u32) {
        let all = if view.selection.has(object) {
            view.selection.set().to_vec()
        } else {
            vec![object]
        };
        let of = if all.len() > 1 {
            format!(" {}", counted(all.len(), "object"))
        } else {
            String::new()
        };
        ui.menu_button(format!("Label{of} as"), |ui| {
            for class in &view.live.classes {
                if ui.button(&class.name).clicked() {
                    let class = Some(class.name.clone());
                    view.send(Command::Label(all.clone(), class, FROM));
                    ui.close();
                }
            }
            if view.live.classes.is_empty() {
                ui.weak("There are no classes yet.");
            }
            if ui.button("New class…").clicked() {
                view.send(Command::Do(Action::NewClass));
                ui.close();
            }
        });
        let mut item = |text: String, commands: Vec<Command>| {
            if ui.button(text).clicked() {
                commands.into_iter().for_each(|c| view.send(c));
                ui.close();
            }
        };
        let mark = |mark| vec![Command::Mark(all.clone(), mark, FROM)];
        item(
            "Clear label".into(),
            vec![Command::Label(all.clone(), None, FROM)],
        );
        item(
            "Find similar to this".into(),
            vec![Command::Similar(vec![object], Vec::new())],
        );
        if all.len() > 1 {
            item(
                format!("Find similar to{of}"),
                vec![Command::Similar(all.clone(), Vec::new())],
            );
        }
        item("Interesting".into(), mark(Some(INTERESTING)));
        item("Ordinary".into(), mark(Some(ORDINARY)));
        item("Clear mark".into(), mark(None));
        item(
            "Show on image".into(),
            vec![Command::LookAt(object), Command::Show(Pane::Image)],
        );
        item(
            "Inspect".into(),
            vec![Command::LookAt(object), Command::Show(Pane::Inspector)],
        );
        if ui.button("Copy name").clicked() {
            ui.ctx().copy_text(name_of(view, object).to_owned());
            ui.close();
        }
    }
}

/// An object's name.
pub fn name_of<'a>(view: &View<'a>, object: u32) -> &'a str {
    view.survey
        .objects()
        .get(object as usize)
        .map_or("", |o| o.name.as_str())
}

/// What is known of an object, a line each.
fn told_ui(ui: &mut Ui, view: &View<'_>, object: u32, thumb: &Thumb) {
    let live = view.live;
    let class_name = |c: usize| live.classes.get(c).map_or("", |c| c.name.as_str());
    ui.strong(name_of(view, object));
    if let Some(o) = view.survey.objects().get(object as usize)
        && let (Some(ra), Some(dec)) = (o.ra_deg, o.dec_deg)
    {
        ui.weak(format_position(ra, dec, 1));
    }
    if let Thumb::Broken(why) = thumb {
        ui.colored_label(
            view.settings.theme.level(crate::app::notices::Level::Error),
            why.as_ref(),
        );
    }
    if let Some(class) = live.label_of(object) {
        ui.colored_label(
            view.settings.theme.class_colour(class),
            format!("Label: {}", class_name(class)),
        );
    }
    if let Some((class, p)) = live.prediction_of(object) {
        ui.label(format!("Predicted: {}, {:.1} %", class_name(class), 100.0 * p));
    }
    if let (Some(rank), Some(ranked)) = (live.rank_of(object), &live.ranked) {
        ui.label(format!("Strangeness: {rank} of {}", ranked.rank.len()));
    }
    match live.marks.get(object as usize) {
        Some(1) => drop(ui.label("Marked interesting")),
        Some(-1) => drop(ui.label("Marked ordinary")),
        _ => {}
    }
    if let Some(found) = &live.found
        && let Some(cosine) = found.similarity.get(object as usize).filter(|v| v.is_finite())
    {
        ui.label(format!("Similarity: {cosine:.4} ({})", found.query));
    }
    if let Some(s) = live.suggestions.iter().find(|s| s.row == object as usize) {
        ui.label(format!("Label next: {}", s.reason));
    }
    ui.weak("Double click: find similar. Right click: more.");
}
