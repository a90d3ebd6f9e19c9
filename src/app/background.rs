//! Work that gives way to the window.
//!
//! Without a graphics card the processor fills the window's pixels itself, and every thread beside it
//! makes a frame late. Threads that only make pictures nicer a moment later therefore ask the
//! scheduler for little while anybody else wants the core; an idle core they have to themselves.

/// How much a thread gives way that somebody waits to see something of: 15 of the 19 steps there are,
/// about a thirtieth of what a thread of usual priority gets while both want the same core.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// And one that nobody waits for: a seventieth.
#[cfg(target_os = "linux")]
const NICEST: i32 = 19;

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
    lower_to(NICE);
}

/// Does on this thread what nobody waits for: it gives way even more than [`give_way`] makes it, and
/// what `work` would share with the threads of long sums it does alone, so that none of those is busy
/// with it when a hand comes back.
pub fn while_all_rest<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    #[cfg(target_os = "linux")]
    lower_to(NICEST);
    // The pool's thread inherits the priority.
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(alone) => alone.install(work),
        Err(_) => work(),
    }
}

#[cfg(target_os = "linux")]
fn lower_to(nice: i32) {
    // Where it isn't allowed, frames are a little less even: nothing to tell anybody.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), nice);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

    #[test]
    fn what_nobody_waits_for_is_done_alone_and_last() {
        let did = std::thread::spawn(|| {
            while_all_rest(|| {
                let nice = rayon::join(
                    || getpriority_process(Some(gettid())).unwrap(),
                    || getpriority_process(Some(gettid())).unwrap(),
                );
                (rayon::current_num_threads(), nice)
            })
        });
        assert_eq!(did.join().unwrap(), (1, (NICEST, NICEST)));
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
