//! What can be typed, with the help that explains it.

mod answers;
mod bench;
mod encoders;
mod endings;
mod evaluate;
mod input;
mod numbers;
mod output;
mod runs;
mod size;
mod train;

pub use answers::{Anomalies, Classify, Compare, Label, Map, MapArg, MethodArg, On, Similar};
pub use bench::{Bench, IsaArg};
pub use encoders::{Encoders, EncodersCommand};
pub use evaluate::Evaluate;
pub use input::{CombineArg, Demo, DeviceArg, Embed, Import, PoolingArg, PrecisionArg, Relocate, Simulate};
pub use output::{Cutouts, Export, Info};
pub use runs::Runs;
pub use size::parse_size;
pub use train::{SizeArg, Train};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Find rare things in large sky surveys: cut out, embed, search, label and rank every object.
#[derive(Parser, Debug)]
#[command(
    name = "astrolabel",
    version,
    propagate_version = true,
    args_conflicts_with_subcommands = true
)]
#[command(after_help = "\
Without a command the window opens, on PATH… if given, else as it was left:
  astrolabel mosaic.fits sources.vot
  astrolabel --project my.astrolabel

A first walk by commands:
  astrolabel import mosaic.fits --catalog sources.vot --project my.astrolabel
  astrolabel embed --project my.astrolabel
  astrolabel similar --project my.astrolabel --like NAME -k 20
  astrolabel label --project my.astrolabel NAME merger
  astrolabel classify --project my.astrolabel --next 10
  astrolabel anomalies --project my.astrolabel
  astrolabel export --project my.astrolabel --out catalogue.fits

An object (ID) is named as in the exported catalogue, by its file, or by # and its number.
A list (ID,…) is written A,B,C; a name that holds a comma stands in double quotes, and the shell
wants single ones around the whole: --like 'A,\"b,c\"'.

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
    pub command: Option<Command>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "they document themselves")]
    pub window: Window,
}

/// The window.
#[derive(Args, Debug, Clone)]
pub struct Window {
    /// Images, catalogues, folders or a project to open in the window.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The project's folder; with PATH… these are imported into it without asking.
    #[arg(long, short, value_name = "FOLDER")]
    pub project: Option<PathBuf>,
    /// What draws the window.
    #[arg(long, value_enum, default_value_t)]
    pub renderer: crate::app::RendererChoice,
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
    /// List, describe, fetch, add and check the networks that can be used to embed.
    Encoders(Encoders),
    /// List the objects that look most like some others, or like an image file (exact cosine search).
    Similar(Similar),
    /// Give an object a class, read classes from a file, undo, or show an object's history.
    Label(Label),
    /// Learn the classes from the labels so far; print what was learnt and what to label next.
    Classify(Classify),
    /// Compare two runs: whether they agree on what looks alike, and which teaches the labels better.
    Compare(Compare),
    /// List a project's runs (the vectors of an encoder), or delete one.
    Runs(Runs),
    /// Measure what each encoder is worth on labelled objects: neighbours, few labels, rare classes, and more.
    ///
    /// All encoders are compared on the same objects by one protocol; --html writes the tables and plots
    /// as a page. Vectors are z-scored over the set. Halves, examples and folds are drawn as numpy and
    /// scikit-learn draw them, so that figures can be compared with published ones.
    Evaluate(Evaluate),
    /// Train an encoder on your own images, with labels, votes and larger encoders' vectors where there are some.
    ///
    /// The network is small, sees 64 px, and gives the same vector to all rotations by 90° and reflections.
    /// Checkpoints are kept every two minutes: the same command goes on after a stop. See in evaluate what it
    /// is worth.
    Train(Train),
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
    ///
    /// With --stamps N, pictures of single objects instead, as varied as real surveys show them: smooth, disc, spiral,
    /// edge-on, ring, irregular, merger, lens, star, blend, and radio sources (compact, FRI, FRII, bent), equally many
    /// each, with labels.csv. For training and trying networks.
    Simulate(Simulate),
    /// Measure this machine: how quick the window is.
    ///
    /// Simulates a survey, opens a real window on it, and plays what a hand would do. Needs a display.
    Bench(Bench),
    /// Tell the project that files or folders have moved.
    Relocate(Relocate),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
