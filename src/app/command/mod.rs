//! Everything a person can do, once: menus, shortcuts, the palette and tests all take it from here.
//! Panels only send; `apply` alone changes anything.

mod menu;

pub use menu::Menu;

use super::apply::Doing;
use super::dialogs::EmbedRequest;
use super::panels::Pane;
use super::selection::Meets;
use crate::display::StretchRecipe;
use crate::sky::cutout::CutoutSize;
use crate::tasks::import::ImportOptions;
use egui::{Key, KeyboardShortcut, Modifiers};
use std::path::PathBuf;

/// What paths chosen in a dialog are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open: images, catalogues, folders.
    Open,
    /// The catalogue to write.
    Export,
    /// An image to search for.
    Like,
    /// Labels to read.
    Labels,
    /// A weights file to embed with.
    Weights,
    /// Files that become encoders.
    AddEncoder,
    /// The page of an evaluation to write.
    EvaluationPage,
    /// The figures of an evaluation to write.
    EvaluationCsv,
}

/// Something to do, with what it is done to.
pub enum Command {
    /// One of the listed actions.
    Do(Action),
    /// Understand these files and folders and ask how to import them; a project is opened.
    Open(Vec<PathBuf>),
    /// Import as the sheet says.
    Import(Box<ImportOptions>),
    /// Look again at what is on the import sheet, with another catalogue, columns or size.
    Reconsider(Box<ImportOptions>),
    /// Close the import sheet.
    DropImport,
    /// Embed with an encoder, used in some way.
    Embed(Box<EmbedRequest>),
    /// Bring the encoders up, at this one if it is named.
    ShowEncoders(Option<String>),
    /// Fetch, check or remove an encoder.
    Encoder(String, Doing),
    /// Choose files that become encoders.
    AddEncoder,
    /// Take up these files as encoders.
    AddEncoders(Vec<PathBuf>),
    /// Choose a weights file to embed with.
    PickWeights,
    /// Try encoders on the labelled objects.
    Evaluate(Box<crate::tasks::evaluate::EvaluateRequest>),
    /// Hold two runs against each other, by their names.
    Compare(String, String),
    /// Delete a run; it has been asked about.
    DeleteRun(String),
    /// Write the newest evaluation, as a page or as CSV.
    SaveEvaluation(Purpose),
    /// Give objects a class by name; `None` clears.
    Label(Vec<u32>, Option<String>, &'static str),
    /// Mark objects interesting, ordinary, or neither.
    Mark(Vec<u32>, Option<&'static str>, &'static str),
    /// Make a class.
    NewClass(String),
    /// Choose objects.
    Choose(Vec<u32>, Meets),
    /// Look at one object.
    LookAt(u32),
    /// Find what looks like the first and unlike the second objects.
    Similar(Vec<u32>, Vec<u32>),
    /// Find what looks like this file.
    SimilarToFile(PathBuf),
    /// Find what looks like a box on a field: field number, centre in pixels, side.
    SimilarToBox {
        /// Index into the survey's fields.
        field: usize,
        /// Centre in zero-based pixels of the reference band.
        centre: (f64, f64),
        /// Side of the square.
        side: CutoutSize,
    },
    /// Rank by another plain score.
    RankBy(crate::tasks::anomalies::Method),
    /// Show only objects for which this expression is true; empty shows all.
    Filter(String),
    /// Draw all cutouts by this recipe.
    Look(Box<StretchRecipe>),
    /// Draw one object by a recipe of its own; `None` draws it as all.
    LookOf(u32, Option<Box<StretchRecipe>>),
    /// Bring a pane to the front.
    Show(Pane),
    /// Stop a job.
    CancelJob(u64),
    /// Take a notice off the list.
    Dismiss(u64),
    /// Take all notices off the list.
    DismissAll,
    /// Ask the mind something and nothing else changes.
    Ask(super::mind::Request),
    /// Tell the person.
    Tell(super::notices::Notice),
}

macro_rules! actions {
    ($( $name:ident, $menu:ident, $text:literal, $keys:expr, $help:literal; )*) => {
        /// An action that needs nothing but the moment it is done in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $( #[doc = $help] $name, )*
        }

        impl Action {
            /// All, in the order of the menus.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )* ];

            /// The menu it stands in.
            pub fn menu(self) -> Menu {
                match self { $( Self::$name => Menu::$menu, )* }
            }

            /// What it is called.
            pub fn text(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }

            /// What it does.
            pub fn help(self) -> &'static str {
                match self { $( Self::$name => $help, )* }
            }

            /// Its key.
            pub fn shortcut(self) -> Option<KeyboardShortcut> {
                match self { $( Self::$name => $keys, )* }
            }
        }
    };
}

