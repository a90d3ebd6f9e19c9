//! The batching engine with encoders and providers that misbehave on purpose.

use super::files::cutout_of;
use astrolabel::encoder::engine::{CutoutProvider, EmbedReport, embed};
use astrolabel::encoder::{Encoder, EncoderError, EncoderSpec};
use astrolabel::io::raster::Plane;
use astrolabel::progress::{Progress, Silent};
use astrolabel::sky::cutout::{Cutout, CutoutFlags};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Gives `[object, batch position]`; misbehaves for the objects it is told of.
struct Fake {
    spec: EncoderSpec,
    refuses: Vec<usize>,
    panics: Vec<usize>,
    largest_batch: AtomicUsize,
}

impl Fake {
    fn new(refuses: &[usize], panics: &[usize]) -> Self {
        Self {
            spec: EncoderSpec {
                name: "fake".into(),
                dim: 2,
                feature_names: vec![],
                weights_path: None,
                weights_sha256: None,
                settings: serde_json::Value::Null,
                keep_f32: true,
            },
            refuses: refuses.to_vec(),
            panics: panics.to_vec(),
            largest_batch: AtomicUsize::new(0),
        }
    }
}

impl Encoder for Fake {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
        self.largest_batch.fetch_max(cutouts.len(), Ordering::Relaxed);
        let mut out = Vec::new();
        for cutout in cutouts {
            let object = cutout.bands[0].pixels[0];
            if self.panics.contains(&(object as usize)) {
                panic!("fake encoder fell over");
            }
            if self.refuses.contains(&(object as usize)) {
                return Err(EncoderError::Run {
                    name: "fake".into(),
                    cause: format!("dislikes {object}"),
                });
            }
            out.extend([object, object * 2.0]);
        }
        Ok(out)
    }
}

#[test]
fn a_quick_encoder_gets_all_that_waits() {
    /// Waits, the first few times, until the producers have cut all they may.
    struct Patient<'a>(Fake, &'a Sky);
    impl Encoder for Patient<'_> {
        fn spec(&self) -> &EncoderSpec {
            self.0.spec()
        }
        fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
            let ready = 4 * 4 + cutouts.len();
            for _ in 0..2000 {
                if self.1.cut.load(Ordering::Relaxed) >= ready {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            self.0.encode(cutouts)
        }
    }
    let sky = Sky::new(false);
    let encoder = Patient(Fake::new(&[], &[]), &sky);
    let objects: Vec<usize> = (1..4000).collect();
    let mut kept = Vec::new();
    embed(&encoder, &objects, &sky, 4, 2, &Silent, &mut |o, _| {
        kept.extend_from_slice(o);
        Ok(())
    })
    .unwrap();
    assert_eq!(kept, objects);
    let largest = encoder.0.largest_batch.load(Ordering::Relaxed);
    assert!((8..=16).contains(&largest), "{largest} at once");
}

/// Object `i` has pixel value `i`; multiples of 10 can't be read, of 7 are empty, 33 panics.
struct Sky {
    sometimes_bad: bool,
    cut: AtomicUsize,
}

impl Sky {
    fn new(sometimes_bad: bool) -> Self {
        Self {
            sometimes_bad,
            cut: AtomicUsize::new(0),
        }
    }
}

impl CutoutProvider for Sky {
    fn cutout(&self, object: usize) -> Result<Cutout, String> {
        self.cut.fetch_add(1, Ordering::Relaxed);
        if object.is_multiple_of(5) {
            // Uneven pace, so that batches would overtake each other if they could.
            std::thread::sleep(std::time::Duration::from_micros(300));
        }
        let mut cutout = cutout_of(vec![Plane::filled(2, 2, object as f32)], false);
        if self.sometimes_bad {
            if object == 33 {
                panic!("provider fell over");
            }
            if object.is_multiple_of(10) {
                return Err(format!("no file for {object}"));
            }
            if object.is_multiple_of(7) {
                cutout.flags = CutoutFlags(CutoutFlags::EMPTY);
            }
        }
        Ok(cutout)
    }
}

