//! What an evaluation is asked.

use super::endings::{csv_file, page, vectors};
use super::numbers::fraction;
use super::{Format, positive};
use clap::Args;
use std::path::PathBuf;

/// `NAME=FILE` of vectors that another program made.
fn named_vectors(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), vectors(file)?)),
        _ => Err("write NAME=FILE, as in mine=vectors.npz".into()),
    }
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Evaluate {
    /// The project's folder. Without one, give --vectors or --encoder hand26, and --labels.
    #[arg(long, short, value_name = "FOLDER")]
    pub project: Option<PathBuf>,
    /// A table with columns file (or id, name) and label, and maybe split. Files are matched by their
    /// path, base name or object. [default: the project's own labels]
    #[arg(long, value_name = "FILE", required_unless_present = "project")]
    pub labels: Option<PathBuf>,
    /// The column of --labels that holds the classes. [default: label]
    #[arg(long, value_name = "COL", requires = "labels")]
    pub column: Option<String>,
    /// Only these classes.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Only rows of --labels of this split; all for every row. [default: test where there is such a
    /// split]
    #[arg(long, value_name = "SPLIT", requires = "labels")]
    pub held_out: Option<String>,
    /// Only rows of --labels for which this is true, such as contrast_matched, or 'snr > 5'.
    #[arg(long = "where", value_name = "EXPR", requires = "labels")]
    pub filter: Option<String>,
    /// Also make this class rare (5 % of the set) and rank it: outlier scores, and 1, 5 and 10 examples.
    #[arg(long, value_name = "CLASS")]
    pub anomaly: Option<String>,
    /// A run or encoder of the project; hand26 for 26 classical numbers; fusion for all the others
    /// together. Can be given several times. [default: the newest run of every encoder]
    #[arg(long, value_name = "NAME")]
    pub encoder: Vec<String>,
    /// Vectors that another program made, beside the others: npz (files, vectors), CSV or Parquet.
    #[arg(long, value_name = "NAME=FILE", value_parser = named_vectors)]
    pub vectors: Vec<(String, PathBuf)>,
    /// How often random halves and examples are drawn.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = positive)]
    pub seeds: usize,
    /// Objects that are altered (turned, blurred, moved…) and embedded again; 0 for none.
    #[arg(long, value_name = "N", default_value_t = crate::tasks::evaluate::ROBUSTNESS)]
    pub robustness: usize,
    /// Central part that is kept of the pictures beside --labels, where there is no project.
    #[arg(long, value_name = "FRACTION", default_value_t = 1.0, value_parser = fraction, conflicts_with = "project")]
    pub crop: f64,
    /// Also write everything, with plots, as one page that any browser shows.
    #[arg(long, value_name = "FILE.html", value_parser = page)]
    pub html: Option<PathBuf>,
    /// Also write all figures, a row each.
    #[arg(long, value_name = "FILE.csv", value_parser = csv_file)]
    pub csv: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
