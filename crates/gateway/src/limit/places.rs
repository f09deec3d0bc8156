//! Places of a limited number: in total, and for one client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::gauge::Gauge;

use super::Client;

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// All of them are taken.
    ByAll {
        /// How many there are.
        limit: usize,
    },
    /// The client has as many as one may have.
    ByTheClient {
        /// How many that are.
        limit: usize,
    },
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    /// Of clients that have any, so never more entries than places.
    by_client: HashMap<Client, usize>,
}

/// All places.
#[derive(Debug)]
pub(crate) struct Places {
    max: usize,
    max_per_client: usize,
    counts: Mutex<Counts>,
    /// Shows how many are taken.
    taken: Gauge,
}

/// One place; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    client: Client,
}

impl Places {
    pub(crate) fn new(max: usize, max_per_client: usize, taken: Gauge) -> Arc<Self> {
        Arc::new(Self { max, max_per_client, counts: Mutex::default(), taken })
    }

    /// A place for `client`.
    ///
    /// # Errors
    /// [`Taken`].
    pub(crate) fn take(self: &Arc<Self>, client: &Client) -> Result<Place, Taken> {
        let mut counts = self.counts();
        if counts.total >= self.max {
            return Err(Taken::ByAll { limit: self.max });
        }
        let of_client = counts.by_client.entry(client.clone()).or_default();
        if *of_client >= self.max_per_client {
            return Err(Taken::ByTheClient { limit: self.max_per_client });
        }
        *of_client += 1;
        counts.total += 1;
        self.taken.inc();
        Ok(Place { places: Arc::clone(self), client: client.clone() })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // What a panic could leave half-done is one of a few numbers.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.counts();
        counts.total = counts.total.saturating_sub(1);
        self.places.taken.dec();
        if let Some(of_client) = counts.by_client.get_mut(&self.client) {
            *of_client = of_client.saturating_sub(1);
            if *of_client == 0 {
                counts.by_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Client {
        Client::Key(name.to_owned())
    }

    #[test]
    fn places_are_limited_for_a_client_and_in_total_and_come_back() {
        let places = Places::new(3, 2, Gauge::default());
        let first = places.take(&key("a")).unwrap();
        let _second = places.take(&key("a")).unwrap();
        assert_eq!(places.take(&key("a")).unwrap_err(), Taken::ByTheClient { limit: 2 });
        let _other = places.take(&key("b")).unwrap();
        assert_eq!(places.take(&key("c")).unwrap_err(), Taken::ByAll { limit: 3 });
        drop(first);
        let again = places.take(&key("a")).unwrap();
        drop(again);
        assert_eq!((places.counts().total, places.taken.get()), (2, 2));
    }

    #[test]
    fn clients_without_places_are_forgotten() {
        let places = Places::new(3, 2, Gauge::default());
        drop(places.take(&key("a")).unwrap());
        assert!(places.counts().by_client.is_empty());
    }
}
