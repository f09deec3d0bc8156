//! The gateway's outer edge: who may connect, how often, for how long, and from which pages.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ConfigError, Gateway};

/// See `[gateway.connections]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Connections {
    pub max: usize,
    pub max_per_peer: usize,
    pub head_timeout_seconds: u64,
    pub idle_timeout_seconds: u64,
    pub least_bytes_per_second: u64,
    pub max_head_bytes: usize,
    pub max_headers: usize,
    pub max_streams: u32,
}

/// See `[gateway.following]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Following {
    pub max_wait_seconds: u64,
    pub max_followers: usize,
    pub max_per_client: usize,
    pub max_documents: usize,
}

/// See `[gateway.rate]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Rate {
    pub requests_per_minute: u32,
    pub burst: u32,
    pub uploads_per_minute: u32,
    pub limit_loopback: bool,
    pub max_clients: usize,
}

/// See `[gateway.tls]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Tls {
    pub certificate: String,
    pub key: String,
}

impl Tls {
    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.certificate.is_empty()
    }
}

/// See `[gateway.cors]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Cors {
    pub origins: Vec<String>,
}

/// See `[gateway.proxies]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Proxies {
    pub trusted: Vec<IpNet>,
    pub header: ForwardedHeader,
}

impl Proxies {
    /// Whether what `address` says about its client is believed.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }
}

/// Where a proxy writes down its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses, separated by commas.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Refuses what would lock everybody out, and what opens more than it says.
pub(super) fn check(gateway: &Gateway) -> Result<(), ConfigError> {
    let unusable =
        |key, value: &dyn ToString, reason| Err(ConfigError::unusable(key, value, reason));
    let connections = &gateway.connections;
    for (key, value) in [
        ("gateway.connections.max", connections.max as u64),
        ("gateway.connections.max_per_peer", connections.max_per_peer as u64),
        ("gateway.connections.head_timeout_seconds", connections.head_timeout_seconds),
        ("gateway.connections.idle_timeout_seconds", connections.idle_timeout_seconds),
        ("gateway.connections.least_bytes_per_second", connections.least_bytes_per_second),
        ("gateway.connections.max_headers", connections.max_headers as u64),
        ("gateway.connections.max_streams", u64::from(connections.max_streams)),
        ("gateway.following.max_followers", gateway.following.max_followers as u64),
        ("gateway.following.max_per_client", gateway.following.max_per_client as u64),
        ("gateway.following.max_documents", gateway.following.max_documents as u64),
        ("gateway.rate.max_clients", gateway.rate.max_clients as u64),
    ] {
        if value == 0 {
            return unusable(key, &0, "nobody could be served");
        }
    }
    if connections.max_head_bytes < LEAST_HEAD_BYTES {
        let reason = "heads of ordinary requests are longer (at least 8192)";
        return unusable("gateway.connections.max_head_bytes", &connections.max_head_bytes, reason);
    }
    if gateway.following.max_wait_seconds > LONGEST_WAIT_SECONDS {
        let reason = "proxies cut off answers that do not come for minutes (at most 600)";
        return unusable(
            "gateway.following.max_wait_seconds",
            &gateway.following.max_wait_seconds,
            reason,
        );
    }
    if gateway.rate.requests_per_minute > 0 && gateway.rate.burst == 0 {
        return unusable("gateway.rate.burst", &0, "every request would be refused");
    }
    if gateway.tls.certificate.is_empty() != gateway.tls.key.is_empty() {
        let reason = "gateway.tls.certificate and gateway.tls.key go together";
        return unusable("gateway.tls.key", &gateway.tls.key, reason);
    }
    for origin in &gateway.cors.origins {
        if !is_origin(origin) {
            let reason = "an origin is a scheme, a host and perhaps a port, as in \
                          https://app.example.org; there is no wildcard";
            return unusable("gateway.cors.origins", origin, reason);
        }
    }
    Ok(())
}

/// Smallest limit of a request's head, bytes: what the HTTP parser begins with.
const LEAST_HEAD_BYTES: usize = 8192;

/// Longest wait that a client may be allowed, seconds: most proxies give up after one, some after five
/// minutes.
const LONGEST_WAIT_SECONDS: u64 = 600;

/// Whether `text` is an origin just as a browser writes it, since it is compared as text.
fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_web = matches!(url.scheme(), "http" | "https");
    // To the crate, an asterisk is a letter like others.
    is_web && !text.contains('*') && url.origin().ascii_serialization() == text
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn refused(change: impl FnOnce(&mut Gateway)) -> Option<&'static str> {
        let mut gateway = Config::defaults().unwrap().gateway;
        change(&mut gateway);
        match check(&gateway) {
            Ok(()) => None,
            Err(ConfigError::Unusable { key, .. }) => Some(key),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn an_origin_is_exact() {
        for good in ["https://app.example.org", "http://localhost:3000", "https://[::1]:8443"] {
            assert_eq!(refused(|gateway| gateway.cors.origins = vec![good.into()]), None, "{good}");
        }
        for bad in [
            "*",
            "null",
            "https://*.example.org",
            "https://app.example.org/",
            "https://APP.example.org",
            "https://app.example.org:443",
            "app.example.org",
            "ftp://app.example.org",
            "",
        ] {
            let key = refused(|gateway| gateway.cors.origins = vec![bad.into()]);
            assert_eq!(key, Some("gateway.cors.origins"), "{bad}");
        }
    }

    #[test]
    fn what_would_lock_everybody_out_is_refused() {
        let max = Some("gateway.connections.max");
        assert_eq!(refused(|gateway| gateway.connections.max = 0), max);
        let burst = Some("gateway.rate.burst");
        assert_eq!(refused(|gateway| gateway.rate.burst = 0), burst);
        let off = |gateway: &mut Gateway| {
            (gateway.rate.burst, gateway.rate.requests_per_minute) = (0, 0);
        };
        assert_eq!(refused(off), None, "no limit needs no burst");
        let key = refused(|gateway| gateway.tls.certificate = "c.pem".into());
        assert_eq!(key, Some("gateway.tls.key"));
    }

    #[test]
    fn nobody_may_be_allowed_to_wait_for_an_hour() {
        let key = Some("gateway.following.max_wait_seconds");
        assert_eq!(refused(|gateway| gateway.following.max_wait_seconds = 601), key);
        for good in [0, 600] {
            assert_eq!(refused(|gateway| gateway.following.max_wait_seconds = good), None);
        }
    }

    #[test]
    fn a_proxy_is_trusted_by_its_network_in_either_form() {
        let proxies = Proxies {
            trusted: vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()],
            header: ForwardedHeader::XForwardedFor,
        };
        for yes in ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1"] {
            assert!(proxies.trusts(yes.parse().unwrap()), "{yes}");
        }
        for no in ["10.2.0.1", "127.0.0.1", "fe80::1"] {
            assert!(!proxies.trusts(no.parse().unwrap()), "{no}");
        }
    }
}
