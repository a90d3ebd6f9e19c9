//! The dialog in which a path is typed: says whether something is there, and completes it. Folders are
//! read by a thread: one on a network can take its time.

use super::Window;
use crate::app::command::Command;
use crate::app::derived::Derived;
use crate::app::theme::sheet;
use egui::{Key, Modifiers};
use std::path::{Path, PathBuf};

/// Most completions shown.
const SHOWN: usize = 8;
/// Most entries of a folder that are looked at.
const READ: usize = 20_000;

/// What is at a typed path.
struct Found {
    text: String,
    path: PathBuf,
    exists: bool,
    /// Longer texts that name something, folders with a slash behind.
    longer: Vec<String>,
}

/// What the dialog keeps while it is up.
#[derive(Default)]
pub(super) struct PathDialog {
    found: Derived<String, Found>,
    /// Enter was pressed on this text, and what is there isn't known yet.
    entered: Option<String>,
}

impl Window {
    /// Draws the dialog; whether it stays.
    pub(super) fn path_ui(&mut self, ctx: &egui::Context, text: &mut String) -> bool {
        let asked = text.clone();
        let held = self.path.found.get(ctx, text, move || find(&asked));
        let found = held.filter(|f| f.text == *text);
        let mut open = None;
        let modal = egui::Modal::new(egui::Id::unique("path"))
            .frame(sheet(ctx))
            .show(ctx, |ui| {
                ui.set_width(520.0);
                ui.heading("Open a path");
                let label = ui.label("A FITS image, a catalogue, a folder of cutouts, or a project");
                // Tab completes here instead of leaving the field.
                let tab = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Tab));
                let mut field = egui::TextEdit::singleline(text)
                    .desired_width(f32::INFINITY)
                    .show(ui);
                let response = field.response.response.labelled_by(label.id);
                let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                if ui.memory(|m| m.focused().is_none()) {
                    response.request_focus();
                }
                if entered {
                    self.path.entered = Some(text.clone());
                }
                let mut longer = None;
                let exists = found.as_ref().is_some_and(|f| f.exists);
                match &found {
                    Some(f) if !text.trim().is_empty() && !exists && f.longer.is_empty() => {
                        ui.weak("There is nothing at this path.");
                    }
                    Some(f) if !f.longer.is_empty() => {
                        for way in &f.longer {
                            if ui
                                .link(way)
                                .on_hover_text("Tab completes what all share")
                                .clicked()
                            {
                                longer = Some(way.clone());
                            }
                        }
                        if tab {
                            longer = longer.or(Some(shared(&f.longer)));
                        }
                    }
                    _ => {
                        ui.weak(" ");
                    }
                }
                if let Some(longer) = longer.filter(|l| l != text) {
                    let end = egui::text::CCursor::new(longer.chars().count());
                    *text = longer;
                    let range = egui::text::CCursorRange::one(end);
                    field.state.cursor.set_char_range(Some(range));
                    field.state.store(ui.ctx(), response.id);
                    response.request_focus();
                }
                ui.horizontal(|ui| {
                    let pressed = ui.add_enabled(exists, egui::Button::new("Open")).clicked();
                    let waited = self.path.entered.as_ref() == Some(text);
                    if let Some(f) = &found
                        && f.exists
                        && (pressed || waited)
                    {
                        open = Some(f.path.clone());
                    }
                    if ui.button("Cancel").clicked() {
                        ui.close();
                    }
                });
            });
        let stays = open.is_none() && !modal.should_close();
        if let Some(path) = open {
            self.state.out.send(Command::Open(vec![path]));
        }
        if !stays {
            self.path = PathDialog::default();
        }
        stays
    }
}

/// A typed text as a path: `~` is the person's own folder.
fn path_of(text: &str) -> PathBuf {
    let text = text.trim();
    match text
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        Some(rest) => directories::BaseDirs::new().map_or_else(
            || PathBuf::from(text),
            |dirs| dirs.home_dir().join(rest.trim_start_matches('/')),
        ),
        None => PathBuf::from(text),
    }
}

/// Looks at what is there; for a thread.
fn find(text: &str) -> Found {
    let path = path_of(text);
    let typed = text.trim_start();
    let (kept, begun) = typed
        .rsplit_once('/')
        .map_or(("", typed), |(k, b)| (&typed[..k.len() + 1], b));
    let folder = if kept.is_empty() {
        PathBuf::from(".")
    } else {
        path_of(kept)
    };
    let mut longer: Vec<String> = if typed.is_empty() {
        Vec::new()
    } else {
        names_in(&folder, begun)
            .into_iter()
            .map(|name| format!("{kept}{name}"))
            .collect()
    };
    longer.retain(|l| l != typed);
    longer.truncate(SHOWN);
    Found {
        text: text.to_owned(),
        exists: !typed.is_empty() && path.exists(),
        path,
        longer,
    }
}

/// The names in a folder that begin so, sorted; hidden ones only when a dot was typed.
fn names_in(folder: &Path, begun: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .take(READ)
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_meant = name.starts_with(begun) && (begun.starts_with('.') || !name.starts_with('.'));
            is_meant.then(|| if entry.path().is_dir() { name + "/" } else { name })
        })
        .collect();
    names.sort();
    names
}

/// What all of these begin with.
fn shared(all: &[String]) -> String {
    let Some((first, others)) = all.split_first() else {
        return String::new();
    };
    let is_shared =
        |end: &usize| first.is_char_boundary(*end) && others.iter().all(|o| o.starts_with(&first[..*end]));
    let end = (0..=first.len()).rev().find(is_shared).unwrap_or(0);
    first[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_completed_as_far_as_all_agree() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["survey_g.fits", "survey_r.fits", "other.csv", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("survey_dir")).unwrap();
        let root = folder.path().display().to_string();
        let found = find(&format!("{root}/sur"));
        assert!(!found.exists);
        let ends = ["survey_dir/", "survey_g.fits", "survey_r.fits"];
        assert_eq!(found.longer, ends.map(|e| format!("{root}/{e}")));
        assert_eq!(shared(&found.longer), format!("{root}/survey_"));
        let whole = find(&format!("{root}/other.csv"));
        assert!(whole.exists && whole.longer.is_empty());
        assert!(find(&format!("{root}/nothing")).longer.is_empty());
        assert!(!find("  ").exists);
        assert_eq!(find(&format!("{root}/.h")).longer, [format!("{root}/.hidden")]);
    }

    #[test]
    fn what_is_shared_ends_between_letters() {
        let texts = ["é1", "è1"].map(str::to_owned);
        assert_eq!(shared(&texts), "");
        assert_eq!(shared(&["aé".to_owned(), "aéb".to_owned()]), "aé");
    }
}
