//! Work that gives way to the window.
//!
//! Without a graphics card the processor fills the window's pixels itself, and every thread beside it
//! makes a frame late. Threads that only make pictures nicer a moment later therefore ask the
//! scheduler for little while anybody else wants the core; an idle core they have to themselves.

/// How much a thread gives way that somebody waits to see something of: 15 of the 19 steps there are,
/// about a thirtieth of what a thread of usual priority gets while both want the same core.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// Starts the threads that share long sums, at usual priority. A thread inherits the priority of the one
/// that starts it, and those would be started by whoever needs them first.
pub fn start_shared_threads() {
    rayon::broadcast(|_| ());
}

/// Gives way, from now on, with the thread that calls. Only Linux has a priority for each thread that
/// needs no right to be lowered; elsewhere nothing happens. There is no way back without rights, so
/// the thread should be one that ends.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // Where it isn't allowed, frames are a little less even: nothing to tell anybody.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    }
}

/// Does on this thread what nobody waits for: it gives way even more than [`give_way`] makes it, and
/// what `work` would share with the threads of long sums it does alone, so that none of those is busy
/// with it when a hand comes back.
pub fn while_all_rest<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    #[cfg(target_os = "linux")]
    run_when_idle();
    // The pool's thread inherits the priority.
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(alone) => alone.install(work),
        Err(_) => work(),
    }
}

/// The policy for what runs where nothing else wants to. The nicest thread of the usual policy still keeps
/// a core for its slice, some milliseconds, when another wakes; several times a frame that is a lot.
#[cfg(target_os = "linux")]
fn run_when_idle() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    // See above.
    let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

    #[test]
    fn what_nobody_waits_for_is_done_alone_and_last() {
        use thread_priority::{NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_schedule_policy};
        let policy = || thread_schedule_policy().unwrap();
        let did = std::thread::spawn(move || {
            while_all_rest(|| (rayon::current_num_threads(), rayon::join(policy, policy)))
        });
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        assert_eq!(did.join().unwrap(), (1, (idle, idle)));
        assert_ne!(policy(), idle);
    }

    #[test]
    fn only_the_thread_that_asks_gives_way() {
        let before = getpriority_process(Some(gettid())).unwrap();
        let lowered = std::thread::spawn(|| {
            give_way();
            getpriority_process(Some(gettid())).unwrap()
        });
        assert_eq!(lowered.join().unwrap(), NICE.max(before));
        assert_eq!(getpriority_process(Some(gettid())).unwrap(), before);
    }
}
