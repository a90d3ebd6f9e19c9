//! How files are chosen: the system's dialog, or in tests a list. Off the window's thread.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;

/// What to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Files to open.
    Files,
    /// One file.
    File,
    /// A folder.
    Folder,
    /// A file to write.
    Save,
}

/// Chooses paths. May take as long as a person does.
pub trait FilePicker: Send + Sync {
    /// The chosen paths; none if the person thought better of it or no dialog can be shown.
    fn pick(&self, what: Pick, title: &str, name: &str) -> Vec<PathBuf>;
}

/// The system's dialog (the desktop portal, or zenity).
pub struct SystemPicker;

impl FilePicker for SystemPicker {
    fn pick(&self, what: Pick, title: &str, name: &str) -> Vec<PathBuf> {
        let dialog = rfd::FileDialog::new().set_title(title);
        match what {
            Pick::Files => dialog.pick_files().unwrap_or_default(),
            Pick::File => dialog.pick_file().into_iter().collect(),
            Pick::Folder => dialog.pick_folder().into_iter().collect(),
            Pick::Save => dialog.set_file_name(name).save_file().into_iter().collect(),
        }
    }
}

/// Gives prepared answers, for tests.
#[derive(Default)]
pub struct ScriptedPicker(Mutex<VecDeque<Vec<PathBuf>>>);

impl ScriptedPicker {
    /// The next dialog is answered with these paths.
    pub fn answer(&self, paths: Vec<PathBuf>) {
        if let Ok(mut answers) = self.0.lock() {
            answers.push_back(paths);
        }
    }
}

impl FilePicker for ScriptedPicker {
    fn pick(&self, _what: Pick, _title: &str, _name: &str) -> Vec<PathBuf> {
        self.0
            .lock()
            .ok()
            .and_then(|mut a| a.pop_front())
            .unwrap_or_default()
    }
}
