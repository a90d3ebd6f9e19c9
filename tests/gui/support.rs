//! A desk with the window on it: a small project, hands on the keys, eyes on the labels.
//!
//! Nothing here sleeps for a guessed time: frames are drawn until what is waited for can be seen.

use astrolabel::app::{ScriptedPicker, Window};
use astrolabel::io::catalog::Table;
use astrolabel::progress::Silent;
use astrolabel::project::journal::{self, Kind};
use astrolabel::project::{Object, Project, objects};
use astrolabel::simulate::{SimulateOptions, simulate};
use astrolabel::tasks::import::{ImportOptions, import_into};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a story fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A simulated survey of that many objects in `dir/survey`: three bands and a catalogue.
pub fn survey(dir: &Path, objects: usize) -> PathBuf {
    let out = dir.join("survey");
    let options = SimulateOptions {
        seed: 7,
        side: 640,
        objects,
    };
    simulate(&out, &options, &Silent).unwrap();
    out
}

/// A project of 60 simulated objects, embedded with morphometry, in `dir/sky.astrolabel`.
pub fn project(dir: &Path) -> PathBuf {
    let root = dir.join("sky.astrolabel");
    let options = ImportOptions {
        paths: vec![survey(dir, 60)],
        who: "tester".into(),
        ..Default::default()
    };
    let (project, report) = import_into(&root, &options, &Silent).unwrap();
    assert_eq!(report.objects, 60, "{report:?}");
    let mut project = project.unwrap();
    let encoder = astrolabel::encoder::registry::open_encoder("morphometry", &Default::default()).unwrap();
    let report = astrolabel::tasks::embed::embed(&mut project, encoder.as_ref(), 64, 2, &Silent).unwrap();
    assert_eq!(report.done, 60, "{report:?}");
    root
}

/// The labels that stand in a project on the disk, read as another program would.
pub fn labels_on_disk(root: &Path) -> BTreeMap<i64, String> {
    let project = Project::open(root, false).unwrap();
    journal::standing(project.store(), Kind::Label)
        .unwrap()
        .into_iter()
        .collect()
}

/// The marks that stand in a project on the disk.
pub fn marks_on_disk(root: &Path) -> BTreeMap<i64, String> {
    let project = Project::open(root, false).unwrap();
    journal::standing(project.store(), Kind::Mark)
        .unwrap()
        .into_iter()
        .collect()
}

/// The objects of a project on the disk, by number.
pub fn objects_on_disk(root: &Path) -> Vec<Object> {
    objects::all(Project::open(root, false).unwrap().store()).unwrap()
}

/// The columns of a project as they would be exported.
pub fn columns_on_disk(root: &Path) -> Table {
    let project = Project::open(root, false).unwrap();
    let (table, _) = astrolabel::tasks::export::collect(&project, &mut Vec::new()).unwrap();
    table
}

/// The window, and what a person has at hand.
pub struct Desk {
    /// Drives the window.
    pub harness: Harness<'static, Window>,
    /// Answers the window's file dialogs.
    pub picker: Arc<ScriptedPicker>,
    /// Where everything of this story is.
    pub folder: TempDir,
}

impl Desk {
    /// A new window of 1280×800 with nothing open.
    pub fn new() -> Self {
        Self::restored("")
    }

