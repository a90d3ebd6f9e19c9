//! The Inspector pane: one object, large, with everything that is known of it.

mod cells;
mod history;
mod neighbours;
mod picture;
mod scores;
mod seen;
mod textures;

use super::gallery::name_of;
use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::derived::Derived;
use crate::sky::coords::format_position;
use crate::sky::cutout::Cutout;
use egui::{Rect, RichText, Sense, Ui};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Side of the small picture beside the name, points.
const SMALL: f32 = 64.0;

/// A part of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Part {
    #[default]
    Picture,
    Encoder,
    Columns,
    Neighbours,
    Scores,
    History,
}

impl Part {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (
            Self::Picture,
            "Picture",
            "The object large, its bands, its own stretch",
        ),
        (
            Self::Scores,
            "Scores",
            "Probabilities, strangeness and what drives it",
        ),
        (
            Self::Neighbours,
            "Neighbours",
            "The objects that look most like it",
        ),
        (
            Self::Columns,
            "Columns",
            "All values of the catalogue and the measurements",
        ),
        (Self::Encoder, "Encoder", "What the encoder sees of it"),
        (Self::History, "History", "Every label and mark it was given"),
    ];
}

/// An object's pixels, or why there are none.
struct Pixels {
    object: u32,
    cutout: Result<Arc<Cutout>, String>,
}

/// What the pane keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InspectorPanel {
    part: Part,
    picture: picture::PicturePart,
    cells: cells::CellsPart,
    #[serde(skip)]
    seen: seen::SeenPart,
    #[serde(skip)]
    neighbours: neighbours::NeighboursPart,
    #[serde(skip)]
    pixels: Derived<(u64, u32), Pixels>,
}

impl InspectorPanel {
    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let focus = view.selection.focus();
        let Some(object) = focus.filter(|&o| (o as usize) < view.survey.count()) else {
            ui.vertical_centered(|ui| {
                ui.add_space((ui.available_height() * 0.25).clamp(8.0, 140.0));
                ui.label(RichText::new("No object is looked at").size(18.0));
                ui.add_space(4.0);
                ui.weak("Click an object in the gallery, image, map or table, or press the right arrow key.");
            });
            return;
        };
        self.header_ui(ui, view, object);
        ui.horizontal_wrapped(|ui| {
            // All six in a line at the width of the pane as it is first shown.
            ui.spacing_mut().item_spacing.x = 1.0;
            ui.spacing_mut().button_padding.x = 4.0;
            for (part, name, help) in Part::ALL {
                if ui
                    .selectable_label(self.part == part, name)
                    .on_hover_text(help)
                    .clicked()
                {
                    self.part = part;
                }
            }
        });
        ui.add_space(2.0);
        match self.part {
            Part::Picture | Part::Encoder => {
                let pixels = self.pixels(ui, view, object);
                egui::ScrollArea::vertical()
                    .id_salt(("inspector", self.part as u8))
                    .auto_shrink(false)
                    .show(ui, |ui| {
                        if self.part == Part::Picture {
                            self.picture.ui(ui, view, object, pixels.as_deref());
                        } else {
                            self.seen.ui(ui, view, pixels.as_deref());
                        }
                    });
            }
            Part::Columns => self.cells.ui(ui, view, object),
            Part::Neighbours => self.neighbours.ui(ui, view, object),
            Part::Scores => scores::scores_ui(ui, view, object),
            Part::History => history::history_ui(ui, view, object),
        }
    }

    /// The pixels of the object looked at; nothing while they are being read.
    fn pixels(&mut self, ui: &Ui, view: &View<'_>, object: u32) -> Option<Arc<Pixels>> {
        let images = view.survey.images.clone();
        let key = (view.survey.generation, object);
        let made = self.pixels.get(ui.ctx(), &key, move || Pixels {
            object,
            cutout: images.cut(object as usize, None).map(Arc::new),
        });
        // Those of the object before would be a lie under this one's name.
        made.filter(|p| p.object == object)
    }

    /// Name, place, label, and what can be done with the object.
    fn header_ui(&self, ui: &mut Ui, view: &View<'_>, object: u32) {
        ui.horizontal(|ui| {
            if self.part != Part::Picture {
                let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(SMALL), Sense::hover());
                view.thumbs.paint(ui, rect, object, view.settings.look_of(object));
            }
            ui.vertical(|ui| {
                let name = name_of(view, object);
                ui.add(egui::Label::new(RichText::new(name).strong()).truncate())
                    .on_hover_text(name);
                if is_about(view, object) {
                    ui.horizontal_wrapped(|ui| about_ui(ui, view, object));
                }
                ui.horizontal_wrapped(|ui| {
                    for (action, text) in [
                        (Action::SimilarToThis, "Similar"),
                        (Action::Interesting, "Interesting"),
                        (Action::Ordinary, "Ordinary"),
                    ] {
                        self.act_ui(ui, view, object, action, text);
                    }
                });
            });
        });
    }

    /// A button that does something with this object alone, whatever else is selected.
    fn act_ui(&self, ui: &mut Ui, view: &View<'_>, object: u32, action: Action, text: &str) {
        use crate::project::journal::{INTERESTING, ORDINARY};
        let now = view.live.marks.get(object as usize).copied().unwrap_or(0);
        let (is_on, command) = match action {
            Action::Interesting => (now > 0, Some(INTERESTING)),
            Action::Ordinary => (now < 0, Some(ORDINARY)),
            _ => (false, None),
        };
        let keys = action
            .shortcut()
            .map_or_else(String::new, |k| ui.ctx().format_shortcut(&k));
        let response = ui
            .add(egui::Button::new(text).small().selected(is_on))
            .on_hover_text(format!("{} ({keys})", action.help()))
            .accessible_name(format!("{text}: the object looked at"));
        if response.clicked() {
            view.send(match action {
                Action::SimilarToThis => Command::Similar(vec![object], Vec::new()),
                // A second click takes the mark off.
                _ => Command::Mark(vec![object], command.filter(|_| !is_on), "window, inspector"),
            });
        }
    }
}

