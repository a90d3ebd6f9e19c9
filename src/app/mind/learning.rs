//! What labels and marks teach: probabilities, what to label next, the ranking; and keeping it.

use super::serving::Serving;
use super::{Reply, counted};
use crate::app::background::while_all_rest;
use crate::app::live::{Predicted, Ranked};
use crate::progress::{Progress, Silent};
use crate::project::ProjectError;
use crate::project::answers::{self, Draft, Prepared};
use crate::tasks::anomalies::{AnomalyRequest, rank_on};
use crate::tasks::classify::{Classified, ClassifyOptions, classify_on};
use crossbeam_channel::bounded;
use std::sync::Arc;

/// How many objects are suggested to be labelled next.
const SUGGESTED: usize = 24;

/// Work that stops when somebody waits.
pub(super) struct UntilWanted<'a>(pub(super) &'a (dyn Fn() -> bool + Sync));

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
    /// the probabilities come first, sharp or not, and the accuracy when the hand rests. Whether it was
    /// not stopped.
    pub(super) fn learn(&mut self, at_rest: bool, progress: &dyn Progress) -> bool {
        let (Some(features), Some(opened)) = (self.features, self.opened) else {
            return true;
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
                self.classified = Some(Arc::new(answer));
            }
            // A hand came back: its label is written first, and learnt from.
            Err(ProjectError::Cancelled) => return false,
            Err(why) => self.failed("learning from the labels", why),
        }
        true
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
                self.scored = Some(Arc::new(scored));
            }
            Err(why) => self.failed("ranking what is strange", why),
        }
    }

    /// What waits until the hand rests: the accuracy, and keeping the answers in the project. Where
    /// `is_wanted` says that somebody waits, the rest is left for the next rest. Writing tables takes
    /// longest; another thread does it, which gives way, and [`Serving::kept`] does what is left.
    pub(super) fn begin_keeping(&mut self, is_wanted: &(dyn Fn() -> bool + Sync)) {
        if !self.unkept || self.keeping.is_some() {
            return;
        }
        self.judge(is_wanted);
        if is_wanted() {
            return;
        }
        let Some(drafts) = self.drafts() else {
            self.unkept = false;
            return;
        };
        let root = self.project.root().to_path_buf();
        let (sender, receiver) = bounded(1);
        let write = move || {
            let written =
                while_all_rest(|| drafts().into_iter().map(|d| answers::prepare(&root, d)).collect());
            let _ = sender.send(written);
        };
        if std::thread::Builder::new()
            .name("keep".into())
            .spawn(write)
            .is_ok()
        {
            (self.keeping, self.unkept) = (Some(receiver), false);
        }
    }

    /// Makes what the other thread has written the project's; what newer answers have overtaken is
    /// thrown away, for they will be kept in their turn.
    pub(super) fn kept(&mut self, written: Vec<Result<Prepared, ProjectError>>) {
        self.keeping = None;
        if self.unkept {
            return;
        }
        for prepared in written {
            let done = prepared.and_then(|p| p.put_in(self.project));
            self.tell_failure(done);
        }
    }

    /// Keeps everything now, before an export or at the end.
    pub(super) fn keep_now(&mut self) {
        if let Some(written) = self.keeping.take().and_then(|k| k.recv().ok()) {
            self.kept(written);
        }
        if !std::mem::take(&mut self.unkept) {
            return;
        }
        self.judge(&|| false);
        self.unkept = false;
        let Some(drafts) = self.drafts() else { return };
        for draft in drafts() {
            let done = answers::prepare(self.project.root(), draft).and_then(|p| p.put_in(self.project));
            self.tell_failure(done);
        }
    }

    /// Cross-validates, if that was put off.
    fn judge(&mut self, is_wanted: &(dyn Fn() -> bool + Sync)) {
        let is_unjudged = |c: &Arc<Classified>| c.validation.is_none() && c.predictions.is_some();
        if self.classified.as_ref().is_some_and(is_unjudged) {
            self.learn(true, &UntilWanted(is_wanted));
        }
    }

    /// What makes the drafts of all answers that there are, on whatever thread.
    fn drafts(&self) -> Option<impl FnOnce() -> Vec<Draft> + Send + 'static> {
        let vectors = self.opened?.provenance();
        let (classified, plain, scored) = (self.classified.clone(), self.plain.clone(), self.scored.clone());
        Some(move || {
            let learnt = classified.and_then(|c| crate::tasks::classify::draft(vectors.clone(), &c));
            let ranking = (plain.zip(scored))
                .map(|(plain, scored)| crate::tasks::anomalies::draft(vectors, &plain, &scored));
            learnt.into_iter().chain(ranking).collect()
        })
    }

    fn tell_failure(&self, done: Result<(), ProjectError>) {
        // A project that can't be written is worked in all the same; that was said when it was opened.
        if let Err(why) = answers::unless_refused(done) {
            self.failed("keeping the answers", why);
        }
    }
}
