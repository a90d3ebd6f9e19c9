//! What goes in and is made of it: import, embed, relocate, and surveys to try.

use super::numbers::{above_zero_f32, fraction, fraction_or_none};
use super::{In, parse_size, positive};
use crate::encoder::plan::isa::Precision;
use crate::encoder::registry::OWN_NETWORK;
use crate::sky::cutout::CutoutSize;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Import {
    /// FITS files, catalogues, pictures, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub project: In,
    /// The catalogue: FITS table, CSV, VOTable or Parquet.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// Column of the right ascension, if the guess is wrong.
    #[arg(long, value_name = "COL", requires = "dec")]
    pub ra: Option<String>,
    /// Column of the declination.
    #[arg(long, value_name = "COL", requires = "ra")]
    pub dec: Option<String>,
    /// Column of the pixel x position.
    #[arg(long, value_name = "COL", requires = "y", conflicts_with = "ra")]
    pub x: Option<String>,
    /// Column of the pixel y position.
    #[arg(long, value_name = "COL", requires = "x")]
    pub y: Option<String>,
    /// Column of the objects' names.
    #[arg(long, value_name = "COL")]
    pub id: Option<String>,
    /// Size of a cutout: 64px or 8arcsec (arcmin and deg too). [default: 64px]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub size: Option<CutoutSize>,
    /// Keep only the central fraction of each ready-made cutout.
    #[arg(long, value_name = "F", value_parser = fraction)]
    pub crop: Option<f64>,
    /// Detect sources even if there is a catalogue; treat small images in a folder as images of the sky.
    #[arg(long)]
    pub detect: bool,
    /// Detection threshold in units of the background noise.
    #[arg(long, value_name = "SIGMA", default_value_t = 1.5, value_parser = above_zero_f32)]
    pub threshold: f32,
    /// Least number of connected pixels of a source.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive)]
    pub min_area: usize,
    /// Number of thresholds at which touching sources are taken apart; 1 leaves them whole.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub deblend_levels: u32,
    /// Least fraction of the whole's flux that a part must hold to be a source of its own.
    #[arg(long, value_name = "F", default_value_t = 0.005, value_parser = fraction_or_none)]
    pub deblend_contrast: f64,
    /// Most parts at one threshold before a source stays whole; crowded fields need more, and time.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = positive)]
    pub branch_limit: usize,
    /// The plane of a cube to take (0 is the first).
    #[arg(long, value_name = "N")]
    pub plane: Option<usize>,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Embed {
    #[command(flatten)]
    pub project: In,
    /// astrolabel_s (comes with the program), morphometry (classical numbers, needs no weights), another
    /// network of `astrolabel encoders list`, or a weights file, whose family is told from its tensors.
    #[arg(long, value_name = "NAME|FILE", default_value = OWN_NETWORK)]
    pub encoder: String,
    /// Cutouts handed to the encoder at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub batch: usize,
    /// The block of a vision transformer to read, from 0; the encoder's own choice if not given.
    #[arg(long, value_name = "N")]
    pub block: Option<usize>,
    /// How a vision transformer's tokens become one vector: cls, mean, or both side by side.
    #[arg(long, value_enum)]
    pub pooling: Option<PoolingArg>,
    /// Average over the eight turns and mirror images: an object and its turned twin get the same
    /// vector. Eight times the work.
    #[arg(long)]
    pub symmetric: bool,
    /// Look at central fractions of the cutout too: 1,0.5 is the whole, then its inner half. At most three.
    #[arg(long, value_name = "F,…", value_delimiter = ',', value_parser = fraction)]
    pub scales: Vec<f64>,
    /// How the vectors of --scales become one.
    #[arg(long, value_enum, default_value_t, requires = "scales")]
    pub combine: CombineArg,
    /// Append the classical numbers as a block of its own, which counts as much as the network's.
    #[arg(long)]
    pub with_morphometry: bool,
    /// The numbers a network computes in: auto takes the fastest whose vectors are as good as
    /// f32's on this network.
    #[arg(long, value_enum)]
    pub precision: Option<PrecisionArg>,
    /// What computes a network: auto takes a graphics card if there is one and this build can use it.
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceArg,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(ValueEnum, Debug, Clone, Copy, Default)]
pub enum CombineArg {
    /// Side by side.
    #[default]
    Concat,
    /// Their mean.
    Mean,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceArg {
    /// A graphics card (discrete or integrated) if there is one, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// Any graphics card, even one in software; its vectors make a run of their own.
    Gpu,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(ValueEnum, Debug, Clone, Copy)]
pub enum PrecisionArg {
    Auto,
    F32,
    Bf16,
    Int8,
}

impl PrecisionArg {
    /// The format, if one was chosen.
    pub fn precision(self) -> Option<Precision> {
        match self {
            Self::Auto => None,
            Self::F32 => Some(Precision::F32),
            Self::Bf16 => Some(Precision::Bf16),
            Self::Int8 => Some(Precision::Int8),
        }
    }
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(ValueEnum, Debug, Clone, Copy)]
pub enum PoolingArg {
    Cls,
    Mean,
    Both,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Relocate {
    #[command(flatten)]
    pub project: In,
    /// The file or folder as the project knows it.
    pub old: PathBuf,
    /// Where it is now.
    pub new: PathBuf,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Demo {
    /// The folder of the survey.
    #[arg(default_value = "sample_data")]
    pub data: PathBuf,
    /// The project's folder.
    #[arg(long, short, value_name = "FOLDER", default_value = "sample.astrolabel")]
    pub project: PathBuf,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Simulate {
    /// The folder to write.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The same seed gives the same survey.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Side of the images in pixels [default: 2048; of stamps 96].
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u32).range(32..=16384))]
    pub side: Option<u32>,
    /// Number of objects of the survey.
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub objects: usize,
    /// Make, instead of a survey, N pictures of one object each, and labels.csv with what each shows.
    #[arg(long, value_name = "N", conflicts_with = "objects", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub stamps: Option<u64>,
}
