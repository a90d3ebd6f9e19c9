//! Drives an encoder over many objects: producer threads read and cut while the encoder computes,
//! and what it made is written while it computes the next.
//!
//! Batches are dealt to the producers in turn and come back through one bounded channel each, and a quick
//! encoder gets all that wait at once, so that memory holds at most four batches of cutouts a
//! producer however slow one of them is.
//! Results reach the sink in batch order, objects in the order given. One bad object costs
//! itself, never the run.

use super::network_encoder::panic_message;
use super::{Encoder, EncoderError};
use crate::progress::Progress;
use crate::sky::cutout::{Cutout, CutoutFlags};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where cutouts come from; called by several threads at once.
pub trait CutoutProvider: Sync {
    /// The cutout of object number `object`, or a sentence saying why there is none.
    ///
    /// # Errors
    /// A sentence for the person who reads the report of skipped objects.
    fn cutout(&self, object: usize) -> Result<Cutout, String>;
}

/// Takes a batch's objects and their vectors, row-major; its error ends the run.
pub type Sink<'a> = dyn FnMut(&[usize], &[f32]) -> Result<(), String> + 'a;

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmbedReport {
    /// Number of vectors that reached the sink.
    pub done: usize,
    /// Objects without a vector and why, in the order given.
    pub skipped: Vec<(usize, String)>,
    /// Whether it stopped early because that was asked for.
    pub cancelled: bool,
}

/// How long the encoder works at a time: what it made is then handed over, and a wish to stop is heard.
const SHARE: Duration = Duration::from_secs(1);

/// Objects that may fail in the encoder one after the other before the encoder itself is blamed.
const FAILURES_LIMIT: usize = 32;

/// Shares of vectors that may wait to be written.
const READY: usize = 2;

/// What goes from the encoder to the sink: vectors and whose they are, and objects dealt with.
struct Ready {
    objects: Vec<usize>,
    vectors: Vec<f32>,
    steps: u64,
}

/// Whether the run is still wanted.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    stop: &'a AtomicBool,
    progress: &'a dyn Progress,
}

/// One batch cut out: the objects that have pixels, and those that don't.
#[derive(Default)]
struct Batch {
    objects: Vec<usize>,
    cutouts: Vec<Cutout>,
    skipped: Vec<(usize, String)>,
}

impl Batch {
    fn append(&mut self, mut after: Self) {
        self.objects.append(&mut after.objects);
        self.cutouts.append(&mut after.cutouts);
        self.skipped.append(&mut after.skipped);
    }
}

