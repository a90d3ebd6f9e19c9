//! Classes from a handful of labels: logistic regression that refits while the user labels.

mod classifier;
mod lbfgs;
mod logistic;
mod suggest;
mod validate;

pub use classifier::{Classifier, FitOptions, Label, NO_CLASS, Predictions};
pub use suggest::{Doubt, SuggestOptions, Suggestion, first_to_label, next_to_label};
pub use validate::{Validation, cross_validate};
