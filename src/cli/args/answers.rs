//! What is asked of the vectors, and what a person says about objects.

use super::endings::picture;
use super::numbers::above_zero;
use super::{Format, In, positive};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

fn some_text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a class has a name; --clear takes a label away".into());
    }
    Ok(text.to_owned())
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Similar {
    #[command(flatten)]
    pub project: In,
    /// Objects to look like (or an image file: --image). A name that holds a comma stands in double
    /// quotes: A,"b,c".
    #[arg(long, value_name = "ID,…", required_unless_present = "image")]
    pub like: Vec<String>,
    /// Objects not to look like; a list as for --like.
    #[arg(long, value_name = "ID,…", requires = "like")]
    pub unlike: Vec<String>,
    /// An image file to look like.
    #[arg(long, value_name = "FILE", conflicts_with = "like")]
    pub image: Option<PathBuf>,
    /// How many to list.
    #[arg(short, default_value_t = 20, value_name = "N", value_parser = positive)]
    pub k: usize,
    #[command(flatten)]
    pub on: On,
    /// Also draw them into this PNG.
    #[arg(long, value_name = "FILE.png", value_parser = picture)]
    pub montage: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Which vectors are used.
#[derive(Args, Debug, Clone)]
pub struct On {
    /// Which vectors: an encoder's name (morphometry, vit_s14…), or both to weigh all runs equally.
    /// [default: both if there are several]
    #[arg(long, value_name = "NAME")]
    pub on: Option<String>,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["from", "id", "undo", "history"]))]
pub struct Label {
    #[command(flatten)]
    pub project: In,
    /// The object.
    #[arg(value_name = "ID", requires = "class_or_clear")]
    pub id: Option<String>,
    /// Its class.
    #[arg(value_name = "CLASS", group = "class_or_clear", value_parser = some_text)]
    pub class: Option<String>,
    /// Take the object's label away.
    #[arg(long, group = "class_or_clear", requires = "id")]
    pub clear: bool,
    /// Read labels from a table with a column file, id or name, and a column label.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "undo", "history"])]
    pub from: Option<PathBuf>,
    /// The column of --from that holds the labels.
    #[arg(long, value_name = "COL", requires = "from")]
    pub column: Option<String>,
    /// Take back the last step (a whole file counts as one).
    #[arg(long, conflicts_with_all = ["id", "history"])]
    pub undo: bool,
    /// Show everything that was said about an object.
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    pub history: Option<String>,
    /// How --history is printed.
    #[arg(long, value_enum, requires = "history")]
    pub format: Option<Format>,
    /// Whose label it is; the user's name if not given.
    #[arg(long = "as", value_name = "NAME")]
    pub who: Option<String>,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Classify {
    #[command(flatten)]
    pub project: In,
    /// List N objects whose labels would teach most.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub next: usize,
    #[command(flatten)]
    pub on: On,
    /// Inverse strength of the regularisation, as in scikit-learn.
    #[arg(long, default_value_t = 0.1, value_name = "C", value_parser = above_zero)]
    pub strength: f64,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print the probabilities of all objects instead of the summary.
    #[arg(long)]
    pub all: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Compare {
    #[command(flatten)]
    pub project: In,
    /// A run as `astrolabel info PROJECT` lists it, or an encoder's name for its newest.
    #[arg(value_name = "RUN")]
    pub first: String,
    /// The run to hold it against.
    #[arg(value_name = "RUN")]
    pub second: String,
    /// Neighbours an object.
    #[arg(short, default_value_t = 10, value_name = "N", value_parser = positive)]
    pub k: usize,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodArg {
    /// Isolation forest (Liu et al. 2008).
    Isolation,
    /// Mean distance to the nearest neighbours.
    Knn,
    /// Mahalanobis distance with a shrunk covariance.
    Mahalanobis,
    /// Mean of the three ranks.
    Combined,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Anomalies {
    #[command(flatten)]
    pub project: In,
    /// The outlier score. With marks it is blended into a ranking guided by them.
    #[arg(long, value_enum, default_value = "combined")]
    pub method: MethodArg,
    /// Mark these as interesting (kept, with who and when), and rank by all marks. A name that holds a
    /// comma stands in double quotes: A,"b,c".
    #[arg(long, value_name = "ID,…")]
    pub interesting: Vec<String>,
    /// Mark these as ordinary; a list as for --interesting.
    #[arg(long, value_name = "ID,…")]
    pub ordinary: Vec<String>,
    /// Rank by the outlier score alone, whatever is marked.
    #[arg(long, conflicts_with_all = ["interesting", "ordinary"])]
    pub unguided: bool,
    /// How many to list.
    #[arg(short, default_value_t = 20, value_name = "N", value_parser = positive)]
    pub k: usize,
    #[command(flatten)]
    pub on: On,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Also draw the strangest into this PNG.
    #[arg(long, value_name = "FILE.png", value_parser = picture)]
    pub montage: Option<PathBuf>,
    /// Whose marks they are.
    #[arg(long = "as", value_name = "NAME")]
    pub who: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapArg {
    /// Principal components: linear, fast, keeps large distances.
    Pca,
    /// UMAP: keeps neighbourhoods together.
    Umap,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Map {
    #[command(flatten)]
    pub project: In,
    /// How.
    #[arg(long, value_enum, default_value = "umap")]
    pub method: MapArg,
    #[command(flatten)]
    pub on: On,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print the coordinates instead of the summary.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}
