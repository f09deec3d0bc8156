//! A URL that may be called, with the addresses to connect to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use thiserror::Error;
use url::{Host, Url};

use super::address::{Reserved, reserved};

/// Longest URL, bytes: longer ones carry data, not an address.
const MAX_URL_BYTES: usize = 2048;

/// Longest wait for a name server: as long as a resolver's own first try.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Where calls may go.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Networks that are called although they are not public.
    pub allowed: Vec<IpNet>,
    /// Ports that are called. A client that may name any could make this service speak to databases
    /// and mail servers.
    pub ports: Vec<u16>,
}

impl Default for Policy {
    /// The public Internet's web.
    fn default() -> Self {
        Self { allowed: Vec::new(), ports: vec![80, 443] }
    }
}

/// Why a URL is not called. Messages never hold the URL, which may have a secret in its path, nor
/// what its host resolves to, which may be nobody else's to know.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    /// Not a URL, or one that two readers may read differently.
    #[error("it is not an absolute URL of at most {MAX_URL_BYTES} characters without blanks")]
    Malformed,
    /// Another scheme.
    #[error("its scheme is neither http nor https")]
    Scheme,
    /// `https://user:password@host`.
    #[error("it has a user name or password")]
    UserInfo,
    /// Not one of the allowed ports.
    #[error("its port {port} is not allowed")]
    Port {
        /// The port seen.
        port: u16,
    },
    /// No name server knows it, or none answered.
    #[error("its host cannot be resolved")]
    Unresolved,
    /// One of its addresses at least.
    #[error("its host has an address that is {reserved}")]
    Forbidden {
        /// What the address is reserved for.
        reserved: Reserved,
        /// The address, for the operator's log.
        address: IpAddr,
    },
}

/// A URL that was found good, and where to connect for it.
///
/// Connect to one of [`Target::addresses`] and to nothing else: to resolve the host again would let
/// its owner answer differently this time (DNS rebinding). The host of [`Target::url`] is for the
/// `Host` header and the server's certificate. **Never follow a redirect**: where it leads was not
/// looked at; an answer of 3xx is a failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: Url,
    addresses: Vec<SocketAddr>,
}

impl Target {
    /// What to ask for.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where to connect: at least one, in the resolver's order.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Holds `url` against `policy`, with one look-up by `resolve`, to which every address in it
    /// must pass.
    ///
    /// # Errors
    /// [`TargetError`] with the first reason.
    pub async fn find(
        url: &str,
        policy: &Policy,
        resolve: impl AsyncFnOnce(&str) -> io::Result<Vec<IpAddr>>,
    ) -> Result<Self, TargetError> {
        let url = parse(url, policy)?;
        let addresses = match url.host().ok_or(TargetError::Malformed)? {
            Host::Ipv4(address) => vec![address.into()],
            Host::Ipv6(address) => vec![address.into()],
            Host::Domain(name) => resolve(name).await.map_err(|_| TargetError::Unresolved)?,
        };
        let port = url.port_or_known_default().ok_or(TargetError::Malformed)?;
        let mut good = Vec::new();
        for address in addresses {
            good.push(SocketAddr::new(permitted(address, policy)?, port));
        }
        if good.is_empty() {
            return Err(TargetError::Unresolved);
        }
        Ok(Self { url, addresses: good })
    }
}

/// Looks a name up as this system does.
///
/// # Errors
/// The system's, and when no answer comes in five seconds.
pub async fn system_resolver(name: &str) -> io::Result<Vec<IpAddr>> {
    let looked_up = tokio::time::timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((name, 0)));
    let addresses = looked_up.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    Ok(addresses.map(|address| address.ip()).collect())
}

/// All that can be said without a look-up.
fn parse(text: &str, policy: &Policy) -> Result<Url, TargetError> {
    // Browsers' rules drop some of these and turn a backslash around; nobody writes them in good
    // faith.
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if text.len() > MAX_URL_BYTES || text.chars().any(odd) {
        return Err(TargetError::Malformed);
    }
    // Decimal, octal and hexadecimal spellings of IPv4, full stops of other scripts and a final one
    // are read here as every HTTP library reads them, so what is judged is what would be connected
    // to.
    let url = Url::parse(text).map_err(|_| TargetError::Malformed)?;
    // Letters beyond ASCII grow threefold and more, and this form is what is kept and read again.
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(TargetError::Malformed);
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(TargetError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::UserInfo);
    }
    let port = url.port_or_known_default().ok_or(TargetError::Malformed)?;
    if !policy.ports.contains(&port) {
        return Err(TargetError::Port { port });
    }
    Ok(url)
}

