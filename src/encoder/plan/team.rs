//! The cores that work on one call: each lane its own images or, where there are fewer images
//! than cores, all lanes one image, held in step by a barrier that spins.
//!
//! A network's block needs one or two meetings of a few microseconds' work apart; waking sleeping
//! threads would cost as much as the work, so that waiting lanes spin, and yield if the
//! machine is wanted by others.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A fixed number of threads that start together.
pub struct Team {
    pool: Option<ThreadPool>,
    lanes: usize,
    /// Two calls at once would wait for each other's threads.
    turn: Mutex<()>,
}

impl Team {
    /// A team of `lanes` (at least one).
    ///
    /// # Errors
    /// A sentence if the system gives no threads.
    pub fn new(lanes: usize) -> Result<Self, String> {
        let lanes = lanes.max(1);
        let pool = if lanes == 1 {
            None
        } else {
            let pool = (ThreadPoolBuilder::new().num_threads(lanes))
                .thread_name(|i| format!("plan-{i}"))
                .build()
                .map_err(|e| format!("threads can't be started: {e}"))?;
            Some(pool)
        };
        Ok(Self {
            pool,
            lanes,
            turn: Mutex::new(()),
        })
    }

    /// The calling thread by itself.
    pub fn one() -> Self {
        Self {
            pool: None,
            lanes: 1,
            turn: Mutex::new(()),
        }
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Runs `work(lane)` on every lane at once and waits for all. Calls from several threads take
    /// turns. Lanes may meet at a [`Barrier`] of their number. A panic in a lane comes out here.
    pub fn run(&self, work: impl Fn(usize) + Sync) {
        match &self.pool {
            None => work(0),
            Some(pool) => {
                let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
                pool.broadcast(|context| work(context.index()));
            }
        }
    }
}

/// Numbers from 0 that lanes take as they come to them: a lane whose core is wanted by others takes fewer, and
/// nobody waits for it longer than one takes.
pub struct Deal {
    next: AtomicUsize,
    len: usize,
}

impl Deal {
    /// The numbers below `len`.
    pub fn new(len: usize) -> Self {
        Self {
            next: AtomicUsize::new(0),
            len,
        }
    }

    /// One that nobody else gets; `None` when all are taken.
    pub fn take(&self) -> Option<usize> {
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|&number| number < self.len)
    }
}

/// Where lanes wait for each other.
pub(super) struct Barrier {
    lanes: usize,
    waiting: AtomicUsize,
    round: AtomicUsize,
    broken: AtomicBool,
}

/// Held by a lane while it works: if it panics, the lanes that wait for it do too, instead of
/// waiting for ever.
pub(super) struct Lane<'a>(&'a Barrier);

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, Ordering::Release);
        }
    }
}

/// Looks at the barrier before the core is offered to others: some tens of microseconds.
const SPINS: usize = 4000;

impl Barrier {
    pub fn new(lanes: usize) -> Self {
        Self {
            lanes,
            waiting: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
        }
    }

    /// A lane begins.
    pub fn enter(&self) -> Lane<'_> {
        Lane(self)
    }

    /// How many meet here.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Returns when all lanes have called it; what each wrote before is seen by all after.
    pub fn meet(&self) {
        if self.lanes == 1 {
            return;
        }
        let round = self.round.load(Ordering::Acquire);
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1 == self.lanes {
            self.waiting.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            assert!(
                !self.broken.load(Ordering::Acquire),
                "another core failed at the same image"
            );
            spins += 1;
            if spins < SPINS {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

/// Part `lane` of `lanes` equal parts of `0..len`.
pub(super) fn part(len: usize, lane: usize, lanes: usize) -> std::ops::Range<usize> {
    let cut = |lane: usize| (len * lane).div_ceil(lanes);
    cut(lane)..cut(lane + 1)
}
