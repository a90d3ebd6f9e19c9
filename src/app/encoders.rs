//! The encoders of the person at the window: what is known of each, and what was said of it last.
//!
//! Folders are read by a thread, again whenever something was fetched, added or removed, and when a
//! dialog that shows them comes up.

use super::derived::Derived;
use super::notices::Level;
use crate::encoder::registry::{EncoderFacts, Registry, hub};
use std::collections::HashMap;
use std::sync::Arc;

/// All encoders as they were found.
pub struct Known {
    /// Morphometry first, then a person's own, then those that come with the program.
    pub all: Vec<EncoderFacts>,
    /// Descriptions that can't be read, and why.
    pub wrong: Vec<String>,
    /// When they were found ([`Encoders::generation`]).
    pub generation: u64,
}

impl Known {
    /// The encoder called `name`.
    pub fn of(&self, name: &str) -> Option<&EncoderFacts> {
        self.all.iter().find(|f| f.name == name)
    }
}

/// What was said of an encoder last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Whether that is good or bad news.
    pub level: Level,
    /// The words.
    pub text: String,
}

/// What a job with an encoder did.
#[derive(Debug, Clone)]
pub struct EncoderDone {
    /// The encoder; none where a file didn't become one.
    pub name: Option<String>,
    /// What there is to say.
    pub said: Said,
    /// Whether it is new here, so that it should be looked at.
    pub is_new: bool,
}

/// Encoders, and where they come from.
pub struct Encoders {
    /// Descriptions and weights.
    pub registry: Registry,
    /// The hub's address.
    pub hub: String,
    /// What was said last, by encoder.
    pub said: HashMap<String, Said>,
    /// What was said of files that were to be taken up.
    pub said_of_files: Option<Said>,
    generation: u64,
    known: Derived<u64, Known>,
}

impl Encoders {
    /// Those of the person who runs the program.
    pub fn of_user() -> Self {
        Self::of(Registry::of_user(), hub())
    }

    /// Those of `registry`, fetched from `hub`.
    pub fn of(registry: Registry, hub: String) -> Self {
        Self {
            registry,
            hub,
            said: HashMap::new(),
            said_of_files: None,
            generation: 0,
            known: Derived::default(),
        }
    }

    /// Looks at the folders again.
    pub fn look_again(&mut self) {
        self.generation += 1;
    }

    /// What is known, as soon as a thread has looked.
    pub fn known(&mut self, ctx: &egui::Context) -> Option<Arc<Known>> {
        let (registry, hub) = (self.registry.clone(), self.hub.clone());
        let generation = self.generation;
        self.known.get(ctx, &self.generation, move || {
            let (all, wrong) = registry.all_facts(&hub);
            Known {
                all,
                wrong: wrong.iter().map(ToString::to_string).collect(),
                generation,
            }
        })
    }

    /// Raised whenever encoders may have changed.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Takes what a job did.
    pub fn take(&mut self, done: &EncoderDone) {
        match &done.name {
            Some(name) if !done.is_new => {
                self.said.insert(name.clone(), done.said.clone());
            }
            _ => self.said_of_files = Some(done.said.clone()),
        }
        self.look_again();
    }
}
