//! A bench with events, endpoints, and somebody who sends the ones to the others.

use std::time::Duration;

use common::callback::call::Caller;
use common::callback::target::Policy;
use common::error::StageError;
use common::id::Tenant;
use common::jetstream::broker::Broker;
use common::jetstream::intake::Incoming;
use common::jetstream::webhooks::{self, WebhookSettings};
use common::metrics::{Metrics, WebhookMetrics};
use common::status::{State, StatusRecord};
use common::webhook::{
    Delivery, DeliveryState, Endpoint, EndpointId, Kinds, NewEndpoint, Retries, Secret,
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::{Bench, Fail, PATIENCE, Running, incoming};

/// For one sending.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Whoever sends; stops with its guard.
pub(crate) struct Sending {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Sending {
    pub(crate) async fn stopped(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.tasks.wait()).await.expect("sending to stop");
    }
}

/// A caller that calls this machine at `port`.
pub(crate) fn caller(port: u16) -> Caller {
    let allowed = vec!["127.0.0.1/32".parse().unwrap()];
    Caller::new(Policy { allowed, ports: vec![port] }, true, TIMEOUT, None).unwrap()
}

pub(crate) fn settings(delays: &[u64]) -> WebhookSettings {
    let delays = delays.iter().copied().map(Duration::from_millis).collect();
    WebhookSettings { retries: Retries::new(delays), concurrency: 8 }
}

/// Sends on `broker`, as a gateway does.
pub(crate) fn send_on(broker: &Broker, caller: Caller, settings: WebhookSettings) -> Sending {
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let metrics = Metrics::default().register(WebhookMetrics::register);
    tasks.spawn(webhooks::run(broker.clone(), caller, settings, metrics, stop.clone()));
    tasks.close();
    Sending { stop, tasks }
}

/// What the endpoint of `url` is to be.
pub(crate) fn wanted(tenant: &str, url: &str) -> NewEndpoint {
    NewEndpoint {
        tenant: tenant.parse().unwrap(),
        url: Some(url.to_owned()),
        description: None,
        kinds: Kinds::default(),
    }
}

/// An endpoint with its secret.
pub(crate) struct Made {
    pub(crate) endpoint: Endpoint,
    pub(crate) secret: Secret,
}

/// Makes an endpoint, as the route does.
pub(crate) async fn make(broker: &Broker, new: NewEndpoint) -> Made {
    let secret = Secret::generate().unwrap();
    let (id, after) = (EndpointId::generate().unwrap(), broker.last_event().await.unwrap());
    let endpoint = Endpoint::new(id, secret.clone(), new, after, Timestamp::now());
    broker.create_endpoint(&endpoint).await.unwrap();
    Made { endpoint, secret }
}

impl Made {
    /// All its deliveries, newest first.
    pub(crate) async fn log(&self, bench: &Bench) -> Vec<Delivery> {
        let (tenant, id) = (&self.endpoint.tenant, &self.endpoint.id);
        // A broker that was just started again may take a while.
        let page = bench
            .until(async || bench.broker.deliveries_of(tenant, id, None, None, 100).await.ok())
            .await;
        assert_eq!(page.next, None);
        page.deliveries
    }

    /// Waits until all of its `count` deliveries are in `state`.
    pub(crate) async fn all(
        &self,
        bench: &Bench,
        count: usize,
        state: DeliveryState,
    ) -> Vec<Delivery> {
        bench
            .until(async || {
                let log = self.log(bench).await;
                let there = log.len() == count && log.iter().all(|d| d.state == state);
                there.then_some(log)
            })
            .await
    }

    /// As it is kept now.
    pub(crate) async fn now(&self, bench: &Bench) -> Endpoint {
        let (tenant, id) = (&self.endpoint.tenant, &self.endpoint.id);
        bench.broker.endpoint(tenant, id).await.unwrap().unwrap()
    }
}

/// A stage that refuses every document: an event for each.
pub(crate) async fn refusing(bench: &Bench) -> Running {
    let encrypted = StageError::rejected("document_encrypted", "needs a password");
    bench.run(Fail::times(usize::MAX, encrypted), 4).await
}

/// A document of `tenant` that has failed.
pub(crate) async fn failed(bench: &Bench, tenant: &str, content: &str) -> StatusRecord {
    let tenant: Tenant = tenant.parse().unwrap();
    let incoming = Incoming { tenant, ..incoming(content) };
    let record = bench.broker.accept(incoming).await.unwrap().record;
    bench.reach(&record, State::Failed).await
}
