//! Weights files that are wrong in every way.

use super::files::{Spec, golden_cases, write};
use super::open;
use std::path::Path;

fn error_of(path: &Path) -> String {
    let message = match open(path) {
        Ok(_) => panic!("{} should not load", path.display()),
        Err(e) => e.to_string(),
    };
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(message.contains(name), "names the file: {message}");
    message
}

type Tensors = Vec<(String, Spec)>;

#[test]
fn misfits_say_what_is_missing_unexpected_and_misshapen() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("misfit.safetensors");
    let try_with = |change: &dyn Fn(&mut Tensors)| {
        let mut tensors = cases[0].tensors.clone();
        change(&mut tensors);
        write(&path, &tensors);
        error_of(&path)
    };
    let missing = try_with(&|t| t.retain(|(k, _)| k != "blocks.1.norm2.bias"));
    assert!(missing.contains("missing: blocks.1.norm2.bias"), "{missing}");
    let unexpected = try_with(&|t| {
        let norm = t[0].1.clone();
        t.push(("blocks.0.attn.q_norm.weight".into(), norm));
    });
    assert!(
        unexpected.contains("unexpected: blocks.0.attn.q_norm.weight"),
        "{unexpected}"
    );
    let shape = try_with(&|t| {
        let at = t.iter().position(|(k, _)| k == "blocks.1.attn.proj.weight");
        t[at.unwrap()].1.shape = vec![64, 128];
    });
    assert!(
        shape.contains("blocks.1.attn.proj.weight is [64, 128], expected [128, 128]"),
        "{shape}"
    );
    let gap = try_with(&|t| {
        for (k, _) in t.iter_mut() {
            *k = k.replace("blocks.1.", "blocks.4000000000.");
        }
    });
    assert!(gap.contains("at most 512"), "{gap}");
    let grid = try_with(&|t| {
        let at = t.iter().position(|(k, _)| k == "pos_embed").unwrap();
        t[at].1.shape = vec![1, 24, 128];
    });
    assert!(grid.contains("square grids"), "{grid}");
    let width = try_with(&|t| {
        let at = t.iter().position(|(k, _)| k == "patch_embed.proj.weight");
        t[at.unwrap()].1.shape = vec![100, 3, 14, 14];
    });
    assert!(width.contains("multiple of 64"), "{width}");
    let empty_hidden = try_with(&|t| {
        let at = t.iter().position(|(k, _)| k == "blocks.0.mlp.fc2.weight");
        t[at.unwrap()].1.shape = vec![0, usize::MAX / 2];
    });
    assert!(empty_hidden.contains("wrong shape"), "{empty_hidden}");
    // Heads and training's tensors are no misfit.
    let mut tensors = cases[0].tensors.clone();
    tensors.push(("head.weight".into(), tensors[0].1.clone()));
    write(&path, &tensors);
    assert!(open(&path).is_ok());
}

#[test]
fn another_network_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.safetensors");
    let spec = Spec {
        shape: vec![2],
        seed: 1,
        first: 0,
        scale: 1.0,
        shift: 0.0,
    };
    for (key, says) in [
        ("stages.0.blocks.0.conv_dw.weight", "ConvNeXt"),
        ("vit.encoder.layer.0.layernorm_before.weight", "not DINOv2"),
        ("blocks.0.attn.qkv.weight", "without its patch embedding"),
        ("something.else", "nothing that is known"),
    ] {
        write(&path, &[(key.to_string(), spec.clone())]);
        let message = error_of(&path);
        assert!(message.contains(says) && message.contains(key), "{message}");
    }
    write(&path, &[]);
    assert!(error_of(&path).contains("an empty file"));
}

#[test]
fn damaged_files_are_refused_with_bounded_memory() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.safetensors");
    write(&path, &cases[0].tensors);
    let whole = std::fs::read(&path).unwrap();
    let says = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        error_of(&path)
    };
    assert!(says(&[]).contains("not a safetensors file"));
    assert!(says(&whole[..5]).contains("only 5 bytes"));
    assert!(says(&whole[..200]).contains("cut short"));
    assert!(says(&whole[..whole.len() - 1]).contains("cut short or damaged"));
    let longer: Vec<u8> = [&whole[..], &[0]].concat();
    assert!(says(&longer).contains("cut short or damaged"));
    let mut enormous = whole.clone();
    enormous[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(says(&enormous).contains("more than the"));
    enormous[..8].copy_from_slice(&(15u64 << 20).to_le_bytes());
    assert!(says(&enormous).contains("cut short"));
    let checkpoint = folder.path().join("notes.pth");
    std::fs::write(&checkpoint, "these are not the weights that you look for").unwrap();
    assert!(error_of(&checkpoint).contains("called like a PyTorch checkpoint, but is neither"));
    let mut garbled = whole.clone();
    garbled[20] = 0xff;
    assert!(says(&garbled).contains("header is damaged"));
    let header = br#"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,4]}}"#;
    let mut overflow = (header.len() as u64).to_le_bytes().to_vec();
    overflow.extend(header);
    overflow.extend([0; 4]);
    assert!(says(&overflow).contains("damaged"));
    assert!(says(b"PK\x03\x04aaaaaaaaaaaaaaaaaa").contains("zip archive that is cut short"));
    assert!(says(b"\x80\x02}q\x00aaaaaaaaaaaaaaaa").contains("its pickle is damaged"));
    assert!(says(b"version https://git-lfs.github.com/spec/v1\n").contains("git lfs pull"));
    assert!(says(b"<!DOCTYPE html><html></html>").contains("web page"));
    assert!(error_of(folder.path()).contains("not a file"));
    assert!(error_of(&folder.path().join("none.safetensors")).contains("can't be opened"));
    // A value that isn't finite, and a type that isn't known.
    let mut nan = whole;
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(says(&nan).contains("NaN"));
}

#[test]
fn every_truncation_and_many_flipped_bytes_never_panic() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fuzz.safetensors");
    write(&path, &cases[2].tensors);
    let whole = std::fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    for step in 0..200usize {
        let mut bytes = whole[..header + 64].to_vec();
        bytes[(step * 131) % header] ^= 1 << (step % 8);
        bytes.resize(whole.len(), 0);
        std::fs::write(&path, &bytes).unwrap();
        let _ = open(&path);
        std::fs::write(&path, &whole[..step * header / 200]).unwrap();
        assert!(open(&path).is_err());
    }
}
