//! Requests that name themselves: carried out once, and answered again as they were the first time.
//!
//! What is kept of them, and why it names no document, is told in [`common::idempotency`]. Here is who
//! holds the right to carry one out: it is given back when nothing came of the request, left to the next
//! one when something may have, also when the client goes away, and runs out when the gateway dies.

mod batch;

use std::time::Instant;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use common::id::DocumentId;
use common::idempotency::{BadIdempotencyKey, Fingerprint, IdempotencyKey, LEASE, Told};
use common::jetstream::broker::Broker;
use common::jetstream::idempotency::{Claimed, RequestClaim};

use crate::caller::Caller;
use crate::error::ApiError;
use crate::intake;
use crate::state::App;

pub(crate) use batch::Run;

/// Carries the key.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Marks an answer that was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key of a request, if it has one.
///
/// # Errors
/// [`ApiError::IdempotencyKeyInvalid`], also for more than one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let invalid = ApiError::IdempotencyKeyInvalid;
    let mut given = headers.get_all(KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(invalid(BadIdempotencyKey));
    }
    let text = first.to_str().map_err(|_| invalid(BadIdempotencyKey))?;
    text.parse().map(Some).map_err(invalid)
}

/// What became of the wish to carry a request out.
pub(crate) enum Claim {
    /// It is to be carried out.
    Mine(Box<Held>),
    /// It was answered, if it is this request.
    Answered {
        /// What the answer belongs to; `None` never, unless by an earlier version.
        request: Option<Fingerprint>,
        /// The answer.
        told: Vec<Told>,
    },
}

/// Claims the request of this key; see [`Broker::claim_request`].
///
/// # Errors
/// [`ApiError::IdempotencyKeyInUse`], [`ApiError::IdempotencyKeyReused`], [`ApiError::BrokerAway`].
pub(crate) async fn claim(
    app: &App,
    caller: &Caller,
    key: &IdempotencyKey,
    request: Option<&Fingerprint>,
    begins: Option<u32>,
) -> Result<Claim, ApiError> {
    let broker = app.accepting.clone();
    let claimed = broker.claim_request(&caller.tenant, key, request, begins).await;
    let claimed = claimed.map_err(|error| {
        tracing::warn!(%error, "a request that names itself cannot be claimed");
        ApiError::from(&error)
    })?;
    match claimed {
        Claimed::Mine(claim) => {
            let held = Held { broker, claim: Some(claim), since: Instant::now() };
            Ok(Claim::Mine(Box::new(held)))
        }
        Claimed::Answered { request, told } => Ok(Claim::Answered { request, told }),
        Claimed::UnderWay => Err(ApiError::IdempotencyKeyInUse),
        Claimed::Reused => Err(ApiError::IdempotencyKeyReused),
    }
}

/// The first answer, once more.
///
/// # Errors
/// [`ApiError::Internal`] for one that is of something else.
pub(crate) fn replayed(told: &[Told], id: &DocumentId) -> Result<Response, ApiError> {
    let told = told.first().ok_or(ApiError::Internal)?;
    Ok(marked(intake::answer(*told, id), true))
}

/// `response`, marked if it was given before.
pub(crate) fn marked(mut response: Response, replayed: bool) -> Response {
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The right to carry a request out. Dropped, as when the client goes away, it is left to the next one.
pub(crate) struct Held {
    broker: Broker,
    /// `None` once it is given up.
    claim: Option<RequestClaim>,
    /// When the lease began.
    since: Instant,
}

impl Held {
    /// The generation that the request begins: what the first who tried it was to begin.
    pub(crate) fn begins(&self) -> Option<u32> {
        self.claim.as_ref().and_then(|claim| claim.begins)
    }

    /// Keeps the answer, or makes way for whoever asks again. An answer that cannot be kept is given all
    /// the same: what was done is done, and doing it again changes nothing.
    pub(crate) async fn conclude(
        mut self,
        request: Fingerprint,
        outcome: Result<Vec<Told>, &ApiError>,
    ) {
        let Some(claim) = self.claim.take() else { return };
        let kept = match outcome {
            Ok(told) => self.broker.answer_request(&claim, request, told).await.map(drop),
            // Something may have been done.
            Err(error) if error.may_pass() => self.broker.let_request_go(&claim).await,
            Err(_) => self.broker.forget_request(&claim).await,
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "what became of a request that names itself is not kept");
        }
    }

    /// Makes the lease last while a request takes its time.
    async fn renew_if_due(&mut self) {
        let Some(claim) = &mut self.claim else { return };
        if self.since.elapsed() < LEASE / 2 {
            return;
        }
        self.since = Instant::now();
        if let Err(error) = self.broker.renew_request(claim).await {
            tracing::warn!(%error, "the lease of a request that names itself is not renewed");
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else { return };
        let broker = self.broker.clone();
        // Outside a runtime the lease runs out by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = broker.let_request_go(&claim).await {
                    tracing::debug!(%error, "a request that names itself waits for its lease");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let value = |text: &&'static str| (KEY, HeaderValue::from_static(text));
        values.iter().map(value).collect()
    }

    #[test]
    fn a_request_has_one_key_or_none() {
        assert_eq!(key(&HeaderMap::new()), Ok(None));
        assert_eq!(key(&headers(&["\"7\""])), Ok(Some("7".parse().unwrap())));
        let mut twice = headers(&["7"]);
        twice.append(KEY, HeaderValue::from_static("7"));
        for bad in [twice, headers(&[""]), headers(&["a b"])] {
            assert_eq!(key(&bad).unwrap_err().code(), "idempotency_key_invalid");
        }
    }
}
