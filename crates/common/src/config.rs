//! Everything an operator can set. `config.default.toml` documents each key and is the default.

mod access;
mod auth;
mod edge;
mod numbers;
mod reading;
mod retention;
mod sections;
mod webhooks;

use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::stage::StageName;

pub use auth::{Auth, AuthMode, Jwt, JwtAlgorithm, Secret};
pub use edge::{Connections, Cors, Following, ForwardedHeader, Proxies, Rate, Tls};
pub use numbers::MAX_PAGE_SIDE_PX;
pub use reading::{Choice, Engines, PageSegmentation};
pub use retention::EVENT_HOURS;
pub use sections::{
    Broker, Extract, Faults, Gateway, Limits, Log, LogFormat, Ocr, Own, Retention, Sandbox,
    Service, StageSettings, Stages, Sweeper, Traces, Worker,
};
pub use webhooks::Webhooks;

/// The documented defaults, compiled in.
pub const DEFAULTS: &str = include_str!("../../../config.default.toml");

/// Environment variable with the API key that the commands which speak HTTP show.
const KEY_VARIABLE: &str = "INVOICE_OCR_API_KEY";

/// Prefix of environment variables; sections are separated by two underscores.
const ENV_PREFIX: &str = "INVOICE_OCR__";

/// The effective configuration. See `config.default.toml` for all sections.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The NATS broker.
    pub broker: Broker,
    /// How long things are kept.
    pub retention: Retention,
    /// The HTTP side.
    pub gateway: Gateway,
    /// What a document may ask for.
    pub limits: Limits,
    /// Worker processes.
    pub worker: Worker,
    /// Recognition.
    pub ocr: Ocr,
    /// Understanding.
    pub extract: Extract,
    /// Delivery, per stage.
    pub stages: Stages,
    /// The search for documents that stopped moving.
    pub sweeper: Sweeper,
    /// Events, to where tenants want them.
    pub webhooks: Webhooks,
    /// What every service has.
    pub service: Service,
    /// Logs.
    pub log: Log,
    /// Traces.
    pub traces: Traces,
    /// Rehearsals.
    pub faults: Faults,
}

