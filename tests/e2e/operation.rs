//! What an operator sees.

use common::testing::TestBroker;

use crate::support::{Setup, folder, get, invoice_ocr, sample};

#[test]
fn a_service_refuses_a_broker_without_its_topology_and_says_what_to_run() {
    let (server, data) = (TestBroker::start(), folder());
    let data = data.path().to_str().unwrap().to_owned();
    let url = server.url();
    let start = ["serve", "--data", &data, "--stages", "extract", "--nats-url", &url];
    let refused = invoice_ocr(&start);
    assert_eq!(refused.status.code(), Some(69));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("topology apply"), "{message}");
}

#[test]
fn topology_check_fails_until_it_is_applied() {
    let server = TestBroker::start();
    let topology = |command| invoice_ocr(&["topology", command, "--nats-url", &server.url()]);
    assert_eq!(topology("check").status.code(), Some(5));
    assert_eq!(topology("apply").status.code(), Some(0));
    assert_eq!(topology("check").status.code(), Some(0));
}

#[test]
fn a_second_serve_on_the_same_data_is_refused() {
    let data = folder();
    let _service = Setup::all(data.path()).start();
    let second =
        invoice_ocr(&["serve", "--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(69));
    let message = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(message.contains("another"), "{message}");
}

#[test]
fn readiness_follows_the_broker_while_health_does_not() {
    let (mut server, data) = (TestBroker::start(), folder());
    let url = server.url();
    assert!(invoice_ocr(&["topology", "apply", "--nats-url", &url]).status.success());
    let setup = Setup { stages: "gateway", broker: Some(url), ..Setup::all(data.path()) };
    let service = setup.start();
    server.kill();
    let ready = || get(&format!("{}/ready", service.url)).0;
    crate::support::until("503 from /ready", || (ready() == 503).then_some(()));
    assert_eq!(get(&format!("{}/health", service.url)).0, 200);
    server.restart();
    crate::support::until("200 from /ready", || (ready() == 200).then_some(()));
}

#[test]
fn content_of_documents_does_not_reach_the_log_or_the_metrics() {
    let data = folder();
    let config = "[log]\nlevel = \"debug\"\nspans = true\n";
    let service = Setup { config, ..Setup::all(data.path()) }.start();
    let id = service.accepted(&sample("facture-electronique.pdf"), "application/pdf");
    let result = service.ended(&id)["result"].clone();
    let (_, metrics) = get(&format!("{}/metrics", service.url));
    assert!(service.stop().success());
    let log = std::fs::read_to_string(data.path().join("all.log")).unwrap();
    assert!(log.contains(&id), "the log tells the document's story");
    for path in ["number", "seller.name", "payment.iban", "totals.gross"] {
        let field = path.split('.').fold(&result["invoice"], |value, key| &value[key]);
        let value = field["value"].as_str().unwrap();
        assert!(!log.contains(value), "{path} is in the log");
        assert!(!metrics.as_str().unwrap().contains(value), "{path} is in the metrics");
    }
}
