//! Work that gives way to the window.
//!
//! Without a graphics card the processor fills the window's pixels itself, and every thread beside it
//! makes a frame late. Threads that only make pictures nicer a moment later therefore ask the
//! scheduler for little while anybody else wants the core; an idle core they have to themselves.

/// How much this thread gives way: 10 of the 19 steps there are, about a tenth of what a thread of
/// usual priority gets while both want the same core.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

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