type Kept = Vec<(usize, f32)>;

fn run(
    encoder: &Fake,
    sky: &Sky,
    objects: &[usize],
    batch: usize,
    threads: usize,
) -> (Result<EmbedReport, EncoderError>, Kept) {
    let mut kept: Kept = Vec::new();
    let report = embed(encoder, objects, sky, batch, threads, &Silent, &mut |o, v| {
        assert_eq!(v.len(), o.len() * 2);
        kept.extend(o.iter().zip(v.chunks_exact(2)).map(|(&o, v)| (o, v[1])));
        Ok(())
    });
    (report, kept)
}

#[test]
fn every_object_arrives_in_the_order_given() {
    for (count, batch, threads) in [(0, 4, 2), (1, 4, 2), (97, 8, 3), (97, 1, 2), (16, 0, 0)] {
        // A scrambled order: 61 and 97 have no common factor.
        let objects: Vec<usize> = (0..count).map(|i| i * 61 % 97).collect();
        let encoder = Fake::new(&[], &[]);
        let (report, kept) = run(&encoder, &Sky::new(false), &objects, batch, threads);
        let report = report.unwrap();
        assert_eq!((report.done, report.cancelled), (count, false));
        assert!(report.skipped.is_empty());
        let want: Kept = objects.iter().map(|&o| (o, 2.0 * o as f32)).collect();
        assert_eq!(kept, want);
        // What waits is taken together: at most two batches a producer.
        let most = 2 * threads.max(1) * batch.max(1);
        assert!(encoder.largest_batch.load(Ordering::Relaxed) <= most);
    }
}

#[test]
fn bad_objects_cost_only_themselves() {
    let objects: Vec<usize> = (1..60).collect();
    let encoder = Fake::new(&[11], &[12]);
    let (report, kept) = run(&encoder, &Sky::new(true), &objects, 8, 2);
    let report = report.unwrap();
    let bad = |o: &usize| o.is_multiple_of(10) || o.is_multiple_of(7) || [33, 11, 12].contains(o);
    let want: Vec<usize> = objects.iter().copied().filter(|o| !bad(o)).collect();
    assert_eq!(kept.iter().map(|k| k.0).collect::<Vec<_>>(), want);
    assert_eq!(report.done, want.len());
    let skipped: Vec<usize> = report.skipped.iter().map(|s| s.0).collect();
    assert_eq!(skipped, objects.iter().copied().filter(bad).collect::<Vec<_>>());
    let why = |o: usize| &report.skipped.iter().find(|s| s.0 == o).unwrap().1;
    assert!(why(10).contains("no file for 10"));
    assert!(why(7).contains("no band has a pixel"));
    assert!(why(33).contains("provider fell over"));
    assert!(why(11).contains("dislikes 11"));
    assert!(why(12).contains("fake encoder fell over"));
}

#[test]
fn an_encoder_that_always_fails_is_an_error() {
    let all: Vec<usize> = (0..500).collect();
    let sky = Sky::new(false);
    let (report, kept) = run(&Fake::new(&all, &[]), &sky, &all, 8, 2);
    assert!(report.unwrap_err().to_string().contains("dislikes"));
    assert!(kept.is_empty());
    assert!(sky.cut.load(Ordering::Relaxed) < 200, "stops early");
    let (report, _) = run(&Fake::new(&all, &[]), &Sky::new(false), &all[..3], 8, 2);
    assert!(report.is_err(), "fewer objects than the limit, but all of them");
}

#[test]
fn a_refusing_sink_stops_the_run() {
    let objects: Vec<usize> = (0..400).collect();
    let (encoder, sky) = (Fake::new(&[], &[]), Sky::new(false));
    let mut calls = 0;
    let report = embed(&encoder, &objects, &sky, 4, 2, &Silent, &mut |_, _| {
        calls += 1;
        if calls == 3 {
            Err("disk full".into())
        } else {
            Ok(())
        }
    });
    assert!(report.unwrap_err().to_string().contains("disk full"));
    assert_eq!(calls, 3);
    assert!(sky.cut.load(Ordering::Relaxed) < 60);
}

