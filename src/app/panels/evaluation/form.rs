//! What is asked of an evaluation: which encoders, which class is rare, how often.

use super::EVALUATING;
use crate::app::command::Command;
use crate::app::context::View;
use crate::app::widgets::{Choice, choose};
use crate::tasks::evaluate::{EvaluateRequest, FUSION, HAND26, ROBUSTNESS};
use serde::{Deserialize, Serialize};

/// No class is made rare.
const NO_CLASS: &str = "none";

/// What was chosen.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    rare: String,
    baseline: bool,
    fusion: bool,
    seeds: usize,
    robustness: usize,
    /// Runs that are left out, by name.
    without: Vec<String>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            rare: NO_CLASS.into(),
            baseline: true,
            fusion: false,
            seeds: 10,
            robustness: ROBUSTNESS,
            without: Vec::new(),
        }
    }
}

impl Form {
    /// Draws the form.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        let is_running = view.jobs.running().iter().any(|j| j.title == EVALUATING);
        let classes: Vec<&str> = (view.live.classes.iter())
            .filter(|c| c.count >= 5)
            .map(|c| c.name.as_str())
            .collect();
        if self.rare != NO_CLASS && !classes.contains(&self.rare.as_str()) {
            self.rare = NO_CLASS.into();
        }
        ui.horizontal_wrapped(|ui| {
            let mut chosen: Vec<String> = Vec::new();
            for (run, encoder) in &view.survey.runs {
                let mut wanted = !self.without.contains(run);
                let several = view.survey.runs.iter().filter(|(_, e)| e == encoder).count() > 1;
                let name = if several { run } else { encoder };
                if ui.checkbox(&mut wanted, name).on_hover_text(run).changed() {
                    if wanted {
                        self.without.retain(|w| w != run);
                    } else {
                        self.without.push(run.clone());
                    }
                }
                if wanted {
                    chosen.push(run.clone());
                }
            }
            ui.checkbox(&mut self.baseline, "26 classical numbers")
                .on_hover_text("The baseline that every encoder has to beat");
            if self.baseline {
                chosen.push(HAND26.into());
            }
            let can_fuse = chosen.len() > 1;
            ui.add_enabled(can_fuse, egui::Checkbox::new(&mut self.fusion, "all together"))
                .on_hover_text("Also the chosen encoders side by side as one vector");
            if self.fusion && can_fuse {
                chosen.push(FUSION.into());
            }
            ui.separator();
            ui.label("rare class");
            let options = || {
                let none = Choice {
                    name: NO_CLASS.into(),
                    beside: String::new(),
                    help: "Rank no class".into(),
                };
                let class = |c: &&str| Choice {
                    name: (*c).to_owned(),
                    beside: String::new(),
                    help: "Make this class rare and see how soon it is found".into(),
                };
                std::iter::once(none).chain(classes.iter().map(class)).collect()
            };
            choose(ui, "rare", "Rare class", options, &mut self.rare);
            let can = !is_running && !chosen.is_empty() && classes.len() > 1;
            let button = ui.add_enabled(can, egui::Button::new("Evaluate"));
            let button = button.on_hover_text("Try the chosen encoders on the labelled objects");
            let missing = "Needs two classes with five labelled objects each, and an encoder";
            if button.on_disabled_hover_text(missing).clicked() {
                view.send(Command::Evaluate(Box::new(self.request(chosen))));
            }
            // Behind the button: a number that is being typed changes its width.
            let seeds = egui::DragValue::new(&mut self.seeds)
                .range(1..=100)
                .suffix(" seeds");
            let seeds = ui
                .add(seeds)
                .on_hover_text("How often random halves and examples are drawn");
            seeds.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Seeds"));
            let altered = egui::DragValue::new(&mut self.robustness)
                .range(0..=2000)
                .suffix(" altered");
            let altered = ui
                .add(altered)
                .on_hover_text("Objects that are turned, blurred and moved and embedded again; 0 for none");
            altered
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Altered objects"));
        });
    }

    fn request(&self, encoders: Vec<String>) -> EvaluateRequest {
        EvaluateRequest {
            rare: (self.rare != NO_CLASS).then(|| self.rare.clone()),
            encoders,
            seeds: self.seeds,
            robustness: self.robustness,
            crop: 1.0,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            ..EvaluateRequest::default()
        }
    }
}
