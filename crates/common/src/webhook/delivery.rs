//! One event on its way to one endpoint: versioned JSON in the log of deliveries, moved on by pure steps.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DeliveryId, EndpointId, Retries};
use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::versioned;

/// Version this build writes and reads. New optional fields keep it; anything else raises it.
pub const DELIVERY_VERSION: u16 = 1;

/// Attempts that a record keeps, the newest ones: those of several rounds.
const KEPT_ATTEMPTS: usize = 20;

/// How much too early a job may come: the broker's timers are coarse, and a turn for nothing costs more.
const EARLY: Duration = Duration::from_millis(500);

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It will be tried, for the first time or again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// All attempts failed.
    Failed,
    /// It was not tried to its end, because the endpoint is paused or disabled.
    Skipped,
}

impl DeliveryState {
    /// As it is shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The receiver's status.
    Status(u16),
    /// There was none: a stable code.
    Error(String),
}

impl Said {
    /// Whether the receiver has it: 2xx, and nothing else. What a redirect leads to was not looked at.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Status(200..=299))
    }

    /// Whether the receiver wants nothing any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Status(410))
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, milliseconds; `None` while it is under way, or for ever when the service died meanwhile.
    pub duration_ms: Option<u64>,
    /// What came of it; `None` likewise.
    pub said: Option<Said>,
}

/// What a new delivery is about.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Whose.
    pub tenant: Tenant,
    /// Where to.
    pub endpoint: EndpointId,
    /// An address of its own, which the upload brought.
    pub url: Option<String>,
    /// Of what.
    pub document: DocumentId,
    /// The event's `ce-id`, which is also the subject that it is stored under.
    pub event: String,
    /// The event's kind.
    pub kind: String,
}

/// A delivery as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    version: u16,
    /// Its name.
    pub id: DeliveryId,
    /// Whose.
    pub tenant: Tenant,
    /// Where to.
    pub endpoint: EndpointId,
    /// An address of its own, which the upload brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of what.
    pub document: DocumentId,
    /// The event's `ce-id`.
    pub event: String,
    /// The event's kind.
    pub kind: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was begun: 1, and one more each time somebody wants it sent again.
    pub round: u32,
    /// Attempts of this round that were begun.
    pub tried: u32,
    /// When the next attempt is due; `None` for at once, or never.
    pub due_at: Option<Timestamp>,
    /// Sequence of the job that has this round; another one is a copy.
    job: Option<u64>,
    /// The newest attempts of all rounds, oldest first.
    pub attempts: Vec<Attempt>,
}

/// What a job that was delivered means.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// Try: this is the record meanwhile.
    Attempt(Box<Delivery>),
    /// It came too early, by this much.
    Early(Duration),
    /// All attempts of the round were begun, and the last one never ended.
    Exhausted(Box<Delivery>),
    /// It stands for nothing any more.
    Stale,
}

impl Delivery {
    /// A delivery that waits for its first attempt.
    #[must_use]
    pub fn new(new: NewDelivery, now: Timestamp) -> Self {
        let NewDelivery { tenant, endpoint, url, document, event, kind } = new;
        Self {
            version: DELIVERY_VERSION,
            id: DeliveryId::of(&endpoint, &event),
            tenant,
            endpoint,
            url,
            document,
            event,
            kind,
            state: DeliveryState::Pending,
            created_at: now,
            round: 1,
            tried: 0,
            due_at: None,
            job: None,
            attempts: Vec::new(),
        }
    }

    /// Takes the job of `round` with `sequence` for an attempt.
    #[must_use]
    pub fn begin(&self, round: u32, sequence: u64, retries: &Retries, now: Timestamp) -> Begun {
        let is_ours = self.job.is_none_or(|job| job == sequence);
        if self.state != DeliveryState::Pending || round != self.round || !is_ours {
            return Begun::Stale;
        }
        if let Some(due_at) = self.due_at {
            let wait = Duration::try_from(due_at.duration_since(now)).unwrap_or_default();
            if wait > EARLY {
                return Begun::Early(wait);
            }
        }
        // One that was killed in the middle of its attempts every time has an end, too.
        let last = self.tried > 0 && retries.after(self.tried, None, 1.0).is_none();
        if last {
            let state = DeliveryState::Failed;
            return Begun::Exhausted(Box::new(Self { state, due_at: None, ..self.clone() }));
        }
        let mut next = self.clone();
        next.job = Some(sequence);
        next.tried += 1;
        next.due_at = None;
        next.attempts.push(Attempt { at: now, duration_ms: None, said: None });
        let surplus = next.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        next.attempts.drain(..surplus);
        Begun::Attempt(Box::new(next))
    }

