//! One run of an encoder over the project's objects, on disk.
//!
//! `embeddings/<run>/` holds `manifest.json` (what made the vectors), `segment-NNNNN.f16` (or
//! `.f32`; little-endian, row-major, row `i` of segment `s` is object `s * 65536 + i`) and
//! `done.bits` (bit `i % 8` of byte `i / 8` says that object `i` has its vector). A bit is set only
//! after its vector has reached the disk, so a run that was killed goes on where it stopped.

use super::error::{ProjectError, io_at};
use super::objects::{Field, hex};
use crate::discovery::{Chunk, Vectors};
use crate::encoder::EncoderSpec;
use half::f16;
use memmap2::{Mmap, MmapMut};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Objects in one segment file.
pub const ROWS_PER_SEGMENT: usize = 65_536;

/// No encoder's vector is longer.
const MOST_DIM: usize = 1 << 20;

#[cfg(target_endian = "big")]
compile_error!(
    "segments are mapped as they are on disk, little-endian: a big-endian machine needs a byte swap here"
);

/// What made the vectors of a run; `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the folder.
    pub format: u32,
    /// Name of the run: the encoder's and a hash of everything that changes the vectors.
    pub run: String,
    /// The encoder, its weights' SHA-256 and its preprocessing.
    pub encoder: EncoderSpec,
    /// Program and version that made it.
    pub program: String,
    /// When it was started, UTC.
    pub created: String,
    /// Width of a vector.
    pub dim: usize,
    /// `f16` or `f32`.
    pub dtype: String,
    /// Objects in one segment file.
    pub rows_per_segment: usize,
    /// Cutout recipe and source fingerprints of every field that was embedded, by field number.
    pub fields: BTreeMap<i64, FieldNote>,
}

/// How one field's objects were cut out, and of which files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldNote {
    /// File or folder name.
    pub name: String,
    /// Size of a cutout as asked for at import; none for ready-made ones.
    pub size: Option<crate::sky::cutout::CutoutSize>,
    /// Central fraction kept of ready-made cutouts.
    pub crop: f64,
    /// Fingerprints of the images by band name; of a folder, nothing.
    pub sources: Vec<(String, String)>,
}

impl FieldNote {
    /// The note of a field with its images as they are now.
    pub fn of(field: &Field) -> Self {
        let sources = field
            .bands
            .iter()
            .map(|b| (b.name.clone(), b.fingerprint.clone()))
            .collect();
        Self {
            name: field.name.clone(),
            size: field.size,
            crop: field.crop,
            sources,
        }
    }
}

