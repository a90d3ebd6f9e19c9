//! The window's whole state, and how it follows what jobs and the mind say.

use super::columns::Columns;
use super::context::{Outbox, View};
use super::derived::Derived;
use super::files::FilePicker;
use super::import_sheet::ImportSheet;
use super::jobs::{Done, Ended, JobState, Jobs};
use super::listing::Visible;
use super::live::{Live, Predicted};
use super::mind::{Mind, Reply, Request, Shown, counted};
use super::notices::{Notice, Notices};
use super::panels::{Pane, Panels};
use super::selection::Selection;
use super::settings::Settings;
use super::survey::{Loaded, Survey};
use super::thumbs::Thumbs;
use crate::project::ProjectError;
use egui_tiles::Tree;
use std::path::PathBuf;
use std::sync::Arc;

/// A project in the window.
pub struct Open {
    /// Objects and images.
    pub survey: Arc<Survey>,
    /// Columns.
    pub columns: Arc<Columns>,
    /// Labels, marks, scores.
    pub live: Arc<Live>,
    /// What is chosen.
    pub selection: Selection,
    /// What the filter lets through.
    pub visible: Visible,
    /// The filter's answer in the making.
    pub filtering: Derived<(String, u64, u64), Result<Vec<bool>, String>>,
    /// Pictures.
    pub thumbs: Thumbs,
    /// The thread that holds the project.
    pub mind: Mind,
    /// What drives the strangeness of the object looked at.
    pub drivers: Option<(u32, Vec<crate::discovery::anomaly::Driver>)>,
    /// What was said about the object looked at.
    pub history: Option<(u32, Vec<crate::project::journal::Event>)>,
    /// What looks most like the object that the inspector asked about: object, cosine.
    pub neighbours: Option<(u32, Vec<(u32, f32)>)>,
    /// The object that was last asked about.
    pub asked_about: Option<u32>,
}

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
            tree: super::dock::default_tree(),
            panels: Panels::default(),
            open: None,
            jobs: Jobs::default(),
            notices: Notices::default(),
            sheet: None,
            dialog: None,
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
            super::survey::load(&root, generation, progress).map(|l| Done::Opened(Box::new(l)))
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

    fn job_ended(&mut self, ended: Ended) {
        let title = ended.job.title;
        // What is noted while files are only looked at is noted again when they are imported.
        if !ended.notes.is_empty() && !title.starts_with("Looking at") {
            let mut notes = ended.notes;
            let mut seen = std::collections::HashSet::new();
            notes.retain(|n| seen.insert(n.clone()));
            let count = counted(notes.len(), "note");
            self.notices
                .tell(Notice::warning(format!("{title}: {count}"), notes.join("\n")));
        }
        match ended.end {
            // Stopped by the sheet itself, which asks anew or is gone.
            Err(ProjectError::Cancelled) if title == super::apply::LOOKING => {}
            Err(ProjectError::Cancelled) => self.notices.tell(Notice::warning(
                format!("{title}: stopped"),
                "What was done is kept; the same command goes on from here.",
            )),
            Err(why) => {
                // Understanding failed: the sheet can't stay up waiting.
                if title == super::apply::LOOKING {
                    self.sheet = None;
                }
                self.notices
                    .tell(Notice::error(format!("{title}: failed"), why.to_string()));
            }
            Ok(done) => self.job_done(&title, done),
        }
    }

    fn job_done(&mut self, title: &str, done: Done) {
        match done {
            Done::Opened(loaded) => self.show(*loaded),
            Done::Surveyed(understood) => {
                if let Some(sheet) = &mut self.sheet {
                    sheet.take(understood);
                }
            }
            Done::Glimpsed(paths, glimpse) => {
                if let Some(sheet) = &mut self.sheet
                    && sheet.options().paths == paths
                {
                    sheet.take_glimpse(glimpse);
                }
            }
            Done::Imported(root, report) => {
                let skipped: Vec<String> = report
                    .skipped
                    .iter()
                    .map(|s| {
                        if s.why.starts_with(&s.what) {
                            s.why.clone()
                        } else {
                            format!("{}: {}", s.what, s.why)
                        }
                    })
                    .collect();
                let text = format!("Imported {}", counted(report.objects, "object"));
                self.notices.tell(if skipped.is_empty() {
                    Notice::done(text)
                } else {
                    Notice::warning(
                        format!("{text}; {} left out", counted(skipped.len(), "input")),
                        skipped.join("\n"),
                    )
                });
                if report.objects > 0 {
                    self.embed_when_open = true;
                    if let Some(open) = &self.open
                        && open.survey.root == root
                    {
                        self.reload();
                    } else {
                        self.read_project(root);
                    }
                } else if self.open.is_none() && crate::project::Project::is_project(&root) {
                    self.read_project(root);
                }
            }
            Done::Embedded(report) => {
                let text = format!(
                    "Embedded {} in {:.1} s",
                    counted(report.done, "object"),
                    report.seconds
                );
                let skipped: Vec<String> = report
                    .skipped
                    .iter()
                    .map(|s| format!("{}: {}", s.what, s.why))
                    .collect();
                self.notices.tell(if skipped.is_empty() {
                    Notice::done(text)
                } else {
                    Notice::warning(
                        format!("{text}; {} left out", counted(skipped.len(), "object")),
                        skipped.join("\n"),
                    )
                });
                self.reload();
                if let Some(open) = &self.open
                    && self.panels.map.wants_map()
                {
                    let root = open.survey.root.clone();
                    super::apply::start_map(self, root, crate::tasks::map::MapMethod::Pca);
                }
            }
            Done::Mapped(how) => {
                self.notices.tell(Notice::done(format!("Map: {how}")));
                self.reload();
            }
            Done::Exported(report) => {
                let files: Vec<String> = report.files.iter().map(|f| f.display().to_string()).collect();
                let mut notice = Notice::done(format!(
                    "Exported {} and {}",
                    counted(report.rows, "row"),
                    counted(report.columns, "column")
                ));
                notice.detail = files.join("\n");
                self.notices.tell(notice);
            }
            Done::Labelled(report) => {
                self.notices.tell(Notice::done(format!(
                    "{} from {title}",
                    counted(report.changed, "label")
                )));
                self.reload();
            }
            Done::Sample(root) => {
                self.embed_when_open = true;
                self.read_project(root);
            }
            Done::IsProject(root) => {
                self.sheet = None;
                self.read_project(root);
            }
            Done::AreFiles(paths, beside) => super::apply::sheet_of(self, paths, &beside),
            Done::Nothing => {}
            Done::Chosen(purpose, paths) => super::apply::chosen(self, purpose, paths),
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
            selection.choose(&set, super::selection::Meets::Replaces);
            if let Some(focus) = focus.filter(|f| *f < count) {
                selection.look_at(focus);
            }
        } else if same && let Some(open) = &self.open {
            selection = open.selection.clone();
        }
        let old = self.open.take();
        let (old_filter, learning, found) = old.as_ref().map_or_else(Default::default, |o| {
            let keep = o.survey.root == root;
            (
                if keep {
                    o.visible.text.clone()
                } else {
                    String::new()
                },
                if keep { o.live.learning.clone() } else { Vec::new() },
                o.live.found.clone().filter(|_| keep),
            )
        });
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
        live.learning = learning;
        live.found = found;
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
            super::apply::start_embed(self, root, "morphometry".to_owned());
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

    fn replied(&mut self, reply: Reply) {
        let Some(open) = &mut self.open else { return };
        let live = Arc::make_mut(&mut open.live);
        match reply {
            Reply::Journal {
                changed,
                can_undo,
                can_redo,
                said,
            } => {
                for (object, kind, value) in &changed {
                    live.apply(*object, *kind, value.as_deref());
                }
                (live.can_undo, live.can_redo) = (can_undo, can_redo);
                // What is shown of the object looked at has a new line.
                open.asked_about = None;
                if let Some(said) = said {
                    self.notices.tell(Notice::done(said));
                }
            }
            Reply::Classified {
                names,
                predicted,
                suggestions,
                note,
                labels,
            } => {
                live.predicted = predicted.map(|mut p| {
                    for class in &mut p.predictions.classes {
                        if let Some(name) = names.get(*class) {
                            *class = live
                                .classes
                                .iter()
                                .position(|c| c.name == *name)
                                .unwrap_or(*class);
                        }
                    }
                    if let Some(v) = &p.validation {
                        let row = [labels as f64, v.accuracy, v.accuracy_low, v.accuracy_high];
                        live.learning.retain(|l| l[0] != row[0]);
                        live.learning.push(row);
                        live.learning.sort_by(|a, b| a[0].total_cmp(&b[0]));
                    } else if let Some(old) = &live.predicted {
                        // Until the hand rests the last accuracy stands.
                        p.validation = old.validation.clone();
                    }
                    Arc::new(Predicted {
                        predictions: p.predictions,
                        validation: p.validation,
                        labels,
                    })
                });
                live.suggestions = Arc::new(suggestions);
                live.classifier_note = note;
                live.generation += 1;
            }
            Reply::Ranked(ranked) => {
                live.ranked = Some(Arc::new(ranked));
                live.generation += 1;
                self.jobs.unwatch("Ranking what is strange");
                open.asked_about = None;
            }
            Reply::Found(found) => {
                let best = found.order.clone();
                live.found = Some(Arc::new(found));
                live.generation += 1;
                self.panels.gallery.show_found();
                if let Some(first) = best.first()
                    && open.selection.is_empty()
                {
                    open.selection
                        .choose(&[*first], super::selection::Meets::Replaces);
                }
                super::dock::show(&mut self.tree, Pane::Gallery);
            }
            Reply::Drivers(object, found) => open.drivers = Some((object, found)),
            Reply::History(object, events) => open.history = Some((object, events)),
            Reply::Neighbours(object, found) => open.neighbours = Some((object, found)),
            Reply::Failed(doing, why) => {
                self.jobs.unwatch("Ranking what is strange");
                self.notices
                    .tell(Notice::error(format!("{doing}: failed"), why.to_string()));
            }
        }
    }
}

