//! Every file of the zoo (good, odd, malformed) through the program: it ends as it says, soon, in
//! bounded memory, and a failure names the file and its cause.

use crate::support::{arg, shared, text};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs under limits of memory (3 GiB of addresses) and of processor time (20 s).
fn run_limited(args: &[&str]) -> (Option<i32>, String) {
    let out = Command::new("sh")
        .args(["-c", "ulimit -v 3145728; ulimit -t 20; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_astrolabel"))
        .args(args)
        .args(["--threads", "1"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (out.status.code(), text(&out.stdout) + &text(&out.stderr))
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn complaints(file: &Path, project: &Path) -> Vec<String> {
    let name = file.file_name().unwrap().to_string_lossy();
    let mut wrong = Vec::new();
    for command in [
        &["info", arg(file)][..],
        &["import", arg(file), "--detect", "--project", arg(project)],
    ] {
        let (code, said) = run_limited(command);
        let fits = match code {
            Some(0) => true,
            Some(1 | 3) => said.contains(&*name),
            _ => false,
        };
        if !fits || said.contains("panicked") {
            wrong.push(format!("{} {}: {code:?} {said}", command[0], file.display()));
        }
        if code == Some(1) && project.exists() {
            wrong.push(format!("{}: a failed import left a folder", file.display()));
        }
    }
    let _ = std::fs::remove_dir_all(project);
    wrong
}

#[test]
fn every_file_of_the_zoo_opens_or_says_why_not() {
    let Some(zoo) = shared("real/fits_zoo") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    files_below(&zoo, &mut files);
    assert!(files.len() > 300, "{}", files.len());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let number = files.iter().position(|f| f == file).unwrap();
                    let found = complaints(file, &dir.path().join(number.to_string()));
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
