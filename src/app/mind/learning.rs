//! What labels and marks teach: probabilities, what to label next, the ranking; and keeping it.

use super::serving::Serving;
use super::{Reply, counted};
use crate::app::live::{Predicted, Ranked};
use crate::progress::{Progress, Silent};
use crate::project::ProjectError;
use crate::tasks::anomalies::{AnomalyRequest, rank_on};
use crate::tasks::classify::{ClassifyOptions, classify_on};

/// How many objects are suggested to be labelled next.
const SUGGESTED: usize = 24;

/// Work that stops when somebody waits.
struct UntilWanted<'a>(&'a (dyn Fn() -> bool + Sync));

impl Progress for UntilWanted<'_> {
    fn begin(&self, _: &str, _: Option<u64>) {}

    fn advance(&self, _: u64) {}

    fn note(&self, _: &str) {}

    fn cancelled(&self) -> bool {
        (self.0)()
    }
}

impl Serving<'_, '_> {
    /// Fits the classifier. The first time of a session its accuracy is cross-validated at once; later
    /// the probabilities come first, sharp or not, and the accuracy when the hand rests.
    pub(super) fn learn(&mut self, at_rest: bool, progress: &dyn Progress) {
        let (Some(features), Some(opened)) = (self.features, self.opened) else {
            return;
        };
        let options = ClassifyOptions {
            next: SUGGESTED,
            validate: at_rest,
            ..Default::default()
        };
        match classify_on(self.project, opened, features, &options, progress) {
            Ok(answer) => {
                self.tell.say(Reply::Classified {
                    names: answer.classes.clone(),
                    predicted: answer.predictions.clone().map(|predictions| {
                        Box::new(Predicted {
                            predictions,
                            validation: answer.validation.clone(),
                            labels: answer.labels.iter().sum(),
                        })
                    }),
                    suggestions: answer.suggestions.clone(),
                    note: answer.note.clone(),
                    labels: answer.labels.iter().sum(),
                });
                self.unkept |= !at_rest;
                self.classified = Some(answer);
            }
            // A hand came back: its label is written first, and learnt from.
            Err(ProjectError::Cancelled) => {}
            Err(why) => self.failed("learning from the labels", why),
        }
    }

    pub(super) fn rank(&mut self) {
        let (Some(features), Some(opened), Some(plain)) = (self.features, self.opened, &self.plain) else {
            return;
        };
        let request = AnomalyRequest {
            method: self.method,
            unguided: false,
            on: None,
            k: 0,
            seed: 0,
        };
        match rank_on(self.project, opened, features, plain, &request, &Silent) {
            Ok(scored) => {
                let mut rank = vec![0u32; scored.score.len()];
                for (place, &row) in scored.order.iter().enumerate() {
                    rank[row] = place as u32 + 1;
                }
                let how = if scored.model_weight > 0.0 {
                    format!(
                        "{:.0} % from {} and {}, the rest from {}",
                        100.0 * scored.model_weight,
                        counted(scored.marks.0, "interesting mark"),
                        counted(scored.marks.1, "ordinary mark"),
                        self.method.name()
                    )
                } else {
                    format!(
                        "plain outlier score ({}); mark objects interesting to guide it",
                        self.method.name()
                    )
                };
                self.tell.say(Reply::Ranked(Ranked {
                    score: scored.score.clone(),
                    rank,
                    how,
                }));
                self.unkept = true;
                self.scored = Some(scored);
            }
            Err(why) => self.failed("ranking what is strange", why),
        }
    }

    /// What waits until the hand rests: the accuracy, and keeping the answers in the project.
    /// Each step of it takes a moment: where `is_wanted` says that somebody waits, the rest is left for
    /// the next rest.
    pub(super) fn keep(&mut self, is_wanted: &(dyn Fn() -> bool + Sync)) {
        if !self.unkept {
            return;
        }
        if self
            .classified
            .as_ref()
            .is_some_and(|c| c.validation.is_none() && c.predictions.is_some())
        {
            self.learn(true, &UntilWanted(is_wanted));
        }
        if is_wanted() {
            return;
        }
        let Some(opened) = self.opened else {
            self.unkept = false;
            return;
        };
        if let Some(classified) = &self.classified
            && let Err(why) = crate::tasks::classify::keep(self.project, opened, classified)
        {
            self.failed("keeping the probabilities", why);
        }
        if is_wanted() {
            return;
        }
        if let (Some(plain), Some(scored)) = (&self.plain, &self.scored)
            && let Err(why) = crate::tasks::anomalies::keep(self.project, opened, plain, scored)
        {
            self.failed("keeping the ranking", why);
        }
        self.unkept = false;
    }
}
