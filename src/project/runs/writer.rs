//! Writing a run: vectors first, and that they are there once they have reached the disk.

use super::manifest::{Manifest, read_manifest, run_name, write_manifest};
use super::sources::{Changed, Sources};
use super::{ROWS_PER_SEGMENT, bit, read_done, segment_path, stamps};
use crate::encoder::EncoderSpec;
use crate::encoder::representation::BlockScaling;
use crate::project::PROGRAM;
use crate::project::error::{ProjectError, io_at};
use half::f16;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The only writer of a run: other processes that want to write it wait or are told.
pub struct RunWriter {
    dir: PathBuf,
    manifest: Manifest,
    done: Vec<u8>,
    done_file: File,
    segments: BTreeMap<usize, File>,
    unconfirmed: Vec<usize>,
    _lock: File,
}

impl RunWriter {
    /// Opens the run that `spec` makes below `embeddings`, or starts it. `None` if another process
    /// is writing it.
    pub fn open(embeddings: &Path, spec: &EncoderSpec, created: &str) -> Result<Option<Self>, ProjectError> {
        Self::open_as(embeddings, &run_name(spec), spec, created, None)
    }

    /// As [`RunWriter::open`], for the run called `run`, one of those of `spec` ([`super::Place`]). A new
    /// one follows `after` and scales its blocks as that does.
    pub fn open_as(
        embeddings: &Path,
        run: &str,
        spec: &EncoderSpec,
        created: &str,
        after: Option<&Manifest>,
    ) -> Result<Option<Self>, ProjectError> {
        let dir = embeddings.join(run);
        std::fs::create_dir_all(&dir).map_err(io_at(&dir))?;
        let lock_path = dir.join("lock");
        let lock = File::create(&lock_path).map_err(io_at(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(cause)) => return Err(io_at(&lock_path)(cause)),
        }
        let path = dir.join("manifest.json");
        let done = read_done(&dir)?;
        // Vectors without a manifest could be of anything.
        let manifest = if path.exists() || done.iter().any(|byte| *byte != 0) {
            read_manifest(&dir)?
        } else {
            let dtype = if spec.keep_f32 { "f32" } else { "f16" };
            let manifest = Manifest {
                format: 1,
                run: run.to_owned(),
                encoder: spec.clone(),
                program: PROGRAM.to_owned(),
                created: created.to_owned(),
                follows: after.map(|m| m.run.clone()),
                dim: spec.dim,
                dtype: dtype.to_owned(),
                rows_per_segment: ROWS_PER_SEGMENT,
                scaling: after.and_then(|m| m.scaling.clone()),
                fields: BTreeMap::new(),
            };
            write_manifest(&dir, &manifest)?;
            manifest
        };
        let done_file = open_for_writing(&dir.join("done.bits"))?;
        Ok(Some(Self {
            dir,
            manifest,
            done,
            done_file,
            segments: BTreeMap::new(),
            unconfirmed: vec![],
            _lock: lock,
        }))
    }

    /// What the run is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Keeps how blocks are scaled, before the first vector is written.
    pub fn set_scaling(&mut self, scaling: BlockScaling) -> Result<(), ProjectError> {
        self.manifest.scaling = Some(scaling);
        write_manifest(&self.dir, &self.manifest)
    }

    /// Whether object `i` has its vector.
    pub fn is_done(&self, i: usize) -> bool {
        bit(&self.done, i)
    }

    /// What of the run is no longer true.
    pub fn changed(&self, now: &Sources) -> Result<Changed, ProjectError> {
        let stamps = stamps::read(&self.dir)?;
        Ok(now.changed(&self.manifest.fields, &stamps, &self.done))
    }

    /// Notes what the vectors are made of from now on. Those that were of something else must be
    /// forgotten before.
    pub fn note_sources(&mut self, now: &Sources) -> Result<(), ProjectError> {
        let notes = now.notes(&self.manifest.fields);
        if notes != self.manifest.fields {
            self.manifest.fields = notes;
            write_manifest(&self.dir, &self.manifest)?;
        }
        let before = stamps::read(&self.dir)?;
        let mut stamps = before.clone();
        for &(row, stamp) in &now.files {
            if stamps.len() <= row {
                stamps.resize(row + 1, 0);
            }
            stamps[row] = stamp;
        }
        if stamps != before {
            stamps::write(&self.dir, &stamps)?;
        }
        Ok(())
    }

    /// Forgets everything: vectors, how their blocks were scaled, and what they were made of.
    pub fn start_over(&mut self, created: &str) -> Result<(), ProjectError> {
        self.done.fill(0);
        // Forgotten before anything else is kept: a kill in between forgets again.
        self.write_done()?;
        self.manifest.scaling = None;
        self.manifest.fields.clear();
        created.clone_into(&mut self.manifest.created);
        stamps::write(&self.dir, &[])?;
        write_manifest(&self.dir, &self.manifest)
    }

