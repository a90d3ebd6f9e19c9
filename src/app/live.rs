//! What changes while a person labels: labels, marks, probabilities, scores. One array of each, by
//! object, shared with whoever draws or sorts by it.

use crate::discovery::fewshot::{Predictions, Suggestion, Validation};
use crate::io::catalog::Table;
use crate::project::journal::{INTERESTING, Kind};
use crate::tasks::anomalies::Method;
use std::collections::HashMap;
use std::sync::Arc;

/// A class of the person's making.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Objects that carry it.
    pub count: usize,
}

/// The classifier's newest answer.
pub struct Predicted {
    /// Probabilities by object and class; classes count as in [`Live::classes`].
    pub predictions: Predictions,
    /// How good it is by cross-validation, if there are labels enough.
    pub validation: Option<Validation>,
    /// Labels that it was learnt from.
    pub labels: usize,
}

/// The newest ranking by strangeness.
pub struct Ranked {
    /// By object; higher is stranger, NaN without a vector.
    pub score: Vec<f32>,
    /// By object, 1 = strangest; 0 without a vector.
    pub rank: Vec<u32>,
    /// How it came about, for people.
    pub how: String,
}

/// The newest search.
pub struct Found {
    /// What was looked for, for people.
    pub query: String,
    /// By object; NaN where it was not found or has no vector.
    pub similarity: Vec<f32>,
    /// Best first.
    pub order: Vec<u32>,
}

/// See [`Live::answered`]; 0 for what has not answered yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    /// The classifier.
    pub predicted: u64,
    /// The ranking.
    pub ranked: u64,
    /// The search.
    pub found: u64,
}

/// The live values of all objects.
#[derive(Clone)]
pub struct Live {
    /// Raised with every change.
    pub generation: u64,
    /// The generations in which the classifier, the ranking and the search last answered: a list sorted by
    /// their numbers need not be sorted again for a label.
    pub answered: Answered,
    /// Classes in the order they were made.
    pub classes: Vec<Class>,
    /// Class number + 1 by object, 0 without a label.
    pub labels: Arc<Vec<u16>>,
    /// 1 interesting, −1 ordinary, 0 unmarked.
    pub marks: Arc<Vec<i8>>,
    /// How many are marked interesting, and ordinary.
    pub marked: (usize, usize),
    /// The classifier's answer.
    pub predicted: Option<Arc<Predicted>>,
    /// Accuracy after each refit in this session: labels, accuracy, low, high.
    pub learning: Vec<[f64; 4]>,
    /// What to label next, best first.
    pub suggestions: Arc<Vec<Suggestion>>,
    /// Why there is no classifier yet, or what to know about it.
    pub classifier_note: Option<String>,
    /// The ranking.
    pub ranked: Option<Arc<Ranked>>,
    /// The plain score it begins with.
    pub method: Method,
    /// The search.
    pub found: Option<Arc<Found>>,
    /// Whether something can be taken back, or given again.
    pub can_undo: bool,
    /// See `can_undo`.
    pub can_redo: bool,
}

impl Live {
    /// What a project says when it is opened; stored scores are shown until new ones are made.
    pub fn new(
        count: usize,
        classes: Vec<String>,
        labels: &HashMap<i64, String>,
        marks: &HashMap<i64, String>,
        table: &Table,
    ) -> Self {
        let mut live = Self {
            generation: 1,
            answered: Answered::default(),
            classes: Vec::new(),
            labels: Arc::new(vec![0; count]),
            marks: Arc::new(vec![0; count]),
            marked: (0, 0),
            predicted: None,
            learning: Vec::new(),
            suggestions: Arc::new(Vec::new()),
            classifier_note: None,
            ranked: None,
            method: Method::Combined,
            found: None,
            can_undo: !labels.is_empty() || !marks.is_empty(),
            can_redo: false,
        };
        for name in classes {
            live.class_number(&name);
        }
        for (&object, class) in labels {
            live.apply(object, Kind::Label, Some(class));
        }
        for (&object, mark) in marks {
            live.apply(object, Kind::Mark, Some(mark));
        }
        if let (Some(score), Some(rank)) = (table.numbers("anomaly_score"), table.numbers("anomaly_rank")) {
            live.ranked = Some(Arc::new(Ranked {
                score: score.iter().map(|&v| v as f32).collect(),
                rank: rank
                    .iter()
                    .map(|&v| if v.is_finite() { v as u32 } else { 0 })
                    .collect(),
                how: "as stored in the project".into(),
            }));
        }
        live
    }

    /// The number of a class, which is made if there is none of that name.
    pub fn class_number(&mut self, name: &str) -> usize {
        match self.classes.iter().position(|c| c.name == name) {
            Some(i) => i,
            None => {
                self.classes.push(Class {
                    name: name.to_owned(),
                    count: 0,
                });
                self.classes.len() - 1
            }
        }
    }

    /// Puts one journal event's value in place.
    pub fn apply(&mut self, object: i64, kind: Kind, value: Option<&str>) {
        let Ok(row) = usize::try_from(object) else { return };
        match kind {
            Kind::Label => {
                let new = value.map_or(0, |name| self.class_number(name) as u16 + 1);
                let Some(slot) = Arc::make_mut(&mut self.labels).get_mut(row) else {
                    return;
                };
                let old = std::mem::replace(slot, new);
                if let Some(class) = (old as usize)
                    .checked_sub(1)
                    .and_then(|c| self.classes.get_mut(c))
                {
                    class.count = class.count.saturating_sub(1);
                }
                if let Some(class) = (new as usize)
                    .checked_sub(1)
                    .and_then(|c| self.classes.get_mut(c))
                {
                    class.count += 1;
                }
            }
            Kind::Mark => {
                if let Some(slot) = Arc::make_mut(&mut self.marks).get_mut(row) {
                    let new = value.map_or(0, |m| if m == INTERESTING { 1 } else { -1 });
                    let old = std::mem::replace(slot, new);
                    self.marked.0 = self.marked.0 + usize::from(new == 1) - usize::from(old == 1);
                    self.marked.1 = self.marked.1 + usize::from(new == -1) - usize::from(old == -1);
                }
            }
        }
        self.generation += 1;
    }

    /// The class of an object, if a person gave it one.
    pub fn label_of(&self, object: u32) -> Option<usize> {
        (*self.labels.get(object as usize)? as usize).checked_sub(1)
    }

    /// The likeliest class of an object and its probability.
    pub fn prediction_of(&self, object: u32) -> Option<(usize, f32)> {
        let p = &self.predicted.as_ref()?.predictions;
        let class = p.class(object as usize)?;
        let best = p.row(object as usize).iter().copied().fold(f32::NAN, f32::max);
        Some((class, best))
    }

    /// Rank by strangeness, 1 = strangest.
    pub fn rank_of(&self, object: u32) -> Option<u32> {
        let rank = *self.ranked.as_ref()?.rank.get(object as usize)?;
        (rank > 0).then_some(rank)
    }

    /// Number of labelled objects.
    pub fn labelled(&self) -> usize {
        self.classes.iter().map(|c| c.count).sum()
    }
}
