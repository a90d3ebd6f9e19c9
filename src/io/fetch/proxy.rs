//! Which proxy an address is reached through, as the environment says it (the custom that curl and
//! Python's requests follow; there is no standard).

use super::url::Address;

/// The proxy for `url`, or none; `variable` reads the environment.
///
/// `HTTPS_PROXY` or `HTTP_PROXY` by the address's scheme, then `ALL_PROXY`, each in capitals or not;
/// none for hosts in `NO_PROXY`: `*`, or a list of hosts that stand for their subdomains too.
pub(super) fn proxy_for(url: &Address<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let read = |name: &str| {
        [name.to_ascii_lowercase(), name.to_ascii_uppercase()]
            .iter()
            .find_map(|name| variable(name).filter(|v| !v.trim().is_empty()))
    };
    let proxy = read(&format!("{}_proxy", url.scheme)).or_else(|| read("all_proxy"))?;
    let spared = read("no_proxy").is_some_and(|list| is_spared(&url.host(), &list));
    (!spared).then(|| proxy.trim().to_owned())
}

fn is_spared(host: &str, list: &str) -> bool {
    list.split([',', ' '])
        .map(str::trim)
        .filter(|e| !e.is_empty())
        .any(|entry| {
            let entry = entry.to_ascii_lowercase();
            let name = entry.trim_start_matches('*').trim_start_matches('.');
            entry == "*"
                || (!name.is_empty()
                    && (host == name || host.strip_suffix(name).is_some_and(|start| start.ends_with('.'))))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;

    fn found(url: &str, environment: &[(&str, &str)]) -> Option<String> {
        proxy_for(&Address::of(url).unwrap(), &|name| {
            let set = environment.iter().find(|(n, _)| *n == name);
            set.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_scheme_chooses_the_proxy_and_hosts_are_spared() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "http://p:2")];
        assert_eq!(found("https://a.example/x", &both).unwrap(), "http://s:1");
        assert_eq!(found("http://a.example/x", &both).unwrap(), "http://p:2");
        assert_eq!(
            found("https://a.example", &[("ALL_PROXY", "p:3")]).unwrap(),
            "p:3"
        );
        assert_eq!(found("https://a.example", &[("HTTPS_PROXY", " ")]), None);
        for (list, spared) in [
            ("*", true),
            ("a.example", true),
            ("other, .example", true),
            ("*.example", true),
            ("b.example,ample", false),
        ] {
            let set = [("https_proxy", "http://s:1"), ("NO_PROXY", list)];
            assert_eq!(found("https://A.example:443/", &set).is_none(), spared, "{list}");
        }
    }
}