/// A configuration that cannot be used. Exit code 64 before any port is bound.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A layer does not parse, or has an unknown key or a wrong type.
    #[error("{0}")]
    Invalid(#[from] Box<figment::Error>),
    /// The file given by `--config` does not exist.
    #[error("no configuration file {0}")]
    NoFile(String),
    /// A file that a key names cannot be used.
    #[error("{key} = {path}: {source}")]
    BadFile {
        /// Dotted key.
        key: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it, in the words of the stage that reads it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A value that parses but cannot work.
    #[error("{key} = {value}: {reason}")]
    Unusable {
        /// Dotted key.
        key: &'static str,
        /// The value seen.
        value: String,
        /// What would happen.
        reason: &'static str,
    },
}

impl ConfigError {
    /// `value` of `key` parses but cannot work.
    fn unusable(key: &'static str, value: &dyn ToString, reason: &'static str) -> Self {
        Self::Unusable { key, value: value.to_string(), reason }
    }
}

impl Config {
    /// Layers: compiled-in defaults, then `file`, then the environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut layers = Figment::from(Toml::string(DEFAULTS));
        if let Some(path) = file {
            if !path.is_file() {
                return Err(ConfigError::NoFile(path.display().to_string()));
            }
            layers = layers.merge(Toml::file_exact(path));
        }
        let config: Self =
            layers.merge(Env::prefixed(ENV_PREFIX).split("__")).extract().map_err(Box::new)?;
        config.checked()
    }

    /// The defaults alone.
    ///
    /// # Errors
    /// Never in a released build: a test parses them.
    pub fn defaults() -> Result<Self, ConfigError> {
        let config: Self = Figment::from(Toml::string(DEFAULTS)).extract().map_err(Box::new)?;
        config.checked()
    }

    /// Puts `value` over what is in effect at dotted `key`, as a flag does.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn with(self, key: &str, value: impl Serialize) -> Result<Self, ConfigError> {
        let config: Self = Figment::from(Serialized::defaults(self))
            .merge(Serialized::default(key, value))
            .extract()
            .map_err(Box::new)?;
        config.checked()
    }

    /// The settings of one stage.
    #[must_use]
    pub fn stage(&self, stage: StageName) -> &StageSettings {
        match stage {
            StageName::Preprocess => &self.stages.preprocess,
            StageName::Ocr => &self.stages.ocr,
            StageName::Extract => &self.stages.extract,
        }
    }

    /// The configuration as it may be shown: without credentials.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        self.broker.url = without_credentials(&self.broker.url);
        let secret = &mut self.gateway.auth.jwt.secret;
        *secret = secret.redacted();
        self
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let unusable =
            |key, value: &dyn ToString, reason| Err(ConfigError::unusable(key, value, reason));
        if ![1, 3, 5].contains(&self.broker.replicas) {
            let reason = "streams have 1, 3 or 5 replicas, so that a majority exists";
            return unusable("broker.replicas", &self.broker.replicas, reason);
        }
        if self.ocr.languages.is_empty() {
            return unusable("ocr.languages", &"[]", "Tesseract needs a language");
        }
        if let PageSegmentation::Mode(seen) = self.ocr.page_segmentation_mode
            && seen > PageSegmentation::LAST_MODE
        {
            let reason = "Tesseract has modes 0 to 13; \"auto\" chooses";
            return unusable("ocr.page_segmentation_mode", &seen, reason);
        }
        if !(0.0..=1.0).contains(&self.extract.review_below) {
            let reason = "a probability is 0 to 1";
            return unusable("extract.review_below", &self.extract.review_below, reason);
        }
        if !(0.0..=1.0).contains(&self.traces.sample_ratio) {
            let reason = "a part of all traces is 0 to 1";
            return unusable("traces.sample_ratio", &self.traces.sample_ratio, reason);
        }
        numbers::check(&self)?;
        access::check(&self.broker)?;
        edge::check(&self.gateway)?;
        auth::check(&self.gateway.auth)?;
        retention::check(&self.retention)?;
        webhooks::check(&self.webhooks)?;
        Ok(self)
    }
}

/// The API key in the environment, where commands look for one.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this file is where the environment is read")]
pub fn api_key() -> Option<String> {
    std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty())
}

/// A URL, or several separated by commas, without user and password.
#[must_use]
pub fn without_credentials(urls: &str) -> String {
    let shown: Vec<String> = urls.split(',').map(one_without_credentials).collect();
    shown.join(",")
}

fn one_without_credentials(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            let (head, tail) = (url.get(..scheme + 3), url.get(at + 1..));
            format!("{}{}", head.unwrap_or_default(), tail.unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        let config =
            Config::defaults().unwrap().with("broker.url", "nats://u:p@host:4222").unwrap();
        assert_eq!(config.redacted().broker.url, "nats://host:4222");
        assert_eq!(without_credentials("nats://host:4222"), "nats://host:4222");
        assert_eq!(without_credentials("nats://u:p@a:1,nats://u:p@b:2"), "nats://a:1,nats://b:2");
    }

    #[test]
    fn the_documented_defaults_are_a_valid_configuration() {
        Config::defaults().unwrap();
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "[gateway]\nlisten_on = \"x\"\n").unwrap();
        let error = Config::load(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("listen_on"), "{error}");
    }

    #[test]
    fn a_file_goes_over_the_defaults_and_a_flag_over_both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "[limits]\nmax_pages = 7\n").unwrap();
        let config = Config::load(Some(&path)).unwrap();
        assert_eq!((config.limits.max_pages, config.broker.replicas), (7, 1));
        assert_eq!(config.with("limits.max_pages", 9).unwrap().limits.max_pages, 9);
    }

    #[test]
    fn two_replicas_are_refused() {
        let error = Config::defaults().unwrap().with("broker.replicas", 2).unwrap_err();
        assert!(error.to_string().contains("majority"), "{error}");
    }
}
