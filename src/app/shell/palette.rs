//! The palette: any command by a part of its name.

use super::Window;
use crate::app::apply::can;
use crate::app::command::{Action, Command};
use crate::app::theme::sheet;
use egui::{Key, Modifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};

impl Window {
    pub(super) fn palette_ui(&mut self, ctx: &egui::Context, text: &mut String, chosen: &mut usize) -> bool {
        let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
        let mut found: Vec<(u32, Action)> = Action::ALL
            .iter()
            .filter(|a| can(&self.state, **a) && **a != Action::Palette)
            .filter_map(|a| {
                let mut buffer = Vec::new();
                let words = format!("{} {}", a.menu().name(), a.text());
                let hay = nucleo_matcher::Utf32Str::new(&words, &mut buffer);
                Some((pattern.score(hay, &mut self.matcher)?, *a))
            })
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let (up, down, enter) = ctx.input_mut(|i| {
            (
                i.consume_key(Modifiers::NONE, Key::ArrowUp),
                i.consume_key(Modifiers::NONE, Key::ArrowDown),
                i.key_pressed(Key::Enter),
            )
        });
        if down {
            *chosen += 1;
        }
        if up {
            *chosen = chosen.saturating_sub(1);
        }
        *chosen = (*chosen).min(found.len().saturating_sub(1));
        let mut run = enter.then(|| found.get(*chosen).map(|(_, a)| *a)).flatten();
        let modal = egui::Modal::new(egui::Id::unique("palette"))
            .frame(sheet(ctx))
            .show(ctx, |ui| {
                ui.set_width(460.0);
                let field = egui::TextEdit::singleline(text)
                    .hint_text("Type a command")
                    .desired_width(f32::INFINITY);
                let response = ui.add(field);
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Command"));
                response.request_focus();
                if response.changed() {
                    *chosen = 0;
                }
                ui.add_space(4.0);
                egui::ScrollArea::vertical()
                    .max_height(360.0)
                    .min_scrolled_height(360.0)
                    .show(ui, |ui| {
                        for (i, (_, action)) in found.iter().enumerate() {
                            let mut button =
                                egui::Button::new(format!("{}: {}", action.menu().name(), action.text()))
                                    .selected(i == *chosen)
                                    .frame_when_inactive(i == *chosen)
                                    .min_size(egui::vec2(ui.available_width(), 22.0));
                            if let Some(keys) = action.shortcut() {
                                button = button.shortcut_text(ui.ctx().format_shortcut(&keys));
                            }
                            let response = ui.add(button).on_hover_text(action.help());
                            if i == *chosen && (up || down) {
                                response.scroll_to_me(None);
                            }
                            if response.clicked() {
                                run = Some(*action);
                            }
                        }
                        if found.is_empty() {
                            ui.weak("No command of that name can be done now.");
                        }
                    });
            });
        if let Some(action) = run {
            self.state.out.send(Command::Do(action));
            return false;
        }
        !modal.should_close()
    }
}
