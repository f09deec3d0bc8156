//! `invoice-ocr doctor`, as an operator runs it.

use std::fs;
use std::path::Path;
use std::process::Output;

use common::testing::TestBroker;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::support::{Behind, Service, Setup, folder, invoice_ocr, until};

const ASKING: &str = "[gateway.auth]\nmode = \"required\"\n";

/// What a report says.
struct Report {
    code: Option<i32>,
    report: Value,
}

impl Report {
    fn of(output: &Output) -> Self {
        let report =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        Self { code: output.status.code(), report }
    }

    fn check(&self, name: &str) -> &Value {
        let checks = self.report["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|check| check["name"] == name)
            .unwrap_or_else(|| panic!("{name}: {self:?}"))
    }

    fn verdict(&self, name: &str) -> &str {
        self.check(name)["verdict"].as_str().unwrap()
    }

    fn remedy(&self, name: &str) -> &str {
        self.check(name)["remedy"].as_str().unwrap_or_default()
    }

    /// Names of the checks that ended with `verdict`.
    fn named(&self, verdict: &str) -> Vec<&str> {
        let checks = self.report["checks"].as_array().unwrap().iter();
        let of_it = checks.filter(|check| check["verdict"] == verdict);
        of_it.map(|check| check["name"].as_str().unwrap()).collect()
    }
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {:?}: {:#}", self.code, self.report)
    }
}

/// With patience for a machine that is busy with other tests.
fn doctor(args: &[&str]) -> Report {
    Report::of(&invoice_ocr(&[&["doctor", "--json", "--timeout", "170"], args].concat()))
}

#[test]
fn a_healthy_service_passes_and_nothing_is_left_of_the_samples() {
    let data = folder();
    let _service = Setup::all(data.path()).start();
    let at = data.path().to_str().unwrap();
    let report = doctor(&["--data", at]);
    assert_eq!((report.code, report.named("failed")), (Some(0), vec![]), "{report:?}");
    for name in [
        "configuration",
        "gateway.health",
        "gateway.ready",
        "gateway.docs",
        "gateway.openapi",
        "gateway.clock",
        "gateway.metrics",
        "sample.text",
        "sample.scan",
        "sample.erased",
        "sandbox.preprocess",
        "sandbox.ocr",
        "broker.connection",
        "broker.version",
        "broker.sync",
        "broker.rights",
        "broker.topology",
        "broker.clock",
        "streams.room",
        "streams.copies",
        "stage.preprocess",
        "stage.ocr",
        "stage.extract",
        "dead_letters",
        "audit",
    ] {
        assert_eq!(report.verdict(name), "ok", "{name}: {report:?}");
    }
    let behind = Behind::service(data.path());
    for stream in ["INVOICE_EVENTS", "OBJ_invoice_uploads", "OBJ_invoice_work"] {
        assert_eq!(behind.messages(stream), 0, "{stream}");
    }
    // As people see it.
    let output = invoice_ocr(&["doctor", "--data", at, "--no-sample"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("stage.ocr") && text.contains("checks passed"), "{text}");
    assert_eq!(output.status.code(), Some(0), "{text}");
}

/// Three services of one broker, without ocr.
fn without_ocr(server: &TestBroker, data: &Path) -> (Service, [Service; 2]) {
    let url = server.url();
    assert!(invoice_ocr(&["topology", "apply", "--nats-url", &url]).status.success());
    let start = |stages: &'static str| {
        Setup { data, stages, broker: Some(url.clone()), config: "" }.start()
    };
    (start("gateway"), ["preprocess", "extract"].map(start))
}

#[test]
fn a_stage_without_a_service_fails_and_no_sample_is_wasted_on_it() {
    let (server, data) = (TestBroker::start(), folder());
    let (gateway, _others) = without_ocr(&server, data.path());
    let args = ["--url", &gateway.url, "--nats-url", &server.url()];
    let report = doctor(&args);
    assert_eq!((report.code, report.named("failed")), (Some(1), vec!["stage.ocr"]), "{report:?}");
    assert!(report.remedy("stage.ocr").contains("--stages ocr"), "{report:?}");
    assert_eq!(report.verdict("sample.text"), "skipped");
    assert_eq!(Behind::broker(&server.url()).messages("OBJ_invoice_uploads"), 0);
    // A broker of one's own without users is worth a word.
    assert_eq!(report.verdict("broker.rights"), "warning", "{report:?}");
    assert_eq!(report.verdict("broker.sync"), "skipped", "{report:?}");

    let broker = Some(server.url());
    let _ocr = Setup { data: data.path(), stages: "ocr", broker, config: "" }.start();
    let report = doctor(&args);
    assert_eq!((report.code, report.verdict("stage.ocr")), (Some(0), "ok"), "{report:?}");
    assert_eq!(report.verdict("sample.scan"), "ok", "{report:?}");
}

#[test]
fn a_topology_that_differs_is_found_and_can_be_made_to_count() {
    let (server, data) = (TestBroker::start(), folder());
    let (gateway, _others) = without_ocr(&server, data.path());
    let broker = Some(server.url());
    let _ocr = Setup { data: data.path(), stages: "ocr", broker, config: "" }.start();
    let url = server.url();
    let args = ["--url", &gateway.url, "--nats-url", &url, "--no-sample"];
    let behind = Behind::broker(&url);
    behind.alter("INVOICE_DEAD", |config| config.max_bytes = 1 << 20);
    let report = doctor(&args);
    assert_eq!(
        (report.code, report.verdict("broker.topology")),
        (Some(0), "warning"),
        "{report:?}"
    );
    let found = report.check("broker.topology")["found"].as_str().unwrap().to_owned();
    assert!(found.contains("INVOICE_DEAD: max_bytes is 1048576"), "{found}");
    let strict = doctor(&[&args[..], &["--fail-on-warning"]].concat());
    assert_eq!(strict.code, Some(3), "{strict:?}");
    behind.remove("INVOICE_ADVISORIES");
    let report = doctor(&args);
    assert_eq!((report.code, report.verdict("broker.topology")), (Some(1), "failed"), "{report:?}");
    assert!(invoice_ocr(&["topology", "apply", "--nats-url", &url]).status.success());
    assert_eq!(doctor(&args).verdict("broker.topology"), "ok");
}

#[test]
fn without_a_key_what_needs_one_is_skipped_and_a_narrow_key_leaves_the_samples() {
    let data = folder();
    let service = Setup { config: ASKING, ..Setup::all(data.path()) }.start();
    let at = data.path().to_str().unwrap();
    let report = doctor(&["--data", at]);
    assert_eq!((report.code, report.named("failed")), (Some(0), vec![]), "{report:?}");
    for name in ["gateway.metrics", "sample.text", "sample.scan"] {
        assert_eq!(report.verdict(name), "skipped", "{report:?}");
        assert!(report.remedy(name).contains("keys create"), "{report:?}");
    }
    assert_eq!(report.verdict("stage.ocr"), "ok", "the broker asks for no key");

    let key = data.path().join("key");
    let make = |scopes: &str| {
        let made = [
            "keys", "create", "--data", at, "--name", "d", "--tenant", "doctor", "--scope", scopes,
        ];
        let made = invoice_ocr(&made);
        assert!(made.status.success(), "{made:?}");
        fs::write(&key, &made.stdout).unwrap();
    };
    let key_file = key.to_str().unwrap();
    make("read,write");
    let report = until("the key is known", || {
        let report = doctor(&["--data", at, "--key-file", key_file]);
        (report.verdict("sample.text") == "ok").then_some(report)
    });
    assert_eq!(report.verdict("sample.scan"), "ok", "{report:?}");
    assert_eq!(report.verdict("sample.erased"), "skipped", "{report:?}");
    assert!(report.remedy("sample.erased").contains("expire"), "{report:?}");
    // They are the doctor's own tenant's, so readers of other tenants' events see nothing of them.
    let behind = Behind::service(data.path());
    behind.drained();
    assert_eq!(behind.count("INVOICE_EVENTS", "invoice.extracted.doctor.*.*"), 2);

    fs::write(&key, "ioc_of_nobody").unwrap();
    let report = doctor(&["--data", at, "--key-file", key_file]);
    assert_eq!((report.code, report.verdict("sample.text")), (Some(1), "failed"), "{report:?}");
    assert!(service.stop().success());
}

#[test]
fn where_nothing_runs_everything_that_failed_comes_with_what_to_do() {
    let data = folder();
    fs::write(data.path().join("gateway.url"), "http://127.0.0.1:9").unwrap();
    fs::write(data.path().join("broker.url"), "nats://127.0.0.1:9").unwrap();
    let report = doctor(&["--data", data.path().to_str().unwrap()]);
    assert_eq!(report.code, Some(1));
    assert_eq!(report.named("failed"), ["gateway.health", "broker.connection"], "{report:?}");
    for name in report.named("failed") {
        assert!(!report.remedy(name).is_empty(), "{name}: {report:?}");
    }
    assert_eq!(report.verdict("configuration"), "ok");
}

/// Makes an authority, and a certificate of it for this machine that ends in ten days.
fn certificates(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(folder.join("ca.pem"), authority.self_signed(&key).unwrap().pem()).unwrap();
    let authority = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let end = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let end = end.checked_add(jiff::Span::new().days(10)).unwrap();
    let day = |number: i8| u8::try_from(number).unwrap();
    params.not_after = rcgen::date_time_ymd(end.year().into(), day(end.month()), day(end.day()));
    fs::write(folder.join("broker.pem"), params.signed_by(&key, &authority).unwrap().pem())
        .unwrap();
    fs::write(folder.join("broker-key.pem"), key.serialize_pem()).unwrap();
}

#[test]
fn the_brokers_certificate_is_seen_to_end_soon() {
    let data = folder();
    certificates(data.path());
    let file = |name: &str| format!("{:?}", data.path().join(name));
    let server = TestBroker::start_with(|_| {
        format!("tls {{ cert_file: {}, key_file: {} }}", file("broker.pem"), file("broker-key.pem"))
    });
    let config = data.path().join("c.toml");
    let text = format!("[broker]\ntls_required = true\ntls_ca = {}\n", file("ca.pem"));
    fs::write(&config, text).unwrap();
    let (url, config) = (server.url(), config.to_str().unwrap().to_owned());
    let args = ["--config", &config, "--nats-url", &url];
    assert!(invoice_ocr(&[&["topology", "apply"], &args[..]].concat()).status.success());
    let report = doctor(&[&args[..], &["--url", "http://127.0.0.1:9"]].concat());
    assert_eq!(report.verdict("broker.connection"), "ok", "{report:?}");
    assert_eq!(report.verdict("broker.certificate"), "warning", "{report:?}");
    assert_eq!(report.verdict("broker.tls_ca"), "ok", "{report:?}");
    assert_eq!(report.verdict("broker.topology"), "ok", "{report:?}");
    // Nobody serves here.
    assert_eq!(report.named("failed").len(), 4, "{report:?}");
}
