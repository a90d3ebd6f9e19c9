//! What a person sets and finds again: theme, sizes, stretch, recent files. Kept beside the window's
//! layout in the system's place for settings; everything else belongs to a project or is made again.

use super::theme::Theme;
use crate::display::StretchRecipe;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many recent paths are kept.
const RECENT: usize = 12;

/// Settings of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// Size of everything; 1 is the system's.
    pub zoom: f32,
    /// How cutouts are drawn.
    pub look: StretchRecipe,
    /// Objects of the open project that are drawn by a recipe of their own.
    pub looks: BTreeMap<u32, StretchRecipe>,
    /// Recently opened projects and files, newest first.
    pub recent: Vec<PathBuf>,
    /// The project that was open.
    pub project: Option<PathBuf>,
    /// Whether labelling goes on to the next object.
    pub advance: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            zoom: 1.0,
            look: StretchRecipe::default(),
            looks: BTreeMap::new(),
            recent: Vec::new(),
            project: None,
            advance: true,
        }
    }
}

impl Settings {
    /// How an object is drawn: by its own recipe, or as all.
    pub fn look_of(&self, object: u32) -> &StretchRecipe {
        self.looks.get(&object).unwrap_or(&self.look)
    }

    /// Puts a path first among the recent ones.
    pub fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|p| *p != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT);
    }
}
