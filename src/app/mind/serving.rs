//! The thread's work: what waits is answered in order, labels are written first, and what they teach is
//! learnt once after them.

use super::learning::UntilWanted;
use super::{Reply, Request, Shown, Teller, counted};
use crate::app::jobs::JobState;
use crate::discovery::Features;
use crate::discovery::anomaly::Anomalies;
use crate::encoder::registry::Registry;
use crate::progress::Silent;
use crate::project::answers::Prepared;
use crate::project::journal::{self, Author, Kind};
use crate::project::{Project, ProjectError};
use crate::tasks::anomalies::{Method, Scored, outlier_scores};
use crate::tasks::classify::Classified;
use crate::tasks::images::Images;
use crate::tasks::vectors::Opened;
use crossbeam_channel::{Receiver, never, select, unbounded};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// After this long without a request, answers are kept in the project.
const IDLE: Duration = Duration::from_millis(1500);

/// So often learning may be put off for the hand that labels.
const PUT_OFF: u32 = 4;

/// Answers that are on the disk and not yet the project's.
pub(super) type Written = Vec<Result<Prepared, ProjectError>>;

/// Serves a window until it says stop.
pub(super) fn think(
    root: &Path,
    images: &Arc<Images>,
    inbox: &Receiver<Request>,
    tell: &Teller,
    ranking: &Arc<JobState>,
    (shown, registry): (Shown, Registry),
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
                crate::app::background::give_way();
                let scores = outlier_scores(opened, features, 0, ranking.as_ref());
                let _ = sender.send(scores);
            });
        }
        let mut serving = Serving {
            project: &mut project,
            images,
            registry,
            opened: opened.as_ref(),
            features: features.as_ref(),
            plain: None,
            method: Method::Combined,
            classified: None,
            scored: None,
            unkept: false,
            put_off: 0,
            keeping: None,
            tell,
        };
        serving.serve(inbox, &plain);
        serving.keep_now();
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

/// What the thread holds while it serves.
pub(super) struct Serving<'p, 'f> {
    pub(super) project: &'p mut Project,
    pub(super) images: &'p Images,
    pub(super) registry: Registry,
    pub(super) opened: Option<&'f Opened>,
    pub(super) features: Option<&'f Features<'f>>,
    pub(super) plain: Option<Arc<Anomalies>>,
    pub(super) method: Method,
    pub(super) classified: Option<Arc<Classified>>,
    pub(super) scored: Option<Arc<Scored>>,
    /// Whether there are answers newer than what is kept, or being kept.
    pub(super) unkept: bool,
    /// How often what labels teach was left to the next request.
    pub(super) put_off: u32,
    /// Where what another thread writes arrives.
    pub(super) keeping: Option<Receiver<Written>>,
    pub(super) tell: &'p Teller,
}

impl Serving<'_, '_> {
    fn serve(&mut self, inbox: &Receiver<Request>, plain: &Receiver<Result<Anomalies, ProjectError>>) {
        self.learn(true, &Silent);
        let mut plain = plain.clone();
        loop {
            let keeping = self.keeping.clone().unwrap_or_else(never);
            let first = select! {
                recv(inbox) -> request => match request {
                    Ok(request) => request,
                    Err(_) => return,
                },
                recv(plain) -> scores => {
                    match scores {
                        Ok(Ok(scores)) => { self.plain = Some(Arc::new(scores)); self.rank(); }
                        Ok(Err(ProjectError::Cancelled)) => {}
                        Ok(Err(why)) => self.tell.say(Reply::Failed("ranking what is strange".into(), why)),
                        // The thread is done; this arm must not be chosen again and again.
                        Err(_) => plain = never(),
                    }
                    continue;
                },
                recv(keeping) -> written => {
                    match written {
                        Ok(written) => self.kept(written),
                        // The thread failed without a word: tried again at the next rest.
                        Err(_) => (self.keeping, self.unkept) = (None, true),
                    }
                    continue;
                },
                default(IDLE) => { self.begin_keeping(&|| !inbox.is_empty()); continue },
            };
            if self.answer(first, inbox) {
                return;
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
                    self.learn_and_rank(&mut labels, &mut marks, &|| false);
                    self.keep_now();
                    let _ = done.send(());
                }
                Request::Stop => return true,
            }
            next = inbox.try_recv().ok();
        }
        self.learn_and_rank(&mut labels, &mut marks, &|| !inbox.is_empty());
        if let Some(object) = near {
            self.neighbours(object);
        }
        false
    }

    fn learn_and_rank(&mut self, labels: &mut bool, marks: &mut bool, is_wanted: &(dyn Fn() -> bool + Sync)) {
        if std::mem::take(labels) || self.put_off > 0 {
            // Before there are two classes, what takes longest is choosing what to label first. It is left
            // to the next request where a hand is already ahead of it, but not for ever.
            let has_classifier = self.classified.as_ref().is_some_and(|c| c.predictions.is_some());
            let is_patient = has_classifier || self.put_off >= PUT_OFF;
            let until = UntilWanted(&|| !is_patient && is_wanted());
            self.put_off = match self.learn(false, &until) {
                true => 0,
                false => self.put_off + 1,
            };
        }
        if std::mem::take(marks) {
            self.rank();
        }
    }

    pub(super) fn failed(&self, doing: &str, why: ProjectError) {
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
                self.tell.say_first(Reply::Journal {
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
                self.tell.say_first(Reply::Journal {
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
}
