//! What is killed comes back, and nothing is lost or doubled.

use std::path::Path;
use std::time::Duration;

use common::testing::TestBroker;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{
    Behind, Service, Setup, distinct, folder, invoice_ocr, sample, signal, until,
};

const PDF: &str = "application/pdf";

/// The four services as processes of their own on one broker.
struct Fleet<'a> {
    data: &'a Path,
    broker: String,
}

impl<'a> Fleet<'a> {
    fn on(server: &TestBroker, data: &'a Path) -> Self {
        let fleet = Self { data, broker: server.url() };
        let applied = invoice_ocr(&["topology", "apply", "--nats-url", &fleet.broker]);
        assert!(applied.status.success(), "{applied:?}");
        Behind::broker(&fleet.broker).shorten_leases(Duration::from_secs(3));
        fleet
    }

    fn start(&self, stages: &'a str) -> Service {
        self.start_with(stages, "")
    }

    fn start_with(&self, stages: &'a str, config: &'a str) -> Service {
        Setup { data: self.data, stages, broker: Some(self.broker.clone()), config }.start()
    }
}

#[test]
fn twenty_documents_survive_the_death_of_each_stage_and_of_workers() {
    let (server, data) = (TestBroker::start(), folder());
    let fleet = Fleet::on(&server, data.path());
    let behind = Behind::broker(&server.url());
    let mut gateway = fleet.start("gateway");
    let mut stages = ["preprocess", "ocr", "extract"].map(|stage| (stage, fleet.start(stage)));
    let scan = sample("facture-scan.pdf");
    let digital = sample("facture-tunisie.pdf");
    let ids: Vec<String> = (0..20)
        .map(|n| {
            let document = if n % 4 == 0 { &scan } else { &digital };
            gateway.accepted(&distinct(document, n), PDF)
        })
        .collect();
    for (stage, service) in &mut stages {
        for worker in service.children(&format!("worker {stage}")) {
            signal(worker, Signal::KILL);
        }
        let fresh = fleet.start(stage);
        std::mem::replace(service, fresh).kill();
        std::thread::sleep(Duration::from_millis(400));
    }
    let fresh = fleet.start("gateway");
    std::mem::replace(&mut gateway, fresh).kill();

    for id in &ids {
        let ended = gateway.ended(id);
        assert_eq!(ended["state"], "completed", "{ended}");
        assert_eq!(ended["generation"], 1);
    }
    behind.drained();
    assert_eq!(behind.messages("INVOICE_EVENTS"), 20);
    assert_eq!(behind.messages("INVOICE_DEAD"), 0);
}

#[test]
fn a_document_whose_workers_are_all_killed_is_a_dead_letter_and_its_replay_completes() {
    let (server, data) = (TestBroker::start(), folder());
    let fleet = Fleet::on(&server, data.path());
    let behind = Behind::broker(&server.url());
    let gateway = fleet.start("gateway");
    let config = "[stages.ocr]\nretry_delays_seconds = [1]\n";
    let ocr = fleet.start_with("ocr", config);
    let _others = (fleet.start("preprocess"), fleet.start("extract"));
    let id = gateway.accepted(&sample("facture-scan.pdf"), PDF);
    let failed = until("the dead letter", || {
        // Every worker that ever shows up, as soon as it does.
        for worker in ocr.children("worker ocr") {
            signal(worker, Signal::KILL);
        }
        let status = gateway.status(&id);
        (status["state"] == "failed").then_some(status)
    });
    assert_eq!(failed["attempt"], 3, "{failed}");
    assert_eq!(failed["error"]["stage"], "ocr");
    let code = failed["error"]["code"].as_str().unwrap();
    assert!(["worker_crashed", "worker_not_started"].contains(&code), "{failed}");
    behind.drained();
    assert_eq!(behind.messages("INVOICE_DEAD"), 1);

    let list = invoice_ocr(&["dead", "list", "--nats-url", &server.url()]);
    assert!(String::from_utf8_lossy(&list.stdout).contains(&id), "{list:?}");
    let replay = invoice_ocr(&["dead", "replay", &id, "--nats-url", &server.url()]);
    assert!(replay.status.success(), "{replay:?}");
    let done = until("the replay", || {
        let status = gateway.status(&id);
        (status["state"] == "completed").then_some(status)
    });
    assert_eq!(done["generation"], 2);
    behind.drained();
    assert_eq!(behind.messages("INVOICE_DEAD"), 0);
    let event = format!("invoice.extracted.default.{id}.2");
    assert!(behind.message("INVOICE_EVENTS", &event).is_some());
}