    /// Forgets the vectors of those of the first `rows` rows that were confirmed and whose segment was
    /// cut short or lost since. Returns how many.
    pub fn forget_lost(&mut self, rows: usize) -> Result<usize, ProjectError> {
        let width = if self.manifest.dtype == "f32" { 4 } else { 2 };
        let full = (ROWS_PER_SEGMENT * self.manifest.dim * width) as u64;
        let mut lost = Vec::new();
        for segment in 0..rows.div_ceil(ROWS_PER_SEGMENT) {
            let path = segment_path(&self.dir, &self.manifest, segment);
            if path.metadata().is_ok_and(|m| m.len() >= full) {
                continue;
            }
            let first = segment * ROWS_PER_SEGMENT;
            lost.extend((first..rows.min(first + ROWS_PER_SEGMENT)).filter(|&row| self.is_done(row)));
        }
        if !lost.is_empty() {
            self.forget(&lost)?;
        }
        Ok(lost.len())
    }

    /// Forgets the vectors of `rows`, which will be made again.
    pub fn forget(&mut self, rows: &[usize]) -> Result<(), ProjectError> {
        for &row in rows {
            if let Some(byte) = self.done.get_mut(row / 8) {
                *byte &= !(1 << (row % 8));
            }
        }
        self.write_done()
    }

    fn write_done(&self) -> Result<(), ProjectError> {
        let path = self.dir.join("done.bits");
        self.done_file
            .write_all_at(&self.done, 0)
            .and_then(|()| self.done_file.sync_data())
            .map_err(io_at(&path))
    }

    /// Writes the vectors of `rows` (`rows.len() * dim` values). They count after [`RunWriter::confirm`].
    pub fn write(&mut self, rows: &[usize], vectors: &[f32]) -> Result<(), ProjectError> {
        let halves: Vec<f16>;
        let bytes: &[u8] = if self.manifest.dtype == "f32" {
            bytemuck::cast_slice(vectors)
        } else {
            // Half precision ends at 65504; saturating keeps a wild value finite.
            halves = vectors
                .iter()
                .map(|v| f16::from_f32(v.clamp(-65504.0, 65504.0)))
                .collect();
            bytemuck::cast_slice(&halves)
        };
        let width = bytes.len() / rows.len().max(1);
        let mut at = 0;
        while at < rows.len() {
            let (first, segment) = (rows[at], rows[at] / ROWS_PER_SEGMENT);
            // Rows that lie one after the other are written at once.
            let follows = |n: usize| {
                rows.get(at + n) == Some(&(first + n)) && (first + n) / ROWS_PER_SEGMENT == segment
            };
            let count = (1..).find(|&n| !follows(n)).unwrap_or(1);
            let path = segment_path(&self.dir, &self.manifest, segment);
            let file = match self.segments.entry(segment) {
                std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    let file = open_for_writing(&path)?;
                    let full = (ROWS_PER_SEGMENT * width) as u64;
                    // Full length at once (the file stays sparse): a reader's map never ends early.
                    if file.metadata().map_err(io_at(&path))?.len() < full {
                        file.set_len(full).map_err(io_at(&path))?;
                    }
                    new.insert(file)
                }
            };
            let within = (first % ROWS_PER_SEGMENT * width) as u64;
            file.write_all_at(&bytes[at * width..(at + count) * width], within)
                .map_err(io_at(&path))?;
            at += count;
        }
        self.unconfirmed.extend_from_slice(rows);
        Ok(())
    }

    /// Brings everything written to the disk, then says so in `done.bits`.
    pub fn confirm(&mut self) -> Result<(), ProjectError> {
        if self.unconfirmed.is_empty() {
            return Ok(());
        }
        for (segment, file) in &self.segments {
            file.sync_data()
                .map_err(io_at(&segment_path(&self.dir, &self.manifest, *segment)))?;
        }
        self.segments.clear();
        let (mut first, mut last) = (usize::MAX, 0);
        for row in self.unconfirmed.drain(..) {
            let byte = row / 8;
            if self.done.len() <= byte {
                self.done.resize(byte + 1, 0);
            }
            self.done[byte] |= 1 << (row % 8);
            first = first.min(byte);
            last = last.max(byte);
        }
        let path = self.dir.join("done.bits");
        self.done_file
            .write_all_at(&self.done[first..=last], first as u64)
            .and_then(|()| self.done_file.sync_data())
            .map_err(io_at(&path))
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        // Best effort: what is not confirmed here is made again.
        let _ = self.confirm();
    }
}

fn open_for_writing(path: &Path) -> Result<File, ProjectError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(io_at(path))
}
