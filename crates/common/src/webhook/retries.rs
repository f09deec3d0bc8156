//! When a failed sending is tried again: pure.

use std::time::Duration;

/// Longest pause that a receiver may ask for: more would outlive the queue.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// Pauses between the attempts of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries {
    delays: Vec<Duration>,
}

impl Retries {
    /// One attempt, and one more after each of `delays`.
    #[must_use]
    pub fn new(delays: Vec<Duration>) -> Self {
        Self { delays }
    }

    /// How long to wait after attempt number `attempt` (from 1) has failed; `None` when that was the last one.
    ///
    /// `asked` is what the receiver wants at least, `spread` multiplies (0.9 to 1.1, say), so that what failed
    /// together does not come back together.
    #[must_use]
    pub fn after(&self, attempt: u32, asked: Option<Duration>, spread: f64) -> Option<Duration> {
        let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
        let delay = self.delays.get(index)?.mul_f64(spread);
        Some(delay.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
    }

    /// From the first attempt to the last, without the time that the attempts take.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.delays.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_pause_is_used_once_and_then_it_is_over() {
        let retries = Retries::new(vec![seconds(5), seconds(60)]);
        assert_eq!(retries.after(1, None, 1.0), Some(seconds(5)));
        assert_eq!(retries.after(2, None, 1.1), Some(seconds(66)));
        assert_eq!(retries.after(3, None, 1.0), None);
        assert_eq!(retries.after(0, None, 1.0), None);
        assert_eq!(retries.total(), seconds(65));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_within_bounds() {
        let retries = Retries::new(vec![seconds(5)]);
        assert_eq!(retries.after(1, Some(seconds(2)), 1.0), Some(seconds(5)));
        assert_eq!(retries.after(1, Some(seconds(30)), 1.0), Some(seconds(30)));
        assert_eq!(retries.after(1, Some(Duration::MAX), 1.0), Some(LONGEST_ASKED));
        assert_eq!(retries.after(2, Some(seconds(30)), 1.0), None, "but for no further attempt");
    }
}
