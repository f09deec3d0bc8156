//! Which addresses lie on the public Internet.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address belongs to that is not the public Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// `0.0.0.0/8`, `::`: this host, to some systems.
    Unspecified,
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7`: somebody's own network.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`: the neighbours, and the metadata of clouds.
    LinkLocal,
    /// `100.64.0.0/10`: a provider's own network.
    CarrierGrade,
    /// `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// Examples in texts; nobody has them, except in somebody's test network.
    Documentation,
    /// `192.0.0.0/24`, `198.18.0.0/15`, `240.0.0.0/4`, IPv6 outside of `2000::/3`, and other
    /// special purposes.
    Special,
}

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::CarrierGrade => "carrier-grade NAT",
            Self::Multicast => "multicast",
            Self::Documentation => "for documentation",
            Self::Special => "for special purposes",
        })
    }
}

/// What `address` is reserved for; `None` for one of the public Internet. IPv6 addresses that stand
/// for an IPv4 address (mapped, NAT64, 6to4) are what that one is.
#[must_use]
pub fn reserved(address: IpAddr) -> Option<Reserved> {
    match address.to_canonical() {
        IpAddr::V4(address) => reserved_v4(address),
        IpAddr::V6(address) => reserved_v6(address),
    }
}

/// After IANA's registry of special-purpose IPv4 addresses.
fn reserved_v4(address: Ipv4Addr) -> Option<Reserved> {
    match address.octets() {
        [0, ..] => Some(Reserved::Unspecified),
        [127, ..] => Some(Reserved::Loopback),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(Reserved::Private),
        [169, 254, ..] => Some(Reserved::LinkLocal),
        [100, 64..=127, ..] => Some(Reserved::CarrierGrade),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some(Reserved::Documentation),
        // Protocol assignments, relays of 6to4, measurements, and what was never given out.
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [240..=255, ..] => {
            Some(Reserved::Special)
        }
        [224..=239, ..] => Some(Reserved::Multicast),
        _ => None,
    }
}

/// After IANA's registry of special-purpose IPv6 addresses. Only `2000::/3` is given out at all.
fn reserved_v6(address: Ipv6Addr) -> Option<Reserved> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Reserved::Unspecified),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Reserved::Loopback),
        // NAT64, and 6to4: a gateway on the way sends it on to the IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            reserved_v4(inside(high, low))
        }
        [0xfc00..=0xfdff, ..] => Some(Reserved::Private),
        [0xfe80..=0xfebf, ..] => Some(Reserved::LinkLocal),
        [0xff00..=0xffff, ..] => Some(Reserved::Multicast),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some(Reserved::Documentation),
        // Protocol assignments, among them Teredo, which has an IPv4 address inside.
        [0x2001, 0..=0x1ff, ..] => Some(Reserved::Special),
        [0x2000..=0x3fff, ..] => None,
        _ => Some(Reserved::Special),
    }
}

fn inside(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reserved_network_is_known_at_both_of_its_ends() {
        for (addresses, expected) in [
            (&["0.0.0.0", "0.255.255.255", "::"][..], Reserved::Unspecified),
            (&["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"], Reserved::Loopback),
            (&["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255"], Reserved::Private),
            (&["192.168.0.0", "192.168.255.255", "fc00::", "fdff::1"], Reserved::Private),
            (&["fd00:ec2::254", "::ffff:10.0.0.1"], Reserved::Private),
            (&["169.254.0.0", "169.254.169.254", "fe80::1", "febf::1"], Reserved::LinkLocal),
            (&["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"], Reserved::LinkLocal),
            (&["2002:a9fe:a9fe::1"], Reserved::LinkLocal),
            (&["64:ff9b::7f00:1", "2002:7f00:1::"], Reserved::Loopback),
            (&["64:ff9b::192.168.0.1", "2002:c0a8:1::"], Reserved::Private),
            (&["100.64.0.0", "100.127.255.255"], Reserved::CarrierGrade),
            (&["224.0.0.0", "239.255.255.255", "ff02::1"], Reserved::Multicast),
            (&["192.0.2.1", "198.51.100.1", "203.0.113.1"], Reserved::Documentation),
            (&["2001:db8::1", "3fff::1", "3fff:fff::1"], Reserved::Documentation),
            (&["192.0.0.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"], Reserved::Special),
            (&["240.0.0.1", "255.255.255.255", "2001::1", "2001:2::1"], Reserved::Special),
            (&["::127.0.0.1", "64:ff9b:1::1", "fec0::1", "100::1", "4000::1"], Reserved::Special),
        ] {
            for address in addresses {
                assert_eq!(reserved(address.parse().unwrap()), Some(expected), "{address}");
            }
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1",
            "3ffe::1",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(reserved(address.parse().unwrap()), None, "{address}");
        }
    }
}
