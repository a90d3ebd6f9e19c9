//! Reading a run: its segments mapped into memory, its vectors borrowed from there.

use super::manifest::{Manifest, read_manifest};
use super::{ROWS_PER_SEGMENT, bit, read_done, segment_path};
use crate::discovery::{Chunk, Vectors};
use crate::project::error::{ProjectError, io_at};
use memmap2::{Mmap, MmapMut};
use std::fs::File;
use std::path::Path;

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
        let done = read_done(&dir)?;
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