/// Counts, and cancels after so many objects.
struct CancelAfter {
    limit: u64,
    steps: Mutex<u64>,
    begun: AtomicBool,
}

impl Progress for CancelAfter {
    fn begin(&self, stage: &str, total: Option<u64>) {
        assert_eq!((stage, total), ("embedding", Some(300)));
        self.begun.store(true, Ordering::Relaxed);
    }
    fn advance(&self, steps: u64) {
        *self.steps.lock().unwrap() += steps;
    }
    fn note(&self, _message: &str) {}
    fn cancelled(&self) -> bool {
        *self.steps.lock().unwrap() >= self.limit
    }
}

#[test]
fn cancelling_takes_effect_within_what_waits() {
    let objects: Vec<usize> = (1..301).collect();
    let (encoder, sky) = (Fake::new(&[], &[]), Sky::new(true));
    for limit in [0, 20, 1000] {
        let progress = CancelAfter {
            limit,
            steps: Mutex::new(0),
            begun: AtomicBool::new(false),
        };
        let mut kept = 0;
        let report = embed(&encoder, &objects, &sky, 10, 2, &progress, &mut |o, _| {
            kept += o.len();
            Ok(())
        });
        let report = report.unwrap();
        assert!(progress.begun.load(Ordering::Relaxed));
        assert_eq!(report.done, kept);
        let steps = *progress.steps.lock().unwrap();
        assert_eq!(steps as usize, report.done + report.skipped.len());
        assert_eq!(report.cancelled, limit < 300);
        // What was computed before the stop was heard is written: two shares that waited, one that was
        // being handed over, one in the encoder, each of at most two batches a producer.
        let most = match limit {
            0 => 0,
            20 => 20 + 4 * 4 * 10,
            _ => 300,
        };
        assert!(
            (limit.min(300)..=most).contains(&steps),
            "{steps} of at most {most}"
        );
    }
}

/// Takes its time over every object.
struct Slow(Fake);

impl Encoder for Slow {
    fn spec(&self) -> &EncoderSpec {
        self.0.spec()
    }

    fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
        std::thread::sleep(std::time::Duration::from_millis(250) * cutouts.len() as u32);
        self.0.encode(cutouts)
    }
}

#[test]
fn a_slow_encoder_hands_over_and_hears_a_stop_every_second() {
    let objects: Vec<usize> = (0..300).collect();
    let encoder = Slow(Fake::new(&[], &[]));
    let progress = CancelAfter {
        limit: 8,
        steps: Mutex::new(0),
        begun: AtomicBool::new(false),
    };
    let report = embed(
        &encoder,
        &objects,
        &Sky::new(false),
        100,
        1,
        &progress,
        &mut |_, _| Ok(()),
    );
    let report = report.unwrap();
    assert!(report.cancelled && (8..16).contains(&report.done), "{report:?}");
    // A second's worth of a batch of 100, and yet not one by one; a busy machine makes it less.
    let largest = encoder.0.largest_batch.load(Ordering::Relaxed);
    assert!((2..=4).contains(&largest), "{largest} at once");
}

#[test]
fn what_is_made_is_written_while_the_next_is_computed() {
    let encoder = Fake::new(&[], &[]);
    let sky = Sky::new(false);
    let objects: Vec<usize> = (0..200).collect();
    let mut ahead = 0;
    let report = embed(&encoder, &objects, &sky, 4, 1, &Silent, &mut |o, _| {
        // A slow disk: meanwhile the encoder goes on, and the producer with it.
        std::thread::sleep(std::time::Duration::from_millis(20));
        ahead = ahead.max(sky.cut.load(Ordering::Relaxed).saturating_sub(o[o.len() - 1] + 1));
        Ok(())
    });
    assert_eq!(report.unwrap().done, 200);
    // At most: two batches in the encoder, two shares of two batches waiting, two of the producer.
    assert!((8..=32).contains(&ahead), "{ahead} cutouts ahead of the disk");
}
