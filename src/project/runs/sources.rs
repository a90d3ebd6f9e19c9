//! What vectors were made of, against what is there now: which of a run's vectors are still true.
//!
//! Vectors of two versions of a file never stand in one run. A run some of whose sources have changed
//! is kept as it is, and the vectors of what is there now go into a run of their own after it.

use super::manifest::{FieldNote, Manifest, read_manifest};
use super::{bit, read_done, stamps};
use crate::project::ProjectError;
use std::collections::BTreeMap;
use std::path::Path;

/// A field as it is now.
#[derive(Debug, Clone)]
pub struct FieldNow {
    /// How it is cut out, and of what.
    pub note: FieldNote,
    /// Bands whose image can't be read now: those have not changed as far as anyone knows.
    pub unreadable: Vec<bool>,
    /// Its objects' rows.
    pub rows: Vec<usize>,
}

impl FieldNow {
    /// The note, with what `known` says of images that can't be read.
    fn note_beside(&self, known: Option<&FieldNote>) -> FieldNote {
        let mut note = self.note.clone();
        for (i, (_, print)) in note.sources.iter_mut().enumerate() {
            if self.unreadable.get(i) == Some(&true)
                && let Some((_, before)) = known.and_then(|k| k.sources.get(i))
            {
                print.clone_from(before);
            }
        }
        note
    }
}

/// All sources of a project as they are now.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Fields by number.
    pub fields: BTreeMap<i64, FieldNow>,
    /// Ready-made cutouts: row, and what the file looks like
    /// ([`stamp`](crate::project::fingerprint::stamp)).
    pub files: Vec<(usize, u64)>,
}

/// What of a run is no longer true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Fields whose image or recipe has changed, and how many of their vectors are of the old one.
    pub fields: Vec<(String, usize)>,
    /// Rows of ready-made cutouts that have changed.
    pub files: Vec<usize>,
    /// All rows whose vectors are of something else, in order.
    pub rows: Vec<usize>,
    /// How many vectors are still true.
    pub kept: usize,
}

impl Sources {
    /// The notes for a manifest that says `known` until now.
    pub(super) fn notes(&self, known: &BTreeMap<i64, FieldNote>) -> BTreeMap<i64, FieldNote> {
        let mut notes = known.clone();
        for (id, field) in &self.fields {
            notes.insert(*id, field.note_beside(known.get(id)));
        }
        notes
    }

    /// What has changed since a run noted `fields` and `stamps` of the vectors in `done`.
    pub(super) fn changed(&self, fields: &BTreeMap<i64, FieldNote>, stamps: &[u64], done: &[u8]) -> Changed {
        let mut changed = Changed::default();
        for (id, field) in &self.fields {
            let known = fields.get(id);
            if known.is_some_and(|known| !field.note_beside(Some(known)).agrees_with(known)) {
                let rows = field.rows.iter().filter(|&&row| bit(done, row));
                let before = changed.rows.len();
                changed.rows.extend(rows);
                let stale = changed.rows.len() - before;
                if stale > 0 {
                    changed.fields.push((field.note.name.clone(), stale));
                }
            }
        }
        changed.files = (self.files.iter())
            .filter(|&&(row, now)| {
                let known = stamps.get(row).copied().unwrap_or(0);
                known != 0 && known != now && bit(done, row)
            })
            .map(|&(row, _)| row)
            .collect();
        changed.rows.extend(&changed.files);
        changed.rows.sort_unstable();
        changed.rows.dedup();
        let all: usize = done.iter().map(|byte| byte.count_ones() as usize).sum();
        changed.kept = all.saturating_sub(changed.rows.len());
        changed
    }
}

/// Where the vectors of an encoder go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Into this run, new or not: all that it holds is still true.
    Joins(String),
    /// Into this run, from the start: nothing that it holds is still true.
    Replaces(String, Changed),
    /// Into a new run after one that stays as it is, because some of its sources have changed.
    Follows {
        /// The new run.
        run: String,
        /// The one it follows.
        after: String,
        /// What has changed since.
        changed: Changed,
    },
}

impl Place {
    /// Where vectors of the encoder whose run is called `base` go: into the newest of its runs below
    /// `embeddings` that is true, else a new one.
    ///
    /// # Errors
    /// If a run of this name can't be read.
    pub fn of(embeddings: &Path, base: &str, now: &Sources) -> Result<Self, ProjectError> {
        let mut newest: Option<(String, Changed)> = None;
        let numbers = numbers_of(embeddings, base);
        for &number in numbers.iter().rev() {
            let run = numbered(base, number);
            let changed = Known::read(embeddings, &run)?.changed(now);
            if changed.rows.is_empty() {
                return Ok(Self::Joins(run));
            }
            newest.get_or_insert((run, changed));
        }
        Ok(match newest {
            None => Self::Joins(base.to_owned()),
            Some((run, changed)) if changed.kept == 0 => Self::Replaces(run, changed),
            Some((after, changed)) => Self::Follows {
                run: numbered(base, numbers.last().map_or(1, |n| n + 1)),
                after,
                changed,
            },
        })
    }

