//! A cluster of three: leaders that die, a node that is cut off, two nodes that are away.

use std::time::{Duration, Instant};

use rand::Rng;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::books::Books;
use crate::lab::{Fit, Given, Lab, Outcome};
use crate::proxy::Network;
use crate::server::ELECTION;
use crate::wait::eventually;

const DOCUMENTS: usize = 24;

/// How long a node is away.
const AWAY: Duration = Duration::from_secs(6);

/// Kills the node that `find` names, while documents are under way, and brings it back.
async fn killed(given: Given, find: impl AsyncFn(&mut Lab) -> Option<usize>) -> Outcome {
    let mut lab = Lab::cluster(&given, Fit::default()).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    let started = Instant::now();
    let node = loop {
        if let Some(node) = find(&mut lab).await {
            break node;
        }
        assert!(started.elapsed() < ELECTION, "nobody leads");
    };
    lab.fault().await;
    lab.nodes().servers[node].kill();
    tokio::time::sleep(AWAY).await;
    lab.nodes().servers[node].restart();
    lab.finish(uploads).await
}

pub(super) async fn stream_leader_killed(given: Given) -> Outcome {
    killed(given, async |lab| {
        let leader = lab.books.stream_leader("KV_invoice_status").await?;
        lab.nodes().index_of(&leader)
    })
    .await
}

pub(super) async fn consumer_leader_killed(given: Given) -> Outcome {
    killed(given, async |lab| {
        let leader = lab.books.consumer_leader("INVOICE_OCR", "ocr").await?;
        lab.nodes().index_of(&leader)
    })
    .await
}

pub(super) async fn meta_leader_killed(given: Given) -> Outcome {
    killed(given, async |lab| lab.nodes().meta_leader()).await
}

/// A node, of which services may be clients, hears of the two others no more.
pub(super) async fn node_partitioned(given: Given) -> Outcome {
    let mut lab = Lab::cluster(&given, Fit::default()).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    let node = given.rng().random_range(0..=2);
    // Half-open first, then reset: both happen.
    lab.nodes().around(node, Network::Silent);
    tokio::time::sleep(AWAY / 2).await;
    lab.nodes().around(node, Network::Cut);
    tokio::time::sleep(AWAY / 2).await;
    lab.nodes().around(node, Network::Sound);
    lab.finish(uploads).await
}

/// Without a majority nothing is accepted, and what was accepted waits.
pub(super) async fn two_nodes_down(given: Given) -> Outcome {
    let mut lab = Lab::cluster(&given, Fit::default()).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    let alone = given.rng().random_range(0..=2);
    let others: Vec<usize> = (0..3).filter(|node| *node != alone).collect();
    others.iter().for_each(|node| lab.nodes().servers[*node].kill());
    tokio::time::sleep(AWAY).await;
    others.iter().for_each(|node| lab.nodes().servers[*node].launch());
    lab.finish(uploads).await
}

/// One node after the other, under a load that never stops: how long do uploads and processing
/// stand still?
pub(super) async fn each_node_killed_under_load(given: Given) -> Outcome {
    let mut lab = Lab::cluster(&given, Fit::default()).await;
    let uploads = lab.upload(8 * DOCUMENTS);
    lab.accepted(4).await;
    lab.fault().await;
    let pulse = Pulse::of(lab.books.clone());
    for node in 0..3 {
        lab.nodes().servers[node].kill();
        tokio::time::sleep(AWAY).await;
        lab.nodes().servers[node].restart();
        let cluster = lab.nodes();
        eventually("a cluster of three", async || {
            let health = cluster.servers[node].monitor("healthz");
            health.filter(|health| health["status"] == "ok").map(drop)
        })
        .await;
    }
    lab.note_uploads(8 * DOCUMENTS).await;
    let stood_still = pulse.stop().await.as_secs_f64();
    lab.note(format!("longest time in which no document ended: {stood_still:.1} s"));
    lab.finish(uploads).await
}

/// Watches events come.
struct Pulse {
    stop: CancellationToken,
    longest: JoinHandle<Duration>,
}

impl Pulse {
    fn of(books: Books) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let longest = tokio::spawn(async move {
            let (mut longest, mut last, mut since) = (Duration::ZERO, 0, Instant::now());
            while !stopped.is_cancelled() {
                if let Some(events) = books.count("INVOICE_EVENTS").await
                    && events != last
                {
                    longest = longest.max(since.elapsed());
                    (last, since) = (events, Instant::now());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            longest
        });
        Self { stop, longest }
    }

    /// Longest time between two events.
    async fn stop(self) -> Duration {
        self.stop.cancel();
        self.longest.await.unwrap()
    }
}
