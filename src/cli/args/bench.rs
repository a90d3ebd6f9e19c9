//! What is measured on this machine.

use super::{DeviceArg, PrecisionArg};
use crate::encoder::plan::isa::Isa;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Bench {
    /// A network (name or weights file): images/s, GFLOP/s and share of this processor's peak in
    /// every number format, on random pictures.
    #[arg(value_name = "ENCODER", required_unless_present = "ui", conflicts_with = "ui")]
    pub encoder: Option<String>,
    /// Images given to the network at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = super::positive, conflicts_with = "ui")]
    pub batch: usize,
    /// Seconds of each measurement.
    #[arg(long, value_name = "S", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=600), conflicts_with = "ui")]
    pub seconds: u32,
    /// The whole path beside the network alone: a simulated mosaic is read, cut, prepared, computed and
    /// written; both rates are measured in turn.
    #[arg(long, requires = "encoder")]
    pub whole_path: bool,
    /// Only these numbers; without --whole-path all, with it the fastest that pass their check.
    #[arg(long, value_enum, conflicts_with = "ui")]
    pub precision: Option<PrecisionArg>,
    /// What computes: auto takes a graphics card if there is one and this build can use it. A card
    /// computes in f32 only.
    #[arg(long, value_enum, default_value_t, conflicts_with = "ui")]
    pub device: DeviceArg,
    /// Use these instructions even where better ones are there.
    #[arg(long, value_enum, conflicts_with = "ui")]
    pub isa: Option<IsaArg>,
    /// The window: frame times of every view, first pixels of a mosaic, from a label to its answers.
    #[arg(long)]
    pub ui: bool,
    /// What draws the window.
    #[arg(long, value_enum, default_value_t)]
    pub renderer: crate::app::RendererChoice,
    /// Embedded objects of gallery, image, inspector and labelling.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..))]
    pub objects: u32,
    /// Objects of map, table and plots.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..))]
    pub points: u32,
    /// Side of the simulated mosaic in pixels.
    #[arg(long, value_name = "PX", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(256..=40_000))]
    pub side: u32,
    /// Size of the window: width and height in points.
    #[arg(long, value_name = "W,H", value_delimiter = ',', num_args = 2, default_values_t = [1280.0, 800.0])]
    pub size: Vec<f32>,
    /// Put the simulated survey here and leave it, instead of in a temporary folder.
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(ValueEnum, Debug, Clone, Copy)]
pub enum IsaArg {
    Amx,
    Avx512,
    Avx2,
    Neon,
}

impl IsaArg {
    /// The instruction set.
    pub fn isa(self) -> Isa {
        match self {
            Self::Amx => Isa::Amx,
            Self::Avx512 => Isa::Avx512,
            Self::Avx2 => Isa::Avx2,
            Self::Neon => Isa::Neon,
        }
    }
}
