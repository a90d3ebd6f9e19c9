//! Evaluation: all encoders side by side on the project's labels, as a table and as plots.

mod curves;
mod form;
mod matrix;
mod table;

use crate::app::command::{Command, Purpose};
use crate::app::context::View;
use crate::app::panels::jobs::told;
use crate::evaluate::report::Report;
use form::Form;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// The title of the job that evaluates.
pub const EVALUATING: &str = "Evaluating the encoders";

/// What is shown of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Kind {
    #[default]
    Table,
    Learning,
    Rare,
    Reliability,
    Confusion,
    Classes,
    Robustness,
    Background,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Table, "Side by side", "The main figures of every encoder"),
        (
            Self::Learning,
            "Few labels",
            "Balanced accuracy against labels a class, with the spread over seeds",
        ),
        (
            Self::Rare,
            "Rare class",
            "Precision and recall against rank of the class made rare",
        ),
        (
            Self::Reliability,
            "Reliability",
            "How often a classifier is right against how sure it is",
        ),
        (Self::Confusion, "Confusion", "Which class is taken for which"),
        (
            Self::Classes,
            "By class",
            "Precision and recall against rank of each class",
        ),
        (
            Self::Robustness,
            "Robustness",
            "What turns, noise, blur and shifts do to the vectors",
        ),
        (
            Self::Background,
            "Background",
            "How much the background alone explains",
        ),
    ];
}

/// What the pane keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EvaluationPanel {
    kind: Kind,
    form: Form,
    /// Which encoder's confusion is shown, which method's and which class's curves.
    encoder: String,
    method: String,
    class: String,
    /// The newest result, and the project it belongs to.
    #[serde(skip)]
    result: Option<(PathBuf, Arc<Report>)>,
}

impl EvaluationPanel {
    /// Takes a result of the project in `root`.
    pub fn take(&mut self, root: PathBuf, report: Report) {
        self.result = Some((root, Arc::new(report)));
    }

    /// The result that is shown.
    pub fn report(&self) -> Option<&Arc<Report>> {
        self.result.as_ref().map(|(_, r)| r)
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        self.form.ui(ui, view);
        running_ui(ui, view);
        ui.separator();
        let of_this = self.result.as_ref().filter(|(root, _)| *root == view.survey.root);
        let Some((_, report)) = of_this else {
            return empty_ui(ui, view);
        };
        let report = report.clone();
        self.choice_ui(ui, view);
        let theme = view.settings.theme;
        match self.kind {
            Kind::Table => table::main_ui(ui, &report),
            Kind::Learning => curves::learning_ui(ui, &report, theme),
            Kind::Rare => curves::rare_ui(ui, &report, theme, &mut self.method),
            Kind::Reliability => curves::reliability_ui(ui, &report, theme),
            Kind::Confusion => matrix::confusion_ui(ui, &report, theme, &mut self.encoder),
            Kind::Classes => curves::class_ui(ui, &report, theme, &mut self.class),
            Kind::Robustness => table::robustness_ui(ui, &report),
            Kind::Background => table::background_ui(ui, &report),
        }
    }

    fn choice_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.horizontal_wrapped(|ui| {
            for (kind, name, help) in Kind::ALL {
                if ui
                    .selectable_label(self.kind == kind, name)
                    .on_hover_text(help)
                    .clicked()
                {
                    self.kind = kind;
                }
            }
            ui.separator();
            let page = ui
                .button("Save as page…")
                .on_hover_text("Write all tables and plots as one HTML file that any browser shows");
            if page.clicked() {
                view.send(Command::SaveEvaluation(Purpose::EvaluationPage));
            }
            let csv = ui
                .button("Save as CSV…")
                .on_hover_text("Write all figures, a row each");
            if csv.clicked() {
                view.send(Command::SaveEvaluation(Purpose::EvaluationCsv));
            }
        });
    }
}

/// The bar of an evaluation that runs, with the way to stop it.
fn running_ui(ui: &mut egui::Ui, view: &View<'_>) {
    let Some(job) = view.jobs.running().iter().find(|j| j.title == EVALUATING) else {
        return;
    };
    let s = job.state.snapshot();
    ui.horizontal(|ui| {
        if s.cancelling {
            ui.weak("stopping…");
        } else if ui.button("Stop").on_hover_text("Stop the evaluation").clicked() {
            view.send(Command::CancelJob(job.id));
        }
        let bar = egui::ProgressBar::new(s.fraction.unwrap_or(0.0)).desired_height(14.0);
        ui.add(bar.desired_width(180.0));
        ui.weak(told(&s));
    });
}

/// Says what is missing for an evaluation, or how to begin it.
fn empty_ui(ui: &mut egui::Ui, view: &View<'_>) {
    let labelled = view.live.classes.iter().filter(|c| c.count >= 5).count();
    let text = if view.survey.runs.is_empty() {
        "Vectors are needed: embed the objects (Objects menu), with morphometry or with a network."
    } else if labelled < 2 {
        "Labels are needed: give at least five objects of each of two classes a label, or read labels from a \
         file (File, Import labels…)."
    } else {
        "Press Evaluate: every encoder is tried on the labelled objects, as neighbours, with few labels, and \
         against turns, noise and blur. Choose a rare class to see how soon it would be found."
    };
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.25).max(8.0));
        ui.heading("No evaluation yet");
        ui.add(egui::Label::new(text).wrap());
    });
}
