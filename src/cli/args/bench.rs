//! What is measured on this machine.

use clap::Args;
use std::path::PathBuf;

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Bench {
    /// The window: frame times of every view, first pixels of a mosaic, from a label to its answers.
    #[arg(long, required = true)]
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
