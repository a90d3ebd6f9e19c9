//! The filter's field, what is wrong with its expression, and earlier ones.

use crate::app::columns::{ColumnInfo, Holds};
use crate::app::command::Command;
use crate::app::context::View;
use crate::app::notices::Level;
use crate::tasks::filter::Filter;
use egui::{Key, Modifiers, RichText};
use serde::{Deserialize, Serialize};

/// Seconds without typing after which the expression is used.
const PAUSE: f64 = 0.4;
/// How many expressions are remembered.
const REMEMBERED: usize = 12;

/// How expressions are written, in short.
const HELP: &str = "mag_r < 21 and label == \"merger\"
18 < mag_r < 21 or not isnull(z)
predicted in (\"ring\", \"lens\") and probability > 0.9
abs(mag_g - mag_r) > 1.5
object ~ \"ngc\"        contains, whatever the case

< <= > >= == !=   and or not   + - * / ^   ( )
abs log10 ln sqrt exp min max isnull
`odd column-name` in backticks, texts in quotes
An object without a value makes every comparison false.";

/// What the bar keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterBar {
    /// Expressions that were used, newest first.
    history: Vec<String>,
    /// What stands in the field.
    #[serde(skip)]
    text: String,
    /// The window's expression when it was last looked at.
    #[serde(skip)]
    seen: String,
    /// When something was last typed that is not used yet, seconds.
    #[serde(skip)]
    typed_at: Option<f64>,
    /// Whether the field should take the keyboard.
    #[serde(skip)]
    wants_keys: bool,
}

/// What the bar asks of the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// The keyboard goes on in the rows.
    pub to_rows: bool,
}

/// Columns that every project has: no example of what a catalogue is asked.
const OURS: [&str; 6] = [
    "object_id",
    "cutout_flags",
    "x_pixel",
    "y_pixel",
    "ra_icrs",
    "dec_icrs",
];

/// An example of a filter in this catalogue's own words.
fn example(view: &View<'_>) -> String {
    let columns = view.columns.all(view.live);
    let is_number = |c: &&ColumnInfo| c.holds == Holds::Numbers;
    let is_theirs = |c: &&ColumnInfo| !c.is_live && !OURS.contains(&c.name.as_str());
    let magnitude = columns
        .iter()
        .filter(is_number)
        .find(|c| c.name.starts_with("mag"));
    let class = view.live.classes.first().map_or("merger", |c| c.name.as_str());
    match (magnitude, columns.iter().filter(is_number).find(is_theirs)) {
        (Some(c), _) => format!("such as {} < 21 and label == \"{class}\"", c.name),
        (None, Some(c)) => format!("such as {} > 100 or label == \"{class}\"", c.name),
        (None, None) => format!("such as label == \"{class}\""),
    }
}

impl FilterBar {
    /// Puts more at the end of what stands in the field, and the keyboard there.
    pub fn add(&mut self, more: &str) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        self.text.push_str(more);
        self.wants_keys = true;
    }

    /// Shows all objects again.
    pub fn clear(&mut self, view: &View<'_>) {
        self.text.clear();
        self.apply(view);
    }

    fn apply(&mut self, view: &View<'_>) {
        self.typed_at = None;
        self.seen = self.text.trim().to_owned();
        view.send(Command::Filter(self.seen.clone()));
    }

    /// Puts the expression first among the remembered ones, if it can be read.
    fn remember(&mut self) {
        let text = self.text.trim();
        if Filter::parse(text).is_ok() {
            let text = text.to_owned();
            self.history.retain(|h| *h != text);
            self.history.insert(0, text);
            self.history.truncate(REMEMBERED);
        }
    }

    /// Draws the bar.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) -> Asked {
        let mut asked = Asked::default();
        if view.visible.text != self.seen {
            // It was changed elsewhere, or another project is open.
            self.seen = view.visible.text.clone();
            if self.typed_at.is_none() {
                self.text = self.seen.clone();
            }
        }
        ui.horizontal(|ui| {
            let label = ui.label("Filter");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.menu_button("?", |ui| ui.label(RichText::new(HELP).monospace()))
                    .response
                    .on_hover_text("How filters are written")
                    .widget_info(|| {
                        egui::WidgetInfo::labeled(egui::Role::Button, true, "How filters are written")
                    });
                self.history_ui(ui, view);
                let clear = ui.add_enabled(!self.text.is_empty(), egui::Button::new("Clear"));
                clear.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Button, !self.text.is_empty(), "Clear filter")
                });
                if clear.on_hover_text("Show all objects again").clicked() {
                    self.clear(view);
                }
                asked.to_rows = self.field_ui(ui, view, label.id);
            });
        });
        self.follow_typing(ui, view);
        if let Some(why) = &view.visible.error {
            let colour = view.settings.theme.level(Level::Error);
            let why = crate::app::mind::capitalised(why);
            ui.add(egui::Label::new(RichText::new(why).color(colour)).wrap());
        }
        asked
    }

    /// Draws the field; whether the keyboard goes on in the rows.
    fn field_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>, label: egui::Id) -> bool {
        let field = egui::TextEdit::singleline(&mut self.text)
            .hint_text(example(view))
            .desired_width(f32::INFINITY);
        let response = ui
            .add(field)
            .labelled_by(label)
            .on_hover_text("Only objects for which this is true are shown, in every view");
        if std::mem::take(&mut self.wants_keys) {
            response.request_focus();
        }
        if response.changed() {
            self.typed_at = Some(ui.input(|i| i.time));
        }
        let enter = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if response.lost_focus() {
            if enter || self.typed_at.is_some() {
                self.apply(view);
            }
            self.remember();
        }
        let down = response.has_focus() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::ArrowDown));
        if down {
            response.surrender_focus();
        }
        down || enter
    }

    fn history_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        let mut chosen = None;
        let is_any = !self.history.is_empty();
        ui.add_enabled_ui(is_any, |ui| {
            ui.menu_button("Recent", |ui| {
                for text in &self.history {
                    if ui.button(text).clicked() {
                        chosen = Some(text.clone());
                        ui.close();
                    }
                }
                ui.separator();
                if ui.button("Forget these").clicked() {
                    chosen = Some(String::new());
                    ui.close();
                }
            })
            .response
            .on_hover_text("Filters used before")
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, is_any, "Recent filters"));
        });
        match chosen {
            Some(text) if text.is_empty() => self.history.clear(),
            Some(text) => {
                self.text = text;
                self.apply(view);
                self.remember();
            }
            None => {}
        }
    }

    /// Uses what was typed after a pause.
    fn follow_typing(&mut self, ui: &egui::Ui, view: &View<'_>) {
        let Some(typed_at) = self.typed_at else { return };
        let left = typed_at + PAUSE - ui.input(|i| i.time);
        if left <= 0.0 {
            self.apply(view);
        } else {
            ui.ctx()
                .request_repaint_after(std::time::Duration::from_secs_f64(left));
        }
    }
}
