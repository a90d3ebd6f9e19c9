//! Encoders fetched, checked, taken up and removed; on jobs.

use crate::app::background::give_way;
use crate::app::dialogs::{EncodersDialog, bytes_said};
use crate::app::encoders::{EncoderDone, Said};
use crate::app::jobs::{Done, JobState, Jobs};
use crate::app::notices::Level;
use crate::app::state::AppState;
use crate::encoder::EncoderError;
use crate::encoder::registry::{Brought, Registry};
use crate::io::fetch::FetchError;
use std::path::PathBuf;

/// The title of the job that takes up files.
pub const ADDING: &str = "Taking up encoders";

/// What is done with an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Its weights are fetched.
    Get,
    /// Its weights are checked.
    Verify,
    /// It is removed; that has been asked about.
    Remove,
}

impl Doing {
    /// The title of the job that does it.
    fn title(self, name: &str) -> String {
        match self {
            Self::Get => format!("Fetching {name}"),
            Self::Verify => format!("Checking {name}"),
            Self::Remove => format!("Removing {name}"),
        }
    }
}

/// The title of the job that works on encoder `name`, if one does: there is one at a time.
pub fn working_on(jobs: &Jobs, name: &str) -> Option<String> {
    let titles = [Doing::Get, Doing::Verify, Doing::Remove].map(|d| d.title(name));
    titles
        .into_iter()
        .find(|t| jobs.running().iter().any(|j| j.title == *t))
}

/// Brings the dialog up, at encoder `name` if one is given.
pub(super) fn show(state: &mut AppState, name: Option<String>) {
    state.encoders.look_again();
    let dialog = state.dialogs.encoders.get_or_insert_with(EncodersDialog::default);
    if let Some(name) = name {
        dialog.look_at(name);
    }
}

/// Does something with an encoder, unless something is being done with it.
pub(super) fn start(state: &mut AppState, name: String, doing: Doing) {
    if working_on(&state.jobs, &name).is_some() {
        return;
    }
    let title = doing.title(&name);
    state.encoders.said.remove(&name);
    let (registry, hub) = (state.encoders.registry.clone(), state.encoders.hub.clone());
    let ctx = state.ctx.clone();
    state.jobs.start(&ctx, title, move |progress| {
        give_way();
        let done = match doing {
            Doing::Get => get(&registry, &name, &hub, progress),
            Doing::Verify => verify(&registry, &name, progress),
            Doing::Remove => remove(&registry, &name),
        };
        let said = done.unwrap_or_else(failed);
        Ok(Done::Encoder(EncoderDone {
            name: Some(name).filter(|_| doing != Doing::Remove),
            said,
            is_new: false,
        }))
    });
}

/// Takes up files: descriptions, or weights.
pub(super) fn start_add(state: &mut AppState, files: Vec<PathBuf>) {
    show(state, None);
    state.encoders.said_of_files = None;
    let registry = state.encoders.registry.clone();
    let ctx = state.ctx.clone();
    state.jobs.start(&ctx, ADDING, move |progress| {
        give_way();
        let mut done = EncoderDone {
            name: None,
            said: Said {
                level: Level::Done,
                text: String::new(),
            },
            is_new: true,
        };
        for file in wanted(files) {
            match added(&registry, &file, progress) {
                Ok((name, text)) => {
                    done.name = Some(name);
                    done.said.text += &format!("{text}\n");
                }
                Err(why) => {
                    done.said.level = Level::Error;
                    done.said.text += &format!("{why}\n");
                }
            }
        }
        done.said.text.truncate(done.said.text.trim_end().len());
        Ok(Done::Encoder(done))
    });
}

/// The files that are taken up: weights that lie beside a description dropped with them come with it.
fn wanted(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let is_description = |f: &PathBuf| f.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let (descriptions, weights): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(is_description);
    let has_description = |w: &PathBuf| {
        let same = |d: &PathBuf| d.parent() == w.parent() && d.file_stem() == w.file_stem();
        descriptions.iter().any(same)
    };
    let alone: Vec<PathBuf> = weights.into_iter().filter(|w| !has_description(w)).collect();
    descriptions.into_iter().chain(alone).collect()
}

fn added(
    registry: &Registry,
    file: &std::path::Path,
    progress: &JobState,
) -> Result<(String, String), String> {
    let added = registry.add(file, progress).map_err(|e| e.to_string())?;
    let name = added.entry.description.name.clone();
    let family = &added.entry.description.architecture;
    let width = added
        .dim
        .map_or_else(String::new, |d| format!(", {d} numbers an object"));
    let place = added.weights.display();
    let how = match added.brought {
        Brought::Linked => format!("its weights are {place} too now, which takes no room"),
        Brought::Copied => format!("its weights were copied to {place}"),
        Brought::There => format!("its weights stay where they are: {place}"),
        Brought::Missing => format!("its weights are not here yet: Get fetches them to {place}"),
    };
    Ok((
        name.clone(),
        format!("{name} is taken up: family {family}{width}; {how}."),
    ))
}

fn get(registry: &Registry, name: &str, hub: &str, progress: &JobState) -> Result<Said, EncoderError> {
    let got = registry.get(name, hub, progress)?;
    let sum = if got.was_known {
        "and are what they should be"
    } else {
        "their checksum was not known before: it is noted, and checked from now on"
    };
    let how = match (&got.url, got.resumed_from) {
        (None, _) => "were here already".to_owned(),
        (Some(_), 0) => format!("are here, {}", bytes_said(got.bytes)),
        (Some(_), from) => format!(
            "are here, {} (the first {} from before)",
            bytes_said(got.bytes),
            bytes_said(from)
        ),
    };
    Ok(Said {
        level: Level::Done,
        text: format!("The weights {how}; {sum}."),
    })
}

fn verify(registry: &Registry, name: &str, progress: &JobState) -> Result<Said, EncoderError> {
    let right = registry.verify(name, progress)?;
    let sum = if right.is_described {
        "the checksum is the one described"
    } else {
        "the checksum is that of their first use here (nobody has described one)"
    };
    Ok(Said {
        level: Level::Done,
        text: format!(
            "Right: {sum}, every tensor is there, fits and is finite, and a picture goes through: {} numbers an object.",
            right.dim
        ),
    })
}

fn remove(registry: &Registry, name: &str) -> Result<Said, EncoderError> {
    let removal = registry.remove(name)?;
    let stays = removal
        .stays
        .map_or_else(String::new, |p| format!(" Its weights stay: {}.", p.display()));
    Ok(Said {
        level: Level::Done,
        text: format!("{name} is removed.{stays}"),
    })
}

/// What to say where it didn't work: a person who stopped it knows why.
fn failed(error: EncoderError) -> Said {
    match &error {
        EncoderError::Fetch {
            error: FetchError::Cancelled { have, .. },
            ..
        } => Said {
            level: Level::Warning,
            text: format!(
                "Stopped: {} are kept, and Get goes on from there.",
                bytes_said(*have)
            ),
        },
        _ => Said {
            level: Level::Error,
            text: error.to_string(),
        },
    }
}
