//! Why an answer can't be given, in words that say what to do.

/// What went wrong between vectors and answer.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The user stopped the work.
    #[error("stopped before {stage} was finished; nothing was changed")]
    Cancelled {
        /// What was going on.
        stage: String,
    },
    /// A row number lies outside the catalogue.
    #[error("row {row} does not exist: there are {rows} objects, numbered from 0")]
    NoSuchRow {
        /// What was asked for.
        row: usize,
        /// How many there are.
        rows: usize,
    },
    /// A row is known but has no usable vector.
    #[error(
        "object in row {row} has no usable vector (not embedded, empty or not finite): embed it first or leave it out"
    )]
    NoVector {
        /// The row.
        row: usize,
    },
    /// Too few rows have vectors for what was asked.
    #[error(
        "{what} needs at least {needed} objects with vectors, and {found} have one: give it more objects, or embed those without a vector"
    )]
    TooFewRows {
        /// What was asked for.
        what: &'static str,
        /// How many it needs.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Widths or lengths that must agree don't.
    #[error(
        "{what}: expected {expected} values, got {found}: the vectors come from different runs or encoders"
    )]
    Shape {
        /// What was compared.
        what: &'static str,
        /// The right number.
        expected: usize,
        /// The number given.
        found: usize,
    },
    /// A search without anything to look for.
    #[error(
        "the query is empty: choose at least one object that you like, or give a vector that is finite and not zero"
    )]
    EmptyQuery,
    /// No label was given.
    #[error("nothing is labelled yet: label at least one object in each of two classes")]
    NoLabels,
    /// All labels are of one class.
    #[error("all labels so far ({labels}) are of one class: label at least one object of a second class")]
    OneClass {
        /// How many labels there are.
        labels: usize,
    },
    /// No class has two labels, so none can be left out and predicted.
    #[error(
        "no class has two labels, so the accuracy can't be estimated yet: label a second object of a class"
    )]
    NoSecondLabel,
    /// One object carries two classes.
    #[error("object in row {row} is labelled with two classes: keep one of them")]
    TwoClasses {
        /// The row.
        row: usize,
    },
    /// No interesting object is marked.
    #[error("nothing is marked as interesting: mark at least one object, or use the plain ranking")]
    NoInteresting,
    /// A setting is out of its range.
    #[error("{what} is {value}: it must be {allowed}")]
    Setting {
        /// Which one.
        what: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A matrix could not be decomposed.
    #[error(
        "{what} failed: the vectors' covariance could not be decomposed; check them for constant or enormous values"
    )]
    Decomposition {
        /// Which step.
        what: &'static str,
    },
}
