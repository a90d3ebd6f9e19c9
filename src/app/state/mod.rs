//! The window's whole state, and how it follows what jobs and the mind say.

mod ended;
mod open;
mod replies;

use crate::app::context::Outbox;
use crate::app::derived::Derived;
use crate::app::dialogs::{Dialogs, EmbedRequest};
use crate::app::encoders::Encoders;
use crate::app::files::FilePicker;
use crate::app::import_sheet::ImportSheet;
use crate::app::jobs::{Done, JobState, Jobs};
use crate::app::listing::Visible;
use crate::app::mind::{Mind, Shown};
use crate::app::notices::{Notice, Notices};
use crate::app::panels::{Pane, Panels};
use crate::app::selection::Selection;
use crate::app::settings::Settings;
use crate::app::survey::Loaded;
use crate::app::thumbs::Thumbs;
use crate::encoder::registry::{MORPHOMETRY, OWN_NETWORK};
use egui_tiles::Tree;
pub use open::Open;
use std::path::PathBuf;
use std::sync::Arc;

/// A dialog in front of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// Any command by its name; what was typed, which row is chosen.
    Palette(String, usize),
    /// A path to open, as typed.
    Path(String),
    /// Keys.
    Shortcuts,
    /// About.
    About,
}

/// Everything.
pub struct AppState {
    /// Kept between sessions.
    pub settings: Settings,
    /// Kept between sessions.
    pub tree: Tree<Pane>,
    /// Kept between sessions, in part.
    pub panels: Panels,
    /// The open project.
    pub open: Option<Open>,
    /// Running jobs.
    pub jobs: Jobs,
    /// What was told.
    pub notices: Notices,
    /// The import sheet, if it is up.
    pub sheet: Option<ImportSheet>,
    /// A dialog, if one is up.
    pub dialog: Option<Dialog>,
    /// Dialogs that keep something.
    pub dialogs: Dialogs,
    /// Encoders of the person.
    pub encoders: Encoders,
    /// Raised with every project read.
    pub generation: u64,
    /// Commands of this frame.
    pub out: Outbox,
    /// How files are chosen.
    pub picker: Arc<dyn FilePicker>,
    /// To wake the window.
    pub ctx: egui::Context,
    /// Whether embedding and ranking are started by themselves after an import.
    pub embed_when_open: bool,
    /// What was chosen when the project was last read, to be chosen again.
    pub restore: Option<(Vec<u32>, Option<u32>)>,
    /// Whether files can be dropped on the window.
    pub takes_drops: bool,
}

impl AppState {
    /// A window with nothing open.
    pub fn new(settings: Settings, ctx: egui::Context, picker: Arc<dyn FilePicker>) -> Self {
        Self {
            settings,
            tree: crate::app::dock::default_tree(),
            panels: Panels::default(),
            open: None,
            jobs: Jobs::default(),
            notices: Notices::default(),
            sheet: None,
            dialog: None,
            dialogs: Dialogs::default(),
            encoders: Encoders::of_user(),
            generation: 0,
            out: Outbox::default(),
            picker,
            ctx,
            embed_when_open: false,
            restore: None,
            takes_drops: true,
        }
    }

    /// Reads a project on a job; it is shown when that is done.
    pub fn read_project(&mut self, root: PathBuf) {
        self.generation += 1;
        let generation = self.generation;
        let ctx = self.ctx.clone();
        let title = format!("Opening {}", root.display());
        self.jobs.start(&ctx, title, move |progress| {
            crate::app::survey::load(&root, generation, progress).map(|l| Done::Opened(Box::new(l)))
        });
    }

    /// Reads the open project again: something was imported, embedded or mapped.
    pub fn reload(&mut self) {
        if let Some(open) = &self.open {
            let root = open.survey.root.clone();
            self.restore = Some((open.selection.set().to_vec(), open.selection.focus()));
            self.read_project(root);
        }
    }

    /// Follows what jobs and the mind said since the last frame.
    pub fn poll(&mut self) {
        for ended in self.jobs.poll() {
            self.job_ended(ended);
        }
        let replies = self.open.as_ref().map_or_else(Vec::new, |o| o.mind.poll());
        for reply in replies {
            self.replied(reply);
        }
        if let Some(open) = &mut self.open {
            open.follow_filter(&self.ctx);
            open.ask_about_focus();
        }
    }

