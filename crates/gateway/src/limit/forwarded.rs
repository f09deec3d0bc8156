//! The client behind reverse proxies, as far as they are trusted.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use common::config::{ForwardedHeader, Proxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Most addresses that are looked at: chains of trusted proxies are shorter, and the rest of the
/// list is whatever the client wrote.
const MAX_HOPS: usize = 16;

/// Who asked, seen from `peer`: the nearest address that is no trusted proxy. What stands farther
/// away in the list was written by it, so it counts for nothing.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let peer = peer.to_canonical();
    if !proxies.trusts(peer) {
        return peer;
    }
    let (name, address): (_, fn(&str) -> Option<IpAddr>) = match proxies.header {
        ForwardedHeader::XForwardedFor => (X_FORWARDED_FOR, plain),
        ForwardedHeader::Forwarded => (header::FORWARDED, element),
    };
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    let mut nearest = peer;
    // A proxy appends to the last line of several.
    let hops = values.iter().rev().flat_map(|value| {
        let list = value.to_str().unwrap_or_default();
        list.rsplit(',')
    });
    for hop in hops.take(MAX_HOPS) {
        let Some(address) = address(hop.trim()) else {
            // `unknown`, an obfuscated name, nonsense: whoever wrote it is the last one known.
            return nearest;
        };
        nearest = address.to_canonical();
        if !proxies.trusts(nearest) {
            return nearest;
        }
    }
    nearest
}

/// An address, perhaps with a port.
fn plain(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

/// The `for` of one element of `Forwarded`: `for="[2001:db8::1]:80";proto=https`.
fn element(text: &str) -> Option<IpAddr> {
    text.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("for") {
            return None;
        }
        plain(value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(header: ForwardedHeader, peer: &str, lines: &[(&'static str, &str)]) -> String {
        let trusted = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let proxies = Proxies { trusted, header };
        client_address(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_their_own_words() {
        let of =
            |peer, value| seen(ForwardedHeader::XForwardedFor, peer, &[("x-forwarded-for", value)]);
        assert_eq!(of("203.0.113.9", "198.51.100.1"), "203.0.113.9", "anybody can say so");
        assert_eq!(of("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", "6.6.6.6, 198.51.100.1"), "198.51.100.1", "the client's own");
        assert_eq!(of("10.0.0.1", "6.6.6.6, 198.51.100.1 ,10.9.9.9"), "198.51.100.1");
        assert_eq!(of("::ffff:10.0.0.1", "::ffff:198.51.100.1"), "198.51.100.1");
        assert_eq!(of("fd00::1", "2001:db8::7"), "2001:db8::7");
        assert_eq!(of("10.0.0.1", "[2001:db8::7]:4711"), "2001:db8::7");
        assert_eq!(of("10.0.0.1", "198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", "unknown"), "10.0.0.1");
        assert_eq!(of("10.0.0.1", "6.6.6.6, unknown, 10.0.0.2"), "10.0.0.2");
        assert_eq!(of("10.0.0.1", "10.0.0.3"), "10.0.0.3", "all of them are proxies");
        assert_eq!(of("10.0.0.1", ""), "10.0.0.1");
    }

    #[test]
    fn several_lines_are_one_list() {
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1")];
        let of = seen(ForwardedHeader::XForwardedFor, "10.0.0.1", &lines);
        assert_eq!(of, "198.51.100.1");
    }

    #[test]
    fn only_the_configured_header_counts() {
        let both = [("x-forwarded-for", "6.6.6.6"), ("forwarded", "for=198.51.100.1;proto=https")];
        assert_eq!(seen(ForwardedHeader::Forwarded, "10.0.0.1", &both), "198.51.100.1");
        assert_eq!(seen(ForwardedHeader::XForwardedFor, "10.0.0.1", &both), "6.6.6.6");
    }

    #[test]
    fn forwarded_is_read_in_all_its_forms() {
        let of = |value| seen(ForwardedHeader::Forwarded, "10.0.0.1", &[("forwarded", value)]);
        assert_eq!(of("proto=https;For=\"[2001:db8::7]:80\""), "2001:db8::7");
        assert_eq!(of("for=6.6.6.6, for=198.51.100.1;by=10.0.0.1"), "198.51.100.1");
        assert_eq!(of("for=_hidden"), "10.0.0.1");
        assert_eq!(of("by=10.0.0.1"), "10.0.0.1");
    }
}