const fn key(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}
const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}
const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(
        Modifiers::COMMAND.plus(Modifiers::SHIFT),
        key,
    ))
}
const fn alt(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::ALT, key))
}

actions! {
    OpenFiles, File, "Open files…", ctrl(Key::O), "Open images, catalogues or cutouts";
    OpenFolder, File, "Open folder…", ctrl_shift(Key::O), "Open a folder of images or cutouts, or a project";
    OpenPath, File, "Open path…", ctrl(Key::L), "Open a file, folder or project by typing its path";
    OpenSample, File, "Open the sample survey", None, "Open a small simulated survey to try things on";
    ImportLabels, File, "Import labels…", None, "Read labels from a file with columns file, id or name, and label";
    Export, File, "Export catalogue…", ctrl(Key::E), "Write the catalogue with labels, probabilities, scores and how each came about";
    CloseProject, File, "Close project", ctrl(Key::W), "Close the project; everything is kept in its folder";
    Quit, File, "Quit", ctrl(Key::Q), "Leave Astrolabel; everything is kept";
    Undo, Edit, "Undo", ctrl(Key::Z), "Take back the newest label or mark";
    Redo, Edit, "Redo", ctrl_shift(Key::Z), "Give again what was taken back";
    SelectAll, Edit, "Select all shown", ctrl(Key::A), "Select all objects that the filter lets through";
    SelectNone, Edit, "Select none", key(Key::Escape), "Select nothing";
    Invert, Edit, "Invert selection", ctrl(Key::I), "Select what is not selected";
    SelectUnlabelled, Edit, "Select unlabelled", None, "Select the objects without a label";
    Back, Edit, "Selection back", alt(Key::ArrowLeft), "The selection before this one";
    Forward, Edit, "Selection forward", alt(Key::ArrowRight), "The selection after this one";
    Next, Label, "Next object", key(Key::ArrowRight), "Look at the next object of the gallery or the queue";
    Previous, Label, "Previous object", key(Key::ArrowLeft), "Look at the object before";
    Skip, Label, "Skip", key(Key::Space), "Go to the next object that the queue suggests, without a label";
    Class1, Label, "Label as class 1", key(Key::Num1), "Give the first class and go on";
    Class2, Label, "Label as class 2", key(Key::Num2), "Give the second class and go on";
    Class3, Label, "Label as class 3", key(Key::Num3), "Give the third class and go on";
    Class4, Label, "Label as class 4", key(Key::Num4), "Give the fourth class and go on";
    Class5, Label, "Label as class 5", key(Key::Num5), "Give the fifth class and go on";
    Class6, Label, "Label as class 6", key(Key::Num6), "Give the sixth class and go on";
    Class7, Label, "Label as class 7", key(Key::Num7), "Give the seventh class and go on";
    Class8, Label, "Label as class 8", key(Key::Num8), "Give the eighth class and go on";
    Class9, Label, "Label as class 9", key(Key::Num9), "Give the ninth class and go on";
    ClearLabel, Label, "Clear label", key(Key::Num0), "Take the label off the selected objects";
    NewClass, Label, "New class…", key(Key::N), "Make a class to label with";
    Interesting, Label, "Mark interesting", key(Key::I), "More like this: guides the ranking of what is strange";
    Ordinary, Label, "Mark ordinary", key(Key::O), "Not what I look for: guides the ranking of what is strange";
    ClearMark, Label, "Clear mark", key(Key::U), "Neither interesting nor ordinary";
    SimilarToThis, Objects, "Find similar", key(Key::S), "Find what looks like the selected objects";
    SimilarToImage, Objects, "Find similar to an image…", None, "Find what looks like an image file";
    Embed, Objects, "Embed", None, "A vector of every object by Astrolabel S, the network that comes with the program: nothing to download";
    EmbedMorphometry, Objects, "Embed with morphometry", None, "Measure every object: classical numbers that an astronomer can read";
    EmbedWith, Objects, "Embed…", None, "Choose an encoder and how it is used, and embed every object";
    Encoders, Objects, "Encoders…", None, "List the networks there are; get, check, add and remove them";
    Runs, Objects, "Runs…", None, "List the vectors there are, compare two of them, delete one";
    MapPca, Objects, "Map: principal components", None, "Lay the objects out by principal components";
    MapUmap, Objects, "Map: UMAP", None, "Lay the objects out by UMAP";
    StopAll, Objects, "Stop all jobs", ctrl(Key::Period), "Stop everything that runs; what is done is kept";
    ShowGallery, View, "Gallery", ctrl(Key::Num1), "Bring the gallery to the front";
    ShowImage, View, "Image", ctrl(Key::Num2), "Bring the image to the front";
    ShowMap, View, "Map", ctrl(Key::Num3), "Bring the map to the front";
    ShowTable, View, "Table", ctrl(Key::Num4), "Bring the table to the front";
    ShowPlots, View, "Plots", ctrl(Key::Num5), "Bring the plots to the front";
    ShowInspector, View, "Inspector", ctrl(Key::Num6), "Bring the inspector to the front";
    ShowLabels, View, "Labels", ctrl(Key::Num7), "Bring classes and queue to the front";
    ShowJobs, View, "Jobs and notices", ctrl(Key::Num8), "Bring jobs and notices to the front";
    ShowEvaluation, View, "Evaluation", ctrl(Key::Num9), "Bring the evaluation of the encoders to the front";
    ResetLayout, View, "Reset layout", None, "Put all panes back where they were";
    ToggleTheme, View, "Light or dark theme", ctrl(Key::T), "Change between the light and the dark theme";
    Larger, View, "Larger text", ctrl(Key::Plus), "Make everything larger";
    Smaller, View, "Smaller text", ctrl(Key::Minus), "Make everything smaller";
    Palette, Help, "Find a command…", ctrl(Key::P), "Find any command by its name";
    Shortcuts, Help, "Keyboard shortcuts", key(Key::F1), "List all keys";
    About, Help, "About Astrolabel", None, "Version, licence and where things are kept";
}

