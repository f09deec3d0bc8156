//! How a connection proves who it is, and how it is encrypted: what the settings say, read from the
//! files that they name.
//!
//! Files are read here and not by the client library, so that an error names the key and the file,
//! and never what is in it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use async_nats::{ConnectOptions, ServerAddr};
use nkeys::{KeyPair, KeyPairType};
use percent_encoding::percent_decode_str;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::ConnectError;
use crate::config;

/// `options` with the user and the certificates that the addresses and the settings name. What an
/// address says goes first.
///
/// # Errors
/// [`ConnectError::File`] for a file that cannot be read or is not what it should be.
pub(super) fn secured(
    options: ConnectOptions,
    servers: &[ServerAddr],
    settings: &config::Broker,
) -> Result<ConnectOptions, ConnectError> {
    encrypted(identified(options, servers, settings)?, settings)
}

fn identified(
    options: ConnectOptions,
    servers: &[ServerAddr],
    settings: &config::Broker,
) -> Result<ConnectOptions, ConnectError> {
    // The client library takes no notice of what stands in an address.
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let named = servers.iter().find_map(|server| Some((server.username()?, server.password())));
    let (nkey, credentials) = (settings.nkey_file.as_str(), settings.credentials_file.as_str());
    Ok(match named {
        Some((user, Some(password))) => options.user_and_password(decoded(user), decoded(password)),
        Some((token, None)) => options.token(decoded(token)),
        None if !nkey.is_empty() => options.nkey(seed(nkey)?),
        None if !credentials.is_empty() => {
            let file = File { key: "broker.credentials_file", path: credentials };
            let words = "it does not hold a user's JWT and seed";
            options.credentials(&file.secret()?).map_err(|_| file.wrong(words))?
        }
        None => options,
    })
}

fn seed(path: &str) -> Result<String, ConnectError> {
    let file = File { key: "broker.nkey_file", path };
    let text = file.secret()?;
    let seed = text.trim();
    match KeyPair::from_seed(seed) {
        Ok(pair) if matches!(pair.key_pair_type(), KeyPairType::User) => Ok(seed.to_owned()),
        _ => Err(file.wrong("it does not hold the seed of a user's nkey")),
    }
}

fn encrypted(
    options: ConnectOptions,
    settings: &config::Broker,
) -> Result<ConnectOptions, ConnectError> {
    let mut options = options.require_tls(settings.tls_required);
    if !settings.tls_ca.is_empty() {
        let file = File { key: "broker.tls_ca", path: &settings.tls_ca };
        options = options.add_root_certificates(file.certificates()?);
    }
    if !settings.tls_certificate.is_empty() {
        let file = File { key: "broker.tls_certificate", path: &settings.tls_certificate };
        let key = File { key: "broker.tls_key", path: &settings.tls_key };
        options = options.add_client_certificate(file.certificates()?, key.private_key()?);
    }
    Ok(options)
}

/// Permission bits of those who are neither the owner nor of the group. A group may be needed: that is how
/// Kubernetes hands over secrets.
const OTHERS: u32 = 0o007;

/// A file that a key names.
struct File<'a> {
    key: &'static str,
    path: &'a str,
}

impl File<'_> {
    fn text(&self) -> Result<String, ConnectError> {
        std::fs::read_to_string(self.path).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => self.wrong("it is not text"),
            _ => self.wrong(&error.to_string()),
        })
    }

    /// As [`Self::text`], of a secret; the log says so when everybody on this machine may read it.
    fn secret(&self) -> Result<String, ConnectError> {
        let text = self.text()?;
        let about = std::fs::metadata(self.path);
        if about.is_ok_and(|about| about.permissions().mode() & OTHERS != 0) {
            tracing::warn!(key = self.key, path = self.path, "anybody may read this secret");
        }
        Ok(text)
    }

    fn certificates(&self) -> Result<PathBuf, ConnectError> {
        let text = self.text()?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(Path::new(self.path).to_owned()),
            _ => Err(self.wrong("it does not hold certificates in PEM")),
        }
    }

    fn private_key(&self) -> Result<PathBuf, ConnectError> {
        match PrivateKeyDer::from_pem_slice(self.text()?.as_bytes()) {
            Ok(_) => Ok(Path::new(self.path).to_owned()),
            Err(_) => Err(self.wrong("it does not hold a private key in PEM")),
        }
    }

    fn wrong(&self, reason: &str) -> ConnectError {
        let (path, reason) = (self.path.to_owned(), reason.to_owned());
        ConnectError::File { key: self.key, path, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn refused(key: &str, content: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        let path = path.to_str().unwrap().to_owned();
        let mut settings = Config::defaults().unwrap().broker;
        match key {
            "broker.nkey_file" => settings.nkey_file = path,
            "broker.credentials_file" => settings.credentials_file = path,
            "broker.tls_ca" => settings.tls_ca = path,
            _ => (settings.tls_certificate, settings.tls_key) = (path.clone(), path),
        }
        secured(ConnectOptions::new(), &[], &settings).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_is_not_what_it_should_be_is_named_and_never_quoted() {
        let account = KeyPair::new_account().seed().unwrap();
        let table = [
            ("broker.nkey_file", "SUAsecretbutnoseed"),
            ("broker.nkey_file", account.as_str()),
            ("broker.credentials_file", "secretbutnojwt"),
            ("broker.tls_ca", "secretbutnopem"),
            ("broker.tls_certificate", "secretbutnopem"),
        ];
        for (key, content) in table {
            let error = refused(key, content);
            assert!(error.starts_with(key) && error.contains("does not hold"), "{error}");
            assert!(!error.contains(content), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let mut settings = Config::defaults().unwrap().broker;
        settings.nkey_file = "nowhere/ocr.nk".to_owned();
        let error = secured(ConnectOptions::new(), &[], &settings).unwrap_err().to_string();
        assert!(error.contains("broker.nkey_file = nowhere/ocr.nk: No such file"), "{error}");
    }

    #[test]
    fn a_seed_may_have_a_newline_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ocr.nk");
        let written = KeyPair::new_user().seed().unwrap();
        std::fs::write(&path, format!("{written}\n")).unwrap();
        assert_eq!(seed(path.to_str().unwrap()).unwrap(), written);
    }
}
