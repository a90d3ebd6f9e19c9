//! PyTorch checkpoints: those that torch saved (tests/golden/checkpoint/make_checkpoint.py),
//! damaged ones, and pickles that would do harm if anyone called what they name.

use super::{TOLERANCE, difference, golden, open_network, tensors, vectors};
use crate::support;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::weights::WeightsFile;
use std::path::{Path, PathBuf};

fn saved(name: &str) -> PathBuf {
    support::golden(&format!("checkpoint/{name}"))
}

#[test]
fn both_formats_give_the_values_that_torch_saved() {
    let expected = tensors(&golden("checkpoint", "values"));
    for (file, prefix) in [("lightning.ckpt", "state_dict."), ("legacy.pth", "")] {
        let mut weights = WeightsFile::open(&saved(file)).unwrap();
        for (name, (shape, values)) in &expected {
            let name = format!("{prefix}{name}");
            assert_eq!(weights.shape(&name), Some(shape.as_slice()), "{file}: {name}");
            match name.trim_start_matches(prefix) {
                "count" => assert_eq!(weights.read_integers(&name).unwrap(), [41]),
                "steps" => assert_eq!(weights.read_integers(&name).unwrap(), [1, -2, 3]),
                _ => assert_eq!(&weights.read_f32(&name).unwrap(), values, "{file}: {name}"),
            }
        }
        assert!(weights.read_f32(&format!("{prefix}count")).is_err());
    }
    let weights = WeightsFile::open(&saved("lightning.ckpt")).unwrap();
    assert!(weights.shape("optimizer_states.0.state.0.exp_avg").is_some());
    let whole = WeightsFile::open(&saved("whole_model.pt"))
        .unwrap_err()
        .to_string();
    assert!(whole.contains("only state dictionaries are read"), "{whole}");
}

#[test]
fn a_lightning_checkpoint_gives_the_same_vectors() {
    let expected = tensors(&golden("convnext", "expected"));
    let network = open_network(&saved("zoobot.ckpt")).unwrap();
    let found = vectors(
        network.as_ref(),
        &expected["zoobot.input"],
        None,
        Pooling::MeanPatches,
    );
    assert!(difference(&found, &expected["zoobot.output"].1) <= TOLERANCE);
}

fn outcome(path: &Path, bytes: &[u8]) -> Result<WeightsFile, String> {
    std::fs::write(path, bytes).unwrap();
    WeightsFile::open(path).map_err(|e| e.to_string())
}

/// Every length and many flipped bytes: errors or other values, never a crash.
#[test]
fn damaged_checkpoints_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.pt");
    for name in ["lightning.ckpt", "legacy.pth"] {
        let whole = std::fs::read(saved(name)).unwrap();
        for len in (0..whole.len()).step_by(7) {
            assert!(outcome(&path, &whole[..len]).is_err(), "{name} cut at {len}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            if let Ok(mut file) = outcome(&path, &bytes) {
                let names: Vec<String> = file.tensors().keys().cloned().collect();
                for name in names {
                    let _ = file.read_f32(&name);
                }
            }
        }
    }
}

/// An older checkpoint around the pickle of a state.
fn legacy(state: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.".to_vec();
    bytes.extend(b"\x80\x02");
    bytes.extend(state);
    bytes.extend(b".\x80\x02].");
    bytes
}

#[test]
fn nothing_a_pickle_names_is_ever_called() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.pt");
    let mark = folder.path().join("mark");
    // os.system("touch MARK") as a pickle calls it, and as an object's state.
    let command = format!("touch {}", mark.display());
    let call = format!("cposix\nsystem\n(S'{command}'\ntR");
    let error = outcome(&path, &legacy(call.as_bytes())).unwrap_err();
    assert!(error.contains("holds no tensors"), "{error}");
    let error = outcome(&path, format!("\x28dS'a'\n{call}s.").as_bytes());
    assert!(error.is_err());
    assert!(!mark.exists());
}

#[test]
fn hostile_pickles_are_errors_with_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.pt");
    let says = |state: &[u8]| outcome(&path, &legacy(state)).unwrap_err();
    // A text of 4 GB, a list that holds itself, marks without end, values without a stack.
    assert!(says(b"X\xff\xff\xff\xff").contains("cut short"));
    assert!(says(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff").contains("cut short"));
    assert!(says(b"]q\x00h\x00a").contains("holds no tensors"));
    assert!(says(&[b'('; 10_000]).contains("damaged"));
    assert!(says(b"R").contains("damaged"));
    assert!(says(b"h\x05").contains("damaged"));
    assert!(says(b"\x82\x01").contains("opcode 0x82"));
    // Dictionaries that hold the next one twice, forty deep: 2^40 paths.
    let mut doubling = Vec::new();
    for level in 0..40u8 {
        doubling.extend([b'}', b'q', level]);
    }
    for level in 0..39u8 {
        doubling.extend([
            b'h',
            level,
            b'(',
            b'U',
            1,
            b'a',
            b'h',
            level + 1,
            b'U',
            1,
            b'b',
            b'h',
            level + 1,
            b'u',
        ]);
    }
    doubling.extend(b"h\x00");
    let message = says(&doubling);
    assert!(
        message.contains("too many values") || message.contains("holds no tensors"),
        "{message}"
    );
    // A view that repeats one value 2^40 times, and one behind its storage.
    let view = |shape: &[u8], stride: &[u8]| {
        let mut bytes = b"}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01tQK\x00".to_vec();
        bytes.extend(shape);
        bytes.extend(stride);
        bytes.extend(b"\x89}tRs");
        bytes
    };
    let huge = view(b"\x8a\x06\x00\x00\x00\x00\x00\x01\x85", b"K\x00\x85");
    assert!(says(&huge).contains("doesn't lie within its storage"));
    assert!(
        says(&view(b"K\x01\x85", b"\x8a\x07\xff\xff\xff\xff\xff\xff\x7f\x85")).contains("misses the storage")
    );
    assert!(says(&view(b"K\x02\x85", b"K\x01\x85")).contains("doesn't lie within its storage"));
}
