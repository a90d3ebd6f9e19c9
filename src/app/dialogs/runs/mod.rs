//! Runs: what vectors the project has, two of them held against each other, and taking one away.

mod compared;
mod table;

use super::running_ui;
use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::derived::Derived;
use crate::app::mind::capitalised;
use crate::app::notices::Level;
use crate::app::theme::sheet;
use crate::project::Project;
use crate::tasks::compare::Compared;
use crate::tasks::runs::{self, RunFacts};
use std::path::PathBuf;
use std::sync::Arc;

/// The title of the job that compares.
pub const COMPARING: &str = "Comparing two runs";

/// The runs as they were read: of which project, by which reading of it.
type Listed = Derived<(PathBuf, u64), Result<Vec<RunFacts>, String>>;

/// What the dialog keeps while it is up.
#[derive(Default)]
pub struct RunsDialog {
    list: Listed,
    /// Runs to compare: at most two, the older choice first.
    chosen: Vec<String>,
    /// The run whose deletion is asked about.
    deleting: Option<String>,
    /// The newest comparison, or why there is none.
    compared: Option<Result<Box<Compared>, String>>,
}

/// What was pressed in the table.
enum Pressed {
    Choose(String),
    Delete(String),
}

impl RunsDialog {
    /// Takes a comparison, or why there is none.
    pub fn take(&mut self, compared: Result<Box<Compared>, String>) {
        self.compared = Some(compared);
    }

    /// Draws the dialog; whether it stays.
    pub fn ui(&mut self, ctx: &egui::Context, view: &View<'_>) -> bool {
        let root = view.survey.root.clone();
        let key = (root.clone(), view.survey.generation);
        let list = self.list.get(ctx, &key, move || {
            let project = Project::open(&root, false).map_err(|e| e.to_string())?;
            runs::list(&project).map_err(|e| e.to_string())
        });
        let modal = egui::Modal::new(egui::Id::unique("runs"))
            .frame(sheet(ctx))
            .show(ctx, |ui| {
                let room = ctx.content_rect().size();
                ui.set_width((room.x - 80.0).clamp(320.0, 1080.0));
                ui.heading("Runs");
                let what = "A run holds the vectors that one encoder, used in one way, made of this project's \
                            objects. Searches, classes and rankings use the newest run of every encoder.";
                ui.add(egui::Label::new(egui::RichText::new(what).weak()).wrap());
                ui.add_space(6.0);
                let height = (room.y - 190.0).clamp(160.0, 560.0);
                egui::ScrollArea::vertical()
                    .max_height(height)
                    .min_scrolled_height(height)
                    .show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        self.body_ui(ui, view, list.as_ref());
                    });
                ui.add_space(8.0);
                ui.horizontal(|ui| {
                    if ui.button("Close").clicked() {
                        ui.close();
                    }
                    let more = ui.button("Embed…").on_hover_text(Action::EmbedWith.help());
                    if more.clicked() {
                        view.send(Command::Do(Action::EmbedWith));
                        ui.close();
                    }
                });
            });
        !modal.should_close()
    }

    fn body_ui(
        &mut self,
        ui: &mut egui::Ui,
        view: &View<'_>,
        list: Option<&Arc<Result<Vec<RunFacts>, String>>>,
    ) {
        let error = view.settings.theme.level(Level::Error);
        let runs = match list.map(|l| l.as_ref()) {
            None => return drop(ui.weak("Reading the runs…")),
            Some(Err(why)) => return drop(ui.colored_label(error, why)),
            Some(Ok(runs)) => runs,
        };
        if runs.is_empty() {
            ui.label(
                "There are no vectors yet: embed the objects, with classical numbers or with a network.",
            );
            return;
        }
        // What was deleted is no longer chosen.
        self.chosen.retain(|c| runs.iter().any(|r| r.run == *c));
        match table::table_ui(ui, runs, &self.chosen, view.settings.theme) {
            Some(Pressed::Choose(run)) => self.choose(run),
            Some(Pressed::Delete(run)) => self.deleting = Some(run),
            None => {}
        }
        self.deleting_ui(ui, view, runs);
        ui.add_space(10.0);
        self.compare_ui(ui, view, runs);
    }

    /// Chooses a run to compare, or no longer; a third takes the place of the one chosen first.
    fn choose(&mut self, run: String) {
        if let Some(i) = self.chosen.iter().position(|c| *c == run) {
            self.chosen.remove(i);
            return;
        }
        self.chosen.push(run);
        if self.chosen.len() > 2 {
            self.chosen.remove(0);
        }
    }

    /// Asks before a run goes.
    fn deleting_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>, runs: &[RunFacts]) {
        let asked = self.deleting.clone();
        let Some(run) = asked.and_then(|name| runs.iter().find(|r| r.run == name)) else {
            self.deleting = None;
            return;
        };
        egui::Frame::group(ui.style()).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let what = format!(
                "Delete {} with its {} ({})? To have them again they must be computed again. Labels and marks stay.",
                run.run,
                crate::app::mind::counted(run.done, "vector"),
                super::bytes_said(run.bytes)
            );
            ui.add(egui::Label::new(what).wrap());
            ui.horizontal(|ui| {
                if ui.button("Delete it").clicked() {
                    view.send(Command::DeleteRun(run.run.clone()));
                    self.deleting = None;
                }
                if ui.button("Keep it").clicked() {
                    self.deleting = None;
                }
            });
        });
    }

    fn compare_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>, runs: &[RunFacts]) {
        ui.strong("Compare two runs");
        if runs.len() < 2 {
            ui.label("There is only one: embed with another encoder or other options to have two.");
            return;
        }
        let is_running = view.jobs.running().iter().any(|j| j.title == COMPARING);
        ui.horizontal_wrapped(|ui| {
            let can = self.chosen.len() == 2 && !is_running;
            let button = ui.add_enabled(can, egui::Button::new("Compare"));
            let help = "Whether both find the same neighbours, and which teaches your labels better";
            if button
                .on_hover_text(help)
                .on_disabled_hover_text("Tick two runs first")
                .clicked()
                && let [first, second] = &self.chosen[..]
            {
                self.compared = None;
                view.send(Command::Compare(first.clone(), second.clone()));
            }
            match &self.chosen[..] {
                [first, second] => drop(ui.label(format!("{first} and {second}"))),
                _ => drop(ui.label("Tick two runs in the table.")),
            }
        });
        running_ui(ui, view.jobs, view.out, COMPARING);
        match &self.compared {
            None => {}
            Some(Err(why)) => {
                let ink = view.settings.theme.level(Level::Error);
                ui.colored_label(ink, capitalised(why));
            }
            Some(Ok(found)) => compared::compared_ui(ui, found, view.settings.theme),
        }
    }
}
