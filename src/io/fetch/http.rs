//! One request on a thread of its own: redirects followed, bytes handed over as they arrive.
//!
//! A thread, because a read can wait for half a minute and a person who cancels shouldn't.

use super::error::FetchError;
use super::proxy::proxy_for;
use super::url::{Address, redirected};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::io::Read;
use std::time::Duration;
use ureq::http::{HeaderMap, Response, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Body, Proxy};

/// Longest wait for a connection, an answer, or the next bytes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most redirects of one request.
const MAX_REDIRECTS: usize = 10;

/// Bytes handed over at once.
const PIECE_BYTES: usize = 256 << 10;

/// What an answer says before its bytes come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Place of its first byte in the file.
    pub start: u64,
    /// Length of the file in bytes, if it is said.
    pub total: Option<u64>,
    /// Strong `ETag`, else `Last-Modified`.
    pub validator: Option<String>,
    /// SHA-256 as the hub names it for large files.
    pub sha256: Option<String>,
}

/// What the thread tells, in this order: an answer, bytes, the end; or a failure at any point.
pub(super) enum Message {
    /// What comes.
    Answer(Answer),
    /// Some of it.
    Bytes(Vec<u8>),
    /// All has come as far as the server says.
    End,
    /// Something went wrong.
    Failed(FetchError),
}

/// Asks for `url` from byte `have` on, if it is still the file that `validator` tells.
pub(super) fn start(url: &str, have: u64, validator: Option<&str>) -> Result<Receiver<Message>, FetchError> {
    let (send, receive) = bounded(4);
    let owned = url.to_owned();
    let range = validator.filter(|_| have > 0).map(|v| (have, v.to_owned()));
    std::thread::Builder::new()
        .name("fetch".into())
        .spawn(move || {
            if let Err(error) = run(&owned, range.as_ref(), &send) {
                let _ = send.send(Message::Failed(error));
            }
        })
        .map_err(|e| FetchError::Answer {
            url: url.to_owned(),
            cause: format!("a thread can't be started: {e}"),
        })?;
    Ok(receive)
}

fn run(url: &str, range: Option<&(u64, String)>, send: &Sender<Message>) -> Result<(), FetchError> {
    let (mut response, sha256) = follow(url, range)?;
    let wrong = |cause: String| FetchError::Answer {
        url: url.to_owned(),
        cause,
    };
    let status = response.status().as_u16();
    let headers = response.headers();
    let length = text(headers, header::CONTENT_LENGTH.as_str()).and_then(|t| t.parse().ok());
    let (start, total) = match status {
        200 => (0, length),
        206 => {
            let said = text(headers, header::CONTENT_RANGE.as_str()).unwrap_or_default();
            span(said).ok_or_else(|| wrong(format!("its answer covers '{said}', which makes no sense")))?
        }
        status => {
            return Err(FetchError::Refused {
                url: url.to_owned(),
                status,
            });
        }
    };
    let answer = Answer {
        start,
        total,
        validator: validator(headers),
        sha256,
    };
    if send.send(Message::Answer(answer)).is_err() {
        return Ok(());
    }
    let mut reader = response.body_mut().as_reader();
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let read = match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => {
                return Err(FetchError::Cut {
                    url: url.to_owned(),
                    cause: e.to_string(),
                    part: String::new(),
                    have: 0,
                });
            }
        };
        piece.truncate(read);
        if send.send(Message::Bytes(piece)).is_err() {
            return Ok(());
        }
    }
    let _ = send.send(Message::End);
    Ok(())
}

