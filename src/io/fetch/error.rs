//! Why a file can't be fetched, in words that say what to do.

use std::path::Path;

/// Why a file can't be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nobody answers: no network, a wrong name, a proxy that refuses.
    #[error("{url}: {cause}: is there a network, and does it need a proxy (HTTPS_PROXY)?")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What the system said.
        cause: String,
    },
    /// The server answers that it won't.
    #[error("{url}: the server says {status}{}", meaning(*status))]
    Refused {
        /// What was asked for.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// The answer makes no sense.
    #[error("{url}: {cause}")]
    Answer {
        /// What was asked for.
        url: String,
        /// What is wrong with the answer.
        cause: String,
    },
    /// The connection broke, again and again.
    #[error(
        "{url}: the connection broke ({cause}); {have} bytes are kept in {part}: the same command goes on from there"
    )]
    Cut {
        /// What was asked for.
        url: String,
        /// What happened.
        cause: String,
        /// The part that is here.
        part: String,
        /// Its length in bytes.
        have: u64,
    },
    /// It can't be written.
    #[error("{path}: {cause}{}", if *.full { ": make room on this disk; the same command goes on where it stopped" } else { "" })]
    Disk {
        /// The file.
        path: String,
        /// What the system said.
        cause: String,
        /// Whether there is no room.
        full: bool,
    },
    /// It isn't the file that was wanted.
    #[error(
        "{url}: what arrived has SHA-256 {found}, but should have {wanted}: it is not the file that is \
             described, or was changed on its way; it is not used, and put aside as {aside}"
    )]
    Checksum {
        /// What was asked for.
        url: String,
        /// Where what arrived is now.
        aside: String,
        /// The checksum it should have.
        wanted: String,
        /// The checksum it has.
        found: String,
    },
    /// Another process does the same.
    #[error("{part}: another process is fetching this file: wait for it")]
    Busy {
        /// The part it is writing.
        part: String,
    },
    /// It was no longer wanted.
    #[error("stopped as asked: {have} bytes are kept in {part}, the same command goes on from there")]
    Cancelled {
        /// The part that is here.
        part: String,
        /// Its length in bytes.
        have: u64,
    },
}

impl FetchError {
    /// An error of the file system.
    pub(super) fn disk(path: &Path, cause: std::io::Error) -> Self {
        use std::io::ErrorKind;
        Self::Disk {
            path: path.display().to_string(),
            full: matches!(
                cause.kind(),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
            ),
            cause: cause.to_string(),
        }
    }

    /// Whether the next attempt may go better.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Cut { .. } | Self::Unreachable { .. } => true,
            // Too many requests, or a server that is being mended.
            Self::Refused { status, .. } => [408, 429, 500, 502, 503, 504].contains(status),
            _ => false,
        }
    }

    /// Whether the file could still be fetched by another way, so that it helps to say which file goes where.
    pub fn is_of_the_way(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Refused { .. } | Self::Answer { .. } | Self::Cut { .. }
        )
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        401 | 403 => ": it wants a login, or a licence to be accepted in a browser",
        404 | 410 => ": there is no such file",
        407 => ": the proxy wants a login (HTTPS_PROXY=http://name:password@host:port)",
        429 => ": it was asked too often; wait a while",
        500..=599 => ": it has a fault of its own; try later",
        _ => "",
    }
}
