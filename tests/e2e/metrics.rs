//! What Prometheus sees: which metrics there are, and that documents add none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::testing::{TestBroker, repository};
use rustix::process::Signal;

use crate::support::{Service, Setup, distinct, folder, get, invoice_ocr, sample, signal};

/// Every metric with its type and labels. Dashboards and alerts of others are built on these names, so a
/// change here is a change for them: `UPDATE_GOLDEN=1` writes the file, CHANGELOG.md says what changed.
const GOLDEN: &str = "tests/e2e/golden/metrics.txt";

/// Documents of each kind, and one that fails.
fn some_of_each(service: &Service, number: usize) {
    let digital = distinct(&sample("facture-electronique.pdf"), number);
    let damaged = distinct(b"%PDF-1.7\n", number);
    for (bytes, media_type) in [(digital, "application/pdf"), (damaged, "application/pdf")] {
        let id = service.accepted(&bytes, media_type);
        service.ended(&id);
    }
    // Known from before.
    assert_eq!(service.submit(&sample("facture-electronique.pdf"), "application/pdf").0, 200);
}

fn exposition(service: &Service) -> String {
    get(&format!("{}/metrics", service.url)).1.as_str().unwrap().to_owned()
}

/// Lines that are samples, without their values.
fn series(exposition: &str) -> BTreeSet<String> {
    let samples = exposition.lines().filter(|line| !line.starts_with('#'));
    samples.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

#[test]
fn metrics_are_those_that_dashboards_are_built_on_and_documents_add_none() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let first = service.accepted(&sample("facture-electronique.pdf"), "application/pdf");
    service.ended(&first);
    // A worker that is killed while it waits is missed by the next document.
    let worker = *service.children("worker ocr").first().expect("a worker");
    signal(worker, Signal::KILL);
    let scan = service.accepted(&sample("invoice-photo.jpg"), "image/jpeg");
    service.ended(&scan);
    some_of_each(&service, 1);
    let before = crate::support::until("the levels of all streams", || {
        let seen = exposition(&service);
        // The first answer does not count itself.
        let complete =
            seen.contains("invoice_ocr_stream_bytes{") && seen.contains("route=\"/metrics\"");
        complete.then_some(seen)
    });
    assert_golden(&before);

    for number in 2..5 {
        some_of_each(&service, number);
    }
    let new: Vec<_> = series(&exposition(&service)).difference(&series(&before)).cloned().collect();
    assert_eq!(new, Vec::<String>::new(), "documents made series of their own");
    assert!(series(&before).len() < 1500, "{} series", series(&before).len());
    assert!(service.stop().success());
}

#[test]
fn a_part_of_the_pipeline_shows_its_health_and_metrics_too() {
    let (server, data) = (TestBroker::start(), folder());
    let url = server.url();
    assert!(invoice_ocr(&["topology", "apply", "--nats-url", &url]).status.success());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!("[service]\nops_listen = \"127.0.0.1:{port}\"\n");
    let setup = Setup { data: data.path(), stages: "extract", broker: Some(url), config: &config };
    let service = setup.start();
    let at = |path: &str| get(&format!("http://127.0.0.1:{port}/{path}"));
    crate::support::until("200 from /ready", || (at("ready").0 == 200).then_some(()));
    let shown = at("metrics").1.as_str().unwrap().to_owned();
    for series in ["jobs_limit{stage=\"extract\"}", "broker_connected"] {
        assert!(shown.contains(&format!("invoice_ocr_{series}")), "{series} in {shown}");
    }
    assert!(!shown.contains("stage=\"ocr\""), "of what does not run here: {shown}");
    assert!(service.stop().success());
}

/// Holds types and labels of `exposition` against the golden file.
#[expect(clippy::disallowed_methods, reason = "how a person asks a test for something else")]
fn assert_golden(exposition: &str) {
    let mut metrics: BTreeMap<&str, (&str, BTreeSet<&str>)> = BTreeMap::new();
    for line in exposition.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').unwrap();
            metrics.entry(name).or_default().0 = kind;
        } else if !line.starts_with('#') {
            let series = line.rsplit_once(' ').unwrap().0;
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let of =
                metrics.keys().filter(|known| name.starts_with(**known)).max_by_key(|k| k.len());
            let metric = *of.unwrap_or_else(|| panic!("{name} has no type"));
            let labels = labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0));
            metrics.get_mut(metric).unwrap().1.extend(labels.filter(|label| *label != "le"));
        }
    }
    let described: String = metrics
        .iter()
        .map(|(name, (kind, labels))| {
            let labels: Vec<_> = labels.iter().copied().collect();
            format!("{kind:9} {name}{{{}}}\n", labels.join(","))
        })
        .collect();
    let path = repository().join(GOLDEN);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &described).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(described, golden, "metrics differ from {GOLDEN}");
}
