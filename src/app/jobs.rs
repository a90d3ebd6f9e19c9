//! Long work off the window's thread: each job has a name, progress, time left and a way to stop it.

use super::survey::Loaded;
use crate::progress::Progress;
use crate::project::ProjectError;
use crate::tasks::embed::EmbedReport;
use crate::tasks::export::ExportReport;
use crate::tasks::import::ImportReport;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a job ends with.
pub enum Done {
    /// A project was read.
    Opened(Box<Loaded>),
    /// Files were understood, for the import sheet.
    Surveyed(Box<super::import_sheet::Understood>),
    /// An image among these files can be seen already, for the import sheet.
    Glimpsed(Vec<PathBuf>, super::import_sheet::Glimpse),
    /// Objects were added to the project in this folder.
    Imported(PathBuf, Box<ImportReport>),
    /// Objects were embedded.
    Embedded(EmbedReport),
    /// A map was laid out; the text says how.
    Mapped(String),
    /// A catalogue was written.
    Exported(ExportReport),
    /// Encoders of the project in this folder were evaluated.
    Evaluated(PathBuf, Box<crate::evaluate::report::Report>),
    /// An evaluation was written to this file.
    EvaluationSaved(PathBuf),
    /// Labels were read from a file.
    Labelled(crate::tasks::label::LabelReport),
    /// The sample survey lies in this project.
    Sample(PathBuf),
    /// What was given is a project.
    IsProject(PathBuf),
    /// What was given are files and folders to import, and where a new project of them would be.
    AreFiles(Vec<PathBuf>, PathBuf),
    /// Nothing that needs telling.
    Nothing,
    /// Paths chosen in a dialog, and what for.
    Chosen(super::command::Purpose, Vec<PathBuf>),
}

/// How a job ended.
pub type End = Result<Done, ProjectError>;

/// What a running job tells, and the way to stop it.
#[derive(Debug)]
pub struct JobState {
    stage: Mutex<(String, Instant)>,
    total: AtomicU64,
    done: AtomicU64,
    cancel: AtomicBool,
    notes: Mutex<Vec<String>>,
    started: Instant,
    repaint: egui::Context,
}

impl JobState {
    fn new(repaint: egui::Context) -> Self {
        Self {
            stage: Mutex::new((String::new(), Instant::now())),
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            cancel: AtomicBool::new(false),
            notes: Mutex::new(Vec::new()),
            started: Instant::now(),
            repaint,
        }
    }

    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// What it does, how far it is (0 to 1), steps done, steps in all, steps a second, time left.
    pub fn snapshot(&self) -> Snapshot {
        let (stage, since) = self
            .stage
            .lock()
            .map_or_else(|_| (String::new(), self.started), |s| s.clone());
        let (total, done) = (
            self.total.load(Ordering::Relaxed),
            self.done.load(Ordering::Relaxed),
        );
        let seconds = since.elapsed().as_secs_f64();
        let rate = if seconds > 0.2 && done > 0 {
            Some(done as f64 / seconds)
        } else {
            None
        };
        let left = match (rate, total) {
            (Some(rate), total) if total > done && seconds > 1.0 => {
                Some(Duration::from_secs_f64((total - done) as f64 / rate))
            }
            _ => None,
        };
        Snapshot {
            stage,
            fraction: (total > 0).then(|| (done as f64 / total as f64).min(1.0) as f32),
            done,
            total,
            rate,
            left,
            running: self.started.elapsed(),
            cancelling: self.cancel.load(Ordering::Relaxed),
        }
    }
}

/// A job at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What it does now.
    pub stage: String,
    /// How far the stage is, if it is known how much there is.
    pub fraction: Option<f32>,
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0 if unknown.
    pub total: u64,
    /// Steps a second.
    pub rate: Option<f64>,
    /// Time left.
    pub left: Option<Duration>,
    /// Time since it started.
    pub running: Duration,
    /// Whether it was asked to stop.
    pub cancelling: bool,
}

