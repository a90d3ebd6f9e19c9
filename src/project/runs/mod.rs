//! One run of an encoder over the project's objects, on disk.
//!
//! `embeddings/<run>/` holds `manifest.json` (what made the vectors), `segment-NNNNN.f16` (or
//! `.f32`; little-endian, row-major, row `i` of segment `s` is object `s * 65536 + i`) and
//! `done.bits` (bit `i % 8` of byte `i / 8` says that object `i` has its vector). A bit is set only
//! after its vector has reached the disk, so a run that was killed goes on where it stopped.
//! `sources.u64` tells changed cutouts. Where some sources have changed, a run `<run>-2` follows the old one
//! ([`Place`]).

mod manifest;
mod reader;
mod sources;
mod stamps;
mod writer;

pub use manifest::{FieldNote, Manifest, run_name};
pub use reader::Run;
pub use sources::{Changed, FieldNow, Known, Place, Sources};
pub use writer::RunWriter;

use super::error::{ProjectError, io_at};
use std::path::{Path, PathBuf};

/// Objects in one segment file.
pub const ROWS_PER_SEGMENT: usize = 65_536;

#[cfg(target_endian = "big")]
compile_error!(
    "segments are mapped as they are on disk, little-endian: a big-endian machine needs a byte swap here"
);

/// `done.bits` of a run, as far as it was written.
fn read_done(dir: &Path) -> Result<Vec<u8>, ProjectError> {
    let path = dir.join("done.bits");
    if path.exists() {
        std::fs::read(&path).map_err(io_at(&path))
    } else {
        Ok(Vec::new())
    }
}

fn bit(bits: &[u8], i: usize) -> bool {
    bits.get(i / 8).is_some_and(|byte| byte >> (i % 8) & 1 == 1)
}

fn segment_path(dir: &Path, manifest: &Manifest, segment: usize) -> PathBuf {
    dir.join(format!("segment-{segment:05}.{}", manifest.dtype))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::EncoderSpec;
    use std::fs::File;

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
    fn a_run_of_which_nothing_is_true_starts_over() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(1, true);
        let note = |print: &str| FieldNow {
            note: FieldNote {
                name: "a".into(),
                size: None,
                crop: 1.0,
                sources: vec![("r".into(), print.into())],
            },
            unreadable: vec![false],
            rows: vec![0, 9],
        };
        let mut now = Sources::default();
        now.fields.insert(1, note("s2-1"));
        let mut writer = RunWriter::open(dir.path(), &spec, "now").unwrap().unwrap();
        writer.note_sources(&now).unwrap();
        writer.write(&[0, 9], &[1.0, 2.0]).unwrap();
        writer.confirm().unwrap();
        assert_eq!(
            writer.changed(&now).unwrap(),
            Changed {
                kept: 2,
                ..Changed::default()
            }
        );
        now.fields.insert(1, note("s2-2"));
        let place = Place::of(dir.path(), &run_name(&spec), &now).unwrap();
        assert!(matches!(&place, Place::Replaces(run, c) if *run == run_name(&spec) && c.rows == [0, 9]));
        writer.start_over("later").unwrap();
        assert!(!writer.is_done(0) && !writer.is_done(9) && writer.manifest().fields.is_empty());
        // Of objects elsewhere something is true: the old run stays.
        writer.note_sources(&now).unwrap();
        writer.write(&[0, 4], &[1.0, 2.0]).unwrap();
        writer.confirm().unwrap();
        now.fields.insert(1, note("s2-3"));
        let place = Place::of(dir.path(), &run_name(&spec), &now).unwrap();
        assert_eq!(place.run(), format!("{}-2", run_name(&spec)));
        assert!(matches!(place, Place::Follows { changed, .. } if changed.kept == 1));
        // An older run whose sources are back is true again.
        now.fields.insert(1, note("s2-2"));
        let place = Place::of(dir.path(), &run_name(&spec), &now).unwrap();
        assert_eq!(place, Place::Joins(run_name(&spec)));
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
