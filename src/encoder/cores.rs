//! The processor's cores as networks use them.

use super::plan::team::Team;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Who computes.
pub(super) enum Cores {
    /// A compiled network's cores, which share images out among themselves.
    Team(Team),
    /// One pool of one thread a core, for the generic path.
    Pools(Vec<ThreadPool>),
}

/// One pool of one thread for each of so many cores.
pub(super) fn pools(threads: usize) -> Result<Vec<ThreadPool>, String> {
    (0..threads)
        .map(|i| {
            (ThreadPoolBuilder::new().num_threads(1))
                .thread_name(move |_| format!("network-{i}"))
                .build()
                .map_err(|e| format!("threads can't be started: {e}"))
        })
        .collect()
}
