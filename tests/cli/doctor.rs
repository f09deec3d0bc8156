//! `doctor` without a broker: what it makes of a gateway that answers oddly, and of its own arguments.

use std::net::TcpListener;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};
use serde_json::{Value, json};

use crate::cli::http::{Answer, Service};
use crate::{code, program, stderr};

/// Runs `doctor` in an empty folder, where no `serve` has noted anything.
fn doctor(args: &[&str]) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&[&["doctor", "--json"], args].concat());
    let output = command.current_dir(folder.path()).output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| json!(stderr(&output)));
    (code(&output), report)
}

fn verdicts(report: &Value, verdict: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let of_it = checks.filter(|check| check["verdict"] == verdict);
    of_it.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn without_a_broker_the_gateway_is_checked_alone() {
    let service =
        Service::start([Answer::json(200, &json!({"status": "ok"}))
            .header("Date: Thu, 01 Jan 1970 00:00:00 GMT")]);
    let (code, report) = doctor(&["--url", &service.url, "--no-sample"]);
    assert_eq!(code, 1, "{report:#}");
    let failed = verdicts(&report, "failed");
    // The same answer to everything: alive, ready, no description, no metrics, a clock of long ago.
    assert_eq!(failed, ["gateway.openapi", "gateway.clock", "gateway.metrics"], "{report:#}");
    assert!(verdicts(&report, "ok").contains(&"gateway.ready".to_owned()), "{report:#}");
    let skipped = verdicts(&report, "skipped");
    for name in ["broker.connection", "sample.text", "sample.erased", "sandbox.ocr"] {
        assert!(skipped.contains(&name.to_owned()), "{name}: {report:#}");
    }
    let requests = service.requests();
    assert!(requests.iter().all(|request| request.head.starts_with("GET ")), "{requests:?}");
}

#[test]
fn a_configuration_that_cannot_be_used_is_a_check_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    std::fs::write(&path, "[limits]\nmax_pagez = 3\n").unwrap();
    let service = Service::start([Answer::problem(503, "not_ready")]);
    let config = path.to_str().unwrap();
    let (code, report) = doctor(&["--url", &service.url, "--config", config, "--no-sample"]);
    assert_eq!(code, 1, "{report:#}");
    let check = &report["checks"][0];
    assert_eq!((&check["name"], &check["verdict"]), (&"configuration".into(), &"failed".into()));
    assert!(check["found"].as_str().unwrap().contains("max_pagez"), "{report:#}");
    assert!(check["remedy"].as_str().unwrap().contains("config check"), "{report:#}");
}

#[test]
fn a_service_at_its_port_for_operators_is_checked_too() {
    let gateway = Service::start([Answer::json(200, &json!({}))]);
    let ocr = Service::start([
        Answer::json(200, &json!({})),
        Answer::json(200, &json!({})),
        Answer::problem(503, "away"),
    ]);
    let (code, report) = doctor(&[
        "--url",
        &gateway.url,
        "--ops",
        &ocr.url,
        "--ops",
        "http://127.0.0.1:9",
        "--no-sample",
    ]);
    assert_eq!(code, 1);
    let failed = verdicts(&report, "failed");
    assert!(failed.contains(&format!("ops.{}", ocr.url)), "alive, not ready: {report:#}");
    assert!(failed.contains(&"ops.http://127.0.0.1:9".to_owned()), "{report:#}");
}

/// Something that shakes hands with a certificate that ended on the first day of 2020, and no more.
fn expired() -> u16 {
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = ServerConnection::new(config.clone()).unwrap();
            // Whoever does not trust the certificate says so and goes.
            connection.complete_io(&mut stream.unwrap()).unwrap_or_default();
        }
    });
    port
}

#[test]
fn a_certificate_is_looked_at_though_nobody_trusts_it() {
    let url = format!("https://127.0.0.1:{}", expired());
    let (code, report) = doctor(&["--url", &url, "--no-sample"]);
    assert_eq!(code, 1, "{report:#}");
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "gateway.certificate").unwrap();
    assert_eq!(check["found"], "expired on 2020-01-01", "{report:#}");
    assert!(verdicts(&report, "failed").contains(&"gateway.health".to_owned()), "{report:#}");
}