/// The name of the run that `spec` makes: the same encoder, weights and settings give the same name.
pub fn run_name(spec: &EncoderSpec) -> String {
    let facts = serde_json::json!([
        spec.name,
        spec.dim,
        spec.feature_names,
        spec.weights_sha256,
        spec.settings
    ]);
    let digest = Sha256::digest(facts.to_string().as_bytes());
    let safe: String = spec
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!("{safe}-{}", &hex(&digest)[..8])
}

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
        let run = run_name(spec);
        let dir = embeddings.join(&run);
        std::fs::create_dir_all(&dir).map_err(io_at(&dir))?;
        let lock_path = dir.join("lock");
        let lock = File::create(&lock_path).map_err(io_at(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(cause)) => return Err(io_at(&lock_path)(cause)),
        }
        let path = dir.join("manifest.json");
        let manifest = if path.exists() {
            read_manifest(&dir)?
        } else {
            let dtype = if spec.keep_f32 { "f32" } else { "f16" };
            let manifest = Manifest {
                format: 1,
                run,
                encoder: spec.clone(),
                program: super::PROGRAM.to_owned(),
                created: created.to_owned(),
                dim: spec.dim,
                dtype: dtype.to_owned(),
                rows_per_segment: ROWS_PER_SEGMENT,
                fields: BTreeMap::new(),
            };
            write_manifest(&dir, &manifest)?;
            manifest
        };
        let done_path = dir.join("done.bits");
        let done = if done_path.exists() {
            std::fs::read(&done_path).map_err(io_at(&done_path))?
        } else {
            Vec::new()
        };
        let done_file = open_for_writing(&done_path)?;
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

    /// Whether object `i` has its vector.
    pub fn is_done(&self, i: usize) -> bool {
        bit(&self.done, i)
    }

    /// Records how a field is cut out. Returns whether that differs from what the run knew: then
    /// the field's vectors are of something else and must be forgotten.
    pub fn note_field(&mut self, id: i64, note: FieldNote) -> Result<bool, ProjectError> {
        let differs = self.manifest.fields.get(&id).is_some_and(|known| *known != note);
        if self.manifest.fields.get(&id) != Some(&note) {
            self.manifest.fields.insert(id, note);
            write_manifest(&self.dir, &self.manifest)?;
        }
        Ok(differs)
    }

    /// Forgets the vectors of `rows`, which will be made again.
    pub fn forget(&mut self, rows: &[usize]) -> Result<(), ProjectError> {
        for &row in rows {
            if let Some(byte) = self.done.get_mut(row / 8) {
                *byte &= !(1 << (row % 8));
            }
        }
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

/// A run opened for reading.
pub struct Run {
    /// What the run is.
    pub manifest: Manifest,
    maps: Vec<Segment>,
    present: Vec<bool>,
}

enum Segment {
    File(Mmap),
    /// A segment nobody has written yet: zeros that take no memory.
    Missing(MmapMut),
}

impl Run {
    /// Opens run `name` below `embeddings` for a project of `objects` objects.
    pub fn open(embeddings: &Path, name: &str, objects: usize) -> Result<Self, ProjectError> {
        let dir = embeddings.join(name);
        let manifest = read_manifest(&dir)?;
        let done_path = dir.join("done.bits");
        let done = if done_path.exists() {
            std::fs::read(&done_path).map_err(io_at(&done_path))?
        } else {
            Vec::new()
        };
        let present: Vec<bool> = (0..objects).map(|i| bit(&done, i)).collect();
        let width = if manifest.dtype == "f32" { 4 } else { 2 };
        let bytes = ROWS_PER_SEGMENT * manifest.dim * width;
        let mut maps = Vec::new();
        for segment in 0..objects.div_ceil(ROWS_PER_SEGMENT) {
            let path = segment_path(&dir, &manifest, segment);
            let wanted = present
                .iter()
                .skip(segment * ROWS_PER_SEGMENT)
                .take(ROWS_PER_SEGMENT)
                .any(|&p| p);
            maps.push(match File::open(&path) {
                Ok(file) if file.metadata().map_err(io_at(&path))?.len() >= bytes as u64 => map(&file).map(Segment::File).map_err(io_at(&path))?,
                Ok(_) if wanted => {
                    return Err(ProjectError::Damaged {
                        path: path.display().to_string(),
                        cause: "this segment is shorter than its manifest says: delete the run's folder and embed again".into(),
                    });
                }
                Err(cause) if wanted => {
                    return Err(ProjectError::Damaged {
                        path: path.display().to_string(),
                        cause: format!("this segment can't be opened ({cause}): restore it, or delete the run's folder and embed again"),
                    });
                }
                _ => Segment::Missing(MmapMut::map_anon(bytes).map_err(io_at(&path))?),
            });
        }
        Ok(Self {
            manifest,
            maps,
            present,
        })
    }

    /// The vectors.
    pub fn vectors(&self) -> Vectors<'_> {
        let chunks = self.maps.iter().map(|segment| {
            let bytes: &[u8] = match segment {
                Segment::File(map) => map,
                Segment::Missing(map) => map,
            };
            let bytes = &bytes[..bytes.len() / (self.manifest.dim * 4) * (self.manifest.dim * 4)];
            if self.manifest.dtype == "f32" {
                Chunk::F32(bytemuck::cast_slice(bytes))
            } else {
                Chunk::F16(bytemuck::cast_slice(bytes))
            }
        });
        Vectors::new(
            self.manifest.dim,
            self.present.len(),
            ROWS_PER_SEGMENT,
            chunks.collect(),
            Some(&self.present),
        )
    }

    /// How many objects have a vector.
    pub fn done(&self) -> usize {
        self.present.iter().filter(|&&p| p).count()
    }
}

#[expect(
    unsafe_code,
    reason = "mapping a file is unsafe because another program could shorten it"
)]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: segments are made at their full length and never shortened by this program; bytes
    // that a writer changes meanwhile are plain numbers for which every bit pattern is valid, and
    // rows are read only once `done.bits` says that they are complete.
    unsafe { Mmap::map(file) }
}

fn bit(bits: &[u8], i: usize) -> bool {
    bits.get(i / 8).is_some_and(|byte| byte >> (i % 8) & 1 == 1)
}

