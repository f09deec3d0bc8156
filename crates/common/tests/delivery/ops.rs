//! The port for operators, and the probe that asks it.

use std::net::TcpListener;

use common::metrics::Metrics;
use common::ops::{self, ProbeError};
use tokio_util::sync::CancellationToken;

use crate::support::Bench;

/// What the probe says, asked from a thread of its own as it is from a process of its own.
async fn asked(address: &str) -> Result<(), ProbeError> {
    let address = address.to_owned();
    tokio::task::spawn_blocking(move || ops::probe(&address)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_ready_while_it_has_its_broker_and_not_when_it_is_gone() {
    let mut bench = Bench::start().await;
    // Free a moment ago, and nobody else's within this test's time.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = address.to_string();
    let silent = asked(&text).await.unwrap_err();
    assert!(matches!(silent, ProbeError::Silent { .. }), "{silent}");

    let (broker, stop) = (bench.broker.clone(), CancellationToken::new());
    let served = tokio::spawn(ops::serve(address, broker, Metrics::default(), stop.clone()));
    bench.until(async || asked(&text).await.ok()).await;

    bench.server.kill();
    let refused = bench
        .until(async || match asked(&text).await {
            Err(refused @ ProbeError::NotReady { .. }) => Some(refused),
            _ => None,
        })
        .await;
    assert!(refused.to_string().contains("503"), "{refused}");
    stop.cancel();
    served.await.unwrap().unwrap();
}
