//! A file from the web: whole, checked, and resumed where it stopped.
//!
//! What arrives goes to `NAME.part` beside the place it is meant for, with `NAME.part.json` that
//! says what it is a part of. A connection that breaks is taken up again (`Range`, guarded by
//! `If-Range`: RFC 9110, sections 13.1.5 and 14.2), in this call or in a later one; a file that
//! changed at its source meanwhile is fetched from its start. Only a whole file whose SHA-256 is
//! the wanted one gets its name.

mod error;
mod http;
mod part;
mod proxy;
mod url;

pub use error::FetchError;

use crate::io::digest::sha256_of_file;
use crate::progress::Progress;
use http::Message;
use part::Part;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Attempts one after the other that bring no byte before the fetching is given up.
const FRUITLESS_LIMIT: u32 = 3;

/// How long nothing arrives before somebody looks whether all this is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(80);

/// What is wanted from where.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// `http://` or `https://`.
    pub url: &'a str,
    /// The file it becomes; its folder is made.
    pub place: &'a Path,
    /// The SHA-256 it must have, in lower-case hex; `None` where nobody knows it.
    pub sha256: Option<&'a str>,
}

/// A file that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub place: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many of them were there before.
    pub resumed_from: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
}

/// Fetches a file; what was fetched before goes on.
///
/// Proxies are taken from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; redirects are
/// followed, but never from `https` to `http`. Where the hub itself names the SHA-256 of a large
/// file (`X-Linked-ETag`), that is checked too.
///
/// # Errors
/// [`FetchError`]; what has arrived is kept but for a file with a wrong checksum, which is put
/// aside as `NAME.rejected`.
pub fn fetch(wanted: &Wanted<'_>, progress: &dyn Progress) -> Result<Fetched, FetchError> {
    let mut part = Part::open(wanted.place, wanted.url)?;
    let mut fruitless = 0;
    let mut announced: Option<String> = None;
    // Killed between its last byte and its name: there is nothing left to ask for.
    while part.total().is_none_or(|total| part.have() < total) {
        let before = part.have();
        match attempt(wanted, &mut part, &mut announced, progress) {
            Ok(()) => break,
            Err(error) if error.is_passing() => {
                fruitless = if part.have() > before { 0 } else { fruitless + 1 };
                if fruitless >= FRUITLESS_LIMIT {
                    return Err(error);
                }
                if fruitless > 0 {
                    rest(fruitless, &part, progress)?;
                }
            }
            Err(error) => return Err(error),
        }
    }
    part.sync()?;
    progress.begin("checking", None);
    let disk = |cause| FetchError::disk(part.path(), cause);
    let sha256 = sha256_of_file(part.path()).map_err(disk)?;
    let wrong = [wanted.sha256, announced.as_deref()]
        .into_iter()
        .flatten()
        .find(|known| !known.eq_ignore_ascii_case(&sha256));
    if let Some(known) = wrong {
        let known = known.to_owned();
        return Err(FetchError::Checksum {
            url: wanted.url.to_owned(),
            aside: part.put_aside()?.display().to_string(),
            wanted: known,
            found: sha256,
        });
    }
    let (bytes, resumed_from) = (part.have(), part.before());
    part.finish()?;
    Ok(Fetched {
        place: wanted.place.to_owned(),
        bytes,
        resumed_from,
        sha256,
    })
}

/// Waits a little longer after every attempt in vain.
fn rest(fruitless: u32, part: &Part, progress: &dyn Progress) -> Result<(), FetchError> {
    for _ in 0..fruitless * 8 {
        if progress.cancelled() {
            return Err(part.cancelled());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// One connection: from where the part ends to the end of the file, if all goes well.
fn attempt(
    wanted: &Wanted<'_>,
    part: &mut Part,
    announced: &mut Option<String>,
    progress: &dyn Progress,
) -> Result<(), FetchError> {
    let messages = http::start(wanted.url, part.have(), part.validator())?;
    loop {
        if progress.cancelled() {
            return Err(part.cancelled());
        }
        let message = match messages.recv_timeout(LOOK_EVERY) {
            Ok(message) => message,
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => continue,
            // The thread says how it ended unless it was stopped by a fault.
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => {
                return Err(part.cut(wanted.url, "the connection's thread ended".into()));
            }
        };
        match message {
            Message::Answer(answer) => {
                if answer.sha256.is_some() {
                    announced.clone_from(&answer.sha256);
                }
                part.take_up(&answer, progress)?;
                let name = wanted.place.file_name().unwrap_or_default().to_string_lossy();
                progress.begin_bytes(&format!("fetching {name}"), part.have(), part.total());
            }
            Message::Bytes(bytes) => {
                part.append(&bytes)?;
                progress.advance(bytes.len() as u64);
            }
            Message::End if part.total().is_none_or(|total| part.have() == total) => return Ok(()),
            Message::End => return Err(part.cut(wanted.url, "it ended too early".into())),
            Message::Failed(FetchError::Cut { cause, .. }) => return Err(part.cut(wanted.url, cause)),
            // What is here reaches past the file's end at its source: begun again by the next attempt.
            Message::Failed(FetchError::Refused { status: 416, .. }) if part.have() > 0 => {
                part.begin_again(None, None)?;
                return Err(part.cut(wanted.url, "the file there is shorter than what is here".into()));
            }
            Message::Failed(error) => return Err(error),
        }
    }
}
