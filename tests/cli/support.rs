//! Running the program as a user does.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program with arguments.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_astrolabel"));
    command
        .args(args)
        .env("ASTROLABEL_USER", "tester")
        // Nor read or write the encoders of whoever runs them.
        .env(
            "ASTROLABEL_ENCODERS",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/no-encoders"),
        )
        .env(
            "ASTROLABEL_MODELS",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/no-models"),
        )
        // Nothing here may open a window on the screen of whoever runs the tests.
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null());
    for name in [
        "ASTROLABEL_HUB",
        "HF_ENDPOINT",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
}

/// Runs it to its end.
pub fn run(args: &[&str]) -> Output {
    command(args).output().expect("the program starts")
}

/// Runs it, expects exit code 0, gives the standard output.
pub fn ok(args: &[&str]) -> String {
    let out = run(args);
    let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(0), "{args:?}\n{stdout}\n{stderr}");
    stdout
}

/// Runs it, expects that exit code, gives both outputs together.
pub fn ends(code: i32, args: &[&str]) -> String {
    let out = run(args);
    let all = text(&out.stdout) + &text(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{args:?}\n{all}");
    assert!(!all.contains("panicked"), "{args:?}\n{all}");
    all
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

/// Standard output as JSON.
pub fn json(args: &[&str]) -> serde_json::Value {
    let out = ok(args);
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

/// A small simulated survey in `dir/survey`.
pub fn survey(dir: &Path, objects: usize) -> std::path::PathBuf {
    let out = dir.join("survey");
    let objects = objects.to_string();
    ok(&[
        "simulate",
        "--out",
        arg(&out),
        "--side",
        "640",
        "--objects",
        &objects,
        "--seed",
        "7",
    ]);
    out
}

/// Whether a python3 with astropy is here; says so if not, and the test is skipped.
pub fn has_astropy() -> bool {
    let found = Command::new("python3")
        .args(["-c", "import astropy"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !found {
        eprintln!("skipped: no python3 with astropy here");
    }
    found
}

/// A path below the developers' shared folder of real observations, or `None` (after saying so)
/// where this checkout has none beside it: such a test is skipped.
pub fn shared(path: &str) -> Option<std::path::PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped: no shared/{path} beside this checkout");
    None
}
