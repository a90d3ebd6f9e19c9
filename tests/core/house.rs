//! The house rules that a compiler doesn't hold: which room may know which.

use std::path::{Path, PathBuf};

/// Rooms from the ground up: a file may use rooms that stand before its own, and its own.
const ROOMS: [(&str, &[&str]); 10] = [
    ("io", &[]),
    ("sky", &["io"]),
    ("display", &["io", "sky"]),
    ("encoder", &["io", "sky", "display"]),
    ("discovery", &[]),
    ("evaluate", &["io", "sky", "encoder", "discovery"]),
    ("train", &["io", "encoder"]),
    ("simulate", &["io", "sky"]),
    ("project", &["io", "sky", "display", "encoder", "discovery"]),
    (
        "tasks",
        &[
            "io",
            "sky",
            "display",
            "encoder",
            "discovery",
            "evaluate",
            "train",
            "project",
        ],
    ),
];

fn sources(room: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    let (mut files, mut folders) = (Vec::new(), vec![root]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files
}

#[test]
fn rooms_use_only_what_stands_below_them() {
    let all: Vec<&str> = (ROOMS.iter().map(|(room, _)| *room))
        .chain(["cli", "app"])
        .collect();
    let mut wrong = Vec::new();
    for (room, may) in ROOMS {
        let files = sources(room);
        assert!(
            !files.is_empty(),
            "room {room} has no files: the list above is out of date"
        );
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for &other in &all {
                let uses = text.contains(&format!("crate::{other}::"))
                    || text.contains(&format!("crate::{{{other}::"));
                if uses && other != room && !may.contains(&other) {
                    wrong.push(format!("{} uses {other}", file.display()));
                }
            }
        }
    }
    // Two rooms on the ground floor share the cutout's types and the catalogue's table.
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_below_the_window_knows_of_it() {
    for (room, _) in ROOMS {
        for file in sources(room) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                !text.contains("egui") && !text.contains("eframe"),
                "{} knows the window",
                file.display()
            );
        }
    }
}

#[test]
fn unsafe_code_stays_where_it_is_allowed() {
    let allowed = [
        "src/io/fits/ffi.rs",
        "src/project/runs/reader.rs",
        "src/discovery/kernel.rs",
        "src/discovery/products/mod.rs",
        "src/discovery/products/x86.rs",
        "src/discovery/distances.rs",
        "src/encoder/plan/act.rs",
        "src/encoder/plan/attention.rs",
        "src/encoder/plan/buffer.rs",
        "src/encoder/plan/bytes.rs",
        "src/encoder/plan/convnext.rs",
        "src/encoder/plan/convnext_passes.rs",
        "src/encoder/plan/depthwise.rs",
        "src/encoder/plan/direct.rs",
        "src/encoder/plan/finish.rs",
        "src/encoder/plan/gpt.rs",
        "src/encoder/plan/halves.rs",
        "src/encoder/plan/kernels.rs",
        "src/encoder/plan/mobile.rs",
        "src/encoder/plan/mobile_passes.rs",
        "src/encoder/plan/p4m.rs",
        "src/encoder/plan/product.rs",
        "src/encoder/plan/registers.rs",
        "src/encoder/plan/rows.rs",
        "src/encoder/plan/tiles/amx.rs",
        "src/encoder/plan/tiles/avx2.rs",
        "src/encoder/plan/tiles/avx512.rs",
        "src/encoder/plan/tiles/neon.rs",
        "src/encoder/plan/vector.rs",
        "src/encoder/plan/vit.rs",
    ];
    for (room, _) in ROOMS {
        for file in sources(room) {
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text
                .lines()
                .filter(|l| !l.trim_start().starts_with("//"))
                .any(|l| l.contains("unsafe {"));
            let relative = file
                .strip_prefix(env!("CARGO_MANIFEST_DIR"))
                .unwrap()
                .to_string_lossy()
                .into_owned();
            assert!(
                !code || allowed.contains(&relative.as_str()),
                "{relative} has unsafe code"
            );
        }
    }
}
