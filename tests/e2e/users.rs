//! Who may connect to the broker, and that each service works as a user of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use common::config::without_credentials;
use common::testing::{TestBroker, process};

use crate::support::{Behind, Service, Setup, delete, folder, get, invoice_ocr, sample, until};

const PDF: &str = "application/pdf";

/// How soon an orchestrator has to learn that a service cannot work: three probes of ten seconds.
const NOTICED: Duration = Duration::from_secs(30);

/// Configuration of a service, or of the command line, that is `role` at the broker.
fn settings(keys: &Path, role: &str) -> String {
    format!("[broker]\nnkey_file = {:?}\n", keys.join(format!("{role}.nk")))
}

#[test]
fn four_services_and_an_operator_each_as_a_user_of_its_own_do_everything() {
    let (keys, data) = (folder(), folder());
    let made = invoice_ocr(&["topology", "users", keys.path().to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    let users = fs::read_to_string(keys.path().join("users.conf")).unwrap();
    let server = TestBroker::start_with(|folder| {
        fs::write(folder.join("users.conf"), users).unwrap();
        "include \"users.conf\"".to_owned()
    });
    let url = server.url();
    let operator = data.path().join("operator.toml");
    fs::write(&operator, settings(keys.path(), "operator")).unwrap();
    let as_operator = |args: &[&str]| {
        let config = operator.to_str().unwrap();
        let output = invoice_ocr(&[args, &["--config", config, "--nats-url", &url]].concat());
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    as_operator(&["topology", "apply"]);

    let start = |role: &'static str| -> Service {
        let config = settings(keys.path(), role);
        let (broker, config) = (Some(url.clone()), config.as_str());
        Setup { data: data.path(), stages: role, broker, config }.start()
    };
    let gateway = start("gateway");
    let _stages = ["preprocess", "ocr", "extract"].map(start);
    let digital = gateway.accepted(&sample("facture-electronique.pdf"), PDF);
    let scan = gateway.accepted(&sample("facture-scan.pdf"), PDF);
    for id in [&digital, &scan] {
        assert_eq!(gateway.ended(id)["state"], "completed");
        assert_eq!(get(&format!("{}/api/v1/invoices/{id}/pages", gateway.url)).0, 200);
    }
    let damaged = gateway.accepted(b"%PDF-1.7 and nothing that follows", PDF);
    assert_eq!(gateway.ended(&damaged)["state"], "failed");
    until("the dead letter", || as_operator(&["dead", "list"]).contains(&damaged).then_some(()));
    as_operator(&["dead", "replay", &damaged]);
    until("the end of the replay", || {
        let status = gateway.status(&damaged);
        (status["state"] == "failed" && status["generation"] == 2).then_some(())
    });
    until("its letter", || as_operator(&["dead", "list"]).contains(&damaged).then_some(()));
    as_operator(&["dead", "discard", &damaged]);
    assert_eq!(delete(&format!("{}/api/v1/invoices/{scan}", gateway.url)), 204);
    assert_eq!(as_operator(&["topology", "check"]), "");
    assert!(as_operator(&["story", &digital]).contains("Now: completed"));
    let system = keys.path().join("system.nk");
    let checked = as_operator(&[
        "doctor",
        "--url",
        &gateway.url,
        "--system-key",
        system.to_str().unwrap(),
        "--timeout",
        "170",
        "--output",
        "ndjson",
    ]);
    for name in ["broker.rights", "broker.sync", "broker.disk", "stage.ocr", "sample.scan"] {
        let passed = format!("{{\"name\":\"{name}\",\"verdict\":\"ok\"");
        assert!(checked.contains(&passed), "{name}: {checked}");
    }
    as_operator(&["backup", "create", data.path().join("backup").to_str().unwrap()]);

    let log = server.log();
    let violations: Vec<_> = log.lines().filter(|line| line.contains("Violation")).collect();
    assert_eq!(violations, Vec::<&str>::new());
}

#[test]
fn a_gateway_whose_key_is_revoked_is_not_ready_says_why_and_recovers() {
    let (keys, others, data) = (folder(), folder(), folder());
    let users = |folder: &Path| {
        let made = invoice_ocr(&["topology", "users", folder.to_str().unwrap()]);
        assert!(made.status.success(), "{made:?}");
        fs::read_to_string(folder.join("users.conf")).unwrap()
    };
    let (known, strangers) = (users(keys.path()), users(others.path()));
    let server = TestBroker::start_with(|_| known.clone());
    let url = server.url();
    let operator = data.path().join("operator.toml");
    fs::write(&operator, settings(keys.path(), "operator")).unwrap();
    let config = operator.to_str().unwrap();
    let applied = invoice_ocr(&["topology", "apply", "--config", config, "--nats-url", &url]);
    assert!(applied.status.success(), "{applied:?}");
    let config = settings(keys.path(), "gateway");
    let (broker, config) = (Some(url), config.as_str());
    let gateway = Setup { data: data.path(), stages: "gateway", broker, config }.start();
    let ready = || get(&format!("{}/ready", gateway.url)).0;
    assert_eq!(ready(), 200);

    server.reload(&strangers);
    process::until(NOTICED, "503 from /ready", || (ready() == 503).then_some(()));
    let log = || fs::read_to_string(data.path().join("gateway.log")).unwrap();
    until("the reason in the log", || {
        log().contains("broker refuses this service's credentials").then_some(())
    });
    server.reload(&known);
    until("200 from /ready", || (ready() == 200).then_some(()));
    assert_eq!(log().matches("broker refuses this service's credentials").count(), 1);
}

#[test]
fn the_embedded_broker_knows_nobody_but_who_can_read_its_data() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let path = data.path().join("broker.url");
    let url = fs::read_to_string(&path).unwrap().trim().to_owned();
    for secret in [path, data.path().join("broker/server.conf")] {
        let mode = fs::metadata(&secret).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", secret.display());
    }
    let stranger = without_credentials(&url);
    assert_ne!(stranger, url);
    let refused = invoice_ocr(&["topology", "check", "--nats-url", &stranger]);
    assert_eq!(refused.status.code(), Some(69), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("refuses this service's credentials"), "{said}");
    let known = invoice_ocr(&["topology", "check", "--data", data.path().to_str().unwrap()]);
    assert_eq!(known.status.code(), Some(0), "{known:?}");
    assert_eq!(Behind::service(data.path()).messages("INVOICE_DEAD"), 0);
    let password = url.split([':', '@']).nth(2).unwrap();
    assert_eq!(password.len(), 64);
    assert!(service.stop().success());
    let log = fs::read_to_string(data.path().join("all.log")).unwrap();
    assert!(!log.contains(password), "the password is in the log");
    let again = Setup::all(data.path()).start();
    assert_ne!(fs::read_to_string(data.path().join("broker.url")).unwrap().trim(), url);
    assert!(again.stop().success());
}
