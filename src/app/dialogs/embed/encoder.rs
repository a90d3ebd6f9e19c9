//! The encoders to choose from; those that can't be used say why and how to get them.

use super::file_name;
use crate::app::command::Command;
use crate::app::dialogs::{Around, encoder_ink};
use crate::app::encoders::Known;
use crate::encoder::registry::EncoderFacts;
use egui::{Align, Layout, RichText, Role, Ui, WidgetInfo};
use std::path::Path;

/// Height of a row, points.
const ROW: f32 = 24.0;

/// Draws the list: what can be used first. What was chosen, if something was.
pub fn encoder_ui(
    ui: &mut Ui,
    known: &Known,
    chosen: &str,
    file: Option<&Path>,
    around: &Around<'_>,
) -> Option<String> {
    let mut pressed = None;
    ui.strong("Encoder");
    let room = ui.available_height() - 34.0;
    let width = ui.available_width();
    egui::ScrollArea::vertical()
        .id_salt("encoders to choose")
        .max_height(room)
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.set_max_width(width - 14.0);
            if let Some(path) = file {
                let name = path.display().to_string();
                let text = file_name(path);
                if radio_ui(ui, &text, &name, chosen == name, true)
                    .on_hover_text(&name)
                    .clicked()
                {
                    pressed = Some(name);
                }
            }
            let (usable, others): (Vec<_>, Vec<_>) = known.all.iter().partition(|f| f.state.is_usable());
            for facts in usable {
                ui.horizontal(|ui| {
                    ui.set_height(ROW);
                    let response = radio_ui(ui, &facts.name, &facts.name, chosen == facts.name, true);
                    if response.on_hover_text(about(facts)).clicked() {
                        pressed = Some(facts.name.clone());
                    }
                });
            }
            ui.add_space(6.0);
            ui.weak("Can't be used yet");
            for facts in others {
                other_ui(ui, facts, around);
            }
        });
    ui.add_space(4.0);
    let file = ui
        .button("A weights file…")
        .on_hover_text("Use a file once, its family told from its tensors; Encoders… takes one up for good");
    if file.clicked() {
        around.out.send(Command::PickWeights);
    }
    pressed
}

fn radio_ui(ui: &mut Ui, text: &str, name: &str, is_chosen: bool, can: bool) -> egui::Response {
    let label = RichText::new(text);
    let response = ui.add_enabled(can, egui::RadioButton::new(is_chosen, label));
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, can, is_chosen, format!("Use {name}")));
    response
}

/// One that can't be used: why, and the way to get it.
fn other_ui(ui: &mut Ui, facts: &EncoderFacts, around: &Around<'_>) {
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), ROW),
        Layout::right_to_left(Align::Center),
        |ui| {
            let get = ui.small_button("Get…");
            get.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Get {}", facts.name)));
            if get
                .on_hover_text("Show it among the encoders, where it can be fetched")
                .clicked()
            {
                around.out.send(Command::ShowEncoders(Some(facts.name.clone())));
            }
            let state = RichText::new(facts.state.words()).color(encoder_ink(&facts.state, around.theme));
            ui.add(egui::Label::new(state).selectable(false));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
                radio_ui(ui, &facts.name, &facts.name, false, false).on_disabled_hover_text(about(facts));
            });
        },
    );
}

/// What it is, in a few lines.
fn about(facts: &EncoderFacts) -> String {
    match &facts.entry {
        None => "Classical numbers: sizes, shapes, colours. Needs no weights.".into(),
        Some(entry) => {
            let known = &entry.description;
            let parts = [known.title.as_str(), known.size.as_str(), known.about.as_str()];
            let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
            parts.join("\n")
        }
    }
}
