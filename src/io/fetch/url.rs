//! Addresses: parts of one, and where a redirect leads.

/// Scheme, host and the rest of an `http` or `https` address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Host and port.
    pub authority: &'a str,
    /// Path with query, from its `/`; may be empty.
    pub path: &'a str,
}

impl<'a> Address<'a> {
    /// Takes an address apart; `None` where it is not of the web.
    pub fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = ["http", "https"]
            .into_iter()
            .find(|s| scheme.eq_ignore_ascii_case(s))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        (!authority.is_empty()).then_some(Self {
            scheme,
            authority,
            path,
        })
    }

    /// The host alone, without user and port, in lower case.
    pub fn host(&self) -> String {
        let place = self.authority.rsplit('@').next().unwrap_or_default();
        let host = match place.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => place.split(':').next().unwrap_or_default(),
        };
        host.to_ascii_lowercase()
    }
}

/// Where `location`, given by an answer from `url`, leads (RFC 3986, section 5, as far as servers use
/// it); `None` where that is nowhere on the web.
pub(super) fn redirected(url: &str, location: &str) -> Option<String> {
    let location = location.trim();
    if Address::of(location).is_some() {
        return Some(location.to_owned());
    }
    let from = Address::of(url)?;
    if location.contains("://") && !location.starts_with(['/', '?']) {
        return None;
    }
    let path = from.path.split(['?', '#']).next().unwrap_or_default();
    Some(match location {
        "" => return None,
        l if l.starts_with("//") => format!("{}:{l}", from.scheme),
        l if l.starts_with('/') => format!("{}://{}{l}", from.scheme, from.authority),
        l if l.starts_with('?') => format!("{}://{}{path}{l}", from.scheme, from.authority),
        l => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{}://{}{folder}/{l}", from.scheme, from.authority)
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;

    #[test]
    fn redirects_lead_where_browsers_would_go() {
        let from = "https://hub.example/a/b/resolve/main/w.bin?download=1";
        for (location, to) in [
            ("https://cdn.example/x?y=1", "https://cdn.example/x?y=1"),
            ("//cdn.example/x", "https://cdn.example/x"),
            ("/api/cache/w", "https://hub.example/api/cache/w"),
            ("v2.bin", "https://hub.example/a/b/resolve/main/v2.bin"),
            ("?again", "https://hub.example/a/b/resolve/main/w.bin?again"),
        ] {
            assert_eq!(redirected(from, location).as_deref(), Some(to), "{location}");
        }
        for bad in ["", "ftp://x/y", "file:///etc/passwd"] {
            assert_eq!(redirected(from, bad), None, "{bad}");
        }
    }

    #[test]
    fn hosts_are_found() {
        for (url, host) in [
            ("https://a.example:8443/x", "a.example"),
            ("http://user:pw@B.example", "b.example"),
            ("http://[::1]:80/", "::1"),
        ] {
            assert_eq!(Address::of(url).unwrap().host(), host);
        }
        assert_eq!(Address::of("HTTPS://x?y").unwrap().scheme, "https");
        assert_eq!(Address::of("s3://bucket"), None);
        assert_eq!(Address::of("http:///x"), None);
    }
}