fn segment_path(dir: &Path, manifest: &Manifest, segment: usize) -> PathBuf {
    dir.join(format!("segment-{segment:05}.{}", manifest.dtype))
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

fn read_manifest(dir: &Path) -> Result<Manifest, ProjectError> {
    let path = dir.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(io_at(&path))?;
    let damaged = |cause: String| ProjectError::Damaged {
        path: path.display().to_string(),
        cause,
    };
    let manifest: Manifest = serde_json::from_str(&text).map_err(|e| {
        damaged(format!(
            "not a manifest of a run ({e}): delete the run's folder and embed again"
        ))
    })?;
    if manifest.format != 1 || manifest.rows_per_segment != ROWS_PER_SEGMENT {
        return Err(damaged(format!(
            "format {} is not known: use a newer Astrolabel",
            manifest.format
        )));
    }
    // Sizes of files and maps follow from these: nothing is believed that the encoder doesn't say too.
    let is_whole = (1..=MOST_DIM).contains(&manifest.dim)
        && manifest.dim == manifest.encoder.dim
        && ["f16", "f32"].contains(&manifest.dtype.as_str())
        && dir
            .file_name()
            .is_some_and(|name| name.to_string_lossy() == manifest.run);
    if !is_whole {
        return Err(damaged(
            "its run, dim and dtype don't belong together: delete the run's folder and embed again".into(),
        ));
    }
    Ok(manifest)
}

fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<(), ProjectError> {
    let path = dir.join("manifest.json");
    let text = serde_json::to_string_pretty(manifest).map_err(|e| ProjectError::Damaged {
        path: path.display().to_string(),
        cause: e.to_string(),
    })?;
    super::write_atomically(&path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(dim: usize, keep_f32: bool) -> EncoderSpec {
        EncoderSpec {
            name: "test encoder".into(),
            dim,
            feature_names: vec![],
            weights_path: None,
            weights_sha256: None,
            settings: serde_json::json!({}),
            keep_f32,
        }
    }

    #[test]
    fn confirmed_vectors_are_read_back_and_unconfirmed_ones_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(3, false);
        let mut writer = RunWriter::open(dir.path(), &spec, "now").unwrap().unwrap();
        assert!(
            RunWriter::open(dir.path(), &spec, "now").unwrap().is_none(),
            "one writer at a time"
        );
        let far = ROWS_PER_SEGMENT * 2 + 5;
        writer.write(&[1, far], &[1.0, 2.0, 3.0, 4.0, 1e9, -0.5]).unwrap();
        writer.confirm().unwrap();
        writer.write(&[2], &[7.0, 7.0, 7.0]).unwrap();
        let run = Run::open(dir.path(), &run_name(&spec), far + 10).unwrap();
        let vectors = run.vectors();
        assert_eq!(vectors.present_rows().collect::<Vec<_>>(), [1, far]);
        let mut row = [0.0; 3];
        vectors.read_row(far, &mut row);
        assert_eq!(row, [4.0, 65504.0, -0.5]);
        assert_eq!(run.done(), 2);
        drop(writer);
        assert!(
            RunWriter::open(dir.path(), &spec, "now")
                .unwrap()
                .unwrap()
                .is_done(2),
            "confirmed on the way out"
        );
    }

    #[test]
    fn a_changed_field_is_noticed_and_its_rows_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = RunWriter::open(dir.path(), &spec(1, true), "now")
            .unwrap()
            .unwrap();
        let note = FieldNote {
            name: "a".into(),
            size: None,
            crop: 1.0,
            sources: vec![("r".into(), "1".into())],
        };
        assert!(!writer.note_field(1, note.clone()).unwrap());
        assert!(!writer.note_field(1, note.clone()).unwrap());
        assert!(writer.note_field(1, FieldNote { crop: 0.5, ..note }).unwrap());
        writer.write(&[0, 9], &[1.0, 2.0]).unwrap();
        writer.confirm().unwrap();
        writer.forget(&[9]).unwrap();
        assert!(writer.is_done(0) && !writer.is_done(9));
    }

    #[test]
    fn a_short_segment_is_an_error_not_a_crash() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(4, true);
        let mut writer = RunWriter::open(dir.path(), &spec, "now").unwrap().unwrap();
        writer.write(&[0], &[0.0; 4]).unwrap();
        drop(writer);
        let segment = dir.path().join(run_name(&spec)).join("segment-00000.f32");
        File::options()
            .write(true)
            .open(&segment)
            .unwrap()
            .set_len(100)
            .unwrap();
        let error = Run::open(dir.path(), &run_name(&spec), 1)
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("segment-00000.f32") && error.contains("shorter"),
            "{error}"
        );
    }
}
