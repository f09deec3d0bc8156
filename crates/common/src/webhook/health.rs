//! How an endpoint fares over several deliveries: pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Deliveries that failed for good, in a row, after which an endpoint is left alone. Each of them was tried for
/// a day, so a receiver has been away for longer than a night's trouble; a receiver that refuses single events
/// takes others in between.
pub const FAILED_DELIVERIES_TO_STOP: u32 = 5;

/// How an endpoint fares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Deliveries that failed for good since the last one that was taken.
    pub failed_in_a_row: u32,
    /// When one was last taken, give or take a minute.
    pub taken_at: Option<Timestamp>,
    /// When an attempt last failed for good.
    pub failed_at: Option<Timestamp>,
}

impl Health {
    /// After a delivery that failed for good.
    #[must_use]
    pub fn failed(self, now: Timestamp) -> Self {
        let failed_in_a_row = self.failed_in_a_row.saturating_add(1);
        Self { failed_in_a_row, failed_at: Some(now), ..self }
    }

    /// After a delivery that was taken; `None` when that says nothing new.
    #[must_use]
    pub fn taken(self, now: Timestamp) -> Option<Self> {
        let told = self.taken_at.is_some_and(|at| now.duration_since(at).as_secs() < 60);
        let news = self.failed_in_a_row > 0 || !told;
        news.then_some(Self { failed_in_a_row: 0, taken_at: Some(now), ..self })
    }

    /// Whether nothing more should be sent to it.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.failed_in_a_row >= FAILED_DELIVERIES_TO_STOP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_in_a_row_count() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut health = Health::default();
        for second in 0..i64::from(FAILED_DELIVERIES_TO_STOP) {
            assert!(!health.is_hopeless(), "{second}");
            health = health.failed(at(second));
        }
        assert!(health.is_hopeless());
        let health = health.taken(at(100)).unwrap();
        assert!(!health.is_hopeless() && health.failed_in_a_row == 0);
        assert_eq!(health.clone().taken(at(159)), None, "told a minute ago");
        assert!(health.clone().taken(at(160)).is_some());
        assert!(health.failed(at(120)).taken(at(121)).is_some());
    }
}
