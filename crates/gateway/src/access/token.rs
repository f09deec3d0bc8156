//! Tokens (JWT) of an issuer: signature, times, issuer and audience first, then whose they are.
//!
//! A key belongs to one algorithm, and a token's header only chooses among keys: so a public key is never
//! taken for a secret, and `none` is not among the algorithms that there are.

mod keys;
mod signature;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use common::audit::Actor;
use common::config::{ConfigError, Jwt};
use common::key::Scopes;
use common::quota::OwnQuota;

use super::Holder;
use crate::error::ApiError;
use keys::{Form, TokenKeys};

/// Longest that a changed file goes unnoticed; a look at it costs one system call.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Largest file of keys, bytes: a set of a hundred.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// What is checked, and with which keys.
pub(super) struct Tokens {
    settings: Jwt,
    /// Where the keys come from; `None` when the secret is in the configuration.
    file: Option<(PathBuf, Form)>,
    keys: RwLock<Arc<TokenKeys>>,
    /// When the file was last looked at, and what it looked like.
    looked: Mutex<(Instant, Option<Stamp>)>,
}

/// What changes with a file.
type Stamp = (u64, Option<SystemTime>);

impl Tokens {
    /// Reads the keys.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key whose file or secret cannot be used.
    pub(super) fn open(settings: &Jwt) -> Result<Self, ConfigError> {
        signature::install();
        let (key, path, form) = match settings {
            Jwt { secret_file: path, .. } if !path.is_empty() => {
                ("gateway.auth.jwt.secret_file", path, Form::Secret)
            }
            Jwt { public_key_file: path, .. } if !path.is_empty() => {
                ("gateway.auth.jwt.public_key_file", path, Form::Pem)
            }
            Jwt { jwks_file: path, .. } if !path.is_empty() => {
                ("gateway.auth.jwt.jwks_file", path, Form::Set)
            }
            _ => return Self::with_secret(settings),
        };
        let bad = |source: Box<dyn std::error::Error + Send + Sync>| ConfigError::BadFile {
            key,
            path: path.clone(),
            source,
        };
        let stamp = std::fs::metadata(path).ok().map(|about| stamp(&about));
        let bytes = std::fs::read(path).map_err(|error| bad(error.into()))?;
        let keys =
            TokenKeys::parse(&bytes, form, &settings.algorithms).map_err(|e| bad(e.into()))?;
        Ok(Self::new(settings, Some((path.into(), form)), keys, stamp))
    }

    fn with_secret(settings: &Jwt) -> Result<Self, ConfigError> {
        let secret = settings.secret.expose().as_bytes();
        let keys = TokenKeys::parse(secret, Form::Secret, &settings.algorithms);
        let keys = keys.map_err(|_| ConfigError::Unusable {
            key: "gateway.auth.jwt.secret",
            value: "[redacted]".to_owned(),
            reason: keys::SHORT_SECRET,
        })?;
        Ok(Self::new(settings, None, keys, None))
    }

    fn new(
        settings: &Jwt,
        file: Option<(PathBuf, Form)>,
        keys: TokenKeys,
        stamp: Option<Stamp>,
    ) -> Self {
        let keys = RwLock::new(Arc::new(keys));
        let looked = Mutex::new((Instant::now(), stamp));
        Self { settings: settings.clone(), file, keys, looked }
    }

    /// Who holds `token`.
    ///
    /// # Errors
    /// [`ApiError::CredentialsInvalid`] for anything that is not right about it, and
    /// [`ApiError::CredentialsExpired`] when only its time is over.
    pub(super) async fn holder(&self, token: &str) -> Result<Holder, ApiError> {
        self.look_again().await;
        self.check(token)
    }

    /// Who holds `token`, by the keys that are known.
    pub(super) fn check(&self, token: &str) -> Result<Holder, ApiError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.checked(token, &keys)
    }

    fn checked(&self, token: &str, keys: &TokenKeys) -> Result<Holder, ApiError> {
        let invalid = |_| ApiError::CredentialsInvalid;
        let header = decode_header(token).map_err(invalid)?;
        // Nothing that a header may call critical is known here, so it must not be passed over.
        if header.crit.is_some() {
            return Err(ApiError::CredentialsInvalid);
        }
        let key =
            keys.find(header.kid.as_deref(), header.alg).ok_or(ApiError::CredentialsInvalid)?;
        let mut wanted = Validation::new(header.alg);
        wanted.leeway = self.settings.leeway_seconds;
        wanted.validate_nbf = true;
        wanted.set_issuer(&[&self.settings.issuer]);
        wanted.set_audience(&[&self.settings.audience]);
        wanted.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let decoded = decode::<Map<String, Value>>(token, key, &wanted);
        let claims = decoded.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => ApiError::CredentialsExpired,
            _ => ApiError::CredentialsInvalid,
        })?;
        self.named(&claims.claims).ok_or(ApiError::CredentialsInvalid)
    }

    fn named(&self, claims: &Map<String, Value>) -> Option<Holder> {
        let tenant = claims.get(&self.settings.tenant_claim)?.as_str()?.parse().ok()?;
        let scopes = match claims.get(&self.settings.scopes_claim) {
            Some(Value::String(names)) => Scopes::known(names.split_whitespace()),
            Some(Value::Array(names)) => Scopes::known(names.iter().filter_map(Value::as_str)),
            _ => Scopes::default(),
        };
        let actor = Actor::token(claims.get("sub")?.as_str()?);
        Some(Holder { tenant, scopes, actor, key_name: None, quota: OwnQuota::default() })
    }

    /// Reads the keys anew if their file has changed. Keys that cannot be read leave those that are known
    /// in effect: a file may be seen while it is being written.
    async fn look_again(&self) {
        let Some((path, form)) = &self.file else { return };
        // One request looks; the others go on with what is known.
        let Ok(mut looked) = self.looked.try_lock() else { return };
        if looked.0.elapsed() < LOOK_PAUSE {
            return;
        }
        looked.0 = Instant::now();
        let Ok(about) = tokio::fs::metadata(path).await else { return };
        let seen = Some(stamp(&about));
        if seen == looked.1 || about.len() > MAX_FILE_BYTES {
            return;
        }
        let Ok(bytes) = tokio::fs::read(path).await else { return };
        looked.1 = seen;
        match TokenKeys::parse(&bytes, *form, &self.settings.algorithms) {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                tracing::info!("keys of tokens are read anew");
            }
            Err(error) => tracing::error!(%error, "changed keys of tokens cannot be used"),
        }
    }
}

fn stamp(about: &std::fs::Metadata) -> Stamp {
    (about.len(), about.modified().ok())
}

#[cfg(feature = "fuzzing")]
impl Tokens {
    /// Those that `secret` signs, by HS256.
    pub(super) fn signed_with(settings: &Jwt, secret: &[u8]) -> Self {
        signature::install();
        let keys = TokenKeys::parse(secret, Form::Secret, &settings.algorithms);
        // Invariant: the target's own secret is long enough.
        Self::new(settings, None, keys.expect("a secret of 32 bytes"), None)
    }
}

/// Reads `bytes` in each [`Form`].
#[cfg(feature = "fuzzing")]
pub(super) fn read_any_keys(bytes: &[u8]) {
    use common::config::JwtAlgorithm::{EdDsa, Hs256, Rs256};
    for form in [Form::Secret, Form::Pem, Form::Set] {
        drop(TokenKeys::parse(bytes, form, &[Hs256, Rs256, EdDsa]));
    }
}

#[cfg(test)]
mod tests;