/// Asks, and asks again where the answer says.
fn follow(url: &str, range: Option<&(u64, String)>) -> Result<(Response<Body>, Option<String>), FetchError> {
    let wrong = |cause: String| FetchError::Answer {
        url: url.to_owned(),
        cause,
    };
    let mut at = url.to_owned();
    let mut sha256 = None;
    for _ in 0..=MAX_REDIRECTS {
        let response = ask(&at, range)?;
        sha256 = sha256.or_else(|| linked_sha256(response.headers()));
        if ![301, 302, 303, 307, 308].contains(&response.status().as_u16()) {
            return Ok((response, sha256));
        }
        let said = text(response.headers(), header::LOCATION.as_str()).unwrap_or_default();
        let next = redirected(&at, said)
            .ok_or_else(|| wrong(format!("it leads to '{said}', which is no web address")))?;
        let is_https = |url: &str| Address::of(url).is_some_and(|a| a.scheme == "https");
        if is_https(&at) && !is_https(&next) {
            return Err(wrong(format!(
                "it leads to {next}, where nobody could tell whether the file was changed on its way"
            )));
        }
        at = next;
    }
    Err(wrong(format!(
        "it leads on and on, more than {MAX_REDIRECTS} times"
    )))
}

fn ask(url: &str, range: Option<&(u64, String)>) -> Result<Response<Body>, FetchError> {
    let wrong = |cause: String| FetchError::Answer {
        url: url.to_owned(),
        cause,
    };
    let address = Address::of(url).ok_or_else(|| wrong("this is no http:// or https:// address".into()))?;
    let proxy = match proxy_for(&address, &|name| std::env::var(name).ok()) {
        Some(named) => Some(
            Proxy::new(&named).map_err(|e| wrong(format!("its proxy '{named}' is not understood ({e})")))?,
        ),
        None => None,
    };
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy)
        .user_agent(concat!("astrolabel/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .tls_config(TlsConfig::builder().root_certs(roots().map_err(wrong)?).build())
        .build()
        .new_agent();
    let mut request = agent.get(url);
    if let Some((have, validator)) = range {
        request = request
            .header(header::RANGE, format!("bytes={have}-"))
            .header(header::IF_RANGE, validator);
    }
    request.call().map_err(|e| match e {
        ureq::Error::BadUri(cause) => FetchError::Answer {
            url: url.to_owned(),
            cause: format!("this address is not understood ({cause})"),
        },
        other => FetchError::Unreachable {
            url: url.to_owned(),
            cause: other.to_string(),
        },
    })
}

/// Who is trusted: Mozilla's authorities, or those of the file that `SSL_CERT_FILE` names (as curl and
/// OpenSSL read it), for networks whose proxy signs with its own.
fn roots() -> Result<RootCerts, String> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|p| !p.is_empty()) else {
        return Ok(RootCerts::WebPki);
    };
    let shown = std::path::Path::new(&path).display();
    let bytes = std::fs::read(&path).map_err(|e| format!("SSL_CERT_FILE {shown} can't be read: {e}"))?;
    let found: Vec<Certificate<'static>> = parse_pem(&bytes)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return Err(format!(
            "SSL_CERT_FILE {shown} holds no certificate in PEM format"
        ));
    }
    Ok(RootCerts::new_with_certs(&found))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// What tells this version of the file from others; a weak `ETag` doesn't (RFC 9110, section 13.1.5).
fn validator(headers: &HeaderMap) -> Option<String> {
    text(headers, header::ETAG.as_str())
        .filter(|tag| tag.starts_with('"'))
        .or_else(|| text(headers, header::LAST_MODIFIED.as_str()))
        .map(str::to_owned)
}

/// The SHA-256 that the hub keeps large files under.
fn linked_sha256(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, "x-linked-etag")?
        .trim_matches('"')
        .to_ascii_lowercase();
    (tag.len() == 64 && tag.bytes().all(|b| b.is_ascii_hexdigit())).then_some(tag)
}

/// First byte and whole length of `bytes 100-199/200`.
fn span(said: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = said.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let start = range.split_once('-')?.0.trim().parse().ok()?;
    match total.trim() {
        "*" => Some((start, None)),
        total => Some((start, Some(total.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        assert_eq!(span("bytes 100-199/200"), Some((100, Some(200))));
        assert_eq!(span("bytes 0-9/*"), Some((0, None)));
        for bad in ["", "bytes */200", "items 1-2/3", "bytes -5/9"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }
}
