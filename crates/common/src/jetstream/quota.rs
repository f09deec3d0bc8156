//! The counters of quotas: the broker's own (`allow_msg_counter`, NATS 2.12), one subject for each client, day and
//! measure. The broker adds up, so gateways that count at once never lose a count and need no lock.

use async_nats::HeaderMap;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use super::broker::{Broker, away};
use super::intake::NotAccepted;
use super::names;
use super::publish::{Message, Unpublished};
use crate::error::StageError;
use crate::quota::{Allowance, ClientHash, Day, Measure, OverQuota, Quota};

/// What is to be added to a counter, in decimal digits with a sign.
const INCREMENT_HEADER: &str = "Nats-Incr";

/// What was counted for a document, to be given back if nothing comes of it.
#[derive(Debug, Default)]
#[must_use = "what comes to nothing has to be given back"]
pub struct Spent(Vec<(String, u64)>);

/// The body of a counter's message.
#[derive(Deserialize)]
struct Counter {
    val: String,
}

impl Broker {
    /// Counts a document of `bytes` against what its client may have read today.
    ///
    /// Clients that send at the very end of their quota may be refused for a document that is refused itself a
    /// moment later: both are counted until then. None is ever let through.
    ///
    /// # Errors
    /// [`NotAccepted::OverQuota`], and nothing is counted; [`NotAccepted::Unpublished`] as from
    /// [`Broker::publish`], and what was counted by then stays counted.
    pub async fn spend(
        &self,
        allowance: &Allowance,
        bytes: u64,
        now: Timestamp,
    ) -> Result<Spent, NotAccepted> {
        let (day, mut spent) = (Day::of(now), Spent::default());
        for measure in Measure::ALL {
            let Some(limit) = allowance.quota.limit(measure) else { continue };
            let asked = match measure {
                Measure::Documents => 1,
                Measure::Bytes => bytes,
            };
            let subject = names::quota_subject(&allowance.client, day, measure);
            let total = self.add(&subject, i128::from(asked)).await?;
            spent.0.push((subject, asked));
            if total > limit {
                self.give_back(spent).await;
                let used = total.saturating_sub(asked);
                let resets_at = day.end();
                return Err(OverQuota { measure, limit, used, asked, resets_at }.into());
            }
        }
        Ok(spent)
    }

    /// Takes back what was counted for something that came to nothing. While the broker does not answer it stays
    /// counted, until the day is over.
    pub async fn give_back(&self, spent: Spent) {
        for (subject, amount) in spent.0 {
            if let Err(error) = self.add(&subject, -i128::from(amount)).await {
                tracing::debug!(%error, "a quota is not given back");
            }
        }
    }

    /// What `client` has used of `quota` on `day`, where that is counted.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn used(
        &self,
        client: &ClientHash,
        quota: Quota,
        day: Day,
    ) -> Result<Vec<(Measure, u64)>, StageError> {
        let mut used = Vec::new();
        for measure in Measure::ALL {
            if quota.limit(measure).is_some() {
                let counted = self.count(&names::quota_subject(client, day, measure)).await?;
                used.push((measure, counted));
            }
        }
        Ok(used)
    }

    /// The total after `amount` was added.
    async fn add(&self, subject: &str, amount: i128) -> Result<u64, Unpublished> {
        let mut headers = HeaderMap::new();
        headers.insert(INCREMENT_HEADER, format!("{amount:+}"));
        let message = Message { subject: subject.to_owned(), headers, payload: Bytes::new() };
        // A name of its own: a try that is repeated counts once.
        let (stored, total) = self.publish_counted(message, &nuid::next()).await?;
        match total {
            Some(total) => Ok(total),
            // The try that went unanswered was it; others may have counted since.
            None if stored.retried => self.count(subject).await.map_err(Unpublished::unconfirmed),
            None => Err(Unpublished::unconfirmed("the broker tells no total of a counter")),
        }
    }

    /// Where a counter stands; 0 where nothing was counted.
    async fn count(&self, subject: &str) -> Result<u64, StageError> {
        let stream = self.stream(names::QUOTA_STREAM).await?;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) => {
                let counter: Counter =
                    serde_json::from_slice(&message.payload).map_err(unreadable)?;
                total(&counter.val).ok_or_else(|| unreadable("it is no number"))
            }
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(0),
            Err(error) => Err(away(error)),
        }
    }
}

/// A counter's total. Below zero it can only be for a moment: what is given back was counted before.
pub(super) fn total(digits: &str) -> Option<u64> {
    let total: i128 = digits.parse().ok()?;
    Some(u64::try_from(total.max(0)).unwrap_or(u64::MAX))
}

fn unreadable(reason: impl ToString) -> StageError {
    StageError::internal("counter_unreadable", format!("a quota's counter: {}", reason.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_never_less_than_nothing() {
        assert_eq!(total("26214400"), Some(26_214_400));
        assert_eq!(total("-3"), Some(0));
        assert_eq!(total("36893488147419103232"), Some(u64::MAX));
        assert_eq!((total(""), total("1e3"), total("x")), (None, None, None));
    }
}
