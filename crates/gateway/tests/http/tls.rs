//! Encrypted connections.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Answer, PDF, UPLOAD};
use crate::reader::Told;
use crate::world::World;

/// Longest wait for what should happen soon: the files are looked at every five seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// A certificate of its own authority.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    key: String,
}

pub(crate) fn issue() -> Issued {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    Issued { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() }
}

pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn replace(&self, name: &str, text: &str) {
        let new = self.path("new");
        fs::write(&new, text).unwrap();
        fs::set_permissions(&new, Permissions::from_mode(0o600)).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    fn put(&self, issued: &Issued) {
        self.replace("key.pem", &issued.key);
        self.replace("certificate.pem", &issued.certificate);
    }
}

pub(crate) async fn encrypted(issued: &Issued) -> (World, Files) {
    let files = Files { folder: tempfile::tempdir().unwrap() };
    files.put(issued);
    let path = |name| Path::display(&files.path(name)).to_string();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let world = World::with(|config| {
        config.gateway.tls.certificate = certificate;
        config.gateway.tls.key = key;
        config.gateway.connections.head_timeout_seconds = 2;
    });
    (world.await, files)
}

/// A connection of a client that trusts `issued` alone.
async fn connect(
    world: &World,
    issued: &Issued,
    version: &'static SupportedProtocolVersion,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(world.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn health(mut stream: TlsStream<TcpStream>) -> Answer {
    let head = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    Answer::parse(&answer)
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken_and_plain_text_is_not() {
    let issued = issue();
    let (world, _files) = encrypted(&issued).await;
    for version in [&TLS12, &TLS13] {
        let answer = health(connect(&world, &issued, version, b"http/1.1").await.unwrap()).await;
        assert_eq!(answer.status, 200);
        let strict = answer.header("strict-transport-security").unwrap();
        assert!(strict.starts_with("max-age="), "{strict}");
    }
    assert!(connect(&world, &issue(), &TLS13, b"http/1.1").await.is_err(), "another authority");
    let mut plain = TcpStream::connect(world.address).await.unwrap();
    plain.write_all(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _end = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_ends_the_connection() {
    let (world, _files) = encrypted(&issue()).await;
    let mut silent = TcpStream::connect(world.address).await.unwrap();
    let mut said = Vec::new();
    let reading = silent.read_to_end(&mut said);
    let _end = tokio::time::timeout(PATIENCE, reading).await.expect("ended");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_never() {
    let (old, new) = (issue(), issue());
    let (world, files) = encrypted(&old).await;
    files.replace("certificate.pem", "no certificate");
    // Longer than two looks at the files.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(health(connect(&world, &old, &TLS13, b"http/1.1").await.unwrap()).await.status, 200);
    files.put(&new);
    let renewed = async {
        while connect(&world, &new, &TLS13, b"http/1.1").await.is_err() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.expect("the new one is shown");
    assert!(connect(&world, &old, &TLS13, b"http/1.1").await.is_err());
}

#[tokio::test]
async fn events_come_over_http2_beside_other_answers() {
    let issued = issue();
    let (world, _files) = encrypted(&issued).await;
    let stream = connect(&world, &issued, &TLS13, b"h2").await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut client = client.ready().await.unwrap();
    let address = format!("https://localhost:{}", world.address.port());
    let upload = axum::http::Request::post(format!("{address}{UPLOAD}"))
        .header("content-type", "application/pdf")
        .body(())
        .unwrap();
    let (answer, mut sending) = client.send_request(upload, false).unwrap();
    sending.send_data(Bytes::from_static(PDF), true).unwrap();
    let place = answer.await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let id = place.rsplit('/').next().unwrap().parse().unwrap();

    let get = |path: String| axum::http::Request::get(path).body(()).unwrap();
    let mut client = client.ready().await.unwrap();
    let (answer, _) = client.send_request(get(format!("{address}{place}/events")), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut events = answer.into_body();
    let mut client = client.ready().await.unwrap();
    let (beside, _) = client.send_request(get(format!("{address}{place}")), true).unwrap();
    assert_eq!(beside.await.unwrap().status(), 200, "the connection is not held up");
    world.change(&id, crate::events::complete).await;
    let mut text = String::new();
    while let Some(chunk) = events.data().await {
        let chunk = chunk.unwrap();
        events.flow_control().release_capacity(chunk.len()).unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let told: Vec<_> = text.split_terminator("\n\n").map(Told::parse).collect();
    let names: Vec<_> = told.iter().map(|told| told.name.as_str()).collect();
    assert_eq!(names, ["status", "completed"]);
}

/// Requests that are cancelled in one go: more than a server looks at between two reads.
const BURST: u32 = 200;

#[tokio::test]
async fn http2_is_spoken_and_a_storm_of_resets_ends_its_connection() {
    let issued = issue();
    let (world, _files) = encrypted(&issued).await;
    let stream = connect(&world, &issued, &TLS13, b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = || {
        axum::http::Request::get(format!("https://localhost:{}/openapi.json", world.address.port()))
            .body(())
            .unwrap()
    };
    let (answer, _) = client.send_request(request(), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-request-id"));
    let mut body = answer.into_body();
    let mut bytes = Vec::<Bytes>::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        bytes.push(chunk);
    }
    assert!(bytes.iter().map(Bytes::len).sum::<usize>() > 1000);

    // Rapid reset: open and cancel, over and over.
    let storm = async {
        for sent in 1.. {
            client = match client.ready().await {
                Ok(client) => client,
                Err(_) => return,
            };
            let Ok((_answer, mut sending)) = client.send_request(request(), false) else { return };
            sending.send_reset(h2::Reason::CANCEL);
            if sent % BURST == 0 {
                // The connection's own task has to get round to sending them.
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::time::timeout(PATIENCE, storm).await.expect("the connection is ended");
    let _ended = connection.await.unwrap();
    let again = connect(&world, &issued, &TLS13, b"http/1.1").await.unwrap();
    assert_eq!(health(again).await.status, 200, "others go on");
}