impl Progress for JobState {
    fn begin(&self, stage: &str, total: Option<u64>) {
        if let Ok(mut s) = self.stage.lock() {
            *s = (stage.to_owned(), Instant::now());
        }
        self.total.store(total.unwrap_or(0), Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
        self.repaint.request_repaint();
    }

    fn advance(&self, steps: u64) {
        self.done.fetch_add(steps, Ordering::Relaxed);
        // Ten pictures a second are enough for a bar.
        self.repaint.request_repaint_after(Duration::from_millis(100));
    }

    fn note(&self, message: &str) {
        if let Ok(mut notes) = self.notes.lock() {
            notes.push(message.to_owned());
        }
    }

    fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// One running job.
pub struct Job {
    /// Number, never reused.
    pub id: u64,
    /// What it is, for people.
    pub title: String,
    /// What it tells.
    pub state: Arc<JobState>,
}

/// A job that ended.
pub struct Ended {
    /// Which.
    pub job: Job,
    /// How.
    pub end: End,
    /// What it noted on the way.
    pub notes: Vec<String>,
}

/// All running jobs.
pub struct Jobs {
    running: Vec<Job>,
    next: u64,
    sender: Sender<(u64, End)>,
    receiver: Receiver<(u64, End)>,
}

impl Default for Jobs {
    fn default() -> Self {
        let (sender, receiver) = unbounded();
        Self {
            running: Vec::new(),
            next: 1,
            sender,
            receiver,
        }
    }
}

impl Jobs {
    /// Starts `work` on a thread of its own. A panic in it becomes an error, not an end of the program.
    pub fn start(
        &mut self,
        repaint: &egui::Context,
        title: impl Into<String>,
        work: impl FnOnce(&JobState) -> End + Send + 'static,
    ) -> u64 {
        let id = self.next;
        self.next += 1;
        let state = Arc::new(JobState::new(repaint.clone()));
        let (sender, shared, wake) = (self.sender.clone(), state.clone(), repaint.clone());
        let run = move || {
            let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&shared)))
                .unwrap_or_else(|panic| {
                    let what = panic
                        .downcast_ref::<String>()
                        .map(String::as_str)
                        .or_else(|| panic.downcast_ref::<&str>().copied())
                        .unwrap_or("no message");
                    Err(ProjectError::Ask(format!(
                        "this failed inside Astrolabel ({what}); nothing that was confirmed is lost"
                    )))
                });
            let _ = sender.send((id, end));
            wake.request_repaint();
        };
        if let Err(why) = std::thread::Builder::new().name("job".into()).spawn(run) {
            let failed = ProjectError::Ask(format!("no thread can be started: {why}"));
            let _ = self.sender.send((id, Err(failed)));
        }
        self.running.push(Job {
            id,
            title: title.into(),
            state,
        });
        id
    }

    /// A row for work that another thread does; it goes with [`Jobs::unwatch`].
    pub fn watch(&mut self, repaint: &egui::Context, title: &str) -> Arc<JobState> {
        self.unwatch(title);
        let state = Self::unwatched(repaint);
        let id = self.next;
        self.next += 1;
        self.running.push(Job {
            id,
            title: title.to_owned(),
            state: state.clone(),
        });
        state
    }

    /// Progress that nobody looks at.
    pub fn unwatched(repaint: &egui::Context) -> Arc<JobState> {
        Arc::new(JobState::new(repaint.clone()))
    }

    /// Takes away the row of work that ended elsewhere.
    pub fn unwatch(&mut self, title: &str) {
        self.running.retain(|j| j.title != title);
    }

    /// The running jobs, oldest first.
    pub fn running(&self) -> &[Job] {
        &self.running
    }

    /// Asks a job to stop.
    pub fn cancel(&self, id: u64) {
        if let Some(job) = self.running.iter().find(|j| j.id == id) {
            job.state.cancel();
        }
    }

    /// Asks the jobs of this title to stop.
    pub fn cancel_titled(&self, title: &str) {
        let called = self.running.iter().filter(|j| j.title == title);
        called.for_each(|j| j.state.cancel());
    }

    /// Asks all jobs to stop.
    pub fn cancel_all(&self) {
        self.running.iter().for_each(|j| j.state.cancel());
    }

    /// The jobs that ended since the last call.
    pub fn poll(&mut self) -> Vec<Ended> {
        let mut ended = Vec::new();
        while let Ok((id, end)) = self.receiver.try_recv() {
            if let Some(i) = self.running.iter().position(|j| j.id == id) {
                let job = self.running.remove(i);
                let notes = job.state.notes.lock().map_or_else(|_| Vec::new(), |n| n.clone());
                ended.push(Ended { job, end, notes });
            }
        }
        ended
    }
}
