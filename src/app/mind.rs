//! The thread that holds a project open for as long as a window shows it: writes labels, learns from
//! them, ranks and searches. The window asks and goes on drawing; answers come when they are there.
//!
//! A label is on the disk before its answer comes, and the window shows it only then. Labels that wait
//! are all written before anything is learnt from them, so that a fast hand is never behind.

use super::jobs::JobState;
use super::live::{Found, Predicted, Ranked};
use crate::discovery::Features;
use crate::discovery::anomaly::{Anomalies, Driver, drivers};
use crate::discovery::fewshot::Suggestion;
use crate::discovery::search::{Query, similar_in};
use crate::progress::{Progress, Silent};
use crate::project::journal::{self, Author, Kind};
use crate::project::{Project, ProjectError};
use crate::sky::cutout::CutoutSize;
use crate::tasks::anomalies::{AnomalyRequest, Method, Scored, outlier_scores, rank_on};
use crate::tasks::classify::{Classified, ClassifyOptions, classify_on};
use crate::tasks::images::Images;
use crate::tasks::vectors::Opened;
use crossbeam_channel::{Receiver, Sender, select, unbounded};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How many objects a search brings.
const FOUND: usize = 500;
/// How many neighbours of one object are shown.
const NEIGHBOURS: usize = 12;
/// How many objects are suggested to be labelled next.
const SUGGESTED: usize = 24;
/// Features named as driving an object's strangeness.
const DRIVERS: usize = 6;
/// After this long without a request, answers are kept in the project.
const IDLE: Duration = Duration::from_millis(1500);

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
    /// ended. `ranking` shows how the outlier scores come along.
    pub fn start(
        root: PathBuf,
        images: Arc<Images>,
        repaint: egui::Context,
        ranking: Arc<JobState>,
        shown: Shown,
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
            if let Err(why) = think(&root, &images, &inbox, &tell, &ranking, shown) {
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

impl Teller {
    fn say(&self, reply: Reply) {
        let _ = self.outbox.send(reply);
        self.repaint.request_repaint();
    }
}

fn think(
    root: &Path,
    images: &Arc<Images>,
    inbox: &Receiver<Request>,
    tell: &Teller,
    ranking: &Arc<JobState>,
    shown: Shown,
) -> Result<(), ProjectError> {
    let mut project = Project::open(root, false)?;
    catch_up(&project, &shown, tell)?;
    drop(shown);
    // A project without vectors can be labelled all the same.
    let opened = match project.runs()?.is_empty() {
        true => None,
        false => Opened::of(&project, None)
            .map_err(|why| tell.say(Reply::Failed("opening the vectors".into(), why)))
            .ok(),
    };
    let features = opened.as_ref().and_then(|o| {
        o.features(&Silent)
            .map_err(|why| tell.say(Reply::Failed("reading the vectors".into(), why)))
            .ok()
    });
    std::thread::scope(|scope| {
        let (sender, plain) = unbounded();
        if let (Some(features), Some(opened)) = (&features, &opened) {
            let ranking = ranking.clone();
            scope.spawn(move || {
                let scores = outlier_scores(opened, features, 0, ranking.as_ref());
                let _ = sender.send(scores);
            });
        }
        let mut serving = Serving {
            project: &mut project,
            images,
            opened: opened.as_ref(),
            features: features.as_ref(),
            plain: None,
            method: Method::Combined,
            classified: None,
            scored: None,
            unkept: false,
            tell,
        };
        serving.serve(inbox, &plain);
        serving.keep();
        ranking.cancel();
    });
    Ok(())
}

/// Says what the journal has and the window doesn't show: labels given after the project was read.
fn catch_up(project: &Project, shown: &Shown, tell: &Teller) -> Result<(), ProjectError> {
    let store = project.store();
    let labels = journal::standing(store, Kind::Label)?;
    let marks = journal::standing(store, Kind::Mark)?;
    let label_of = |row: usize| {
        let class = usize::from(*shown.labels.get(row)?).checked_sub(1)?;
        shown.classes.get(class).map(String::as_str)
    };
    let mark_of = |row: usize| match shown.marks.get(row)? {
        1 => Some(journal::INTERESTING),
        -1 => Some(journal::ORDINARY),
        _ => None,
    };
    let mut changed = Vec::new();
    for row in 0..shown.labels.len() {
        let object = row as i64;
        let label = labels.get(&object).map(String::as_str);
        if label != label_of(row) {
            changed.push((object, Kind::Label, label.map(str::to_owned)));
        }
        let mark = marks.get(&object).map(String::as_str);
        if mark != mark_of(row) {
            changed.push((object, Kind::Mark, mark.map(str::to_owned)));
        }
    }
    let steps = journal::steps(store)?;
    tell.say(Reply::Journal {
        changed,
        can_undo: !steps.done.is_empty(),
        can_redo: !steps.undone.is_empty(),
        said: None,
    });
    Ok(())
}

struct Serving<'p, 'f> {
    project: &'p mut Project,
    images: &'p Images,
    opened: Option<&'f Opened>,
    features: Option<&'f Features<'f>>,
    plain: Option<Anomalies>,
    method: Method,
    classified: Option<Classified>,
    scored: Option<Scored>,
    unkept: bool,
    tell: &'p Teller,
}

impl Serving<'_, '_> {
    fn serve(&mut self, inbox: &Receiver<Request>, plain: &Receiver<Result<Anomalies, ProjectError>>) {
        self.learn(true);
        loop {
            let first = select! {
                recv(inbox) -> request => match request {
                    Ok(request) => request,
                    Err(_) => return,
                },
                recv(plain) -> scores => {
                    match scores {
                        Ok(Ok(scores)) => { self.plain = Some(scores); self.rank(); }
                        Ok(Err(ProjectError::Cancelled)) => {}
                        Ok(Err(why)) => self.tell.say(Reply::Failed("ranking what is strange".into(), why)),
                        // The thread is done; this arm must not be chosen again and again.
                        Err(_) => return self.serve_without_plain(inbox),
                    }
                    continue;
                },
                default(IDLE) => { self.keep(); continue },
            };
            if self.answer(first, inbox) {
                return;
            }
        }
    }

    fn serve_without_plain(&mut self, inbox: &Receiver<Request>) {
        loop {
            match inbox.recv_timeout(IDLE) {
                Ok(request) => {
                    if self.answer(request, inbox) {
                        return;
                    }
                }
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => self.keep(),
                Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Answers one request and all that wait behind it, then learns once. Whether it was told to stop.
    fn answer(&mut self, first: Request, inbox: &Receiver<Request>) -> bool {
        let (mut labels, mut marks) = (false, false);
        let mut near = None;
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Label(objects, class, from) => {
                    labels |= self.give(Kind::Label, &objects, class.as_deref(), from);
                }
                Request::Mark(objects, mark, from) => marks |= self.give(Kind::Mark, &objects, mark, from),
                Request::Undo => self.reverse(true, &mut labels, &mut marks),
                Request::Redo => self.reverse(false, &mut labels, &mut marks),
                Request::Similar(like, unlike) => self.similar(&like, &unlike),
                Request::SimilarTo(likeness) => self.similar_to(&likeness),
                Request::Rank(method) => {
                    self.method = method;
                    marks = true;
                }
                Request::Drivers(object) => self.drivers(object),
                Request::History(object) => match journal::history(self.project.store(), i64::from(object)) {
                    Ok(events) => self.tell.say(Reply::History(object, events)),
                    Err(why) => self.failed("reading the label history", why),
                },
                // Only the newest is looked for: a hand on the arrow keys outruns a search.
                Request::Neighbours(object) => near = Some(object),
                Request::Keep(done) => {
                    self.learn_and_rank(&mut labels, &mut marks);
                    self.keep();
                    let _ = done.send(());
                }
                Request::Stop => return true,
            }
            next = inbox.try_recv().ok();
        }
        self.learn_and_rank(&mut labels, &mut marks);
        if let Some(object) = near {
            self.neighbours(object);
        }
        false
    }

    fn learn_and_rank(&mut self, labels: &mut bool, marks: &mut bool) {
        if std::mem::take(labels) {
            self.learn(false);
        }
        if std::mem::take(marks) {
            self.rank();
        }
    }

    fn failed(&self, doing: &str, why: ProjectError) {
        self.tell.say(Reply::Failed(doing.to_owned(), why));
    }

    fn give(&mut self, kind: Kind, objects: &[u32], value: Option<&str>, from: &str) -> bool {
        let author = crate::tasks::import::author(None, from);
        let values: Vec<(i64, Option<String>)> = objects
            .iter()
            .map(|&o| (i64::from(o), value.map(str::to_owned)))
            .collect();
        match journal::give(self.project.store_mut(), &author, kind, &values) {
            Ok(0) => false,
            Ok(_) => {
                let changed = values.into_iter().map(|(o, v)| (o, kind, v)).collect();
                self.tell.say(Reply::Journal {
                    changed,
                    can_undo: true,
                    can_redo: false,
                    said: None,
                });
                true
            }
            Err(why) => {
                self.failed("writing a label (it is not kept)", why);
                false
            }
        }
    }

    fn reverse(&mut self, undo: bool, labels: &mut bool, marks: &mut bool) {
        let author: Author =
            crate::tasks::import::author(None, if undo { "window, undo" } else { "window, redo" });
        let store = self.project.store_mut();
        let done = if undo {
            journal::undo(store, &author)
        } else {
            journal::redo(store, &author)
        };
        match done {
            Ok(Some(undone)) => {
                *labels |= undone.changed.iter().any(|(_, kind, _)| *kind == Kind::Label);
                *marks |= undone.changed.iter().any(|(_, kind, _)| *kind == Kind::Mark);
                let steps = journal::steps(self.project.store()).unwrap_or_default();
                let verb = if undo { "Took back" } else { "Gave again" };
                self.tell.say(Reply::Journal {
                    said: Some(format!(
                        "{verb} {} by {}",
                        counted(undone.objects, "label"),
                        undone.origin
                    )),
                    changed: undone.changed,
                    can_undo: !steps.done.is_empty(),
                    can_redo: !steps.undone.is_empty(),
                });
            }
            Ok(None) => {}
            Err(why) => self.failed(if undo { "undo" } else { "redo" }, why),
        }
    }

    /// Fits the classifier. The first time of a session its accuracy is cross-validated at once; later
    /// the probabilities come first, sharp or not, and the accuracy when the hand rests.
    fn learn(&mut self, at_rest: bool) {
        let (Some(features), Some(opened)) = (self.features, self.opened) else {
            return;
        };
        let options = ClassifyOptions {
            next: SUGGESTED,
            validate: at_rest,
            ..Default::default()
        };
        match classify_on(self.project, opened, features, &options, &Silent) {
            Ok(answer) => {
                self.tell.say(Reply::Classified {
                    names: answer.classes.clone(),
                    predicted: answer.predictions.clone().map(|predictions| {
                        Box::new(Predicted {
                            predictions,
                            validation: answer.validation.clone(),
                            labels: answer.labels.iter().sum(),
                        })
                    }),
                    suggestions: answer.suggestions.clone(),
                    note: answer.note.clone(),
                    labels: answer.labels.iter().sum(),
                });
                self.unkept |= !at_rest;
                self.classified = Some(answer);
            }
            Err(why) => self.failed("learning from the labels", why),
        }
    }

    fn rank(&mut self) {
        let (Some(features), Some(opened), Some(plain)) = (self.features, self.opened, &self.plain) else {
            return;
        };
        let request = AnomalyRequest {
            method: self.method,
            unguided: false,
            on: None,
            k: 0,
            seed: 0,
        };
        match rank_on(self.project, opened, features, plain, &request, &Silent) {
            Ok(scored) => {
                let mut rank = vec![0u32; scored.score.len()];
                for (place, &row) in scored.order.iter().enumerate() {
                    rank[row] = place as u32 + 1;
                }
                let how = if scored.model_weight > 0.0 {
                    format!(
                        "{:.0} % from {} and {}, the rest from {}",
                        100.0 * scored.model_weight,
                        counted(scored.marks.0, "interesting mark"),
                        counted(scored.marks.1, "ordinary mark"),
                        self.method.name()
                    )
                } else {
                    format!(
                        "plain outlier score ({}); mark objects interesting to guide it",
                        self.method.name()
                    )
                };
                self.tell.say(Reply::Ranked(Ranked {
                    score: scored.score.clone(),
                    rank,
                    how,
                }));
                self.unkept = true;
                self.scored = Some(scored);
            }
            Err(why) => self.failed("ranking what is strange", why),
        }
    }

    /// What waits until the hand rests: the accuracy, and keeping the answers in the project.
    fn keep(&mut self) {
        if !std::mem::take(&mut self.unkept) {
            return;
        }
        if self
            .classified
            .as_ref()
            .is_some_and(|c| c.validation.is_none() && c.predictions.is_some())
        {
            self.learn(true);
        }
        let Some(opened) = self.opened else { return };
        if let Some(classified) = &self.classified
            && let Err(why) = crate::tasks::classify::keep(self.project, opened, classified)
        {
            self.failed("keeping the probabilities", why);
        }
        if let (Some(plain), Some(scored)) = (&self.plain, &self.scored)
            && let Err(why) = crate::tasks::anomalies::keep(self.project, opened, plain, scored)
        {
            self.failed("keeping the ranking", why);
        }
    }

    fn similar(&mut self, like: &[u32], unlike: &[u32]) {
        let rows = |objects: &[u32]| objects.iter().map(|&o| o as usize).collect::<Vec<_>>();
        let (liked, disliked) = (rows(like), rows(unlike));
        let query = Query::Rows {
            liked: &liked,
            disliked: &disliked,
        };
        let name = |rows: &[usize]| match rows {
            [one] => crate::project::objects::get(self.project.store(), *one as i64)
                .ok()
                .flatten()
                .map_or_else(|| format!("#{one}"), |o| crate::tasks::cutouts::short_name(&o)),
            many => counted(many.len(), "object"),
        };
        let mut what = format!("like {}", name(&liked));
        if !disliked.is_empty() {
            what.push_str(&format!(", unlike {}", name(&disliked)));
        }
        self.search(&query, what);
    }

    fn similar_to(&mut self, likeness: &Likeness) {
        match self.look_for(likeness) {
            Ok((vector, what)) => self.search(&Query::Vector(&vector), what),
            Err(why) => self.failed("searching", why),
        }
    }

    /// The vector of an image from elsewhere, and what it is called.
    fn look_for(&self, likeness: &Likeness) -> Result<(Vec<f32>, String), ProjectError> {
        let opened = self.opened.ok_or_else(no_vectors)?;
        let fields = crate::project::objects::fields(self.project.store())?;
        let (cutout, what) = match likeness {
            Likeness::File(path) => {
                let name = path
                    .file_name()
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                (
                    crate::tasks::similar::read_query(&fields, path)?,
                    format!("like {name}"),
                )
            }
            Likeness::Box { field, centre, side } => {
                let id = fields
                    .get(*field)
                    .map(|f| f.id)
                    .ok_or_else(|| ProjectError::Ask("there is no such image".into()))?;
                let cutout = self
                    .images
                    .cut_at(id, *centre, *side)
                    .map_err(ProjectError::Ask)?;
                (
                    cutout,
                    format!("like the box at x {:.0}, y {:.0}", centre.0, centre.1),
                )
            }
        };
        let vector = crate::tasks::similar::vector_of_cutout(opened, &cutout, 1)?;
        Ok((vector, what))
    }

    fn search(&mut self, query: &Query<'_>, what: String) {
        let Some(features) = self.features else {
            return self.failed("searching", no_vectors());
        };
        match similar_in(features, query, FOUND, &[], None, &Silent as &dyn Progress) {
            Ok(hits) => {
                let mut similarity = vec![f32::NAN; features.rows()];
                let mut order = Vec::with_capacity(hits.len());
                for hit in hits {
                    similarity[hit.row] = hit.similarity;
                    order.push(hit.row as u32);
                }
                self.tell.say(Reply::Found(Found {
                    query: what,
                    similarity,
                    order,
                }));
            }
            Err(why) => self.failed("searching", ProjectError::Ask(why.to_string())),
        }
    }

    fn neighbours(&self, object: u32) {
        let row = object as usize;
        let query = Query::Rows {
            liked: &[row],
            disliked: &[],
        };
        // An object without a vector has no neighbours; that is no failure to be told.
        let hits = self.features.and_then(|features| {
            let progress = &Silent as &dyn Progress;
            similar_in(features, &query, NEIGHBOURS, &[row], None, progress).ok()
        });
        let found = hits.unwrap_or_default();
        let found = found.iter().map(|h| (h.row as u32, h.similarity)).collect();
        self.tell.say(Reply::Neighbours(object, found));
    }

    fn drivers(&self, object: u32) {
        let (Some(features), Some(plain), Some(opened)) = (self.features, &self.plain, self.opened) else {
            return;
        };
        let names = opened.feature_names();
        if let Ok(found) = drivers(features, &plain.covariance, object as usize, &names, DRIVERS) {
            self.tell.say(Reply::Drivers(object, found));
        }
    }
}

fn no_vectors() -> ProjectError {
    ProjectError::Ask("there are no vectors yet: embed the objects first (menu Objects)".into())
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
