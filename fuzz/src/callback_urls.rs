//! Any URL that a client has this service call, and any answer of a name server.
//!
//! The first line is the URL; the rest is what its host resolves to: 4 bytes or 16 for each address,
//! as the byte before them is even or odd.

use std::net::IpAddr;

use futures_util::FutureExt;

use common::callback::target::{Policy, Target};

/// A URL that is called leads to public addresses and the web's ports, whatever was answered.
pub fn callback_urls(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (url, answer) = bytes.split_at(end);
    let Ok(url) = std::str::from_utf8(url) else { return };
    let answer = addresses(answer.get(1..).unwrap_or_default());
    let policy = Policy::default();
    let found = Target::find(url, &policy, async |_: &str| Ok(answer.clone()));
    let Ok(target) = found.now_or_never().expect("nothing is waited for") else { return };
    assert!(matches!(target.url().scheme(), "http" | "https"));
    assert!(target.url().username().is_empty() && target.url().password().is_none());
    assert!(!target.addresses().is_empty());
    for address in target.addresses() {
        assert!(policy.ports.contains(&address.port()), "{address}");
        assert!(is_somebodys(address.ip()), "{address}");
    }
    // Who reads it again, to connect, reads the same.
    let again = Target::find(target.url().as_str(), &policy, async |_: &str| Ok(answer.clone()));
    assert_eq!(again.now_or_never().expect("nothing is waited for"), Ok(target));
}

/// What the standard library knows of addresses that are not public, apart from our own table.
fn is_somebodys(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            !(four.is_loopback()
                || four.is_private()
                || four.is_link_local()
                || four.is_unspecified()
                || four.is_multicast()
                || four.is_broadcast()
                || four.is_documentation())
        }
        IpAddr::V6(six) => {
            !(six.is_loopback()
                || six.is_unspecified()
                || six.is_multicast()
                || six.is_unique_local()
                || six.is_unicast_link_local())
                && six.to_ipv4().is_none_or(|four| is_somebodys(four.into()))
        }
    }
}

fn addresses(mut bytes: &[u8]) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    while let [kind, rest @ ..] = bytes {
        let address = match kind % 2 {
            0 => rest.split_first_chunk::<4>().map(|(four, rest)| (IpAddr::from(*four), rest)),
            _ => rest.split_first_chunk::<16>().map(|(six, rest)| (IpAddr::from(*six), rest)),
        };
        let Some((address, rest)) = address else { break };
        addresses.push(address);
        bytes = rest;
    }
    addresses
}
