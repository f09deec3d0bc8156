//! The rate of requests of each client.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use common::config::Config;

use crate::error::ApiError;
use crate::limit::{Client, Limiter, Refused, Share};

/// Draft 10 of the IETF's RateLimit header fields: what a client has left, and what it has at all.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Never counted: who asks whether the service lives must not be told to come back later.
const HEALTH: &str = "/health";

/// How often clients that have rested are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// What is counted.
#[derive(Debug)]
pub(crate) struct Rates {
    requests: Option<Limiter>,
    uploads: Option<Limiter>,
    limit_loopback: bool,
}

impl Rates {
    /// The limits of the configuration.
    pub(crate) fn new(config: &Config) -> Arc<Self> {
        let rate = &config.gateway.rate;
        let requests = Limiter::new(rate.requests_per_minute, rate.burst, rate.max_clients);
        let uploads =
            Limiter::new(rate.uploads_per_minute, rate.uploads_per_minute, rate.max_clients);
        Arc::new(Self { requests, uploads, limit_loopback: rate.limit_loopback })
    }

    /// Counts a request; what the client has left of the limit that it is nearest to.
    fn count(&self, client: &Client, is_upload: bool) -> Result<Option<Share>, Refused> {
        if !client.is_limited(self.limit_loopback) {
            return Ok(None);
        }
        let uploads = self.uploads.as_ref().filter(|_| is_upload);
        let upload = uploads.map(|limiter| limiter.count(client)).transpose()?;
        let request = self.requests.as_ref().map(|limiter| limiter.count(client)).transpose()?;
        Ok([upload, request].into_iter().flatten().min_by_key(|share| share.left))
    }

    /// Forgets, for as long as anybody counts.
    pub(crate) async fn keep_small(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(FORGET_EVERY);
        loop {
            ticks.tick().await;
            for limiter in [&self.requests, &self.uploads].into_iter().flatten() {
                limiter.forget_rested();
            }
        }
    }
}

/// Lets the request through or tells its client to come back later.
pub(crate) async fn limit(
    State(rates): State<Arc<Rates>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let client = request.extensions().get::<Client>();
    let (Some(client), false) = (client, route == Some(HEALTH)) else {
        return next.run(request).await;
    };
    // Uploads are what cost much.
    match rates.count(client, request.method() == Method::POST) {
        Ok(None) => next.run(request).await,
        Ok(Some(Share { limit, left })) => {
            let mut response = next.run(request).await;
            tell(response.headers_mut(), limit, left, None);
            response
        }
        Err(Refused { limit, wait }) => {
            // A moment too late is better than a moment too early.
            let seconds = wait.as_secs().saturating_add(1);
            let refusal = ApiError::TooManyRequests { limit, retry_after_seconds: seconds };
            let mut response = refusal.into_response();
            tell(response.headers_mut(), limit, 0, Some(seconds));
            response
        }
    }
}

fn tell(headers: &mut HeaderMap, limit: u64, left: u64, reset_seconds: Option<u64>) {
    let reset = reset_seconds.map_or_else(String::new, |seconds| format!(";t={seconds}"));
    for (name, value) in [
        (RATE_LIMIT, format!("\"client\";r={left}{reset}")),
        (RATE_LIMIT_POLICY, format!("\"client\";q={limit};w=60")),
    ] {
        // Numbers in ASCII are legal values, always.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Network;

    fn rates(change: impl FnOnce(&mut Config)) -> Arc<Rates> {
        let mut config = Config::defaults().unwrap();
        change(&mut config);
        Rates::new(&config)
    }

    fn at(address: &str) -> Client {
        Client::Network(Network::of(address.parse().unwrap()))
    }

    #[test]
    fn this_machine_is_counted_only_where_asked_or_by_its_key() {
        let (here, key) = (at("127.0.0.1"), Client::Key("k".to_owned()));
        let usual = rates(|_| {});
        assert_eq!(usual.count(&here, true), Ok(None));
        assert_eq!(usual.count(&key, true), Ok(Some(Share { limit: 100, left: 99 })));
        let strict = rates(|config| config.gateway.rate.limit_loopback = true);
        assert_eq!(strict.count(&here, true), Ok(Some(Share { limit: 100, left: 99 })));
    }

    #[test]
    fn uploads_may_have_a_smaller_limit_of_their_own() {
        let rates = rates(|config| config.gateway.rate.uploads_per_minute = 2);
        let client = at("203.0.113.7");
        assert_eq!(rates.count(&client, true), Ok(Some(Share { limit: 2, left: 1 })));
        rates.count(&client, true).unwrap();
        assert_eq!(rates.count(&client, true).unwrap_err().limit, 2);
        assert_eq!(rates.count(&client, false), Ok(Some(Share { limit: 100, left: 97 })));
    }
}
