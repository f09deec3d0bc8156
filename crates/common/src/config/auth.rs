//! Who may ask the gateway, and how they show it.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::ConfigError;

/// Longest difference of clocks that is allowed for, seconds: a token is not to live on.
const MAX_LEEWAY_SECONDS: u64 = 60;

/// Longest age of what the gateway knows of keys, seconds: for so long a key may outlive its revocation
/// while the broker is away.
const MAX_KEYS_AGE_SECONDS: u64 = 3600;

/// What [`Secret`] shows of itself.
const HIDDEN: &str = "[redacted]";

/// See `[gateway.auth]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Auth {
    pub mode: AuthMode,
    pub keys_max_age_seconds: u64,
    pub jwt: Jwt,
}

/// Whether callers have to show who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// Nobody is asked: everybody is the default tenant.
    None,
    /// Every request for documents or metrics needs a key or a token.
    Required,
}

/// See `[gateway.auth.jwt]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Jwt {
    pub algorithms: Vec<JwtAlgorithm>,
    pub secret: Secret,
    pub secret_file: String,
    pub public_key_file: String,
    pub jwks_file: String,
    pub issuer: String,
    pub audience: String,
    pub leeway_seconds: u64,
    pub tenant_claim: String,
    pub scopes_claim: String,
}

/// A way of signing that may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256: who can check a token can make one.
    #[serde(rename = "HS256")]
    Hs256,
    /// RSA with SHA-256, PKCS #1 v1.5.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A text that is never shown: not by `Debug`, nor in an error.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What may be shown in its place.
    #[must_use]
    pub(super) fn redacted(&self) -> Self {
        Self(if self.is_empty() { String::new() } else { HIDDEN.to_owned() })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Takes text; of anything else, serde's own errors would quote the value.
struct SecretVisitor;

impl SecretVisitor {
    fn refuse<E: Error>() -> Result<Secret, E> {
        Err(E::custom("a secret is text; put it between quotation marks"))
    }
}

impl Visitor<'_> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret as text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
        Self::refuse()
    }

    fn visit_char<E: Error>(self, _: char) -> Result<Secret, E> {
        Self::refuse()
    }
}

impl Auth {
    /// Whether callers have to show who they are.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.mode == AuthMode::Required
    }
}

/// Refuses what would let somebody in by mistake.
pub(super) fn check(auth: &Auth) -> Result<(), ConfigError> {
    let unusable =
        |key, value: &dyn ToString, reason| Err(ConfigError::unusable(key, value, reason));
    let seconds = auth.keys_max_age_seconds;
    if !(1..=MAX_KEYS_AGE_SECONDS).contains(&seconds) {
        let reason = "1 to 3600: for so long a revoked key may go on while the broker is away";
        return unusable("gateway.auth.keys_max_age_seconds", &seconds, reason);
    }
    let jwt = &auth.jwt;
    if jwt.leeway_seconds > MAX_LEEWAY_SECONDS {
        let reason = "at most 60: an expired token is not to live on";
        return unusable("gateway.auth.jwt.leeway_seconds", &jwt.leeway_seconds, reason);
    }
    if jwt.algorithms.is_empty() {
        return Ok(());
    }
    for (key, value) in [
        ("gateway.auth.jwt.issuer", &jwt.issuer),
        ("gateway.auth.jwt.audience", &jwt.audience),
        ("gateway.auth.jwt.tenant_claim", &jwt.tenant_claim),
        ("gateway.auth.jwt.scopes_claim", &jwt.scopes_claim),
    ] {
        if value.is_empty() {
            return unusable(key, &"\"\"", "a token for somebody else would be taken");
        }
    }
    let shared = !jwt.secret.is_empty() || !jwt.secret_file.is_empty();
    let public = !jwt.public_key_file.is_empty() || !jwt.jwks_file.is_empty();
    let sources = [&jwt.secret_file, &jwt.public_key_file, &jwt.jwks_file];
    let given = sources.iter().filter(|path| !path.is_empty()).count();
    if given + usize::from(!jwt.secret.is_empty()) != 1 {
        let reason = "give one of secret, secret_file, public_key_file and jwks_file";
        return unusable("gateway.auth.jwt", &"{…}", reason);
    }
    for algorithm in &jwt.algorithms {
        let fits = match algorithm {
            JwtAlgorithm::Hs256 => shared,
            JwtAlgorithm::Rs256 | JwtAlgorithm::EdDsa => public,
        };
        if !fits {
            let reason = "HS256 needs a secret, RS256 and EdDSA a public key: a public key is never \
                          taken for a secret";
            return unusable("gateway.auth.jwt.algorithms", &format!("{algorithm:?}"), reason);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn with(keys: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut config = Config::defaults()?;
        let algorithms = match keys.iter().find(|(key, _)| *key == "algorithms") {
            Some((_, names)) => names.split(',').collect::<Vec<_>>(),
            None => vec!["RS256"],
        };
        let base = [("issuer", "i"), ("audience", "a")];
        for (key, value) in base.iter().chain(keys).filter(|(key, _)| *key != "algorithms") {
            config = config.with(&format!("gateway.auth.jwt.{key}"), *value)?;
        }
        config.with("gateway.auth.jwt.algorithms", algorithms)
    }

    #[test]
    fn an_algorithm_needs_a_key_of_its_own_kind() {
        for good in [
            &[("public_key_file", "k.pem")][..],
            &[("jwks_file", "k.json"), ("algorithms", "RS256,EdDSA")],
            &[("secret_file", "s"), ("algorithms", "HS256")],
            &[("secret", "s"), ("algorithms", "HS256")],
        ] {
            with(good).unwrap();
        }
        for bad in [
            &[][..],
            &[("public_key_file", "k.pem"), ("algorithms", "HS256")],
            &[("jwks_file", "k.json"), ("algorithms", "RS256,HS256")],
            &[("secret_file", "s")],
            &[("secret", "s"), ("secret_file", "s"), ("algorithms", "HS256")],
            &[("public_key_file", "k.pem"), ("jwks_file", "k.json")],
            &[("public_key_file", "k.pem"), ("issuer", "")],
            &[("public_key_file", "k.pem"), ("audience", "")],
            &[("public_key_file", "k.pem"), ("tenant_claim", "")],
            &[("public_key_file", "k.pem"), ("algorithms", "none")],
            &[("public_key_file", "k.pem"), ("algorithms", "ES256")],
        ] {
            assert!(with(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn clocks_and_caches_are_trusted_for_so_long_and_no_longer() {
        for (key, seconds) in [("jwt.leeway_seconds", 61), ("keys_max_age_seconds", 0)] {
            let key = format!("gateway.auth.{key}");
            assert!(Config::defaults().unwrap().with(&key, seconds).is_err(), "{key}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        const SECRET: &str = "correct-horse-battery-staple";
        let config = Config::defaults().unwrap().with("gateway.auth.jwt.secret", SECRET).unwrap();
        assert_eq!(config.gateway.auth.jwt.secret.expose(), SECRET);
        assert!(!format!("{config:?}").contains(SECRET));
        let shown = toml::to_string(&config.redacted()).unwrap();
        assert!(shown.contains("[redacted]") && !shown.contains(SECRET), "{shown}");
        let number = Config::defaults().unwrap().with("gateway.auth.jwt.secret", 123_456_789);
        let error = number.unwrap_err().to_string();
        assert!(error.contains("quotation") && !error.contains("123456789"), "{error}");
    }
}
