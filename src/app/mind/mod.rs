//! The thread that holds a project open for as long as a window shows it: writes labels, learns from
//! them, ranks and searches. The window asks and goes on drawing; answers come when they are there.
//!
//! A label is on the disk before its answer comes, and the window shows it only then. Labels that wait
//! are all written before anything is learnt from them, so that a fast hand is never behind.

mod learning;
mod searching;
mod serving;

use super::jobs::JobState;
use super::live::{Found, Predicted, Ranked};
use crate::discovery::anomaly::Driver;
use crate::discovery::fewshot::Suggestion;
use crate::encoder::registry::Registry;
use crate::project::ProjectError;
use crate::project::journal::{self, Kind};
use crate::sky::cutout::CutoutSize;
use crate::tasks::anomalies::Method;
use crate::tasks::images::Images;
use crossbeam_channel::{Receiver, Sender, unbounded};
use serving::think;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// What the window asks.
pub enum Request {
    /// Give objects a class (`None` clears), from a view.
    Label(Vec<u32>, Option<String>, &'static str),
    /// Mark objects interesting or ordinary (`None` clears), from a view.
    Mark(Vec<u32>, Option<&'static str>, &'static str),
    /// Take back the newest step.
    Undo,
    /// Give again what was taken back.
    Redo,
    /// Find what looks like the first objects and unlike the second.
    Similar(Vec<u32>, Vec<u32>),
    /// Find what looks like an image.
    SimilarTo(Likeness),
    /// Rank by this plain score.
    Rank(Method),
    /// What makes an object strange.
    Drivers(u32),
    /// Everything said about an object.
    History(u32),
    /// What looks most like an object, without touching what was found.
    Neighbours(u32),
    /// Keep all answers in the project, then say so: before an export.
    Keep(Sender<()>),
    /// Stop.
    Stop,
}

/// An image to search for.
pub enum Likeness {
    /// A file.
    File(PathBuf),
    /// A square of a mosaic.
    Box {
        /// Index into the survey's fields.
        field: usize,
        /// Zero-based pixels of the reference band.
        centre: (f64, f64),
        /// Its side.
        side: CutoutSize,
    },
}

/// What the mind answers.
pub enum Reply {
    /// Values that stand now, and whether there is more to undo or redo.
    Journal {
        /// Object, label or mark, value.
        changed: Vec<(i64, Kind, Option<String>)>,
        /// Whether something can be taken back.
        can_undo: bool,
        /// Whether something can be given again.
        can_redo: bool,
        /// What was done, if the person should be told.
        said: Option<String>,
    },
    /// What the labels teach.
    Classified {
        /// Names behind the class numbers of the predictions.
        names: Vec<String>,
        /// Probabilities, if two classes have labels.
        predicted: Option<Box<Predicted>>,
        /// What to label next.
        suggestions: Vec<Suggestion>,
        /// Why not, or what to know.
        note: Option<String>,
        /// Labels that were learnt from.
        labels: usize,
    },
    /// A ranking.
    Ranked(Ranked),
    /// A search.
    Found(Found),
    /// What makes an object strange.
    Drivers(u32, Vec<Driver>),
    /// Everything said about an object.
    History(u32, Vec<journal::Event>),
    /// What looks most like an object: objects and cosines, most similar first; empty without vectors.
    Neighbours(u32, Vec<(u32, f32)>),
    /// Something failed: what was being done, why.
    Failed(String, ProjectError),
}

/// The window's end of the thread.
pub struct Mind {
    requests: Sender<Request>,
    replies: Receiver<Reply>,
    thread: Option<JoinHandle<()>>,
}

/// Labels and marks as the window shows them when a mind takes over.
pub struct Shown {
    /// Classes by number.
    pub classes: Vec<String>,
    /// Class number + 1 by object, 0 without a label.
    pub labels: Arc<Vec<u16>>,
    /// 1 interesting, −1 ordinary, 0 unmarked.
    pub marks: Arc<Vec<i8>>,
}

impl Mind {
    /// Opens the project in `root` on a thread of its own, after the thread of an `earlier` mind has
    /// ended. `ranking` shows how the outlier scores come along; encoders are opened again from `registry`.
    pub fn start(
        root: PathBuf,
        images: Arc<Images>,
        repaint: egui::Context,
        ranking: Arc<JobState>,
        shown: Shown,
        registry: Registry,
        earlier: Option<JoinHandle<()>>,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = unbounded();
        let (outbox, replies) = unbounded();
        let thread = std::thread::Builder::new().name("mind".into()).spawn(move || {
            let tell = Teller { outbox, repaint };
            if let Some(earlier) = earlier {
                // What it was still writing is read below.
                let _ = earlier.join();
            }
            if let Err(why) = think(&root, &images, &inbox, &tell, &ranking, (shown, registry)) {
                tell.say(Reply::Failed("opening the project".into(), why));
            }
        })?;
        Ok(Self {
            requests,
            replies,
            thread: Some(thread),
        })
    }

    /// Asks. Answers come through [`Mind::poll`].
    pub fn ask(&self, request: Request) {
        let _ = self.requests.send(request);
    }

    /// What was answered since the last call.
    pub fn poll(&self) -> Vec<Reply> {
        self.replies.try_iter().collect()
    }
}

impl Mind {
    /// Tells the thread to finish what it writes, and gives it away to be waited for elsewhere.
    pub fn retire(mut self) -> Option<JoinHandle<()>> {
        let _ = self.requests.send(Request::Stop);
        self.thread.take()
    }
}

impl Drop for Mind {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Stop);
        // What is being written is finished; the rest can be made again.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Teller {
    outbox: Sender<Reply>,
    repaint: egui::Context,
}

/// How long a written label may wait to be shown together with what it teaches: less than a person
/// notices, and two frames that a processor need not draw while it learns.
const TOGETHER: Duration = Duration::from_millis(35);

impl Teller {
    /// Says something that more follows in a moment: one frame shows both, if the moment is short.
    fn say_first(&self, reply: Reply) {
        let _ = self.outbox.send(reply);
        self.repaint.request_repaint_after(TOGETHER);
    }

    fn say(&self, reply: Reply) {
        let _ = self.outbox.send(reply);
        self.repaint.request_repaint();
    }
}

/// A sentence as it begins a line: errors and notes are written to go on after a colon.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// "1 label", "3 labels".
pub fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
