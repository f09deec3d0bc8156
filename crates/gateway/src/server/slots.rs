//! How many connections there may be, in total and of one peer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::limit::Network;

/// Why a connection finds no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// There are as many as there may be.
    Full,
    /// Its peer has as many as one may have.
    PeerFull,
}

impl NoPlace {
    /// Name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::PeerFull => "peer_full",
        }
    }
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    /// Of peers that have any, so never more entries than connections.
    by_peer: HashMap<Network, usize>,
}

/// Places for connections.
#[derive(Debug)]
pub(super) struct Slots {
    max: usize,
    max_per_peer: usize,
    taken: Mutex<Taken>,
}

/// One place; free again when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    /// `None` for a peer that is not held to the limit of one.
    peer: Option<Network>,
}

impl Slots {
    pub(super) fn new(max: usize, max_per_peer: usize) -> Arc<Self> {
        Arc::new(Self { max, max_per_peer, taken: Mutex::default() })
    }

    /// A place for a connection from `peer`; `unlimited` where it speaks for many clients.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr, unlimited: bool) -> Result<Slot, NoPlace> {
        let peer = (!unlimited).then(|| Network::of(peer));
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.total >= self.max {
            return Err(NoPlace::Full);
        }
        if let Some(peer) = peer {
            let of_peer = taken.by_peer.entry(peer).or_default();
            if *of_peer >= self.max_per_peer {
                return Err(NoPlace::PeerFull);
            }
            *of_peer += 1;
        }
        taken.total += 1;
        Ok(Slot { slots: Arc::clone(self), peer })
    }

    /// Connections that have a place.
    #[cfg(test)]
    fn total(&self) -> usize {
        self.taken.lock().unwrap().total
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total = taken.total.saturating_sub(1);
        let Some(peer) = self.peer else { return };
        if let Some(of_peer) = taken.by_peer.get_mut(&peer) {
            *of_peer = of_peer.saturating_sub(1);
            if *of_peer == 0 {
                taken.by_peer.remove(&peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_limited_by_peer_and_in_total_and_come_back() {
        let slots = Slots::new(3, 2);
        let first = slots.take(ip("10.0.0.1"), false).unwrap();
        let _second = slots.take(ip("::ffff:10.0.0.1"), false).unwrap();
        assert_eq!(slots.take(ip("10.0.0.1"), false).unwrap_err(), NoPlace::PeerFull);
        let _other = slots.take(ip("10.0.0.2"), false).unwrap();
        assert_eq!(slots.take(ip("10.0.0.3"), false).unwrap_err(), NoPlace::Full);
        drop(first);
        let again = slots.take(ip("10.0.0.1"), false).unwrap();
        assert_eq!(slots.total(), 3);
        drop(again);
        assert_eq!(slots.total(), 2);
    }

    #[test]
    fn neighbours_of_one_ipv6_network_are_one_peer_and_a_proxy_is_none() {
        let slots = Slots::new(9, 1);
        let _one = slots.take(ip("2001:db8::1"), false).unwrap();
        assert_eq!(slots.take(ip("2001:db8::2"), false).unwrap_err(), NoPlace::PeerFull);
        let _far = slots.take(ip("2001:db8:0:1::1"), false).unwrap();
        let _proxied: Vec<_> = (0..5).map(|_| slots.take(ip("10.0.0.1"), true).unwrap()).collect();
        assert_eq!(slots.total(), 7);
    }

    #[test]
    fn peers_without_connections_are_forgotten() {
        let slots = Slots::new(9, 9);
        drop(slots.take(ip("10.0.0.1"), false).unwrap());
        assert!(slots.taken.lock().unwrap().by_peer.is_empty());
    }
}
