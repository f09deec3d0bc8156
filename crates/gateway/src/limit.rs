//! How much one client may ask for.

mod forwarded;
mod limiter;
mod places;
mod table;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use common::audit::Actor;

pub(crate) use forwarded::client_address;
pub(crate) use limiter::{Limiter, Refused, Share};
pub(crate) use places::{Place, Places, Taken};

/// Bits of an IPv6 address that name a network: what one customer gets at least, who can use each
/// of its 2^64 addresses.
const IPV6_NETWORK_BITS: u32 = 64;

/// Who is counted as one client. In every request's extensions, by [`crate::layer::identity`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// By the id (not the secret) of its API key, or the subject of its token.
    Key(String),
    /// By where it connects from.
    Network(Network),
}

impl Client {
    /// The client that the audit trail calls `actor`; `None` for who has shown nothing.
    pub(crate) fn known_as(actor: &Actor) -> Option<Self> {
        match actor {
            Actor::Key(_) | Actor::Token(_) => Some(Self::Key(actor.to_string())),
            Actor::Anybody | Actor::Operator(_) => None,
        }
    }

    /// Whether it is held to limits: who is known by nothing else than being on this machine is only where the
    /// operator wants it (`gateway.rate.limit_loopback`).
    pub(crate) fn is_limited(&self, limit_loopback: bool) -> bool {
        match self {
            Self::Key(_) => true,
            Self::Network(network) => limit_loopback || !network.is_loopback(),
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(name) => f.write_str(name),
            Self::Network(Network(address)) => address.fmt(f),
        }
    }
}

/// An IPv4 address, or the /64 network of an IPv6 address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                let host_bits = 128 - IPV6_NETWORK_BITS;
                let network = u128::from(address) >> host_bits << host_bits;
                Self(Ipv6Addr::from(network).into())
            }
            address => Self(address),
        }
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_is_its_network_and_an_ipv4_client_its_address() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8:0:0:ffff::9"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("10.0.0.1"), of("::ffff:10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert!(of("::1").is_loopback() && of("127.8.8.8").is_loopback());
        assert!(!of("::2").is_loopback());
    }

    #[test]
    fn this_machine_is_held_to_limits_only_where_asked_or_by_its_key() {
        let at = |text: &str| Client::Network(Network::of(text.parse().unwrap()));
        let key = Client::Key("key:k".to_owned());
        let limited =
            |asked| [at("127.0.0.1"), at("192.0.2.1"), key.clone()].map(|c| c.is_limited(asked));
        assert_eq!((limited(false), limited(true)), ([false, true, true], [true; 3]));
        assert_eq!(
            [at("2001:db8::7"), key.clone()].map(|c| c.to_string()),
            ["2001:db8::", "key:k"]
        );
    }
}
