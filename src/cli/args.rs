//! What can be typed, with the help that explains it.

use crate::sky::cutout::CutoutSize;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Find rare things in large sky surveys: cut out, embed, search, label and rank every object.
#[derive(Parser, Debug)]
#[command(
    name = "astrolabel",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = "\
A first walk:
  astrolabel import mosaic.fits --catalog sources.vot --project my.astrolabel
  astrolabel embed --project my.astrolabel
  astrolabel similar --project my.astrolabel --like NAME -k 20
  astrolabel label --project my.astrolabel NAME merger
  astrolabel classify --project my.astrolabel --next 10
  astrolabel anomalies --project my.astrolabel
  astrolabel export --project my.astrolabel --out catalogue.fits

An object (ID) is named as in the exported catalogue, by its file, or by # and its number.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with some inputs skipped (they are listed).")]
pub struct Cli {
    /// Only results and errors: no progress, no notes.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Threads to use; all cores if not given.
    #[arg(long, global = true, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    #[command(subcommand)]
    #[allow(missing_docs, reason = "the commands document themselves")]
    pub command: Command,
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("give a whole number from 1".into()),
        Ok(n) => Ok(n),
    }
}

/// Where the project is.
#[derive(Args, Debug, Clone)]
pub struct In {
    /// The project's folder.
    #[arg(long, short, value_name = "FOLDER")]
    pub project: PathBuf,
}

/// How results are printed.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Columns that fit the terminal.
    #[default]
    Table,
    /// Comma-separated, all columns, full precision.
    Csv,
    /// One JSON object.
    Json,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Find every object in images, catalogues and folders of cutouts and add it to a project.
    ///
    /// A FITS image with a catalogue: rows are matched by RA/Dec through the WCS, or by pixel columns;
    /// the columns are guessed and the guess is printed. Without a catalogue sources are detected. Images
    /// of one sky in several bands become one object with several channels; a weight map beside its
    /// image (NAME.weight.fits) is used for detection. A folder of FITS, JPEG or PNG cutouts gives one
    /// object a file. File names are taken literally: brackets and plus signs mean nothing special.
    Import(Import),
    /// Turn every cutout into a vector. Can be stopped at any moment; goes on where it stopped.
    Embed(Embed),
    /// List the objects that look most like some others, or like an image file (exact cosine search).
    Similar(Similar),
    /// Give an object a class, read classes from a file, undo, or show an object's history.
    Label(Label),
    /// Learn the classes from the labels so far; print what was learnt and what to label next.
    Classify(Classify),
    /// Rank the objects by how strange they are, guided by marks as soon as there are some.
    Anomalies(Anomalies),
    /// Lay the objects out in two dimensions by what they look like.
    Map(Map),
    /// Write the catalogue with labels, probabilities, scores and how each came about; or the vectors.
    Export(Export),
    /// Write cutouts as FITS and PNG files, or a montage of them as one picture.
    Cutouts(Cutouts),
    /// Say what a file, folder or project holds.
    Info(Info),
    /// Go the whole way through on the sample survey, showing the command of every step.
    Demo(Demo),
    /// Make a small simulated survey: images in three bands and a catalogue with the truth.
    Simulate(Simulate),
    /// Tell the project that files or folders have moved.
    Relocate(Relocate),
}

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
    #[arg(long, value_name = "F")]
    pub crop: Option<f64>,
    /// Detect sources even if there is a catalogue; treat small images in a folder as images of the sky.
    #[arg(long)]
    pub detect: bool,
    /// Detection threshold in units of the background noise.
    #[arg(long, value_name = "SIGMA", default_value_t = 1.5)]
    pub threshold: f32,
    /// Least number of connected pixels of a source.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub min_area: usize,
    /// The plane of a cube to take (0 is the first).
    #[arg(long, value_name = "N")]
    pub plane: Option<usize>,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Embed {
    #[command(flatten)]
    pub project: In,
    /// morphometry (classical numbers, needs no weights), the name of a known network, or a
    /// .safetensors file of a DINOv2-like vision transformer.
    #[arg(long, value_name = "NAME|FILE", default_value = "morphometry")]
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
pub struct Similar {
    #[command(flatten)]
    pub project: In,
    /// Objects to look like.
    #[arg(long, value_name = "ID,…", required_unless_present = "image")]
    pub like: Vec<String>,
    /// Objects not to look like.
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
    #[arg(long, value_name = "FILE.png")]
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
    #[arg(value_name = "CLASS", group = "class_or_clear")]
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
    #[arg(long, default_value_t = 0.1, value_name = "C")]
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
    /// Mark these as interesting (kept, with who and when), and rank by all marks.
    #[arg(long, value_name = "ID,…")]
    pub interesting: Vec<String>,
    /// Mark these as ordinary.
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
    #[arg(long, value_name = "FILE.png")]
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

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("target").required(true).multiple(true).args(["out", "vectors"]))]
pub struct Export {
    #[command(flatten)]
    pub project: In,
    /// The catalogue: .fits, .csv, .vot or .parquet.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The vectors: .csv, .npz or .parquet, first column the file or the object's name.
    #[arg(long, value_name = "FILE")]
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
    /// The objects; or strangest:N, next:N, label:CLASS, similar:ID:N.
    #[arg(long, value_name = "ID,…", required = true)]
    pub ids: Vec<String>,
    /// A folder for one FITS and one PNG an object, or a .png for a montage.
    #[arg(long, value_name = "DIR|FILE.png")]
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
    /// Side of the images in pixels.
    #[arg(long, value_name = "PX", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(256..=16384))]
    pub side: u32,
    /// Number of objects.
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub objects: usize,
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

/// `64`, `64px`, `8arcsec`, `8"`, `1.5arcmin`, `0.01deg`.
pub fn parse_size(text: &str) -> Result<CutoutSize, String> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let value: f64 = text[..split]
        .parse()
        .map_err(|_| "give a number and a unit, as in 64px or 8arcsec".to_owned())?;
    let size = match text[split..].trim() {
        "" | "px" | "pix" | "pixel" | "pixels" => CutoutSize::Pixels(value),
        "arcsec" | "\"" | "as" => CutoutSize::Arcsec(value),
        "arcmin" | "'" => CutoutSize::Arcsec(value * 60.0),
        "deg" => CutoutSize::Arcsec(value * 3600.0),
        unit => {
            return Err(format!(
                "'{unit}' is not a unit of size: use px, arcsec, arcmin or deg"
            ));
        }
    };
    let sensible = match size {
        CutoutSize::Pixels(px) => (2.0..=8192.0).contains(&px),
        CutoutSize::Arcsec(s) => s > 0.0 && s <= 10.0 * 3600.0,
    };
    if sensible {
        Ok(size)
    } else {
        Err("a cutout has from 2 to 8192 pixels a side".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse_size("64px"), Ok(CutoutSize::Pixels(64.0)));
        assert_eq!(parse_size("8arcsec"), Ok(CutoutSize::Arcsec(8.0)));
        assert_eq!(parse_size("1.5 arcmin"), Ok(CutoutSize::Arcsec(90.0)));
        for bad in ["", "px", "64furlong", "0px", "-3px", "1e9px", "99999px"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
