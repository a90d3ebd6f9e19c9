//! Whether an encoder can be used here: where its weights are, what is wrong with them, what else it needs.

use super::{Entry, KnownSum, MORPHOMETRY, Registry, Removal};
use crate::encoder::model::aion_codec::codec_beside;
use crate::encoder::weights::WeightsFile;
use crate::encoder::{Encoder as _, EncoderError};
use std::path::{Path, PathBuf};

/// How it stands with the weights of an encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsState {
    /// It has none.
    Unneeded,
    /// They are here.
    Here,
    /// They are here, but not the second file without which they are of no use.
    Incomplete,
    /// So many bytes of them have been fetched.
    Begun(u64),
    /// They are not here.
    Missing,
    /// They are here and can't be read, for this reason.
    Damaged(String),
}

impl WeightsState {
    /// In a word or two, for lists.
    pub fn words(&self) -> String {
        match self {
            Self::Unneeded => "needs none".into(),
            Self::Here => "here".into(),
            Self::Incomplete => "second file not here".into(),
            Self::Begun(bytes) => format!("begun: {:.1} MB", *bytes as f64 / 1e6),
            Self::Missing => "not here".into(),
            Self::Damaged(_) => "damaged".into(),
        }
    }

    /// Whether the encoder can be used.
    pub fn is_usable(&self) -> bool {
        matches!(self, Self::Unneeded | Self::Here)
    }
}

/// A second file that an encoder needs beside its weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFile {
    /// Where it is downloaded from.
    pub url: String,
    /// Where it is, or belongs.
    pub place: PathBuf,
    /// Whether it is there.
    pub is_here: bool,
}

/// What is known of an encoder on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderFacts {
    /// Its name.
    pub name: String,
    /// Its description; none for morphometry.
    pub entry: Option<Entry>,
    /// How it stands with its weights.
    pub state: WeightsState,
    /// Where they are, or belong.
    pub place: Option<PathBuf>,
    /// Their length in bytes, if they are here.
    pub bytes: Option<u64>,
    /// Where they are downloaded from, if a hub has them.
    pub url: Option<String>,
    /// What else it needs.
    pub second: Option<SecondFile>,
    /// The checksum they are held to, if one is known.
    pub checksum: Option<KnownSum>,
    /// Which file from where to put where, where there is no network; empty if nothing is missing.
    pub by_hand: String,
    /// What would go with it if it were removed; none for what comes with the program.
    pub removal: Option<Removal>,
}

impl EncoderFacts {
    /// Morphometry, which is part of the program.
    pub fn of_morphometry() -> Self {
        Self {
            name: MORPHOMETRY.to_owned(),
            entry: None,
            state: WeightsState::Unneeded,
            place: None,
            bytes: None,
            url: None,
            second: None,
            checksum: None,
            by_hand: String::new(),
            removal: None,
        }
    }

    /// The family of the network.
    pub fn family(&self) -> &str {
        self.entry
            .as_ref()
            .map_or("classical", |e| e.description.architecture.as_str())
    }

    /// Width of the vector, used as described, if that is known.
    pub fn dim(&self) -> Option<usize> {
        match &self.entry {
            Some(entry) => entry.description.dim,
            None => Some(crate::encoder::morphometry::Morphometry::new().spec().dim),
        }
    }

    /// Whether a person has described it, not the program.
    pub fn is_own(&self) -> bool {
        self.entry.as_ref().is_some_and(|e| e.file.is_some())
    }
}

impl Registry {
    /// What is known of `entry` here, with the hub's address for what is not. Weights are looked at as
    /// far as their header; whether every byte is right is [`Registry::verify`]'s question.
    pub fn facts(&self, entry: &Entry, hub: &str) -> EncoderFacts {
        let known = &entry.description;
        let here = self.weights(entry);
        let place = here.clone().or_else(|| self.place_for(entry).ok());
        let second = known.codec_url(hub).zip(place.as_deref()).map(|(url, place)| {
            let place = codec_beside(place);
            SecondFile {
                is_here: place.is_file(),
                url,
                place,
            }
        });
        let state = match &here {
            Some(path) => match WeightsFile::open(path) {
                Err(why) => WeightsState::Damaged(why.to_string()),
                Ok(_) if second.as_ref().is_some_and(|s| !s.is_here) => WeightsState::Incomplete,
                Ok(_) => WeightsState::Here,
            },
            None => place.as_deref().map_or(WeightsState::Missing, begun),
        };
        EncoderFacts {
            name: known.name.clone(),
            bytes: here.and_then(|p| std::fs::metadata(p).ok()).map(|m| m.len()),
            by_hand: if state.is_usable() {
                String::new()
            } else {
                self.by_hand(entry, hub)
            },
            state,
            place,
            url: known.url(hub),
            second,
            checksum: self.checksum(entry),
            removal: self.removal(&known.name).ok(),
            entry: Some(entry.clone()),
        }
    }

    /// Every encoder, morphometry first, then as [`Registry::all`]; and what is wrong with descriptions that
    /// can't be read.
    pub fn all_facts(&self, hub: &str) -> (Vec<EncoderFacts>, Vec<EncoderError>) {
        let (entries, wrong) = self.all();
        let networks = entries.iter().map(|entry| self.facts(entry, hub));
        let all = std::iter::once(EncoderFacts::of_morphometry()).chain(networks);
        (all.collect(), wrong)
    }
}

/// Missing, or begun to be fetched.
fn begun(place: &Path) -> WeightsState {
    let mut part = place.as_os_str().to_owned();
    part.push(".part");
    match std::fs::metadata(part) {
        Ok(m) if m.len() > 0 => WeightsState::Begun(m.len()),
        _ => WeightsState::Missing,
    }
}
