//! Where the limits of clients are kept: a table that does not grow beyond its size, whoever asks.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

use super::Client;

/// When each client's next request would be due (GCRA's theoretical arrival time).
#[derive(Debug, Default)]
struct Due {
    own: HashMap<Client, Nanos>,
    /// Of all who came when the table was full.
    shared: Option<Nanos>,
}

/// A client that is in the table keeps its place; when it is full, newcomers share one.
#[derive(Debug)]
pub(super) struct Table {
    max_clients: usize,
    due: Mutex<Due>,
}

impl Table {
    pub(super) fn new(max_clients: usize) -> Self {
        Self { max_clients, due: Mutex::default() }
    }

    fn due(&self) -> MutexGuard<'_, Due> {
        // Each change is one store.
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Table {
    type Key = Client;

    fn measure_and_replace<T, F, E>(&self, client: &Client, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut due = self.due();
        let room = due.own.len() < self.max_clients;
        if !room && !due.own.contains_key(client) {
            let (outcome, next) = measure(due.shared)?;
            due.shared = Some(next);
            return Ok(outcome);
        }
        match due.own.entry(client.clone()) {
            Entry::Occupied(mut place) => {
                let (outcome, next) = measure(Some(*place.get()))?;
                place.insert(next);
                Ok(outcome)
            }
            Entry::Vacant(place) => {
                let (outcome, next) = measure(None)?;
                place.insert(next);
                Ok(outcome)
            }
        }
    }
}

impl ShrinkableKeyedStateStore<Client> for Table {
    fn retain_recent(&self, drop_below: Nanos) {
        self.due().own.retain(|_, due| *due >= drop_below);
    }

    fn shrink_to_fit(&self) {
        self.due().own.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.due().own.len()
    }

    fn is_empty(&self) -> bool {
        self.due().own.is_empty()
    }
}
