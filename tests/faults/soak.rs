//! Random faults over a stream of real documents, for as long as it is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::testing::process::signal;
use rand::Rng;
use rand::rngs::StdRng;
use rustix::process::Signal;
use tokio::task::JoinHandle;

use crate::fleet::{ROLES, STAGES, Service};
use crate::lab::{Brokers, Fit, Given, LEASE, Lab, folder};
use crate::proxy::{Network, Proxy};
use crate::server::{Server, ServerOptions};
use crate::usage::{Usage, Watch};

/// Pause between two uploads: about half of what two cores can read.
const UPLOAD_PACE: Duration = Duration::from_millis(800);

/// Pause between two faults, seconds.
const FAULT_PACE: std::ops::Range<u64> = 6..16;

/// How long objects are kept here, so that the disk shows a leak and not the load.
const OBJECT_AGE: Duration = Duration::from_secs(300);

/// Attempts that a stage makes of a document here: at this pace of faults the third one may meet a document that
/// is being tried for the third time, and that it fails then is the schedule's doing.
const ATTEMPTS: u32 = 5;

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    ServiceKilled,
    ServiceReplaced,
    ServiceStoppedForTwoLeases,
    WorkerKilled,
    WorkerStopped,
    BrokerKilled,
    BrokerRestarted,
    NetworkCut,
    NetworkSilent,
    NetworkLossy,
}

const FAULTS: [Fault; 10] = [
    Fault::ServiceKilled,
    Fault::ServiceReplaced,
    Fault::ServiceStoppedForTwoLeases,
    Fault::WorkerKilled,
    Fault::WorkerStopped,
    Fault::BrokerKilled,
    Fault::BrokerRestarted,
    Fault::NetworkCut,
    Fault::NetworkSilent,
    Fault::NetworkLossy,
];

/// Whether every promise was kept.
pub(crate) async fn soak(given: &Given, minutes: u64) -> bool {
    let folder = folder();
    let server = Server::start(&folder.path().join("broker"), "n0", ServerOptions::default());
    let (url, store) = (server.url(), server.store());
    let (mut proxies, mut fit) = (Vec::new(), Fit::default());
    for role in ROLES {
        let proxy = Proxy::to(server.port()).await;
        fit.brokers.push((role, format!("nats://127.0.0.1:{}", proxy.port())));
        proxies.push(proxy);
    }
    for key in
        ["STAGES__PREPROCESS__ATTEMPTS", "STAGES__OCR__ATTEMPTS", "STAGES__EXTRACT__ATTEMPTS"]
    {
        fit.settings.push((key, ATTEMPTS.to_string()));
    }
    let brokers = Brokers::One(Box::new(server));
    let mut lab = Lab::around(given, fit, folder, brokers, url).await;
    for stream in ["OBJ_invoice_uploads", "OBJ_invoice_work"] {
        let mut config = lab.books.stream(stream).await.unwrap().cached_info().config.clone();
        config.max_age = OBJECT_AGE;
        lab.books.context.update_stream(config).await.unwrap();
    }
    println!("soak: {minutes} minutes, seed {}", given.seed);
    let ends = Instant::now() + Duration::from_secs(60 * minutes);
    let uploads = steady_uploads(&lab, ends);
    let (mut done, mut watch) = (BTreeMap::<Fault, usize>::new(), Watch::default());
    let mut rng = given.rng();
    lab.fault().await;
    while Instant::now() < ends {
        let pause = Duration::from_secs(rng.random_range(FAULT_PACE));
        let quiet_until = Instant::now() + pause;
        while Instant::now() < quiet_until.min(ends) {
            watch.look(&lab.services, &store);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let fault = FAULTS[rng.random_range(0..FAULTS.len())];
        *done.entry(fault).or_default() += 1;
        happen(&mut lab, &proxies, fault, &mut rng).await;
        let receipts = lab.client.receipts().await;
        let events = lab.books.count("INVOICE_EVENTS").await.unwrap_or_default();
        let left = ends.saturating_duration_since(Instant::now()).as_secs();
        println!(
            "{left:5} s left  accepted {:5}  events {events:5}  {fault:?}",
            receipts.accepted.len()
        );
    }
    let pause = lab.client.receipts().await.longest_pause;
    let outcome = lab.finish(uploads).await;
    let found = &outcome.findings;
    println!("\nfaults: {done:?}");
    println!(
        "accepted {}  completed {}  failed {}  events {}  redelivered {}",
        found.accepted, found.completed, found.failed, found.events, found.redeliveries
    );
    println!("last document ended {:.1} s after the beginning", outcome.recovery.as_secs_f64());
    println!("longest time in which no upload was accepted: {:.1} s", pause.as_secs_f64());
    println!("{}", Usage::of(&watch));
    for broken in &found.broken {
        println!("BROKEN {broken}");
    }
    found.broken.is_empty()
}

/// Uploads a document every [`UPLOAD_PACE`] until `ends`; each is tried until it is accepted.
fn steady_uploads(lab: &Lab, ends: Instant) -> JoinHandle<()> {
    let client = lab.client.clone();
    tokio::spawn(async move {
        let mut uploads = tokio::task::JoinSet::new();
        while Instant::now() < ends {
            let (client, number) = (client.clone(), client.number());
            uploads.spawn(async move { client.upload_one(number).await });
            tokio::time::sleep(UPLOAD_PACE).await;
            while uploads.try_join_next().is_some() {}
        }
        while let Some(done) = uploads.join_next().await {
            done.unwrap();
        }
    })
}

async fn happen(lab: &mut Lab, proxies: &[Proxy], fault: Fault, rng: &mut StdRng) {
    let service = rng.random_range(0..ROLES.len());
    match fault {
        Fault::ServiceKilled => lab.services[service].signal(Signal::KILL),
        Fault::ServiceReplaced => {
            lab.services[service].stop();
            lab.services[service].start_again();
        }
        Fault::ServiceStoppedForTwoLeases => {
            lab.services[service].signal(Signal::STOP);
            tokio::time::sleep(2 * LEASE).await;
            lab.services[service].signal(Signal::CONT);
        }
        Fault::WorkerKilled => harm_worker(lab, rng, Signal::KILL),
        Fault::WorkerStopped => harm_worker(lab, rng, Signal::STOP),
        Fault::BrokerKilled => {
            lab.server().kill();
            lab.server().restart();
        }
        Fault::BrokerRestarted => {
            lab.server().stop();
            lab.server().restart();
        }
        Fault::NetworkCut => disturb(&proxies[service], Network::Cut, 2 * LEASE).await,
        Fault::NetworkSilent => disturb(&proxies[service], Network::Silent, 2 * LEASE).await,
        Fault::NetworkLossy => disturb(&proxies[service], Network::Lossy(0.05), 3 * LEASE).await,
    }
}

fn harm_worker(lab: &Lab, rng: &mut StdRng, harm: Signal) {
    let stages: Vec<&Service> =
        lab.services.iter().filter(|service| STAGES.contains(&service.role())).collect();
    let workers = stages[rng.random_range(0..stages.len())].workers();
    if !workers.is_empty() {
        signal(workers[rng.random_range(0..workers.len())], harm);
    }
}

async fn disturb(proxy: &Proxy, network: Network, time: Duration) {
    proxy.set(network);
    tokio::time::sleep(time).await;
    proxy.set(Network::Sound);
}