    /// The run.
    pub fn run(&self) -> &str {
        match self {
            Self::Joins(run) | Self::Replaces(run, _) | Self::Follows { run, .. } => run,
        }
    }
}

/// A run's name with its number among those of the same encoder, from 1.
fn numbered(base: &str, number: u32) -> String {
    match number {
        1 => base.to_owned(),
        n => format!("{base}-{n}"),
    }
}

/// The numbers of the runs of `base` that are there, in order.
fn numbers_of(embeddings: &Path, base: &str) -> Vec<u32> {
    let entries = std::fs::read_dir(embeddings).ok();
    let mut numbers: Vec<u32> = (entries.into_iter().flatten().flatten())
        .filter(|e| e.path().join("manifest.json").is_file())
        .filter_map(|e| {
            let name = e.file_name().to_string_lossy().into_owned();
            let number = match name.strip_prefix(base)? {
                "" => 1,
                rest => rest.strip_prefix('-')?.parse().ok()?,
            };
            (numbered(base, number) == name).then_some(number)
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

/// What a run says of itself, read without its vectors.
#[derive(Debug, Clone)]
pub struct Known {
    /// What made it.
    pub manifest: Manifest,
    done: Vec<u8>,
    stamps: Vec<u64>,
}

impl Known {
    /// Reads run `name` below `embeddings`.
    ///
    /// # Errors
    /// If its manifest is missing or damaged, or a file can't be read.
    pub fn read(embeddings: &Path, name: &str) -> Result<Self, ProjectError> {
        let dir = embeddings.join(name);
        Ok(Self {
            manifest: read_manifest(&dir)?,
            done: read_done(&dir)?,
            stamps: stamps::read(&dir)?,
        })
    }

    /// What of it is no longer true.
    pub fn changed(&self, now: &Sources) -> Changed {
        now.changed(&self.manifest.fields, &self.stamps, &self.done)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;

    fn field(print: &str, rows: &[usize]) -> FieldNow {
        FieldNow {
            note: FieldNote {
                name: "a".into(),
                size: None,
                crop: 1.0,
                sources: vec![("r".into(), print.into())],
            },
            unreadable: vec![false],
            rows: rows.to_vec(),
        }
    }

    #[test]
    fn only_vectors_of_what_has_changed_are_untrue() {
        let mut now = Sources::default();
        now.fields.insert(1, field("s2-1", &[0, 1, 2]));
        now.fields.insert(2, field("s2-1", &[3, 4]));
        now.files = vec![(5, 7), (6, 7), (7, 7)];
        let known = now.notes(&BTreeMap::new());
        let stamps = [0, 0, 0, 0, 0, 7, 8, 8];
        // Row 1 and 7 have no vector.
        let done = [0b0111_1101];
        let changed = now.changed(&known, &stamps, &done);
        assert_eq!((changed.rows.as_slice(), changed.kept), (&[6][..], 5));
        assert_eq!(changed.files, [6]);
        now.fields.insert(1, field("s2-2", &[0, 1, 2]));
        let changed = now.changed(&known, &stamps, &done);
        assert_eq!((changed.rows.as_slice(), changed.kept), (&[0, 2, 6][..], 3));
        assert_eq!(changed.fields, [("a".to_owned(), 2)]);
        // An image that can't be read now has not changed as far as anyone knows.
        let mut gone = field("", &[0, 1, 2]);
        gone.unreadable = vec![true];
        now.fields.insert(1, gone);
        assert_eq!(now.changed(&known, &stamps, &done).rows, [6]);
        assert_eq!(now.notes(&known), known);
    }

    #[test]
    fn runs_are_counted_by_their_names() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["net-00", "net-00-3", "net-00-x", "net-001", "net-00-03", "other"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            std::fs::write(dir.path().join(name).join("manifest.json"), "").unwrap();
        }
        std::fs::create_dir(dir.path().join("net-00-4")).unwrap();
        assert_eq!(numbers_of(dir.path(), "net-00"), [1, 3]);
        assert_eq!(numbered("net-00", 4), "net-00-4");
        let none = Place::of(dir.path(), "none", &Sources::default()).unwrap();
        assert_eq!(none, Place::Joins("none".into()));
    }
}
