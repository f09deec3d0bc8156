//! What happens to a job after an attempt: pure, so that the table below is the whole policy.

use std::time::Duration;

use crate::config::StageSettings;
use crate::error::{ErrorKind, StageError};

/// Share by which a retry delay varies either way, so that documents that failed together do not
/// come back together.
const JITTER: f64 = 0.2;

/// How often and how late a job is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts before a dead letter; at least 1.
    pub attempts: u32,
    /// Delay after attempt 1, 2, …; the last one repeats.
    pub delays: Vec<Duration>,
}

impl From<&StageSettings> for RetryPolicy {
    fn from(settings: &StageSettings) -> Self {
        Self {
            attempts: settings.attempts,
            delays: settings.retry_delays_seconds.iter().map(|s| Duration::from_secs(*s)).collect(),
        }
    }
}

impl RetryPolicy {
    /// Delay after `attempt` (counted from 1). `noise` is uniform in 0 to 1.
    #[must_use]
    pub fn delay(&self, attempt: u32, noise: f64) -> Duration {
        let index = (attempt.max(1) - 1) as usize;
        let delay = self.delays.get(index).or(self.delays.last()).copied().unwrap_or_default();
        delay.mul_f64(1.0 + JITTER * (2.0 * noise.clamp(0.0, 1.0) - 1.0))
    }
}

/// What to do with a job whose attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Deliver it again after this delay.
    Retry {
        /// Time until the next delivery.
        after: Duration,
    },
    /// Keep the lease and try again in place: the dependency, not the document, is the problem.
    Hold,
    /// Make what the stage reads again, from the original.
    Remake,
    /// Give up; the document fails.
    DeadLetter,
}

/// Decides after attempt number `attempt` (counted from 1) failed with `error`. `remakable`: whether
/// what the stage reads can be made again ([`StatusRecord::remakable`](crate::status::StatusRecord::remakable)).
#[must_use]
pub fn decide(
    error: &StageError,
    attempt: u32,
    remakable: bool,
    policy: &RetryPolicy,
    noise: f64,
) -> Decision {
    match error.kind {
        ErrorKind::Lost if remakable => Decision::Remake,
        ErrorKind::Rejected => Decision::DeadLetter,
        ErrorKind::Transient => Decision::Hold,
        ErrorKind::Internal | ErrorKind::Lost if attempt >= policy.attempts => Decision::DeadLetter,
        // An original may come back, from a backup or with a node.
        ErrorKind::Internal | ErrorKind::Lost => {
            Decision::Retry { after: policy.delay(attempt, noise) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        let delays = [5, 30, 120].map(Duration::from_secs).to_vec();
        RetryPolicy { attempts: 3, delays }
    }

    #[test]
    fn every_kind_and_attempt_has_one_decision() {
        let rejected = StageError::rejected("document_encrypted", "");
        let transient = StageError::transient("broker_away", "");
        let internal = StageError::internal("worker_crashed", "");
        let lost = StageError::lost("object_missing", "");
        let retry = |s| Decision::Retry { after: Duration::from_secs(s) };
        let table = [
            (&rejected, 1, Decision::DeadLetter),
            (&rejected, 3, Decision::DeadLetter),
            (&transient, 1, Decision::Hold),
            (&transient, 99, Decision::Hold),
            (&internal, 1, retry(5)),
            (&internal, 2, retry(30)),
            (&internal, 3, Decision::DeadLetter),
            (&internal, 4, Decision::DeadLetter),
            (&lost, 1, retry(5)),
            (&lost, 3, Decision::DeadLetter),
        ];
        for (error, attempt, expected) in table {
            let decided = decide(error, attempt, false, &policy(), 0.5);
            assert_eq!(decided, expected, "{error} #{attempt}");
        }
        // Only what was lost is made again.
        assert_eq!(decide(&lost, 1, true, &policy(), 0.5), Decision::Remake);
        assert_eq!(decide(&internal, 1, true, &policy(), 0.5), retry(5));
    }

    #[test]
    fn delays_vary_by_a_fifth_and_the_last_one_repeats() {
        let policy = policy();
        assert_eq!(policy.delay(1, 0.0), Duration::from_secs(4));
        assert_eq!(policy.delay(1, 1.0), Duration::from_secs(6));
        assert_eq!(policy.delay(9, 0.5), Duration::from_secs(120));
    }
}
