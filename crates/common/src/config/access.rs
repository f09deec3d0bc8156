//! How services prove to the broker who they are: settings that contradict each other.

use super::{Broker, ConfigError};

impl Broker {
    /// The same settings for a broker that knows the user and password in its URL and nothing else,
    /// as the one that `serve` starts.
    #[must_use]
    pub fn by_url_alone(&self) -> Self {
        let none = String::new;
        Self {
            nkey_file: none(),
            credentials_file: none(),
            inbox_prefix: none(),
            tls_required: false,
            tls_ca: none(),
            tls_certificate: none(),
            tls_key: none(),
            ..self.clone()
        }
    }
}

/// Refuses half of a pair, and two answers to one question.
pub(super) fn check(broker: &Broker) -> Result<(), ConfigError> {
    let unusable = |key, value: &str, reason| Err(ConfigError::unusable(key, &value, reason));
    if !broker.nkey_file.is_empty() && !broker.credentials_file.is_empty() {
        let reason = "broker.nkey_file says already who this is; keep one of them";
        return unusable("broker.credentials_file", &broker.credentials_file, reason);
    }
    if broker.tls_certificate.is_empty() != broker.tls_key.is_empty() {
        let reason = "a certificate goes with its key: set both or none";
        return unusable("broker.tls_certificate", &broker.tls_certificate, reason);
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let empty_token = broker.inbox_prefix.split('.').any(str::is_empty);
    if !broker.inbox_prefix.is_empty() && (empty_token || !broker.inbox_prefix.chars().all(legal)) {
        let reason = "a subject of letters, digits, dots, '_' and '-', without wildcards";
        return unusable("broker.inbox_prefix", &broker.inbox_prefix, reason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn settings_that_contradict_each_other_are_refused_by_name() {
        type Settings = &'static [(&'static str, &'static str)];
        let table: [(Settings, Option<&str>); 8] = [
            (&[], None),
            (&[("nkey_file", "a")], None),
            (&[("nkey_file", "a"), ("credentials_file", "b")], Some("broker.credentials_file")),
            (&[("tls_certificate", "a")], Some("broker.tls_certificate")),
            (&[("tls_key", "a")], Some("broker.tls_certificate")),
            (&[("inbox_prefix", "_INBOX.of-ours")], None),
            (&[("inbox_prefix", "_INBOX.>")], Some("broker.inbox_prefix")),
            (&[("inbox_prefix", "a..b")], Some("broker.inbox_prefix")),
        ];
        for (settings, refused) in table {
            let mut broker = Config::defaults().unwrap().broker;
            for (key, value) in settings {
                let place = match *key {
                    "nkey_file" => &mut broker.nkey_file,
                    "credentials_file" => &mut broker.credentials_file,
                    "tls_certificate" => &mut broker.tls_certificate,
                    "tls_key" => &mut broker.tls_key,
                    _ => &mut broker.inbox_prefix,
                };
                *place = (*value).to_owned();
            }
            let error = super::check(&broker).err().map(|error| error.to_string());
            let named = error.as_deref().and_then(|text| text.split(' ').next());
            assert_eq!(named, refused, "{settings:?}");
        }
    }
}
