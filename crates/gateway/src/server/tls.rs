//! Encryption: certificate and key from files, looked at again and again.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{fs, io};

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use common::config::{self, ConfigError};

/// What is spoken inside, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How often the files are looked at: two `stat` calls, and a renewed certificate is never that
/// urgent.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Permissions for everybody else. A group may read the key: that is how services that renew it
/// share it.
const OTHERS: u32 = 0o007;

/// Files that cannot be used.
#[derive(Debug, Error)]
pub(super) enum TlsError {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("mode {mode:o}: a private key must not be open to everybody; chmod o-rwx")]
    OpenToAll { mode: u32 },
    #[error("no PEM file, or nothing of this kind in it: {0}")]
    Pem(pem::Error),
    #[error("no certificate in it")]
    Empty,
    #[error("certificate and key do not go together: {0}")]
    Mismatch(#[from] rustls::Error),
}

/// Which of the two files.
struct At<'a>(&'static str, &'a str);

impl At<'_> {
    fn failed(&self, source: impl Into<TlsError>) -> ConfigError {
        let Self(key, path) = *self;
        ConfigError::BadFile { key, path: path.to_owned(), source: Box::new(source.into()) }
    }
}

/// How a file was when it was read.
type Stamp = (u64, u64, i64, i64);

/// The certificate that is shown.
#[derive(Debug)]
pub(crate) struct Certificates {
    files: config::Tls,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads the files; `None` without TLS.
    ///
    /// # Errors
    /// [`ConfigError::BadFile`] with the key and what is wrong.
    pub(crate) fn load(files: &config::Tls) -> Result<Option<Arc<Self>>, ConfigError> {
        if !files.is_on() {
            return Ok(None);
        }
        let current = RwLock::new(Arc::new(read(files)?));
        Ok(Some(Arc::new(Self { files: files.clone(), current })))
    }

    /// Encrypts with what is current at each handshake.
    ///
    /// # Errors
    /// [`ConfigError::BadFile`], never in a released build: the versions fit the cryptography.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, ConfigError> {
        let at = At("gateway.tls.certificate", &self.files.certificate);
        let provider = Arc::new(ring::default_provider());
        let mut server = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| at.failed(error))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(server)))
    }

    /// Looks for renewed files for ever. What cannot be used is said once, and the old stays.
    pub(crate) async fn keep_fresh(&self) {
        let mut seen = self.stamps();
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let stamps = self.stamps();
            if stamps != seen {
                seen = stamps;
                self.renew();
            }
        }
    }

    fn renew(&self) {
        match read(&self.files) {
            Ok(read) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                tracing::info!("the certificate is renewed");
            }
            Err(error) => {
                tracing::error!(%error, "the renewed certificate cannot be used; the old one stays");
            }
        }
    }

    /// Symbolic links are followed: that is how orchestrators swap both files at once.
    fn stamps(&self) -> [Option<Stamp>; 2] {
        [&self.files.certificate, &self.files.key].map(|path| {
            let file = fs::metadata(PathBuf::from(path)).ok()?;
            Some((file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
        })
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(files: &config::Tls) -> Result<CertifiedKey, ConfigError> {
    let at = At("gateway.tls.certificate", &files.certificate);
    let text = fs::read(&files.certificate).map_err(|error| at.failed(error))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| at.failed(TlsError::Pem(error)))?;
    if chain.is_empty() {
        return Err(at.failed(TlsError::Empty));
    }
    let at = At("gateway.tls.key", &files.key);
    let mode = fs::metadata(&files.key).map_err(|error| at.failed(error))?.mode();
    if mode & OTHERS != 0 {
        return Err(at.failed(TlsError::OpenToAll { mode: mode & 0o777 }));
    }
    let text = fs::read(&files.key).map_err(|error| at.failed(error))?;
    let key = PrivateKeyDer::from_pem_slice(&text);
    let key = key.map_err(|error| at.failed(TlsError::Pem(error)))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| at.failed(error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    fn write(folder: &Path, certificate: &str, key: &str, mode: u32) -> config::Tls {
        let path = |name: &str| folder.join(name).display().to_string();
        let files = config::Tls { certificate: path("c.pem"), key: path("k.pem") };
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        fs::set_permissions(&files.key, fs::Permissions::from_mode(mode)).unwrap();
        files
    }

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn refusal(files: &config::Tls) -> String {
        Certificates::load(files).unwrap_err().to_string()
    }

    #[test]
    fn files_that_cannot_be_used_are_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let ((certificate, key), (_, other)) = (made(), made());
        let files = write(folder.path(), &certificate, &key, 0o640);
        assert!(Certificates::load(&files).unwrap().is_some());
        let refused = refusal(&write(folder.path(), &certificate, &key, 0o644));
        assert!(refused.contains("gateway.tls.key") && refused.contains("644"), "{refused}");
        let refused = refusal(&write(folder.path(), &certificate, &other, 0o600));
        assert!(refused.contains("do not go together"), "{refused}");
        let refused = refusal(&write(folder.path(), "nothing", &key, 0o600));
        assert!(refused.contains("gateway.tls.certificate"), "{refused}");
        let refused = refusal(&write(folder.path(), &certificate, "scribble", 0o600));
        assert!(refused.contains("gateway.tls.key") && !refused.contains("scribble"), "{refused}");
        fs::remove_file(&files.key).unwrap();
        assert!(refusal(&files).contains("cannot be read"));
        let off = config::Tls { certificate: String::new(), key: String::new() };
        assert!(Certificates::load(&off).unwrap().is_none());
    }

    #[test]
    fn a_broken_renewal_keeps_the_old_certificate_and_a_good_one_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let ((certificate, key), (newer, newer_key)) = (made(), made());
        let shown = |certificates: &Certificates| certificates.current.read().unwrap().cert.clone();
        let files = write(folder.path(), &certificate, &key, 0o600);
        let certificates = Certificates::load(&files).unwrap().unwrap();
        let (first, stamps) = (shown(&certificates), certificates.stamps());
        // Half-way: the new certificate with the old key.
        write(folder.path(), &newer, &key, 0o600);
        assert_ne!(certificates.stamps(), stamps);
        certificates.renew();
        assert_eq!(shown(&certificates), first);
        write(folder.path(), &newer, &newer_key, 0o600);
        certificates.renew();
        assert_ne!(shown(&certificates), first);
    }
}