impl Open {
    /// What panels see.
    pub fn view<'a>(
        &'a self,
        settings: &'a Settings,
        jobs: &'a Jobs,
        notices: &'a Notices,
        out: &'a Outbox,
    ) -> View<'a> {
        View {
            survey: &self.survey,
            columns: &self.columns,
            live: &self.live,
            selection: &self.selection,
            visible: &self.visible,
            thumbs: &self.thumbs,
            settings,
            jobs,
            notices,
            drivers: self.drivers.as_ref(),
            history: self.history.as_ref(),
            neighbours: self.neighbours.as_ref(),
            out,
        }
    }

    /// Keeps the filter's answer in step with its expression and the columns it reads.
    fn follow_filter(&mut self, ctx: &egui::Context) {
        let text = self.visible.text.trim().to_owned();
        if text.is_empty() {
            if self.visible.passes.is_some() || self.visible.error.is_some() {
                self.visible.passes = None;
                self.visible.error = None;
                self.visible.count = self.survey.count();
                self.visible.generation += 1;
            }
            return;
        }
        // An expression over columns that stand still needs no new answer after a label.
        let values = super::filter::generation(&text, &self.columns, &self.live);
        let key = (text.clone(), self.survey.generation, values);
        let (columns, live) = (self.columns.clone(), self.live.clone());
        let held = self
            .filtering
            .get(ctx, &key, move || super::filter::passes(&text, &columns, &live));
        match held.as_deref() {
            Some(Ok(passes)) => {
                let is_new = self.visible.passes.as_ref().is_none_or(|p| **p != *passes);
                self.visible.error = None;
                if is_new {
                    self.visible.count = passes.iter().filter(|p| **p).count();
                    self.visible.passes = Some(Arc::new(passes.clone()));
                    self.visible.generation += 1;
                }
            }
            Some(Err(why)) => self.visible.error = Some(why.clone()),
            None => {}
        }
    }

    /// Asks the mind about the object that is looked at, once.
    fn ask_about_focus(&mut self) {
        let focus = self.selection.focus();
        if focus != self.asked_about {
            self.asked_about = focus;
            if let Some(object) = focus {
                self.mind.ask(Request::History(object));
                self.mind.ask(Request::Drivers(object));
            }
        }
    }
}
