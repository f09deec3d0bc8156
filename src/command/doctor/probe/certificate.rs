//! Certificates: those that the gateway and the broker show to whoever connects, and those in files.
//!
//! A certificate is looked at, not trusted: the connection ends after the handshake, and nothing is sent
//! over it.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

use common::config;

use super::super::check::{Check, Judgement};
use super::super::judge::certificate::{judge, not_after};

/// Longest wait for a connection, and for each word of a handshake.
const PATIENCE: Duration = Duration::from_secs(5);

/// Port of https, and of the broker, where an address names none.
const HTTPS: u16 = 443;
const NATS: u16 = 4222;

/// The certificate that the gateway at `url` shows; `None` where it speaks no TLS.
pub(in super::super) fn of_gateway(url: &str) -> Option<Judgement> {
    let address = url.strip_prefix("https://")?;
    Some(shown(host_of(address, HTTPS), |_| Ok(())))
}

/// The certificates that the broker shows and those in the files of `settings`; none without TLS.
pub(in super::super) fn of_broker(url: &str, settings: &config::Broker) -> Vec<Check> {
    let mut checks = Vec::new();
    if settings.tls_required || url.starts_with("tls://") {
        // Any server of a cluster will do.
        let url = config::without_credentials(url);
        let first = url.split(',').next().unwrap_or_default();
        let address = first.split_once("://").map_or(first, |(_, address)| address);
        let judged = shown(host_of(address, NATS), greeted);
        checks.push(judged.named("broker.certificate"));
    }
    for (name, path) in
        [("broker.tls_certificate", &settings.tls_certificate), ("broker.tls_ca", &settings.tls_ca)]
    {
        if !path.is_empty() {
            checks.push(in_file(path).named(name));
        }
    }
    checks
}

/// Host and port of `host[:port][/path]`.
fn host_of(address: &str, port: u16) -> (String, u16) {
    let address = address.split('/').next().unwrap_or_default();
    let bare = |host: &str| host.trim_matches(['[', ']']).to_owned();
    match address.rsplit_once(':') {
        // A colon inside brackets is an address's own.
        Some((host, digits)) if !digits.ends_with(']') => {
            (bare(host), digits.parse().unwrap_or(port))
        }
        _ => (bare(address), port),
    }
}

/// The broker speaks first, in the clear.
fn greeted(stream: &TcpStream) -> std::io::Result<()> {
    // No byte beyond the line may be taken from the connection, and there is none before the handshake.
    let mut line = String::new();
    BufReader::with_capacity(1, stream).read_line(&mut line)?;
    match line.starts_with("INFO ") {
        true => Ok(()),
        false => Err(ErrorKind::InvalidData.into()),
    }
}

fn in_file(path: &str) -> Judgement {
    const REMEDY: &str = "docs/broker.md says what the file has to be";
    let first = match CertificateDer::from_pem_file(path) {
        Ok(first) => first,
        Err(error) => return Judgement::failed(format!("{path}: {error}"), REMEDY),
    };
    of_der(&first)
}

fn of_der(der: &[u8]) -> Judgement {
    match not_after(der) {
        Some(end) => judge(end, Timestamp::now()),
        None => Judgement::failed("a certificate that cannot be read", "replace it"),
    }
}

/// The first certificate that a server shows, once `prepare` is through.
fn shown(
    host: (String, u16),
    prepare: impl FnOnce(&TcpStream) -> std::io::Result<()>,
) -> Judgement {
    let (name, port) = (host.0.clone(), host.1);
    match handshake(host, prepare) {
        Ok(der) => of_der(&der),
        Err(error) => Judgement::failed(
            format!("no TLS with {name}:{port}: {error}"),
            "see the address, and the log at the other end",
        ),
    }
}

fn handshake(
    (host, port): (String, u16),
    prepare: impl FnOnce(&TcpStream) -> std::io::Result<()>,
) -> std::io::Result<CertificateDer<'static>> {
    let other = |error: &dyn std::error::Error| std::io::Error::other(error.to_string());
    let address = (host.as_str(), port).to_socket_addrs()?.next();
    let address = address.ok_or(ErrorKind::AddrNotAvailable)?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    prepare(&stream)?;
    let seen = Arc::new(Onlooker::default());
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| other(&error))?
        .dangerous()
        .with_custom_certificate_verifier(seen.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(|error| other(&error))?;
    let mut connection =
        ClientConnection::new(Arc::new(config), name).map_err(|error| other(&error))?;
    let ended = connection.complete_io(&mut stream);
    let seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    // A server that wants a certificate of ours has shown its own by then.
    match (seen, ended) {
        (Some(der), _) => Ok(der),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(ErrorKind::InvalidData.into()),
    }
}

/// Takes note of the certificate and believes everything, since nothing is entrusted to the connection.
#[derive(Debug, Default)]
struct Onlooker(Mutex<Option<CertificateDer<'static>>>);

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some(end_entity.clone().into_owned());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_host_and_port_or_the_usual_port() {
        let table = [
            ("a.example", ("a.example", 443)),
            ("a.example:8443/x", ("a.example", 8443)),
            ("[::1]:8443", ("::1", 8443)),
            ("[::1]", ("::1", 443)),
        ];
        for (address, (host, port)) in table {
            assert_eq!(host_of(address, HTTPS), (host.to_owned(), port), "{address}");
        }
    }

    #[test]
    fn the_file_of_a_certificate_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.pem");
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&path, params.self_signed(&key).unwrap().pem()).unwrap();
        assert_eq!(in_file(path.to_str().unwrap()).found, "expired on 2020-01-01");
        std::fs::write(&path, "nothing of the kind").unwrap();
        assert!(in_file(path.to_str().unwrap()).found.contains("c.pem"));
    }
}
