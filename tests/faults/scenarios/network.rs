//! The network between each service and the broker.

use std::time::Duration;

use crate::fleet::ROLES;
use crate::lab::{Brokers, Fit, Given, Lab, Outcome, folder};
use crate::proxy::{Network, Proxy};
use crate::server::{Server, ServerOptions};

const DOCUMENTS: usize = 12;

/// One way, milliseconds: a broker on another continent.
const FAR: Duration = Duration::from_millis(40);

/// Share of lost segments on a bad wireless network.
const LOSS: f64 = 0.02;

/// How long a network is away: longer than a lease, shorter than the patience of publishing.
const AWAY: Duration = Duration::from_secs(8);

/// Each service behind a proxy of its own; `fault` gets them while documents are under way.
async fn disturbed(given: Given, fault: impl AsyncFnOnce(&[Proxy], &mut Lab)) -> Outcome {
    let folder = folder();
    let server = Server::start(&folder.path().join("broker"), "n0", ServerOptions::default());
    let (mut proxies, mut fit) = (Vec::new(), Fit::default());
    for role in ROLES {
        let proxy = Proxy::to(server.port()).await;
        fit.brokers.push((role, format!("nats://127.0.0.1:{}", proxy.port())));
        proxies.push(proxy);
    }
    let url = server.url();
    let mut lab = Lab::around(&given, fit, folder, Brokers::One(Box::new(server)), url).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    fault(&proxies, &mut lab).await;
    lab.finish(uploads).await
}

pub(super) async fn slow_network(given: Given) -> Outcome {
    disturbed(given, async |proxies, _| {
        proxies.iter().for_each(|proxy| proxy.set(Network::Slow(FAR)));
    })
    .await
}

pub(super) async fn lossy_network(given: Given) -> Outcome {
    disturbed(given, async |proxies, _| {
        proxies.iter().for_each(|proxy| proxy.set(Network::Lossy(LOSS)));
    })
    .await
}

/// Connections stand and nothing passes, for longer than a lease, one service after another and
/// then all at once.
pub(super) async fn half_open_connections(given: Given) -> Outcome {
    disturbed(given, async |proxies, _| {
        for proxy in proxies {
            proxy.set(Network::Silent);
        }
        tokio::time::sleep(AWAY).await;
        for proxy in proxies {
            proxy.set(Network::Sound);
        }
    })
    .await
}

pub(super) async fn connections_cut(given: Given) -> Outcome {
    disturbed(given, async |proxies, _| {
        for proxy in proxies {
            proxy.set(Network::Cut);
            tokio::time::sleep(Duration::from_millis(700)).await;
            proxy.set(Network::Sound);
        }
        for proxy in proxies {
            proxy.set(Network::Cut);
        }
        tokio::time::sleep(AWAY / 2).await;
        for proxy in proxies {
            proxy.set(Network::Sound);
        }
    })
    .await
}
