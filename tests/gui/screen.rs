//! A screen that nobody sees with the program itself on it: hands by xdotool, eyes by the screen's pixels.
//!
//! Needs Xvfb and xdotool (`.ci/packages --tests` installs both). Nothing here sleeps for a guessed
//! time: what is waited for is looked at until it is there.

use crate::xdnd;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// How long anything may take before a story fails.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// So many looks without a change are a window at rest.
const RESTS: usize = 5;
/// A text cursor has at most so many pixels.
const CURSOR: usize = 80;

/// A screen of its own; ends with the story.
pub struct Screen {
    server: Child,
    /// Its name, as in `$DISPLAY`.
    pub display: String,
}

/// What is on the screen: a colour a pixel, row by row.
pub struct Shot {
    /// Pixels across.
    pub width: usize,
    /// Blue, green, red.
    pub pixels: Vec<[u8; 3]>,
}

impl Shot {
    /// The rows of the columns left of `right`.
    pub fn rows(&self, right: usize) -> impl Iterator<Item = &[[u8; 3]]> {
        let right = right.min(self.width);
        self.pixels.chunks(self.width).map(move |row| &row[..right])
    }

    /// Whether something else is shown: more than a cursor that blinks.
    fn differs(&self, other: &Self) -> bool {
        let pairs = self.pixels.iter().zip(&other.pixels);
        self.pixels.len() != other.pixels.len() || pairs.filter(|(a, b)| a != b).count() > CURSOR
    }

    fn colours(&self) -> usize {
        let all: std::collections::HashSet<&[u8; 3]> = self.pixels.iter().collect();
        all.len()
    }
}

impl Screen {
    /// `None` without Xvfb or xdotool.
    pub fn start() -> Option<Self> {
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
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            .args(["-nolisten", "tcp", "-noreset"])
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

    /// What a hand does, in words of xdotool.
    pub fn hand(&self, args: &[&str]) {
        let done = self.hand_at_work(args).wait().unwrap();
        assert!(done.success(), "xdotool {args:?}");
    }

    /// A hand that is still at work.
    pub fn hand_at_work(&self, args: &[&str]) -> Child {
        Command::new("xdotool")
            .env("DISPLAY", &self.display)
            .args(args)
            .spawn()
            .unwrap()
    }

    /// What a window shows now.
    pub fn shot(&self, window: Window) -> Shot {
        let (x, _) = RustConnection::connect(Some(&self.display)).unwrap();
        let format = ImageFormat::Z_PIXMAP;
        // A window that isn't mapped yet shows nothing.
        let (image, size) = wait("the window on the screen", || {
            let size = x.get_geometry(window).ok()?.reply().ok()?;
            let asked = x.get_image(format, window, 0, 0, size.width, size.height, !0);
            Some((asked.ok()?.reply().ok()?, size))
        });
        let pixels = image.data.chunks_exact(4).map(|p| [p[0], p[1], p[2]]);
        Shot {
            width: usize::from(size.width),
            pixels: pixels.collect(),
        }
    }

    /// Waits until the window is drawn and nothing on it moves any more.
    pub fn at_rest(&self, window: Window) -> Shot {
        let mut last = self.shot(window);
        let mut same = 0;
        wait("the window to rest", || {
            let now = self.shot(window);
            same = if now.differs(&last) { 0 } else { same + 1 };
            last = now;
            (same >= RESTS && last.colours() > 20).then_some(())
        });
        last
    }

    /// Does something that can be seen, and waits until it was.
    pub fn see(&self, window: Window, args: &[&str]) {
        let before = self.at_rest(window);
        self.hand(args);
        wait(&format!("something to follow from {args:?}"), || {
            self.shot(window).differs(&before).then_some(())
        });
        self.at_rest(window);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The running program; killed if the story ends before it.
pub struct Running {
    child: Child,
    /// Its window.
    pub window: Window,
}

impl Running {
    /// Starts it with the settings and the session of `home`, and waits until it is drawn.
    pub fn start(screen: &Screen, home: &Path, args: &[&str]) -> Self {
        let log = std::fs::File::create(home.join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_astrolabel"))
            .args(["--renderer", "glow"])
            .args(args)
            .env("DISPLAY", &screen.display)
            // As on a desktop of today, where X11 must be chosen for drops to arrive.
            .env("WAYLAND_DISPLAY", "wayland-of-nobody")
            .env("HOME", home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut running = Self { child, window: 0 };
        let log = || std::fs::read_to_string(home.join("log")).unwrap_or_default();
        running.window = wait("a window", || {
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none(), "the program ended: {}", log());
            xdnd::window_called(&screen.display, "Astrolabel")
        });
        screen.at_rest(running.window);
        screen.hand(&["windowfocus", &running.window.to_string()]);
        running
    }

    /// SIGKILL, which no program hears.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn end(&mut self) {
        let status = wait("the program to end", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `found` gives something.
pub fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(LOOK);
    }
}
