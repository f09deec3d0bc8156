//! Counts requests of clients by GCRA: a steady rate with a burst, without windows to game.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};

use super::Client;
use super::table::Table;

/// A client asked for too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Requests in a minute.
    pub(crate) limit: u64,
    /// When one more will be taken.
    pub(crate) wait: Duration,
}

/// What a client has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Requests in a minute.
    pub(crate) limit: u64,
    /// Requests that would be taken at once.
    pub(crate) left: u64,
}

/// One limit for each client.
#[derive(Debug)]
pub(crate) struct Limiter<C: Clock = DefaultClock> {
    limits: RateLimiter<Client, Table, C, StateInformationMiddleware>,
    clock: C,
    per_minute: NonZeroU32,
}

impl Limiter {
    /// `per_minute` requests, `burst` of them at once, for each of `max_clients`; `None` where
    /// there is no limit.
    pub(crate) fn new(per_minute: u32, burst: u32, max_clients: usize) -> Option<Self> {
        Self::with_clock(per_minute, burst, max_clients, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Limiter<C> {
    fn with_clock(per_minute: u32, burst: u32, max_clients: usize, clock: C) -> Option<Self> {
        let (per_minute, burst) = (NonZeroU32::new(per_minute)?, NonZeroU32::new(burst)?);
        let quota = Quota::per_minute(per_minute).allow_burst(burst);
        let limits = RateLimiter::new(quota, Table::new(max_clients), clock.clone());
        Some(Self { limits, clock, per_minute })
    }

    /// Counts one request.
    ///
    /// # Errors
    /// [`Refused`] when it is one too many; it does not count then.
    pub(crate) fn count(&self, client: &Client) -> Result<Share, Refused> {
        let limit = u64::from(self.per_minute.get());
        match self.limits.check_key(client) {
            Ok(state) => Ok(Share { limit, left: u64::from(state.remaining_burst_capacity()) }),
            Err(until) => Err(Refused { limit, wait: until.wait_time_from(self.clock.now()) }),
        }
    }

    /// Forgets clients that have their whole burst again, to whom it makes no difference.
    pub(crate) fn forget_rested(&self) {
        self.limits.retain_recent();
        self.limits.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn key(name: &str) -> Client {
        Client::Key(name.to_owned())
    }

    #[test]
    fn a_burst_is_taken_and_then_one_at_a_time_as_the_minute_passes() {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::with_clock(60, 3, 10, clock.clone()).unwrap();
        for left in [2, 1, 0] {
            assert_eq!(limiter.count(&key("a")), Ok(Share { limit: 60, left }));
        }
        let wait = Duration::from_secs(1);
        assert_eq!(limiter.count(&key("a")), Err(Refused { limit: 60, wait }));
        assert!(limiter.count(&key("b")).is_ok(), "others are others");
        clock.advance(wait);
        assert!(limiter.count(&key("a")).is_ok());
        assert!(limiter.count(&key("a")).is_err());
    }

    #[test]
    fn a_full_table_grows_no_more_and_those_in_it_keep_their_own_limit() {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::with_clock(60, 2, 2, clock.clone()).unwrap();
        limiter.count(&key("a")).unwrap();
        limiter.count(&key("b")).unwrap();
        // The rest share one limit.
        limiter.count(&key("c")).unwrap();
        limiter.count(&key("d")).unwrap();
        assert!(limiter.count(&key("e")).is_err());
        assert!(limiter.count(&key("a")).is_ok());
        assert_eq!(limiter.limits.len(), 2);

        clock.advance(Duration::from_secs(10));
        limiter.forget_rested();
        assert_eq!(limiter.limits.len(), 0);
        assert!(limiter.count(&key("e")).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        assert!(Limiter::new(0, 5, 10).is_none());
    }
}
