//! Little memory is foreseen, said, and changes no vector; other numbers make another run.

use crate::encoders::Person;
use crate::represented::{manifests, vectors, with_project};
use crate::support::{arg, text};
use std::path::Path;

/// Embeds with `options` while there is `memory`; exit code and all that was said.
fn embed(person: &Person, project: &Path, memory: &str, options: &[&str]) -> (Option<i32>, String) {
    let base = [
        "embed",
        "--project",
        arg(project),
        "--encoder",
        "net",
        "--threads",
        "2",
    ];
    let out = person
        .command(&[&base[..], options].concat())
        .env("ASTROLABEL_MEMORY", memory)
        .output()
        .unwrap();
    (out.status.code(), text(&out.stdout) + &text(&out.stderr))
}

#[test]
fn with_little_memory_less_is_computed_at_once_and_the_vectors_are_the_same() {
    let (person, _, project) = with_project(30);
    let (code, said) = embed(&person, &project, "8G", &["--precision", "f32"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("at once instead of"), "{said}");
    let plenty = vectors(&person, &project, "net");
    std::fs::remove_dir_all(project.join("embeddings")).unwrap();
    let (code, said) = embed(&person, &project, "800k", &["--precision", "f32"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("images at once instead of 16"), "{said}");
    assert!(
        said.contains("800 kB may be used as ASTROLABEL_MEMORY says"),
        "{said}"
    );
    assert_eq!(vectors(&person, &project, "net"), plenty);
}

#[test]
fn without_enough_for_one_image_nothing_is_begun() {
    let (person, _, project) = with_project(3);
    let (code, said) = embed(&person, &project, "100k", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("needs about") && said.contains("use a smaller network"),
        "{said}"
    );
    assert!(
        said.contains("net.safetensors") && !said.contains("panicked"),
        "{said}"
    );
    let runs = std::fs::read_dir(project.join("embeddings"));
    assert!(runs.map_or(0, |runs| runs.count()) == 0, "a run was begun");
}

#[test]
fn an_interrupted_run_does_not_go_on_in_other_numbers() {
    let (person, _, project) = with_project(6);
    let (code, said) = embed(&person, &project, "8G", &["--precision", "f32"]);
    assert_eq!(code, Some(0), "{said}");
    let first = manifests(&project);
    let (name, manifest) = first.first_key_value().unwrap();
    assert_eq!(manifest["encoder"]["settings"]["precision"], "f32");
    // As a kill leaves it: some vectors are there, others aren't.
    std::fs::write(
        project.join("embeddings").join(name).join("done.bits"),
        [0b0000_0111],
    )
    .unwrap();
    let (code, said) = embed(&person, &project, "8G", &["--precision", "int8"]);
    if code != Some(0) && said.contains("not to be had") {
        eprintln!("skipped: this processor computes in f32 only");
        return;
    }
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("0 were there already"), "{said}");
    let both = manifests(&project);
    assert_eq!((first.len(), both.len()), (1, 2));
    let (_, other) = both.iter().find(|(n, _)| *n != name).unwrap();
    assert_eq!(other["encoder"]["settings"]["precision"], "int8");
    let done = std::fs::read(project.join("embeddings").join(name).join("done.bits")).unwrap();
    assert_eq!(done, [0b0000_0111], "the first run is left as it was");
    let (code, said) = embed(&person, &project, "8G", &["--precision", "f32"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("3 were there already"), "{said}");
}