    /// Shows a project that was just read.
    fn show(&mut self, loaded: Loaded) {
        let root = loaded.survey.root.clone();
        self.settings.remember(&root);
        if self.settings.project.as_ref() != Some(&root) {
            // Recipes by object number mean nothing in another project.
            self.settings.looks.clear();
        }
        self.settings.project = Some(root.clone());
        for trouble in &loaded.survey.troubles {
            self.notices.tell(Notice::warning(
                "Part of the project can't be read",
                trouble.clone(),
            ));
        }
        let same = self.open.as_ref().is_some_and(|o| o.survey.root == root);
        let mut selection = Selection::default();
        if let Some((set, focus)) = self.restore.take() {
            let count = loaded.survey.count() as u32;
            let set: Vec<u32> = set.into_iter().filter(|o| *o < count).collect();
            selection.choose(&set, crate::app::selection::Meets::Replaces);
            if let Some(focus) = focus.filter(|f| *f < count) {
                selection.look_at(focus);
            }
        } else if same && let Some(open) = &self.open {
            selection = open.selection.clone();
        }
        let old = self.open.take();
        let kept = old.as_ref().filter(|_| same);
        let old_filter = kept.map_or_else(String::new, |o| o.visible.text.clone());
        let old_live = kept.map(|o| o.live.clone());
        // The old thread finishes what it writes before the new one begins; the window waits for neither.
        let earlier = old.and_then(|o| o.mind.retire());
        let has_vectors = !loaded.survey.runs.is_empty();
        let ranking = self.watch_ranking(has_vectors);
        let mind = match Mind::start(
            root.clone(),
            loaded.survey.images.clone(),
            self.ctx.clone(),
            ranking,
            Shown {
                classes: loaded.live.classes.iter().map(|c| c.name.clone()).collect(),
                labels: loaded.live.labels.clone(),
                marks: loaded.live.marks.clone(),
            },
            self.encoders.registry.clone(),
            earlier,
        ) {
            Ok(mind) => mind,
            Err(why) => {
                self.notices.tell(Notice::error(
                    "The project can't be shown",
                    format!("no thread can be started: {why}"),
                ));
                return;
            }
        };
        let thumbs = Thumbs::start(loaded.survey.images.clone(), &self.ctx);
        let count = loaded.survey.count();
        let mut live = loaded.live;
        if let Some(old) = old_live {
            live.learning.clone_from(&old.learning);
            live.found.clone_from(&old.found);
            // A class reaches the project with its first label; until then only the window knows it.
            for class in &old.classes {
                live.class_number(&class.name);
            }
        }
        self.open = Some(Open {
            survey: Arc::new(loaded.survey),
            columns: Arc::new(loaded.columns),
            live: Arc::new(live),
            selection,
            visible: Visible {
                count,
                text: old_filter,
                ..Default::default()
            },
            filtering: Derived::default(),
            thumbs,
            mind,
            drivers: None,
            history: None,
            neighbours: None,
            asked_about: None,
        });
        if std::mem::take(&mut self.embed_when_open) {
            // What is new joins the vectors that the project has, where it was begun with classical numbers.
            let runs = self.open.as_ref().map_or(&[][..], |o| &o.survey.runs);
            let has = |encoder: &str| runs.iter().any(|(_, of)| of == encoder);
            let encoder = if has(MORPHOMETRY) && !has(OWN_NETWORK) {
                MORPHOMETRY
            } else {
                OWN_NETWORK
            };
            crate::app::apply::start_embed(self, root, EmbedRequest::plain(encoder));
        }
    }

    /// A job row for the outlier scores, which the mind makes by itself.
    fn watch_ranking(&mut self, has_vectors: bool) -> Arc<JobState> {
        let ctx = self.ctx.clone();
        if has_vectors {
            self.jobs.watch(&ctx, "Ranking what is strange")
        } else {
            Jobs::unwatched(&ctx)
        }
    }
}
