//! What a training is asked.

use super::input::DeviceArg;
use super::numbers::fraction;
use super::positive;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `PATH` or `PATH@FRACTION`.
fn cropped(text: &str) -> Result<(PathBuf, f64), String> {
    match text.rsplit_once('@') {
        Some((path, part)) if !path.is_empty() && part.parse::<f64>().is_ok() => {
            Ok((path.into(), fraction(part)?))
        }
        _ => Ok((text.into(), 1.0)),
    }
}

/// How large the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SizeArg {
    /// 169 000 weights.
    #[default]
    Small,
    /// 364 000 weights, twice the time.
    Medium,
    /// 665 000 weights, four times the time.
    Large,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Train {
    /// What the encoder will be called; its checkpoints and log are kept under this name, and the same
    /// command goes on where it was stopped.
    #[arg(long, value_name = "NAME")]
    pub out: String,
    /// A folder of images, or a project. Of each image the central FRACTION is seen. Can be given several
    /// times.
    #[arg(long, value_name = "PATH[@FRACTION]", value_parser = cropped, required_unless_present = "labels")]
    pub images: Vec<(PathBuf, f64)>,
    /// A table of images with columns file and label, maybe split, and p_… for shares of votes. Each table is
    /// a set of its own, with its own classes. Can be given several times.
    #[arg(long, value_name = "FILE[@FRACTION]", value_parser = cropped)]
    pub labels: Vec<(PathBuf, f64)>,
    /// Only rows of --labels of these splits.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', requires = "labels")]
    pub split: Vec<String>,
    /// Begin with this encoder's weights, one that was trained here or came with the program.
    #[arg(long, value_name = "ENCODER")]
    pub init: Option<String>,
    /// Also learn to say what this encoder says; hand26 for 26 classical numbers. Can be given several times.
    #[arg(long, value_name = "ENCODER")]
    pub teacher: Vec<String>,
    /// A set (a table's or folder's name) that teachers are not asked about. Can be given several times.
    #[arg(long, value_name = "SET", requires = "teacher")]
    pub untaught: Vec<String>,
    /// About how long, measured by the first steps. [default: 30]
    #[arg(long, value_name = "M", group = "length")]
    pub minutes: Option<f64>,
    /// How often every image is seen.
    #[arg(long, value_name = "N", group = "length")]
    pub epochs: Option<f64>,
    /// How many batches.
    #[arg(long, value_name = "N", group = "length")]
    pub steps: Option<u64>,
    /// How large the network is; with --init it is as large as that.
    #[arg(long, value_enum, default_value_t)]
    pub size: SizeArg,
    /// Weight of the loss that two views of an image are alike among others. [default: 0 with labels or
    /// teachers, else 1]
    #[arg(long, value_name = "W")]
    pub contrastive: Option<f32>,
    /// Weight of the labels' loss.
    #[arg(long, value_name = "W", default_value_t = 1.0)]
    pub label_weight: f32,
    /// Weight of the teachers' loss.
    #[arg(long, value_name = "W", default_value_t = 1.0)]
    pub teacher_weight: f32,
    /// Weight of the loss that an image and the same turned by any angle have one vector.
    /// [default: 0 with --contrastive, else 0.5]
    #[arg(long, value_name = "W")]
    pub rotation: Option<f32>,
    /// Images of a batch.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = positive)]
    pub batch: usize,
    /// Largest rate of learning.
    #[arg(long, value_name = "RATE", default_value_t = 3e-3)]
    pub rate: f32,
    /// Share of images that get another one's light at their edge.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub neighbour: f32,
    /// Mean number of stars that are put into an image's foreground, away from its middle: the more, the less
    /// a vector says of what happens to lie beside an object.
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    pub stars: f32,
    /// What computes: auto takes a graphics card if there is one and this build can use it. Only on the
    /// processor is a training the same bit for bit, whenever it was stopped.
    #[arg(long, value_enum, default_value = "cpu")]
    pub device: DeviceArg,
    /// All that is random depends on it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Where checkpoints and the log are kept. [default: NAME.training beside the encoder]
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