/// Embeds `objects` in batches of `batch` with `threads` producers, and hands every batch's
/// objects and vectors (`objects.len() * dim` values) to `sink`, in order.
///
/// A cutout that fails, is empty, or panics while being cut is skipped and reported. When a batch
/// fails in the encoder, its objects are tried one by one, so that one of them can't take the
/// others down. A slow encoder gets a part of a batch at a time, about as much as it does in a second; a
/// quick one some batches.
/// Cancelling takes effect before its next part; what reached the sink stays valid.
/// A `batch` or `threads` of 0 counts as 1.
///
/// # Errors
/// [`EncoderError::Run`] if the encoder fails for 32 objects in a row or for every object it got,
/// or the sink refuses (its message is the cause). Vectors handed over before are complete,
/// nothing is handed over after.
pub fn embed(
    encoder: &dyn Encoder,
    objects: &[usize],
    provider: &dyn CutoutProvider,
    batch: usize,
    threads: usize,
    progress: &dyn Progress,
    sink: &mut Sink<'_>,
) -> Result<EmbedReport, EncoderError> {
    let batch = batch.max(1);
    let batches: Vec<&[usize]> = objects.chunks(batch).collect();
    let threads = threads.clamp(1, batches.len().max(1));
    progress.begin("embedding", Some(objects.len() as u64));
    let stop = AtomicBool::new(false);
    let wanted = Wanted {
        stop: &stop,
        progress,
    };
    std::thread::scope(|scope| {
        let (give, ready) = bounded(READY);
        let batches = &batches;
        let encoding = scope.spawn(move || {
            let lanes: Vec<Receiver<Batch>> = (0..threads)
                .map(|first| {
                    let (send, receive) = bounded(1);
                    let dealt: Vec<&[usize]> = batches.iter().copied().skip(first).step_by(threads).collect();
                    scope.spawn(move || produce(provider, &dealt, wanted.stop, &send));
                    receive
                })
                .collect();
            let mut run = Run {
                encoder,
                wanted,
                give,
                report: EmbedReport::default(),
                share: 1,
                failures: 0,
                last_failure: None,
            };
            let mut result = Ok(());
            let mut number = 0;
            while result.is_ok() && number < batches.len() {
                let first = number * batch;
                let Some(mut made) = run.next_batch(&lanes[number % threads]) else {
                    break;
                };
                number += 1;
                // Cores wait for each other at the end of every call: the fewer calls, the better.
                for _ in 1..2 * threads {
                    if made.objects.len() >= run.share {
                        break;
                    }
                    let Ok(more) = lanes[number % threads].try_recv() else {
                        break;
                    };
                    made.append(more);
                    number += 1;
                }
                let taken = &objects[first..objects.len().min(number * batch)];
                result = run.take(taken, made);
            }
            wanted.stop.store(true, Ordering::Relaxed);
            result.map(|()| (run.report, run.last_failure))
        });
        let mut done = 0;
        let mut refused = None;
        // Taken apart here, so that the encoder stops, and the producers with it, if the sink panics.
        for Ready {
            objects,
            vectors,
            steps,
        } in ready
        {
            if !objects.is_empty() {
                if let Err(cause) = sink(&objects, &vectors) {
                    refused = Some(cause);
                    wanted.stop.store(true, Ordering::Relaxed);
                    break;
                }
                done += objects.len();
            }
            progress.advance(steps);
        }
        let fail = |cause: String| EncoderError::Run {
            name: encoder.spec().name.clone(),
            cause,
        };
        let ended = (encoding.join()).unwrap_or_else(|panic| Err(fail(panic_message(panic.as_ref()))));
        if let Some(cause) = refused {
            return Err(fail(cause));
        }
        let (mut report, last_failure) = ended?;
        report.done = done;
        match last_failure {
            Some(error) if done == 0 => Err(error),
            _ => Ok(report),
        }
    })
}

/// Cuts the batches dealt to one producer until nobody wants them.
fn produce(provider: &dyn CutoutProvider, dealt: &[&[usize]], stop: &AtomicBool, send: &Sender<Batch>) {
    for objects in dealt {
        let mut made = Batch::default();
        for &object in *objects {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let cut = catch_unwind(AssertUnwindSafe(|| provider.cutout(object)))
                .unwrap_or_else(|panic| Err(panic_message(panic.as_ref())));
            match cut {
                Ok(c) if c.flags.has(CutoutFlags::EMPTY) || c.width() == 0 || c.height() == 0 => {
                    let why = "no band has a pixel here".to_string();
                    made.skipped.push((object, why));
                }
                Ok(cutout) => {
                    made.objects.push(object);
                    made.cutouts.push(cutout);
                }
                Err(why) => made.skipped.push((object, why)),
            }
        }
        if send.send(made).is_err() {
            return;
        }
    }
}

/// The encoding side of a run.
struct Run<'a> {
    encoder: &'a dyn Encoder,
    wanted: Wanted<'a>,
    give: Sender<Ready>,
    report: EmbedReport,
    /// Objects the encoder gets at a time, so that it takes about [`SHARE`] for them: one at first.
    share: usize,
    /// Objects that failed in the encoder since the last that didn't.
    failures: usize,
    last_failure: Option<EncoderError>,
}

