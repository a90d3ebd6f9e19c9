//! The program itself, on a screen that nobody sees: real drag and drop, pointer and keys, and a kill.
//!
//! Needs Xvfb and xdotool (`.ci/packages --tests` installs both); says so and is skipped without them.

use crate::support::survey;
use crate::xdnd;
use astrolabel::project::Project;
use astrolabel::project::journal::{self, Kind};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(90);

/// A screen of its own; ends with the story.
struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    /// `None` without Xvfb or xdotool.
    fn start() -> Option<Self> {
        let has = |program: &str| {
            Command::new("sh")
                .args(["-c", &format!("command -v {program}")])
                .output()
                .is_ok_and(|o| o.status.success())
        };
        if !has("Xvfb") || !has("xdotool") {
            eprintln!("skipped: this story needs Xvfb and xdotool");
            return None;
        }
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x800x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        Some(Self {
            server,
            display: format!(":{}", number.trim()),
        })
    }

    fn hand(&self, args: &[&str]) {
        let done = Command::new("xdotool")
            .env("DISPLAY", &self.display)
            .args(args)
            .status()
            .unwrap();
        assert!(done.success(), "xdotool {args:?}");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The running program; killed if the story ends before it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(screen: &Screen, home: &Path, args: &[&str]) -> (Running, u32) {
    let log = std::fs::File::create(home.join("log")).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_astrolabel"))
        .args(["--renderer", "glow"])
        .args(args)
        .env("DISPLAY", &screen.display)
        .env_remove("WAYLAND_DISPLAY")
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let begun = Instant::now();
    loop {
        if let Some(window) = xdnd::window_called(&screen.display, "Astrolabel") {
            // Its first frame: what is dropped before that nobody hears.
            std::thread::sleep(Duration::from_millis(1500));
            screen.hand(&["windowfocus", &window.to_string()]);
            return (running, window);
        }
        let log = || std::fs::read_to_string(home.join("log")).unwrap_or_default();
        assert!(
            running.0.try_wait().unwrap().is_none(),
            "the program ended: {}",
            log()
        );
        assert!(begun.elapsed() < PATIENCE, "no window: {}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until `found` gives something.
fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Labels that stand in a project, as another program sees them.
fn labels(root: &Path) -> usize {
    Project::open(root, false)
        .and_then(|p| journal::standing(p.store(), Kind::Label))
        .map_or(0, |l| l.len())
}

#[test]
fn a_person_drops_a_folder_labels_by_keys_and_loses_nothing_to_a_kill() {
    let Some(screen) = Screen::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let files = survey(dir.path(), 40);
    let root = dir.path().join("survey.astrolabel");
    let (mut running, window) = start(&screen, dir.path(), &[]);

    // Dropped files are understood on the sheet; Enter imports them, and they are embedded by themselves.
    xdnd::drop_files(&screen.display, window, &[files.as_path()]);
    let mut tries = 0;
    wait("the import and the vectors", || {
        tries += 1;
        if tries % 20 == 0 && !Project::is_project(&root) {
            screen.hand(&["key", "Return"]);
        }
        let project = Project::open(&root, false).ok()?;
        (!project.runs().ok()?.is_empty()).then_some(())
    });
    std::thread::sleep(Duration::from_secs(3));

    // Two classes by name, then labels by keys at some ten a second.
    for class in ["plain", "odd"] {
        screen.hand(&["key", "n"]);
        std::thread::sleep(Duration::from_millis(600));
        screen.hand(&["type", "--delay", "60", class]);
        screen.hand(&["key", "Return"]);
        std::thread::sleep(Duration::from_millis(400));
    }
    screen.hand(&["key", "Right"]);
    std::thread::sleep(Duration::from_millis(300));
    screen.hand(&["key", "--delay", "100", "1", "2", "1", "2", "1", "1", "2", "1"]);
    wait("eight labels on the disk", || (labels(&root) == 8).then_some(()));
    screen.hand(&["key", "ctrl+z"]);
    wait("one label fewer", || (labels(&root) == 7).then_some(()));
    screen.hand(&["key", "ctrl+shift+z"]);
    wait("the label again", || (labels(&root) == 8).then_some(()));

    // Killed in the middle of labelling: what the next start reads is what the journal held.
    screen.hand(&["key", "--delay", "30", "1", "2", "1", "2"]);
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    let kept = labels(&root);
    assert!((8..=12).contains(&kept), "{kept}");
    let project = Project::open(&root, false).unwrap();
    assert!(journal::is_consistent(project.store()).unwrap());
    drop(project);
    let (mut again, _) = start(&screen, dir.path(), &["--project", root.to_str().unwrap()]);
    std::thread::sleep(Duration::from_secs(2));
    assert!(again.0.try_wait().unwrap().is_none(), "it opens again");
    assert_eq!(labels(&root), kept);
}