    /// A window as it was kept by `Window::kept`.
    pub fn restored(kept: &str) -> Self {
        let picker = Arc::new(ScriptedPicker::default());
        let hand = picker.clone();
        let kept = kept.to_owned();
        let harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .build_eframe(move |cc| Window::from_kept(&kept, cc.egui_ctx.clone(), hand));
        Self {
            harness,
            picker,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A window with the project of [`project`] open; also the project's folder.
    pub fn with_project() -> (Self, PathBuf) {
        let mut desk = Self::new();
        let root = project(desk.folder.path());
        desk.open_by_path(&root);
        desk.see("0 selected");
        (desk, root)
    }

    /// Draws one frame, and lets the other threads have a moment.
    pub fn frame(&mut self) {
        self.harness.step();
        std::thread::sleep(Duration::from_millis(3));
    }

    /// Draws frames until `done` holds; fails the story with what was waited for and what is seen.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&Harness<'static, Window>) -> bool) {
        let start = Instant::now();
        loop {
            self.frame();
            if done(&self.harness) {
                return;
            }
            if start.elapsed() > PATIENCE {
                self.picture("given-up");
                panic!("waited in vain for {what}; seen: {:#?}", self.seen());
            }
        }
    }

    /// Waits until something with exactly this label is on the screen.
    pub fn see(&mut self, label: &str) {
        self.until(&format!("the label {label:?}"), |h| {
            h.query_all_by_label(label).next().is_some()
        });
    }

    /// Waits until something whose label contains this is on the screen.
    pub fn see_part(&mut self, part: &str) {
        self.until(&format!("a label with {part:?}"), |h| {
            h.query_all_by_label_contains(part).next().is_some()
        });
    }

    /// Waits until nothing with exactly this label is on the screen.
    pub fn gone(&mut self, label: &str) {
        self.until(&format!("{label:?} to go"), |h| {
            h.query_all_by_label(label).next().is_none()
        });
    }

    /// Whether something with exactly this label is on the screen now.
    pub fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    /// Every label on the screen, for messages.
    pub fn seen(&self) -> Vec<String> {
        use egui_kittest::kittest::NodeT;
        self.harness
            .query_all_by(|_| true)
            .filter_map(|n| {
                let node = n.accesskit_node();
                node.label().or_else(|| node.value())
            })
            .collect()
    }

    /// Clicks into the text field of this name, once it is there.
    pub fn click_field(&mut self, name: &str) {
        let role = Role::TextInput;
        self.until(&format!("the field {name:?}"), |h| {
            h.query_all_by_role_and_label(role, name).next().is_some()
        });
        if let Some(node) = self.harness.query_all_by_role_and_label(role, name).next() {
            node.click();
        }
        self.frame();
        self.frame();
    }

    /// Clicks the first thing with this label, once it is there.
    pub fn click(&mut self, label: &str) {
        self.click_with(Modifiers::NONE, label);
    }

    /// Clicks with keys held.
    pub fn click_with(&mut self, modifiers: Modifiers, label: &str) {
        // What has just appeared may still move: a dialog finds its size in a few frames, and what other threads
        // find out may push it aside.
        let (mut place, mut still) = (None, 0);
        self.until(&format!("{label:?} to stand still"), |h| {
            let now = h.query_all_by_label(label).next().map(|n| n.rect());
            still = if now.is_some() && now == place {
                still + 1
            } else {
                0
            };
            place = now;
            still >= 6
        });
        if let Some(node) = self.harness.query_all_by_label(label).next() {
            node.click_modifiers(modifiers);
        }
        self.frame();
        self.frame();
    }

    /// Presses a key.
    pub fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    /// Presses a key with others held.
    pub fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.frame();
        self.frame();
    }

    /// Types into what has the keyboard.
    pub fn write(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.frame();
        self.frame();
    }

    /// Opens a path as a person types it.
    pub fn open_by_path(&mut self, path: &Path) {
        self.press_with(Modifiers::COMMAND, Key::L);
        self.see("Open a path");
        self.write(path.to_str().unwrap());
        self.press(Key::Enter);
    }

    /// Runs a command through the palette.
    pub fn command(&mut self, name: &str) {
        self.press_with(Modifiers::COMMAND, Key::P);
        self.see("Command");
        self.write(name);
        self.press(Key::Enter);
        self.gone("Command");
    }

    /// Draws what is on the screen into `$ASTROLABEL_PICTURES/name.png`, if that is set.
    pub fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("ASTROLABEL_PICTURES") else {
            return;
        };
        match self.harness.render() {
            Ok(image) => image
                .save(Path::new(&folder).join(format!("{name}.png")))
                .unwrap(),
            Err(why) => eprintln!("no picture of {name}: {why}"),
        }
    }
}