#[test]
fn a_document_that_kills_its_service_each_time_is_a_dead_letter_when_one_comes_back() {
    let (server, data) = (TestBroker::start(), folder());
    let fleet = Fleet::on(&server, data.path());
    let gateway = fleet.start("gateway");
    let _others = (fleet.start("preprocess"), fleet.start("extract"));
    let id = gateway.accepted(&sample("facture-scan.pdf"), PDF);
    for attempt in 1..=3 {
        let ocr = fleet.start("ocr");
        until("the attempt", || {
            let status = gateway.status(&id);
            let begun = status["stage"] == "ocr" && status["state"] == "processing";
            (begun && status["attempt"] == attempt).then_some(())
        });
        ocr.kill();
    }
    let _ocr = fleet.start("ocr");
    let failed = gateway.ended(&id);
    assert_eq!(failed["state"], "failed");
    assert_eq!(failed["error"]["code"], "attempts_exhausted", "{failed}");
    assert_eq!(Behind::broker(&server.url()).messages("INVOICE_DEAD"), 1);
}

#[test]
fn a_greedy_document_fails_alone_and_completes_once_it_may_have_more() {
    let data = folder();
    let page = "[worker]\ncpu_seconds_per_page = 1\n[stages.ocr]\nattempts = 2\n\
                retry_delays_seconds = [1]\n";
    let service = Setup { config: page, ..Setup::all(data.path()) }.start();
    // Dense enough to take more than a second, next to one that needs no recognition at all.
    let greedy = service.accepted(&dense_page(), "image/png");
    let modest = service.accepted(&sample("facture-tunisie.pdf"), PDF);
    assert_eq!(service.ended(&modest)["state"], "completed");
    let failed = service.ended(&greedy);
    assert_eq!(failed["state"], "failed", "{failed}");
    assert_eq!(failed["error"]["code"], "worker_cpu_exceeded", "{failed}");
    assert!(service.stop().success());

    let service = Setup::all(data.path()).start();
    let url = std::fs::read_to_string(data.path().join("broker.url")).unwrap();
    let replay = invoice_ocr(&["dead", "replay", &greedy, "--nats-url", url.trim()]);
    assert!(replay.status.success(), "{replay:?}");
    let done = until("the replay", || {
        let status = service.status(&greedy);
        (status["state"] == "completed").then_some(status)
    });
    assert_eq!(done["generation"], 2);
}

/// Rows of marks that look enough like text to be worth several seconds of reading.
fn dense_page() -> Vec<u8> {
    let (width, height) = (1000_u32, 1400_u32);
    let mut grey = vec![255_u8; (width * height) as usize];
    for y in 100..height - 100 {
        for x in 100..width - 100 {
            let (row, column) = (y / 28, x / 16);
            let inside = y % 28 < 18 && x % 16 < 11;
            let stroke = (x * 7 + y * 13 + row * 31 + column * 17) % 5 < 2;
            if inside && (stroke || x % 16 < 3) && column % 9 != 0 {
                grey[(y * width + x) as usize] = 20;
            }
        }
    }
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&grey).unwrap();
    png
}

#[test]
fn a_stop_under_load_is_clean_and_the_next_start_finishes() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let scan = sample("facture-scan.pdf");
    let ids: Vec<String> = (0..6).map(|n| service.accepted(&distinct(&scan, n), PDF)).collect();
    assert!(service.stop().success());
    let service = Setup::all(data.path()).start();
    for id in &ids {
        assert_eq!(service.ended(id)["state"], "completed");
    }
    let behind = Behind::service(data.path());
    behind.drained();
    assert_eq!(behind.messages("INVOICE_EVENTS"), 6);
}

#[test]
fn a_killed_embedded_broker_is_started_again_and_nothing_is_lost() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let scan = sample("facture-scan.pdf");
    let ids: Vec<String> = (0..4).map(|n| service.accepted(&distinct(&scan, n), PDF)).collect();
    let brokers = service.children("nats-server");
    assert_eq!(brokers.len(), 1);
    signal(brokers[0], Signal::KILL);
    for id in &ids {
        assert_eq!(service.ended(id)["state"], "completed");
    }
    assert_ne!(service.children("nats-server"), brokers);
    assert!(service.stop().success());
}

#[test]
fn a_killed_serve_leaves_no_process_behind_and_its_data_to_the_next() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let id = service.accepted(&sample("facture-tunisie.pdf"), PDF);
    let children = [service.children("nats-server"), service.children("worker")].concat();
    assert!(children.len() >= 3, "{children:?}");
    service.kill();
    until("the end of its children", || {
        let gone = |id: &u32| !std::path::Path::new(&format!("/proc/{id}")).exists();
        children.iter().all(gone).then_some(())
    });
    let service = Setup::all(data.path()).start();
    let ended: Value = service.ended(&id);
    assert_eq!(ended["state"], "completed");
}