impl Run<'_> {
    /// Whether the run was cancelled or the sink refused.
    fn is_over(&mut self) -> bool {
        self.report.cancelled |= self.wanted.progress.cancelled();
        self.report.cancelled || self.wanted.stop.load(Ordering::Relaxed)
    }

    /// The next batch of a producer, or `None` if the run is over.
    fn next_batch(&mut self, lane: &Receiver<Batch>) -> Option<Batch> {
        while !self.is_over() {
            // Woken twenty times a second, so that a slow reader doesn't delay cancelling.
            match lane.recv_timeout(Duration::from_millis(50)) {
                Ok(made) => return Some(made),
                Err(RecvTimeoutError::Timeout) => {}
                // A producer sends all it was dealt unless it is told to stop.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        None
    }

    /// Encodes what was cut out of `objects` and hands it over, in shares of about [`SHARE`].
    fn take(&mut self, objects: &[usize], made: Batch) -> Result<(), EncoderError> {
        let mut skipped = made.skipped;
        let mut steps = skipped.len();
        let mut at = 0;
        while at < made.objects.len() && (at == 0 || !self.is_over()) {
            let end = made.objects.len().min(at + self.share);
            let start = Instant::now();
            let (objects, vectors) =
                self.encode(&made.objects[at..end], &made.cutouts[at..end], &mut skipped)?;
            let each = start.elapsed().as_secs_f64() / (end - at) as f64;
            self.share = (SHARE.as_secs_f64() / each.max(1e-9))
                .min(8.0 * self.share as f64)
                .max(1.0) as usize;
            self.hand_over(objects, vectors, std::mem::take(&mut steps) + end - at);
            at = end;
        }
        if steps > 0 {
            self.hand_over(vec![], vec![], steps);
        }
        // Failed cuts and failed encodings, back in the order given.
        skipped.sort_by_key(|(object, _)| objects.iter().position(|o| o == object));
        self.report.skipped.append(&mut skipped);
        Ok(())
    }

    /// Nobody takes it if the sink has refused; why is known there.
    fn hand_over(&self, objects: Vec<usize>, vectors: Vec<f32>, steps: usize) {
        let _ = self.give.send(Ready {
            objects,
            vectors,
            steps: steps as u64,
        });
    }

    /// The vectors of `objects`, and whose they are; those that fail are skipped.
    fn encode(
        &mut self,
        objects: &[usize],
        cutouts: &[Cutout],
        skipped: &mut Vec<(usize, String)>,
    ) -> Result<(Vec<usize>, Vec<f32>), EncoderError> {
        match encode_checked(self.encoder, cutouts) {
            Ok(vectors) => {
                self.failures = 0;
                return Ok((objects.to_vec(), vectors));
            }
            Err(error) if objects.len() == 1 => {
                skipped.push((objects[0], error.to_string()));
                self.fail(error)?;
                return Ok(Default::default());
            }
            // One of them can't take the others down: they are tried one by one.
            Err(_) => {}
        }
        let (mut kept, mut vectors) = (Vec::new(), Vec::new());
        for (&object, cutout) in objects.iter().zip(cutouts) {
            match encode_checked(self.encoder, std::slice::from_ref(cutout)) {
                Ok(vector) => {
                    kept.push(object);
                    vectors.extend(vector);
                    self.failures = 0;
                }
                Err(error) => {
                    skipped.push((object, error.to_string()));
                    self.fail(error)?;
                }
            }
        }
        Ok((kept, vectors))
    }

    /// Counts a failure of the encoder; too many in a row are its own.
    fn fail(&mut self, error: EncoderError) -> Result<(), EncoderError> {
        self.failures += 1;
        if self.failures >= FAILURES_LIMIT {
            return Err(error);
        }
        self.last_failure = Some(error);
        Ok(())
    }
}

/// Encodes, with panics, wrong lengths and values that aren't finite made errors.
fn encode_checked(encoder: &dyn Encoder, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
    let spec = encoder.spec();
    let fail = |cause: String| EncoderError::Run {
        name: spec.name.clone(),
        cause,
    };
    let vectors = catch_unwind(AssertUnwindSafe(|| encoder.encode(cutouts)))
        .unwrap_or_else(|panic| Err(fail(panic_message(panic.as_ref()))))?;
    if vectors.len() != cutouts.len() * spec.dim {
        return Err(fail(format!(
            "gave {} values for {} cutouts of {} each",
            vectors.len(),
            cutouts.len(),
            spec.dim
        )));
    }
    if vectors.iter().any(|v| !v.is_finite()) {
        return Err(fail("gave a value that is not finite".into()));
    }
    Ok(vectors)
}
