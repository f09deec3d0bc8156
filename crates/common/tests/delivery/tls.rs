//! TLS: the broker is who its authority says, and so is the service.

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::config::{self, Config};
use common::jetstream::broker::{Broker, ConnectError};
use common::testing::TestBroker;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// Longer than a handshake, short enough for a test that waits for it to fail.
const PATIENCE: Duration = Duration::from_secs(5);

/// Authorities, and certificates of theirs, as PEM files.
struct Certificates(TempDir);

impl Certificates {
    fn make() -> Self {
        let made = Self(TempDir::new().unwrap());
        let ours = made.authority("ca");
        made.authority("stranger");
        made.issue("broker", &ours, ExtendedKeyUsagePurpose::ServerAuth);
        made.issue("service", &ours, ExtendedKeyUsagePurpose::ClientAuth);
        made
    }

    fn authority(&self, name: &str) -> Issuer<'static, KeyPair> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        std::fs::write(self.path(name), params.self_signed(&key).unwrap().pem()).unwrap();
        Issuer::new(params, key)
    }

    fn issue(&self, name: &str, by: &Issuer<'_, KeyPair>, usage: ExtendedKeyUsagePurpose) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages.push(usage);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        std::fs::write(self.path(name), params.signed_by(&key, by).unwrap().pem()).unwrap();
        std::fs::write(self.path(&format!("{name}-key")), key.serialize_pem()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(format!("{name}.pem"))
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A broker that asks its clients for certificates.
    fn broker(&self) -> TestBroker {
        TestBroker::start_with(|_: &Path| {
            format!(
                "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}",
                self.path("broker"),
                self.path("broker-key"),
                self.path("ca")
            )
        })
    }
}

async fn connect(server: &TestBroker, settings: &config::Broker) -> Result<Broker, ConnectError> {
    Broker::connect_within(PATIENCE, &server.url(), "test", settings).await
}

#[tokio::test]
async fn both_sides_have_to_show_a_certificate_that_the_other_trusts() {
    let certificates = Certificates::make();
    let server = certificates.broker();
    let defaults = Config::defaults().unwrap().broker;
    let ours = config::Broker {
        tls_ca: certificates.text("ca"),
        tls_certificate: certificates.text("service"),
        tls_key: certificates.text("service-key"),
        tls_required: true,
        ..defaults
    };
    assert!(connect(&server, &ours).await.is_ok());

    let none = String::new;
    let anonymous = config::Broker { tls_certificate: none(), tls_key: none(), ..ours.clone() };
    let refused = [
        (
            "an authority that it does not know",
            config::Broker { tls_ca: certificates.text("stranger"), ..ours.clone() },
        ),
        ("the system's authorities", config::Broker { tls_ca: none(), ..ours.clone() }),
        ("a service without a certificate", anonymous),
    ];
    for (what, settings) in refused {
        let error = connect(&server, &settings).await.unwrap_err();
        assert!(matches!(error, ConnectError::Unreachable { .. }), "{what}: {error}");
    }
}

#[tokio::test]
async fn who_wants_tls_does_not_speak_without() {
    let server = TestBroker::start();
    let required = config::Broker { tls_required: true, ..Config::defaults().unwrap().broker };
    let error = connect(&server, &required).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn files_that_are_no_certificates_are_named_before_anybody_is_asked() {
    let certificates = Certificates::make();
    let server = TestBroker::start();
    let swapped = config::Broker {
        tls_certificate: certificates.text("service-key"),
        tls_key: certificates.text("service"),
        ..Config::defaults().unwrap().broker
    };
    let error = connect(&server, &swapped).await.unwrap_err();
    assert!(error.to_string().starts_with("broker.tls_certificate = "), "{error}");
}