/// Whether there is anything to say below the name; an empty row would look like something missing.
fn is_about(view: &View<'_>, object: u32) -> bool {
    let placed = (view.survey.objects().get(object as usize)).is_some_and(|o| o.ra_deg.is_some());
    placed || view.live.label_of(object).is_some() || view.selection.len() > 1
}

fn about_ui(ui: &mut Ui, view: &View<'_>, object: u32) {
    if let Some(o) = view.survey.objects().get(object as usize)
        && let (Some(ra), Some(dec)) = (o.ra_deg, o.dec_deg)
    {
        let place = format_position(ra, dec, 1);
        let response = ui
            .add(egui::Button::new(RichText::new(&place).weak().small()).frame(false))
            .on_hover_text("Right ascension and declination, ICRS. Click to copy.")
            .accessible_name(format!("Copy position {place}"));
        if response.clicked() {
            ui.ctx().copy_text(place);
        }
    }
    if let Some(class) = view.live.label_of(object) {
        let name = view.live.classes.get(class).map_or("", |c| c.name.as_str());
        ui.colored_label(view.settings.theme.class_colour(class), name)
            .on_hover_text("The label given");
    }
    let many = view.selection.len();
    if many > 1 {
        ui.weak(format!("one of {many} selected"));
    }
}

/// Room for a picture of `side` points at most, as wide as there is room; centred.
fn picture_room(ui: &mut Ui, side: f32, sense: Sense) -> (Rect, egui::Response) {
    let width = ui.available_width();
    let side = side.min(width).max(48.0);
    let (all, response) = ui.allocate_exact_size(egui::vec2(width, side), sense);
    (
        Rect::from_center_size(all.center(), egui::Vec2::splat(side)),
        response,
    )
}