    /// After the attempt that was begun. `asked` is what the receiver wants us to wait at least.
    #[must_use]
    pub fn ended(
        mut self,
        said: Said,
        took: Duration,
        next: Option<Duration>,
        now: Timestamp,
    ) -> Self {
        let later = next.filter(|_| !said.is_taken() && !said.is_gone());
        self.state = match later {
            _ if said.is_taken() => DeliveryState::Delivered,
            Some(_) => DeliveryState::Pending,
            None => DeliveryState::Failed,
        };
        self.due_at = later.map(|pause| now.saturating_add(pause).unwrap_or(Timestamp::MAX));
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.duration_ms = Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            attempt.said = Some(said);
        }
        self
    }

    /// Not to be tried any more, because its endpoint takes nothing.
    #[must_use]
    pub fn skipped(self) -> Self {
        Self { state: DeliveryState::Skipped, due_at: None, ..self }
    }

    /// From the beginning, because somebody wants it sent again.
    #[must_use]
    pub fn again(self) -> Self {
        let round = self.round.saturating_add(1);
        Self { state: DeliveryState::Pending, round, tried: 0, due_at: None, job: None, ..self }
    }

    /// JSON bytes of the record.
    ///
    /// # Errors
    /// `Internal` for a value without a wire form, which is a bug.
    pub fn encode(&self) -> Result<Vec<u8>, StageError> {
        serde_json::to_vec(self)
            .map_err(|error| StageError::internal("encode_failed", error.to_string()))
    }

    /// Reads the record back.
    ///
    /// # Errors
    /// `Internal` for bytes of another version, or of something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, StageError> {
        let unreadable = |reason: String| StageError::internal("delivery_unreadable", reason);
        versioned::from_json(bytes, DELIVERY_VERSION, unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::accepted_record;

    const TOOK: Duration = Duration::from_millis(12);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn retries() -> Retries {
        Retries::new(vec![Duration::from_secs(5), Duration::from_secs(60)])
    }

    fn delivery() -> Delivery {
        let new = NewDelivery {
            tenant: Tenant::default(),
            endpoint: EndpointId::generate().unwrap(),
            url: None,
            document: accepted_record().id,
            event: "e".to_owned(),
            kind: "invoice.failed".to_owned(),
        };
        Delivery::new(new, at(0))
    }

    fn begun(delivery: &Delivery, now: i64) -> Delivery {
        match delivery.begin(delivery.round, 9, &retries(), at(now)) {
            Begun::Attempt(next) => *next,
            other => panic!("{other:?}"),
        }
    }

    fn failed(delivery: Delivery, now: i64) -> Delivery {
        let pause = retries().after(delivery.tried, None, 1.0);
        delivery.ended(Said::Status(503), TOOK, pause, at(now))
    }

    #[test]
    fn a_delivery_is_tried_until_it_is_taken() {
        let first = failed(begun(&delivery(), 1), 2);
        assert_eq!((first.state, first.due_at), (DeliveryState::Pending, Some(at(7))));
        let second = begun(&first, 7).ended(Said::Status(204), TOOK, None, at(8));
        assert_eq!(
            (second.state, second.tried, second.due_at),
            (DeliveryState::Delivered, 2, None)
        );
        assert_eq!(second.attempts.len(), 2);
        assert_eq!(second.attempts[1].said, Some(Said::Status(204)));
        assert_eq!(second.begin(1, 9, &retries(), at(9)), Begun::Stale);
    }

    #[test]
    fn it_fails_after_its_last_attempt() {
        let mut delivery = delivery();
        for now in [1, 10, 100] {
            assert_eq!(delivery.state, DeliveryState::Pending);
            delivery = failed(begun(&delivery, now), now);
        }
        assert_eq!((delivery.state, delivery.tried), (DeliveryState::Failed, 3));
    }

    #[test]
    fn a_receiver_that_is_gone_is_not_asked_again() {
        let gone = begun(&delivery(), 1).ended(Said::Status(410), TOOK, Some(TOOK), at(2));
        assert_eq!((gone.state, gone.due_at), (DeliveryState::Failed, None));
    }

    #[test]
    fn a_job_that_comes_too_early_costs_no_attempt() {
        let waiting = failed(begun(&delivery(), 1), 2);
        let early = waiting.begin(1, 9, &retries(), at(4));
        assert_eq!(early, Begun::Early(Duration::from_secs(3)));
    }

    #[test]
    fn a_copy_of_its_job_and_jobs_of_earlier_rounds_mean_nothing() {
        let first = begun(&delivery(), 1);
        assert_eq!(first.begin(1, 10, &retries(), at(2)), Begun::Stale, "another sequence");
        let again = first.again();
        assert_eq!(again.begin(1, 9, &retries(), at(2)), Begun::Stale, "another round");
        assert!(matches!(again.begin(2, 10, &retries(), at(2)), Begun::Attempt(_)));
    }

    #[test]
    fn attempts_that_never_ended_count() {
        let mut delivery = delivery();
        for now in 1..=3 {
            delivery = begun(&delivery, now);
        }
        let Begun::Exhausted(ended) = delivery.begin(1, 9, &retries(), at(4)) else { panic!() };
        assert_eq!(ended.state, DeliveryState::Failed);
        assert!(ended.attempts.iter().all(|attempt| attempt.said.is_none()));
    }

    #[test]
    fn a_round_begins_anew_under_the_same_name() {
        let over = begun(&delivery(), 1).ended(Said::Status(200), TOOK, None, at(2));
        let again = over.clone().again();
        assert_eq!((again.round, again.tried, again.state), (2, 0, DeliveryState::Pending));
        assert_eq!((&again.id, again.attempts.len()), (&over.id, 1));
    }

    #[test]
    fn a_record_is_bounded_and_read_as_it_was_written() {
        let mut delivery = delivery();
        for round in 0..30 {
            delivery = begun(&delivery, round)
                .ended(Said::Error("timed_out".to_owned()), TOOK, None, at(round))
                .again();
        }
        assert_eq!((delivery.attempts.len(), delivery.round), (KEPT_ATTEMPTS, 31));
        let bytes = delivery.encode().unwrap();
        assert!(bytes.len() < 4096, "{}", bytes.len());
        assert_eq!(Delivery::decode(&bytes).unwrap(), delivery);
        assert!(Delivery::decode(br#"{"version":2}"#).unwrap_err().message.contains("version 2"));
    }
}
