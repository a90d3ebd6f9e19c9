//! Encoders by name: what exists, where its weights come from, and how to open one.
//!
//! Every known network is a small description: `assets/encoders/*.toml`, compiled in, and the
//! user's own folder (`$ASTROLABEL_ENCODERS`, else `encoders` in the system's place for settings),
//! whose files stand before those of the same name that come with the program. Weights are never
//! part of the program: they lie where their description says, beside it, or as `NAME.safetensors`
//! (or another of [`ENDINGS`]) in `$ASTROLABEL_MODELS` or `~/.cache/astrolabel/models`.

mod add;
mod checksums;
mod contract;
mod description;
mod embedded;
mod facts;
mod folders;
mod get;
mod known;
mod open;
mod remove;
mod verify;

pub use add::{Added, Brought};
pub use checksums::Known as KnownSum;
pub use contract::contract;
pub use description::{EncoderDescription, is_name};
pub use facts::{EncoderFacts, SecondFile, WeightsState};
pub use folders::{ENDINGS, hub, model_folders, own_folder, weights_of};
pub use get::Got;
pub use open::{EncoderOptions, open_encoder, open_encoder_in, open_network_encoder, reopen_encoder};
pub use remove::Removal;
pub use verify::Verified;

use super::EncoderError;
use super::weights::weights_error;
use std::path::{Path, PathBuf};

/// The encoder without weights.
pub const MORPHOMETRY: &str = "morphometry";

/// Name of the network whose weights come with the program.
pub const OWN_NETWORK: &str = "astrolabel_s";

/// The encoders of one person: descriptions and the folders of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    own: Option<PathBuf>,
    models: Vec<PathBuf>,
}

/// A described network.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its description.
    pub description: EncoderDescription,
    /// The file that describes it, if it is one of the user's own.
    pub file: Option<PathBuf>,
}

impl Registry {
    /// The encoders of the person who runs the program.
    pub fn of_user() -> Self {
        Self::of_folders(own_folder(), model_folders())
    }

    /// Descriptions from `own`, if given, beside those that come with the program; weights from `models`.
    pub fn of_folders(own: Option<PathBuf>, models: Vec<PathBuf>) -> Self {
        Self { own, models }
    }

    /// Every described network in the order it is offered, the user's own first, and what is wrong
    /// with descriptions that can't be read.
    pub fn all(&self) -> (Vec<Entry>, Vec<EncoderError>) {
        let (mut entries, mut wrong) = (Vec::new(), Vec::new());
        for path in self.own_files() {
            match own_entry(&path) {
                Ok(entry) => entries.push(entry),
                Err(error) => wrong.push(error),
            }
        }
        let own: Vec<String> = entries
            .iter()
            .map(|e: &Entry| e.description.name.clone())
            .collect();
        for (name, text) in known::DESCRIPTIONS {
            if own.iter().any(|n| n == name) {
                continue;
            }
            match built_in(name, text) {
                Ok(entry) => entries.push(entry),
                Err(error) => wrong.push(error),
            }
        }
        (entries, wrong)
    }

    /// The network called `name`; `None` for an unknown name and for morphometry.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if its description can't be read.
    pub fn find(&self, name: &str) -> Result<Option<Entry>, EncoderError> {
        if !description::is_name(name) {
            return Ok(None);
        }
        if let Some(own) = &self.own {
            let path = own.join(format!("{name}.toml"));
            if path.is_file() {
                return own_entry(&path).map(Some);
            }
        }
        (known::DESCRIPTIONS.iter())
            .find(|(n, _)| *n == name)
            .map(|(name, text)| built_in(name, text))
            .transpose()
    }

    /// The names that can be opened once their weights are here: morphometry first.
    pub fn names(&self) -> Vec<String> {
        let networks = self.all().0.into_iter().map(|e| e.description.name);
        std::iter::once(MORPHOMETRY.to_owned()).chain(networks).collect()
    }

    /// The weights of a described network, if they are here.
    pub fn weights(&self, entry: &Entry) -> Option<PathBuf> {
        let folder = entry.file.as_deref().and_then(Path::parent);
        folders::weights_for(&entry.description, folder, &self.models).or_else(|| match entry.file {
            None => embedded::weights(&entry.description.name),
            Some(_) => None,
        })
    }

    /// Where the weights of a described network belong, if they aren't anywhere yet.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if there is no folder for weights.
    pub fn place_for(&self, entry: &Entry) -> Result<PathBuf, EncoderError> {
        let file = entry.description.file_name();
        match self.models.first() {
            Some(folder) => Ok(folder.join(file)),
            None => Err(weights_error(
                Path::new(&file),
                "there is no folder for weights: set ASTROLABEL_MODELS to one".into(),
            )),
        }
    }

    /// The folder of the user's own descriptions.
    pub fn own_folder(&self) -> Option<&Path> {
        self.own.as_deref()
    }

    /// The folders where weights are looked for.
    pub fn model_folders(&self) -> &[PathBuf] {
        &self.models
    }

    /// As [`find`](Self::find), for a name that must be a network's.
    ///
    /// # Errors
    /// [`EncoderError::Unknown`] too.
    pub fn network(&self, name: &str) -> Result<Entry, EncoderError> {
        self.find(name)?.ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> EncoderError {
        EncoderError::Unknown {
            name: name.to_owned(),
            known: self.names().join(", "),
        }
    }

    /// The user's own description files, in order of their names.
    fn own_files(&self) -> Vec<PathBuf> {
        // No folder: no descriptions of one's own.
        let entries = self.own.as_ref().and_then(|own| std::fs::read_dir(own).ok());
        let mut files: Vec<PathBuf> = (entries.into_iter().flatten().flatten())
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|e| e == "toml") && p.is_file())
            .collect();
        files.sort();
        files
    }
}

/// The names that come with the program, morphometry first.
pub fn encoder_names() -> Vec<&'static str> {
    let networks = known::DESCRIPTIONS.iter().map(|(name, _)| *name);
    std::iter::once(MORPHOMETRY).chain(networks).collect()
}

/// The description of network `name` that comes with the program.
///
/// # Errors
/// [`EncoderError::Weights`] if the description compiled in is wrong (the tests keep it right).
pub fn describe(name: &str) -> Result<Option<EncoderDescription>, EncoderError> {
    let found = Registry::of_folders(None, Vec::new()).find(name)?;
    Ok(found.map(|entry| entry.description))
}

fn built_in(name: &str, text: &str) -> Result<Entry, EncoderError> {
    let path = PathBuf::from(format!("assets/encoders/{name}.toml"));
    Ok(Entry {
        description: EncoderDescription::parse(text, &path)?,
        file: None,
    })
}

fn own_entry(path: &Path) -> Result<Entry, EncoderError> {
    let text =
        std::fs::read_to_string(path).map_err(|e| weights_error(path, format!("can't be read: {e}")))?;
    let description = EncoderDescription::parse(&text, path)?;
    if path
        .file_stem()
        .is_none_or(|stem| stem.to_string_lossy() != description.name)
    {
        return Err(weights_error(
            path,
            format!("describes '{0}', so it must be called {0}.toml", description.name),
        ));
    }
    Ok(Entry {
        description,
        file: Some(path.to_owned()),
    })
}