fn permitted(address: IpAddr, policy: &Policy) -> Result<IpAddr, TargetError> {
    let address = address.to_canonical();
    let is_allowed = policy.allowed.iter().any(|network| network.contains(&address));
    match reserved(address) {
        Some(reserved) if !is_allowed => Err(TargetError::Forbidden { reserved, address }),
        _ => Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn to(addresses: &[&str], url: &str, policy: &Policy) -> Result<Target, TargetError> {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Target::find(url, policy, async |_: &str| Ok(addresses)).await
    }

    /// Never asked for a name.
    async fn literal(url: &str) -> Result<Target, TargetError> {
        let unasked = async |name: &str| panic!("{name} was looked up");
        Target::find(url, &Policy::default(), unasked).await
    }

    #[tokio::test]
    async fn a_public_host_is_called_at_the_addresses_that_were_looked_at() {
        let both = &["8.8.8.8", "2606:4700::1"];
        let target = to(both, "https://a.example/x?y=z", &Policy::default()).await.unwrap();
        assert_eq!(target.url().as_str(), "https://a.example/x?y=z");
        let expected: Vec<SocketAddr> =
            ["8.8.8.8:443", "[2606:4700::1]:443"].map(|address| address.parse().unwrap()).into();
        assert_eq!(target.addresses(), expected);
        let plain = to(&["::ffff:8.8.8.8"], "http://a.example", &Policy::default()).await.unwrap();
        assert_eq!(plain.addresses(), ["8.8.8.8:80".parse().unwrap()]);
    }

    #[tokio::test]
    async fn one_forbidden_address_among_several_is_enough() {
        let error = to(&["8.8.8.8", "10.0.0.1"], "https://a.example", &Policy::default()).await;
        let address = "10.0.0.1".parse().unwrap();
        assert_eq!(error, Err(TargetError::Forbidden { reserved: Reserved::Private, address }));
    }

    #[tokio::test]
    async fn a_name_that_changes_its_mind_is_asked_once_for_each_call() {
        let asked = Cell::new(0);
        let rebinding = async |_: &str| {
            asked.set(asked.get() + 1);
            let address = if asked.get() == 1 { "8.8.8.8" } else { "169.254.169.254" };
            Ok(vec![address.parse().unwrap()])
        };
        let policy = Policy::default();
        let first = Target::find("https://a.example", &policy, rebinding).await.unwrap();
        assert_eq!((asked.get(), first.addresses()), (1, &["8.8.8.8:443".parse().unwrap()][..]));
        let second = Target::find("https://a.example", &policy, rebinding).await;
        assert!(matches!(second, Err(TargetError::Forbidden { .. })), "{second:?}");
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test]
    async fn a_url_that_is_too_long_when_it_is_written_out_is_refused() {
        let short = format!("http://8.8.8.8/{}", "é".repeat(300));
        assert!(literal(&short).await.is_ok());
        let long = format!("http://8.8.8.8/{}", "é".repeat(1000));
        assert!(long.len() < MAX_URL_BYTES);
        assert_eq!(literal(&long).await, Err(TargetError::Malformed));
    }

    #[tokio::test]
    async fn no_spelling_of_a_forbidden_address_passes() {
        for url in [
            "http://127.0.0.1",
            "http://127.1",
            "http://2130706433",
            "http://0x7f000001",
            "http://0177.0.0.1",
            "http://0x7f.0.0.0x1",
            "http://127.0.0.1.",
            "http://127.0.0.1:80",
            "http://%31%32%37.0.0.1",
            "http://１２７.0.0.1",
            "http://127。0。0。1",
            "http://①②⑦.0.0.1",
            "http://0",
            "http://0.0.0.0",
            "http://[::]",
            "http://[::1]",
            "http://[0:0:0:0:0:0:0:1]",
            "http://[::ffff:127.0.0.1]",
            "http://[::ffff:7f00:1]",
            "http://[::127.0.0.1]",
            "http://[64:ff9b::127.0.0.1]",
            "http://[2002:7f00:1::]",
            "http://[fd00:ec2::254]",
            "http://169.254.169.254/latest/meta-data",
            "http://2852039166",
            "http://0xa9fea9fe",
            "http://[::ffff:a9fe:a9fe]",
            "http:127.0.0.1",
            "http:////127.0.0.1",
            "http://255.255.255.255",
            "http://224.0.0.1",
            "HTTP://LOCALHOST.@127.0.0.1",
        ] {
            let found = literal(url).await;
            let refused = matches!(
                found,
                Err(TargetError::Forbidden { .. } | TargetError::UserInfo | TargetError::Malformed)
            );
            assert!(refused, "{url}: {found:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_plain_web_address_is_refused_before_any_look_up() {
        let long = format!("https://a.example/{}", "x".repeat(MAX_URL_BYTES));
        for (url, expected) in [
            ("ftp://a.example", TargetError::Scheme),
            ("file:///etc/passwd", TargetError::Scheme),
            ("gopher://a.example", TargetError::Scheme),
            ("javascript:alert(1)", TargetError::Scheme),
            ("https://user@a.example", TargetError::UserInfo),
            ("https://:secret@a.example", TargetError::UserInfo),
            ("https://a.example@127.0.0.1", TargetError::UserInfo),
            ("https://a.example:22", TargetError::Port { port: 22 }),
            ("https://a.example:0", TargetError::Port { port: 0 }),
            ("https://a.example:65536", TargetError::Malformed),
            ("a.example/path", TargetError::Malformed),
            ("//a.example", TargetError::Malformed),
            ("https://", TargetError::Malformed),
            ("https://a b.example", TargetError::Malformed),
            ("https://a.example\\@127.0.0.1", TargetError::Malformed),
            ("https://a.example\t", TargetError::Malformed),
            ("https://a\n.example", TargetError::Malformed),
            ("https://[fe80::1%25eth0]", TargetError::Malformed),
            ("https://[fe80::1%eth0]", TargetError::Malformed),
            ("https://256.0.0.1", TargetError::Malformed),
            ("https://1.2.3.4.5", TargetError::Malformed),
            ("", TargetError::Malformed),
            (&long, TargetError::Malformed),
        ] {
            assert_eq!(literal(url).await, Err(expected), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_in_its_ascii_form() {
        for (url, expected) in [
            ("https://Bücher.example", "xn--bcher-kva.example"),
            ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("https://A.EXAMPLE.", "a.example."),
            ("https://localhost", "localhost"),
        ] {
            let loopback = async |name: &str| {
                assert_eq!(name, expected);
                Ok(vec!["127.0.0.1".parse().unwrap()])
            };
            let found = Target::find(url, &Policy::default(), loopback).await;
            let reserved = match found {
                Err(TargetError::Forbidden { reserved, .. }) => reserved,
                other => panic!("{url}: {other:?}"),
            };
            assert_eq!(reserved, Reserved::Loopback);
        }
    }

    #[tokio::test]
    async fn an_allow_list_opens_what_it_names_and_nothing_else() {
        let policy =
            Policy { allowed: vec!["10.1.0.0/16".parse().unwrap()], ports: vec![443, 8443] };
        assert!(to(&["10.1.2.3"], "https://a.example:8443", &policy).await.is_ok());
        assert!(to(&["::ffff:10.1.2.3"], "https://a.example", &policy).await.is_ok());
        for other in ["10.2.0.1", "64:ff9b::10.1.2.3", "127.0.0.1"] {
            let found = to(&[other], "https://a.example", &policy).await;
            assert!(matches!(found, Err(TargetError::Forbidden { .. })), "{other}: {found:?}");
        }
        let found = to(&["10.1.2.3"], "http://a.example", &policy).await;
        assert_eq!(found, Err(TargetError::Port { port: 80 }));
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_not_called_and_errors_tell_nothing_of_it() {
        let none = to(&[], "https://a.example/secret", &Policy::default()).await;
        assert_eq!(none, Err(TargetError::Unresolved));
        let failed = async |_: &str| Err(io::Error::from(io::ErrorKind::NotFound));
        let failed = Target::find("https://a.example/secret", &Policy::default(), failed).await;
        assert_eq!(failed, Err(TargetError::Unresolved));
        let forbidden = to(&["10.9.8.7"], "https://a.example/secret", &Policy::default()).await;
        let said = forbidden.unwrap_err().to_string();
        assert!(!said.contains("10.9") && !said.contains("secret"), "{said}");
    }
}
