//! Documents that are erased while something else goes wrong with them.

use std::time::Duration;

use common::failpoint::Point;
use rand::Rng;
use rustix::process::Signal;

use crate::fleet::STAGES;
use crate::lab::{Fit, Given, Lab, Outcome};
use crate::wait::{agent, eventually};

const DOCUMENTS: usize = 18;

/// Erases a document as a careful client does: until it is told that it is gone.
async fn erase(lab: &Lab, id: &str) {
    let url = format!("{}/api/v1/invoices/{id}", lab.service("gateway").url());
    eventually("an erasure", async || {
        let url = url.clone();
        let sent = tokio::task::spawn_blocking(move || {
            agent(Duration::from_secs(20))
                .delete(&url)
                .call()
                .map(|answer| answer.status().as_u16())
        });
        match sent.await.unwrap() {
            Ok(204) => Some(()),
            Ok(status) => {
                assert_eq!(status, 503, "an erasure of an accepted document");
                None
            }
            Err(_) => None,
        }
    })
    .await;
}

/// Every third document is erased as soon as it is accepted, wherever it is by then; `meanwhile`
/// happens in the middle. Where a process dies, the sweeper has to end what it began.
async fn erased(
    given: Given,
    fit: Fit,
    somebody_dies: bool,
    meanwhile: impl AsyncFn(&Lab),
) -> Outcome {
    let mut lab = Lab::start(&given, fit).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.fault().await;
    for turn in 0..DOCUMENTS / 3 {
        let id = eventually("a document to erase", async || {
            let known = lab.client.receipts().await.accepted;
            known.into_keys().find(|id| !lab.expected.erased.contains(id))
        })
        .await;
        lab.expected.erased.insert(id.clone());
        erase(&lab, &id).await;
        if turn == 2 {
            meanwhile(&lab).await;
        }
    }
    lab.note(format!("{} documents were erased", lab.expected.erased.len()));
    // Stages that were at work notice when they are done.
    eventually("the last jobs to go", async || (lab.books.jobs().await? == 0).then_some(())).await;
    if somebody_dies {
        // A stage that died with outputs of an erased document written, and no job left, told nobody; one
        // that asked a gateway which died waits for its answer, without a job. The sweeper ends an erasure
        // that was begun, and clears once more when no attempt can be under way.
        for id in &lab.expected.erased {
            eventually("the last traces to go", async || {
                (lab.books.erasure(id).await? == "swept").then_some(())
            })
            .await;
        }
    }
    lab.finish(uploads).await
}

pub(super) async fn erased_in_flight(given: Given) -> Outcome {
    erased(given, Fit::default(), false, async |_| {}).await
}

/// The stages die with outputs written, of documents that are erased meanwhile as well.
pub(super) async fn erased_while_stages_die(given: Given) -> Outcome {
    let mut rng = given.rng();
    let faults = STAGES.map(|stage| {
        let arrival = rng.random_range(1..=3);
        (stage, format!("{}=kill@{arrival}", Point::OutputsWritten))
    });
    erased(given, Fit { faults: faults.to_vec(), ..Fit::default() }, true, async |_| {}).await
}

/// The gateway dies between two erasures, and with it whatever it was removing.
pub(super) async fn erased_while_the_gateway_dies(given: Given) -> Outcome {
    erased(given, Fit::default(), true, async |lab| {
        lab.service("gateway").signal(Signal::KILL);
        lab.service("gateway").ready().await;
    })
    .await
}