impl Action {
    /// The class an action labels with, counted from 0.
    pub fn class(self) -> Option<usize> {
        let all = [
            Self::Class1,
            Self::Class2,
            Self::Class3,
            Self::Class4,
            Self::Class5,
            Self::Class6,
            Self::Class7,
            Self::Class8,
            Self::Class9,
        ];
        all.iter().position(|a| *a == self)
    }

    /// The pane an action shows.
    pub fn pane(self) -> Option<Pane> {
        Some(match self {
            Self::ShowGallery => Pane::Gallery,
            Self::ShowImage => Pane::Image,
            Self::ShowMap => Pane::Map,
            Self::ShowTable => Pane::Table,
            Self::ShowPlots => Pane::Plots,
            Self::ShowInspector => Pane::Inspector,
            Self::ShowLabels => Pane::Labels,
            Self::ShowJobs => Pane::Jobs,
            Self::ShowEvaluation => Pane::Evaluation,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_key_does_one_thing() {
        let mut seen = HashSet::new();
        for action in Action::ALL {
            if let Some(keys) = action.shortcut() {
                let named = format!("{:?}+{:?}", keys.modifiers, keys.logical_key);
                assert!(
                    seen.insert(named.clone()),
                    "{named} is taken twice, by {action:?} too"
                );
            }
        }
    }
}
