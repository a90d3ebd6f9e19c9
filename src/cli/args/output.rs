//! What comes out: catalogues, vectors, pictures, and what a path holds.

use super::endings::{catalogue, picture_or_folder, vectors};
use super::{Format, In, parse_size};
use crate::sky::cutout::CutoutSize;
use clap::Args;
use std::path::PathBuf;

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("target").required(true).multiple(true).args(["out", "vectors"]))]
pub struct Export {
    #[command(flatten)]
    pub project: In,
    /// The catalogue: .fits, .csv, .vot or .parquet.
    #[arg(long, value_name = "FILE", value_parser = catalogue)]
    pub out: Option<PathBuf>,
    /// The vectors: .csv, .npz or .parquet, first column the file or the object's name.
    #[arg(long, value_name = "FILE", value_parser = vectors)]
    pub vectors: Option<PathBuf>,
    /// Which vectors --vectors writes: an encoder's name. [default: the last used]
    #[arg(long, value_name = "NAME", requires = "vectors")]
    pub on: Option<String>,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Cutouts {
    #[command(flatten)]
    pub project: In,
    /// The objects; or strangest:N, next:N, label:CLASS, similar:ID:N. What holds a comma stands in
    /// double quotes: A,"b,c","label:ring, small".
    #[arg(long, value_name = "ID,…", required = true)]
    pub ids: Vec<String>,
    /// A folder for one FITS and one PNG an object, or a .png for a montage.
    #[arg(long, value_name = "DIR|FILE.png", value_parser = picture_or_folder)]
    pub out: PathBuf,
    /// Size of the cutouts instead of the imported one: 64px or 8arcsec.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub size: Option<CutoutSize>,
    /// Side of a tile of the montage in pixels.
    #[arg(long, value_name = "PX", default_value_t = 144, value_parser = clap::value_parser!(u32).range(16..=1024))]
    pub tile: u32,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Info {
    /// A file, a folder, or a project.
    pub path: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Print the whole header of this HDU.
    #[arg(long, value_name = "HDU")]
    pub header: Option<usize>,
}
