//! What operators and their machines do: stop, update, let clocks drift, take keys away.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use rustix::process::Signal;

use crate::fleet::{ROLES, STAGES};
use crate::lab::{Fit, Given, LEASE, Lab, Outcome};
use crate::server::ServerOptions;
use crate::wait::eventually;

const DOCUMENTS: usize = 16;

/// Each stage stands still for two leases while it holds jobs, others take them over, and then it
/// wakes and goes on with what it believes to hold.
pub(super) async fn services_stopped_for_two_leases(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let url = lab.server().url();
    for stage in STAGES {
        let plan = lab.plan(stage, "other", &url, &Fit::default());
        lab.add(plan);
    }
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    for stage in STAGES {
        lab.service(stage).signal(Signal::STOP);
    }
    tokio::time::sleep(2 * LEASE).await;
    for stage in STAGES {
        lab.service(stage).signal(Signal::CONT);
    }
    lab.finish(uploads).await
}

/// Every service is replaced, one after the other, the new one first, as a rolling update does.
pub(super) async fn rolling_restart(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let url = lab.server().url();
    let plan = lab.plan("gateway", "b", &url, &Fit::default());
    lab.add(plan);
    lab.services.last().unwrap().ready().await;
    lab.use_all_gateways().await;
    let uploads = lab.upload(3 * DOCUMENTS);
    lab.accepted(4).await;
    lab.fault().await;
    for role in ROLES {
        if role != "gateway" {
            let plan = lab.plan(role, "b", &url, &Fit::default());
            lab.add(plan);
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(lab.service(role).stop(), "{role} did not end well");
    }
    lab.note_uploads(3 * DOCUMENTS).await;
    lab.finish(uploads).await
}

/// Services whose clocks are ten minutes early and late; what decides must not depend on them.
pub(super) async fn clocks_apart(given: Given) -> Outcome {
    let library = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    ];
    let library = library.into_iter().find(|path| Path::new(path).exists());
    let library = library.expect("libfaketime: run scripts/setup");
    let environment = |role, offset: &str| {
        vec![
            (role, "LD_PRELOAD".to_owned(), library.to_owned()),
            (role, "FAKETIME".to_owned(), offset.to_owned()),
            // A machine whose wall clock is wrong still counts seconds rightly.
            (role, "DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
        ]
    };
    let offsets =
        [("gateway", "-10m"), ("preprocess", "+10m"), ("ocr", "-10m"), ("extract", "+10m")];
    let environment =
        offsets.into_iter().flat_map(|(role, offset)| environment(role, offset)).collect();
    let mut lab = Lab::start(&given, Fit { environment, ..Fit::default() }).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    lab.service("ocr").signal(Signal::KILL);
    lab.accepted(DOCUMENTS).await;
    // As soon as a service whose clock is ahead has touched a document.
    eventually("clocks that are apart", async || {
        let records = lab.books.statuses().await;
        let apart = records.values().any(|record| {
            let [came, changed] = ["received_at", "updated_at"]
                .map(|key| record[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap());
            changed.duration_since(came) > jiff::SignedDuration::from_mins(15)
        });
        apart.then_some(())
    })
    .await;
    lab.finish(uploads).await
}

/// Two users: the lab's own, and the services'.
fn users(services: &str) -> String {
    format!("authorization {{ users: [\n  {{ user: lab, password: lab }}\n  {services}\n] }}")
}

/// The services' credentials are taken away while they work, and given back.
pub(super) async fn credentials_revoked(given: Given) -> Outcome {
    let known = users("{ user: services, password: secret }");
    let folder = crate::lab::folder();
    let options = ServerOptions { lines: known.clone(), ..ServerOptions::default() };
    let server = crate::server::Server::start(&folder.path().join("broker"), "n0", options);
    let port = server.port();
    let brokers = crate::lab::Brokers::One(Box::new(server));
    let own = format!("nats://lab:lab@127.0.0.1:{port}");
    let theirs = format!("nats://services:secret@127.0.0.1:{port}");
    let fit = Fit {
        brokers: ROLES.into_iter().map(|role| (role, theirs.clone())).collect(),
        ..Fit::default()
    };
    let mut lab = Lab::around(&given, fit, folder, brokers, own).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    lab.server().reload(&users(""));
    tokio::time::sleep(2 * LEASE).await;
    lab.server().reload(&known);
    lab.finish(uploads).await
}

/// Subscribers of events that never acknowledge, never read, or die: documents go on.
pub(super) async fn slow_and_dead_subscribers(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let url = lab.server().url();
    let stream = lab.books.stream("INVOICE_EVENTS").await.unwrap();
    let durable = async_nats::jetstream::consumer::pull::Config {
        durable_name: Some("bookkeeping".to_owned()),
        ack_wait: LEASE,
        ..Default::default()
    };
    let consumer = stream.create_consumer(durable).await.unwrap();
    // Connected by itself, so that its buffers are its own; it reads nothing from them.
    let idle = async_nats::connect(&url).await.unwrap();
    let unread = idle.subscribe("invoice.>").await.unwrap();
    let dead = async_nats::connect(&url).await.unwrap();
    drop(dead.subscribe("invoice.extracted").await.unwrap());
    drop(dead);
    let uploads = lab.upload(DOCUMENTS);
    lab.fault().await;
    let mut taken = 0;
    let mut messages = consumer.messages().await.unwrap();
    while taken < DOCUMENTS {
        // Never acknowledged: they come again after the lease, to nobody's harm.
        messages.next().await.unwrap().unwrap();
        taken += 1;
    }
    drop(unread);
    eventually("all events", async || {
        (lab.books.count("INVOICE_EVENTS").await? == DOCUMENTS as u64).then_some(())
    })
    .await;
    lab.finish(uploads).await
}

/// Services of two message versions take turns: each leaves what it cannot read to the other.
pub(super) async fn versions_side_by_side(given: Given) -> Outcome {
    let next = given.next.clone().expect("a build of the next message version");
    let mut lab = Lab::start(&given, Fit::default()).await;
    let url = lab.server().url();
    let uploads = lab.upload(2 * DOCUMENTS);
    lab.accepted(2).await;
    lab.fault().await;
    // The order of an update: who reads comes before who writes.
    for role in ROLES.into_iter().rev() {
        let mut plan = lab.plan(role, "next", &url, &Fit::default());
        plan.program = next.clone();
        lab.add(plan);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    lab.services.last().unwrap().ready().await;
    lab.use_all_gateways().await;
    // Both kinds of gateway take uploads while both kinds of every stage run.
    let more = lab.upload(2 * DOCUMENTS);
    uploads.await.unwrap();
    lab.accepted(DOCUMENTS).await;
    for role in ROLES {
        assert!(lab.service(role).stop(), "the old {role} did not end well");
    }
    lab.note_uploads(4 * DOCUMENTS).await;
    lab.finish(more).await
}
