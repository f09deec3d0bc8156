//! Who may ask for what, and the trail of what they did.
//!
//! * `credential`: what a client shows, as it stands in the headers.
//! * `ring`: the API keys that are known, in memory; `follow` keeps them as the broker has them, so a
//!   request costs no question to the broker, whatever id it names.
//! * `uses`: notes when keys are used, once a minute.
//! * `token`: tokens of an issuer, checked with keys from files.
//! * `trail`: what the audit trail is told, at once or by the way.

mod credential;
mod follow;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod ring;
mod token;
mod trail;
mod uses;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use common::audit::Actor;
use common::config::{Config, ConfigError};
use common::id::Tenant;
use common::jetstream::broker::Broker;
use common::key::{ApiKey, Scope, Scopes, Standing};
use common::metrics::Metrics;
use common::quota::OwnQuota;

use crate::error::ApiError;
use crate::metrics::AccessMetrics;
use credential::Credential;
use ring::{KeyRing, Known};
use token::Tokens;
pub(crate) use trail::Trail;
use uses::Uses;

/// Of `headers`, those by which a client shows who it is.
pub(crate) fn credentials(headers: &HeaderMap) -> HeaderMap {
    let mut shown = HeaderMap::new();
    for name in [header::AUTHORIZATION, credential::API_KEY] {
        for value in headers.get_all(&name) {
            shown.append(name.clone(), value.clone());
        }
    }
    shown
}

/// Somebody who has shown who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Whose documents they may see.
    pub(crate) tenant: Tenant,
    /// What they may do.
    pub(crate) scopes: Scopes,
    /// What the audit trail calls them.
    pub(crate) actor: Actor,
    /// What the operator calls the API key; `None` without one.
    pub(crate) key_name: Option<String>,
    /// What the API key says of its quota.
    pub(crate) quota: OwnQuota,
}

/// Decides who may ask, and tells the audit trail. Shared by all requests.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    /// Whether anybody is asked who they are.
    required: bool,
    ring: KeyRing,
    uses: Uses,
    tokens: Option<Tokens>,
    trail: Trail,
    metrics: AccessMetrics,
    broker: Broker,
}

impl Access {
    /// Reads the keys of tokens from their files; nothing is asked of the broker yet. Adds metrics to
    /// the registry: call it once for each.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key whose file cannot be used.
    pub fn open(config: &Config, broker: &Broker, metrics: &Metrics) -> Result<Self, ConfigError> {
        let auth = &config.gateway.auth;
        let tokens = match auth.is_required() && !auth.jwt.algorithms.is_empty() {
            true => Some(Tokens::open(&auth.jwt)?),
            false => None,
        };
        let patience = Duration::from_secs(config.gateway.accept_patience_seconds);
        let metrics = metrics.register(AccessMetrics::register);
        Ok(Self(Arc::new(Inner {
            required: auth.is_required(),
            ring: KeyRing::new(Duration::from_secs(auth.keys_max_age_seconds)),
            uses: Uses::default(),
            tokens,
            trail: Trail::new(broker, patience, metrics.clone()),
            metrics,
            broker: broker.clone(),
        })))
    }

    /// Follows the keys and writes what the trail is told by the way, until `stop`; then writes what is
    /// left of it. Stop it after the last request has ended.
    pub async fn run(self, stop: CancellationToken) {
        let Inner { required, ring, uses, trail, broker, .. } = &*self.0;
        let keys = async {
            if *required {
                tokio::join!(
                    follow::run(broker, ring, stop.clone()),
                    uses.write(broker, stop.clone()),
                );
            }
        };
        tokio::join!(keys, trail.write(stop.clone()));
    }

    /// Where deeds are told.
    pub(crate) fn trail(&self) -> &Trail {
        &self.0.trail
    }

    /// Whether callers can be told from each other.
    ///
    /// # Errors
    /// What is missing, in words for an operator.
    pub(crate) fn ready(&self) -> Result<(), String> {
        let fresh = !self.0.required || self.0.ring.is_fresh(Instant::now());
        fresh.then_some(()).ok_or_else(|| "the API keys are not known for certain".to_owned())
    }

    /// Who sends a request with these headers.
    ///
    /// # Errors
    /// [`ApiError`] of 401 for nobody in particular, 503 while keys are not known.
    pub(crate) async fn holder(&self, headers: &HeaderMap) -> Result<Holder, ApiError> {
        if !self.0.required {
            let tenant = Tenant::default();
            let (scopes, actor) = (Scopes::all(), Actor::Anybody);
            let quota = OwnQuota::default();
            return Ok(Holder { tenant, scopes, actor, key_name: None, quota });
        }
        match credential::shown(headers)? {
            Credential::Key(key) => self.holder_of_key(&key),
            Credential::Token(token) => match &self.0.tokens {
                Some(tokens) => tokens.holder(token).await,
                None => Err(ApiError::CredentialsInvalid),
            },
        }
    }

    /// Whether what was shown in `headers`, when the request began, still lets its holder read documents of
    /// `tenant`.
    ///
    /// # Errors
    /// [`ApiError`] as from [`Self::holder`].
    pub(crate) async fn still_reads(
        &self,
        headers: &HeaderMap,
        tenant: &Tenant,
    ) -> Result<(), ApiError> {
        let holder = self.holder(headers).await?;
        let reads = holder.tenant == *tenant && holder.scopes.contains(Scope::DocumentsRead);
        reads.then_some(()).ok_or(ApiError::ScopeMissing { scope: Scope::DocumentsRead })
    }

    /// Counts a request that was turned away for `error`.
    pub(crate) fn turned_away(&self, error: &ApiError) {
        self.0.metrics.refused(error.kind().code);
    }

    fn holder_of_key(&self, key: &ApiKey) -> Result<Holder, ApiError> {
        let now = Instant::now();
        let record = match self.0.ring.find(key.id(), now) {
            Known::Key(record) => record,
            Known::Nothing => return Err(ApiError::CredentialsInvalid),
            Known::TooLongAgo => return Err(ApiError::BrokerAway),
        };
        match record.standing(key, Timestamp::now()) {
            Standing::Good => {}
            Standing::Wrong => return Err(ApiError::CredentialsInvalid),
            Standing::Expired | Standing::Revoked => return Err(ApiError::CredentialsExpired),
        }
        self.0.uses.note(key.id());
        Ok(Holder {
            tenant: record.tenant.clone(),
            scopes: record.scopes.clone(),
            actor: Actor::Key(record.id.clone()),
            key_name: Some(record.name.clone()),
            quota: record.quota,
        })
    }
}

/// Whether the files that the configuration names for tokens can be used.
///
/// # Errors
/// [`ConfigError`] naming the key.
pub fn check_access(config: &Config) -> Result<(), ConfigError> {
    let jwt = &config.gateway.auth.jwt;
    if jwt.algorithms.is_empty() { Ok(()) } else { Tokens::open(jwt).map(drop) }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("required", &self.0.required).finish_non_exhaustive()
    }
}
