//! The topology: made once, checked, bound to.

use common::config::Config;
use common::jetstream::broker::Broker;
use common::jetstream::topology::{self, REVISION, TopologyError};
use common::stage::StageName;
use common::testing::TestBroker;

use crate::support::Bench;

#[tokio::test]
async fn applying_twice_changes_nothing() {
    let bench = Bench::start().await;
    assert_eq!(topology::apply(&bench.broker, &bench.config).await.unwrap(), []);
    assert_eq!(topology::check(&bench.broker, &bench.config).await.unwrap(), []);
}

#[tokio::test]
async fn a_change_by_hand_is_reported_and_taken_back() {
    let bench = Bench::start().await;
    let mut stream = bench.raw.get_stream("INVOICE_DEAD").await.unwrap();
    let mut config = stream.info().await.unwrap().config.clone();
    config.max_bytes /= 2;
    bench.raw.update_stream(config).await.unwrap();
    let drift = topology::check(&bench.broker, &bench.config).await.unwrap();
    assert_eq!(drift.len(), 1);
    assert!(drift[0].to_string().contains("INVOICE_DEAD: max_bytes"), "{}", drift[0]);
    assert_eq!(topology::apply(&bench.broker, &bench.config).await.unwrap(), drift);
    assert_eq!(topology::check(&bench.broker, &bench.config).await.unwrap(), []);
}

#[tokio::test]
async fn a_service_without_its_queue_says_what_to_run() {
    let server = TestBroker::start();
    let config = Config::defaults().unwrap();
    let broker = Broker::connect(&server.url(), "test", &config.broker).await.unwrap();
    let error = topology::bind(&broker, StageName::Ocr).await.unwrap_err();
    assert!(matches!(error, TopologyError::Missing { .. }), "{error}");
    assert!(error.to_string().contains("topology apply"), "{error}");
}

#[tokio::test]
async fn a_service_refuses_a_topology_of_another_revision() {
    let bench = Bench::start().await;
    let mut stream = bench.raw.get_stream("INVOICE_OCR").await.unwrap();
    let mut config = stream.info().await.unwrap().config.clone();
    let (older, ours, newer) = (REVISION - 1, REVISION, REVISION + 1);
    for (revision, since, fits) in [(older, 1, false), (newer, newer, false), (newer, ours, true)] {
        config.metadata.insert("invoice-ocr.revision".into(), revision.to_string());
        config.metadata.insert("invoice-ocr.compatible-since".into(), since.to_string());
        bench.raw.update_stream(config.clone()).await.unwrap();
        let bound = topology::bind(&bench.broker, StageName::Preprocess).await;
        assert_eq!(bound.is_ok(), fits, "revision {revision}, compatible since {since}");
    }
}
