//! The bar of menus above the panes and the status line below them.

use super::Window;
use crate::app::apply::can;
use crate::app::command::{Action, Command, Menu};
use crate::app::mind::counted;
use crate::app::notices::Level;
use crate::app::panels::Pane;
use crate::app::panels::jobs::duration;
use egui::{Align, Layout, RichText};
use std::time::Duration;

/// How long a notice stands in the status line.
const SHOWN: Duration = Duration::from_secs(12);

impl Window {
    pub(super) fn menus_ui(&mut self, ui: &mut egui::Ui) {
        egui::Panel::top("menus").show(ui, |ui| {
            egui::MenuBar::new().ui(ui, |ui| {
                for menu in Menu::ALL {
                    ui.menu_button(menu.name(), |ui| {
                        for action in Action::ALL.iter().filter(|a| a.menu() == menu) {
                            self.item_ui(ui, *action);
                        }
                        if menu == Menu::File && !self.state.settings.recent.is_empty() {
                            ui.separator();
                            ui.menu_button("Recent", |ui| {
                                for path in &self.state.settings.recent {
                                    if ui.button(path.display().to_string()).clicked() {
                                        self.state.out.send(Command::Open(vec![path.clone()]));
                                        ui.close();
                                    }
                                }
                            });
                        }
                    });
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(open) = &self.state.open {
                        let text = format!(
                            "{}   {}",
                            open.survey.name(),
                            counted(open.survey.count(), "object")
                        );
                        ui.add(egui::Label::new(RichText::new(text).weak()).truncate())
                            .on_hover_text(open.survey.root.display().to_string());
                    }
                });
            });
        });
    }

    pub(super) fn item_ui(&self, ui: &mut egui::Ui, action: Action) {
        let mut text = action.text().to_owned();
        if let Some(name) = action
            .class()
            .and_then(|c| self.state.open.as_ref()?.live.classes.get(c))
            .map(|c| c.name.clone())
        {
            text = format!("Label as {name}");
        } else if action.class().is_some_and(|c| c > 0) {
            return;
        }
        let mut button = egui::Button::new(text);
        if let Some(keys) = action.shortcut() {
            button = button.shortcut_text(ui.ctx().format_shortcut(&keys));
        }
        let response = ui
            .add_enabled(can(&self.state, action), button)
            .on_hover_text(action.help());
        if response.clicked() {
            self.state.out.send(Command::Do(action));
            ui.close();
        }
    }

    pub(super) fn status_ui(&mut self, ui: &mut egui::Ui) {
        egui::Panel::bottom("status").exact_size(26.0).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                if let Some(open) = &self.state.open {
                    let chosen = open.selection.len();
                    ui.label(format!("{chosen} selected"));
                    if open.visible.passes.is_some() {
                        ui.separator();
                        ui.label(format!(
                            "filter shows {} of {}",
                            open.visible.count,
                            open.survey.count()
                        ));
                    }
                    if let Some(found) = &open.live.found {
                        ui.separator();
                        ui.label(format!("found: {}", found.query));
                    }
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(job) = self.state.jobs.running().first() {
                        let s = job.state.snapshot();
                        if ui
                            .small_button("Stop")
                            .on_hover_text("Stop this; what is done is kept")
                            .clicked()
                        {
                            self.state.out.send(Command::CancelJob(job.id));
                        }
                        let mut bar = egui::ProgressBar::new(s.fraction.unwrap_or(0.0))
                            .desired_width(110.0)
                            .desired_height(12.0);
                        if s.fraction.is_none() {
                            bar = bar.animate(true);
                        }
                        ui.add(bar);
                        let more = self.state.jobs.running().len() - 1;
                        let more = if more > 0 {
                            format!(" (+{more})")
                        } else {
                            String::new()
                        };
                        let left = s
                            .left
                            .map_or_else(String::new, |l| format!(", {} left", duration(l)));
                        ui.add(egui::Label::new(format!("{}{left}{more}", job.title)).truncate());
                    }
                    if let Some(n) = self
                        .state
                        .notices
                        .list()
                        .last()
                        .filter(|n| n.at.elapsed() < SHOWN)
                    {
                        ui.ctx().request_repaint_after(Duration::from_secs(1));
                        let colour = self.state.settings.theme.level(n.notice.level);
                        let text = n.notice.title.clone();
                        let label = egui::Label::new(RichText::new(text).color(colour))
                            .truncate()
                            .sense(egui::Sense::click());
                        let response = ui.add(label).on_hover_text(&n.notice.detail);
                        if response.clicked() || (n.notice.level == Level::Error && response.double_clicked())
                        {
                            self.state.out.send(Command::Show(Pane::Jobs));
                        }
                    }
                });
            });
        });
    }
}
