//! Webhooks: where calls may go, how long they take, when they are repeated.

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::callback::call::Caller;
use crate::callback::target::Policy;
use crate::webhook::Retries;

/// Longest time of all pauses together: the queue keeps a job for three days (`nats/streams/INVOICE_CALLBACKS.json`),
/// and attempts and outages take time, too.
const LONGEST_DELIVERY: Duration = Duration::from_secs(48 * 3600);

/// Longest time of one call: a shutdown waits for it.
const LONGEST_TIMEOUT_SECONDS: u64 = 60;

/// See `[webhooks]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Webhooks {
    pub allowed_networks: Vec<IpNet>,
    pub ports: Vec<u16>,
    pub plain_http: bool,
    pub tls_ca: String,
    pub timeout_seconds: u64,
    pub retry_delays_seconds: Vec<u64>,
    pub concurrency: usize,
}

impl Webhooks {
    /// When a failed sending is tried again.
    #[must_use]
    pub fn retries(&self) -> Retries {
        Retries::new(self.retry_delays_seconds.iter().copied().map(Duration::from_secs).collect())
    }

    /// From the first attempt of a delivery to its last, without the time that the attempts take.
    #[must_use]
    pub fn longest_delivery(&self) -> Duration {
        self.retries().total()
    }

    /// What calls as these settings say.
    ///
    /// # Errors
    /// [`ConfigError::BadFile`] for certificates that cannot be used.
    pub fn caller(&self) -> Result<Caller, ConfigError> {
        let bad = |source: Box<dyn std::error::Error + Send + Sync>| ConfigError::BadFile {
            key: "webhooks.tls_ca",
            path: self.tls_ca.clone(),
            source,
        };
        let roots = match self.tls_ca.as_str() {
            "" => None,
            path => Some(std::fs::read(path).map_err(|error| bad(error.into()))?),
        };
        let policy = Policy { allowed: self.allowed_networks.clone(), ports: self.ports.clone() };
        let timeout = Duration::from_secs(self.timeout_seconds);
        Caller::new(policy, self.plain_http, timeout, roots.as_deref())
            .map_err(|reason| bad(reason.into()))
    }
}

/// Refuses what would send nothing, or for longer than anything is kept.
pub(super) fn check(webhooks: &Webhooks) -> Result<(), ConfigError> {
    let unusable = |key, value: String, reason| Err(ConfigError::unusable(key, &value, reason));
    if webhooks.timeout_seconds == 0 || webhooks.timeout_seconds > LONGEST_TIMEOUT_SECONDS {
        let reason = "a sending takes 1 to 60 seconds";
        return unusable("webhooks.timeout_seconds", webhooks.timeout_seconds.to_string(), reason);
    }
    if webhooks.concurrency == 0 {
        return unusable("webhooks.concurrency", "0".to_owned(), "nothing would be sent");
    }
    let seconds = webhooks.retry_delays_seconds.iter().copied().fold(0, u64::saturating_add);
    if seconds > LONGEST_DELIVERY.as_secs() {
        let reason = "a waiting callback is kept for three days: at most 172800 seconds in all";
        let value = format!("{:?}", webhooks.retry_delays_seconds);
        return unusable("webhooks.retry_delays_seconds", value, reason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_delivery_is_tried_for_about_a_day() {
        let webhooks = Config::defaults().unwrap().webhooks;
        let hours = webhooks.longest_delivery().as_secs_f64() / 3600.0;
        assert!((22.0..=26.0).contains(&hours), "{hours}");
        assert!(webhooks.caller().is_ok());
    }

    #[test]
    fn what_sends_nothing_or_for_too_long_is_refused_by_name() {
        let defaults = || Config::defaults().unwrap();
        for (key, value) in [("webhooks.timeout_seconds", 0), ("webhooks.timeout_seconds", 61)] {
            let error = defaults().with(key, value).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
        let error = defaults().with("webhooks.concurrency", 0).unwrap_err().to_string();
        assert!(error.contains("webhooks.concurrency"), "{error}");
        let long = defaults().with("webhooks.retry_delays_seconds", [172_801]).unwrap_err();
        assert!(long.to_string().contains("three days"), "{long}");
        assert!(defaults().with("webhooks.retry_delays_seconds", Vec::<u64>::new()).is_ok());
    }

    #[test]
    fn certificates_that_cannot_be_used_are_told_with_their_file() {
        let config = Config::defaults().unwrap().with("webhooks.tls_ca", "/nowhere").unwrap();
        let error = config.webhooks.caller().unwrap_err().to_string();
        assert!(error.contains("webhooks.tls_ca = /nowhere"), "{error}");
    }
}
