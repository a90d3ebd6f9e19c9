//! Classes with their colours, keys and counts, how well they are told apart, and what to label next
//! with the reason.

use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::mind::{capitalised, counted};
use crate::tasks::anomalies::Method;
use serde::{Deserialize, Serialize};

/// What the pane keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelsPanel {
    #[serde(skip)]
    new_class: String,
    /// Whether the field for a new class should take the keyboard.
    #[serde(skip)]
    pub wants_name: bool,
}

/// Side of a suggestion's picture, points.
const PICTURE: f32 = 56.0;

impl LabelsPanel {
    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.classes_ui(ui, view);
            ui.add_space(6.0);
            accuracy_ui(ui, view);
            ui.add_space(6.0);
            marks_ui(ui, view);
            ui.separator();
            queue_ui(ui, view);
        });
    }

    fn classes_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.strong("Classes");
        if view.live.classes.is_empty() {
            ui.label("Make a class, look at an object and press its number.");
        }
        for (i, class) in view.live.classes.iter().enumerate() {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(12.0, 12.0), egui::Sense::hover());
                ui.painter()
                    .rect_filled(rect, 3.0, view.settings.theme.class_colour(i));
                let key = if i < 9 {
                    format!("{}  ", i + 1)
                } else {
                    String::new()
                };
                let room = (ui.available_width() - 40.0).max(40.0);
                // A space that grows keeps the name at the left of its button.
                let text = (format!("{key}{}", class.name), egui::Atom::grow());
                let name = egui::Button::new(text).frame_when_inactive(false).truncate();
                let response = ui
                    .add_sized([room, 20.0], name)
                    .on_hover_text(format!("Label the selection as {}", class.name))
                    .accessible_name(format!("Label as {}", class.name));
                if response.clicked() && !view.selection.is_empty() {
                    let objects = view.selection.set().to_vec();
                    view.send(Command::Label(
                        objects,
                        Some(class.name.clone()),
                        "window, labels",
                    ));
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.label(class.count.to_string()).on_hover_text(format!(
                        "{} labelled {}",
                        counted(class.count, "object"),
                        class.name
                    ));
                });
            });
        }
        ui.horizontal(|ui| {
            let field = egui::TextEdit::singleline(&mut self.new_class)
                .hint_text("New class")
                .desired_width((ui.available_width() - 56.0).max(60.0));
            let response = ui.add(field);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "New class"));
            if std::mem::take(&mut self.wants_name) {
                response.request_focus();
            }
            let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
            let named = !self.new_class.trim().is_empty();
            if (ui.add_enabled(named, egui::Button::new("Add")).clicked() || entered) && named {
                view.send(Command::NewClass(
                    std::mem::take(&mut self.new_class).trim().to_owned(),
                ));
            }
        });
    }
}

fn accuracy_ui(ui: &mut egui::Ui, view: &View<'_>) {
    let labelled = view.live.labelled();
    if labelled > 0 {
        let n = view.survey.count().max(1);
        ui.label(format!("{labelled} of {n} labelled"));
        ui.add(egui::ProgressBar::new(labelled as f32 / n as f32).desired_height(6.0))
            .accessible_name(format!("{labelled} of {n} labelled"));
    }
    if let Some(v) = view.live.predicted.as_ref().and_then(|p| p.validation.as_ref()) {
        ui.label(format!(
            "Accuracy {:.0} % (between {:.0} and {:.0} %)",
            100.0 * v.accuracy,
            100.0 * v.accuracy_low,
            100.0 * v.accuracy_high
        ))
        .on_hover_text(format!(
            "Cross-validated on {} in {} folds, with a 95 % interval; balanced over classes {:.0} %",
            counted(v.tested, "label"),
            v.folds,
            100.0 * v.balanced_accuracy
        ));
    } else if let Some(note) = &view.live.classifier_note {
        ui.add(egui::Label::new(egui::RichText::new(capitalised(note)).weak()).wrap());
    }
}

fn marks_ui(ui: &mut egui::Ui, view: &View<'_>) {
    let (interesting, ordinary) = view.live.marked;
    ui.strong("Strange");
    match &view.live.ranked {
        Some(ranked) => {
            ui.add(egui::Label::new(egui::RichText::new(capitalised(&ranked.how)).weak()).wrap());
        }
        None => {
            ui.weak("Not ranked yet: embed the objects first.");
        }
    }
    let methods = [
        Method::Combined,
        Method::Isolation,
        Method::Knn,
        Method::Mahalanobis,
    ];
    ui.horizontal(|ui| {
        let label = ui.label("Plain score");
        egui::ComboBox::from_id_salt("plain score")
            .selected_text(view.live.method.name())
            .show_ui(ui, |ui| {
                for method in methods {
                    let is_it = method == view.live.method;
                    if ui.selectable_label(is_it, method.name()).clicked() && !is_it {
                        view.send(Command::RankBy(method));
                    }
                }
            })
            .response
            .labelled_by(label.id)
            .on_hover_text("What ranks before there are marks, and what the marks are weighed against");
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.spacing_mut().button_padding.x = 5.0;
        for (action, n) in [(Action::Interesting, interesting), (Action::Ordinary, ordinary)] {
            let key = action
                .shortcut()
                .map_or_else(String::new, |k| ui.ctx().format_shortcut(&k));
            let word = if action == Action::Interesting {
                "Interesting"
            } else {
                "Ordinary"
            };
            let button = egui::Button::new(format!("{word} ({n})")).shortcut_text(key);
            if ui
                .add_enabled(!view.selection.is_empty(), button)
                .on_hover_text(action.help())
                .clicked()
            {
                view.send(Command::Do(action));
            }
        }
    });
}

fn queue_ui(ui: &mut egui::Ui, view: &View<'_>) {
    ui.strong("Label next");
    let labelled = view.live.labelled();
    if labelled > 0 && labelled == view.survey.count() {
        ui.weak("Every object has a label.");
    } else if view.live.suggestions.is_empty() {
        ui.weak("Nothing is suggested yet: embed the objects first.");
    }
    for s in view.live.suggestions.iter() {
        let object = s.row as u32;
        if view.live.label_of(object).is_some() {
            continue;
        }
        ui.horizontal(|ui| {
            let (rect, response) = ui.allocate_exact_size(egui::vec2(PICTURE, PICTURE), egui::Sense::click());
            view.thumbs.paint(ui, rect, object, &view.settings.look);
            if view.selection.focus() == Some(object) {
                let ink = egui::Stroke::new(2.0, view.settings.theme.accent());
                ui.painter().rect_stroke(rect, 2.0, ink, egui::StrokeKind::Inside);
            }
            let name = view.survey.objects().get(s.row).map_or("", |o| o.name.as_str());
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Label next: {name}"))
            });
            if response.clicked() {
                view.clicked(object, ui.input(|i| i.modifiers));
            }
            ui.vertical(|ui| {
                ui.add(egui::Label::new(name).truncate());
                ui.add(egui::Label::new(egui::RichText::new(&s.reason).weak().small()).wrap());
            });
        });
    }
}
