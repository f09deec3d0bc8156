//! How far another machine's clock is from this one's.

use jiff::{SignedDuration, Timestamp};

use super::super::check::Judgement;

/// From here on the times in logs, events and the audit trail mislead whoever puts them together.
const NOTICED: SignedDuration = SignedDuration::from_secs(5);

/// From here on tokens are refused that are good, or taken that are not (`gateway.auth.jwt.leeway_seconds`).
const HARMFUL: SignedDuration = SignedDuration::from_secs(30);

/// What another machine said of the time.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Reading {
    /// Here, before it was asked.
    pub(in super::super) before: Timestamp,
    /// Here, after it had answered.
    pub(in super::super) after: Timestamp,
    /// There, in between, rounded down.
    pub(in super::super) there: Timestamp,
    /// To so much.
    pub(in super::super) resolution: SignedDuration,
}

impl Reading {
    /// The least difference that explains the reading; positive when the other clock is ahead.
    fn difference(&self) -> SignedDuration {
        let earliest = self.there.duration_since(self.after);
        let latest = self.there.duration_since(self.before) + self.resolution;
        if earliest > SignedDuration::ZERO {
            earliest
        } else if latest < SignedDuration::ZERO {
            latest
        } else {
            SignedDuration::ZERO
        }
    }
}

/// Judges the clock of `whose` machine.
pub(in super::super) fn judge(whose: &str, reading: &Reading) -> Judgement {
    let difference = reading.difference();
    let off = difference.abs();
    if off < NOTICED {
        return Judgement::ok("as this machine's");
    }
    let side = if difference.is_positive() { "ahead of" } else { "behind" };
    let found = format!("at least {} s {side} this machine's", off.as_secs());
    let remedy = format!("synchronise the clocks (NTP) of this machine and of {whose}");
    match off < HARMFUL {
        true => Judgement::warning(found, remedy),
        false => Judgement::failed(found, remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    fn reading(there_ms: i64) -> Reading {
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        // The question took 200 ms; the answer is to the second.
        let resolution = SignedDuration::from_secs(1);
        Reading { before: at(100_500), after: at(100_700), there: at(there_ms), resolution }
    }

    #[test]
    fn a_difference_that_the_reading_cannot_tell_is_none() {
        assert_eq!(reading(100_000).difference(), SignedDuration::ZERO);
        assert_eq!(reading(101_000).difference(), SignedDuration::from_millis(300));
        assert_eq!(reading(99_000).difference(), SignedDuration::from_millis(-500));
    }

    #[test]
    fn the_further_apart_the_worse() {
        for (there_ms, verdict) in [
            (100_000, Verdict::Ok),
            (104_000, Verdict::Ok),
            (107_000, Verdict::Warning),
            (93_000, Verdict::Warning),
            (140_000, Verdict::Failed),
            (60_000, Verdict::Failed),
        ] {
            assert_eq!(judge("the gateway", &reading(there_ms)).verdict, verdict, "{there_ms}");
        }
        assert!(judge("the gateway", &reading(60_000)).found.contains("behind"));
    }
}
