//! `kill -9` at every named point of a document's way.

use common::failpoint::Point;
use rand::Rng;
use rustix::process::Signal;

use crate::audit::without_a_job;
use crate::fleet::STAGES;
use crate::lab::{Fit, Given, Lab, Outcome};
use crate::wait::eventually;

/// Documents of a scenario.
const DOCUMENTS: usize = 12;

/// The gateway dies at `point`, at one of the first uploads; clients try again.
async fn gateway_killed(given: Given, point: Point) -> Outcome {
    let arrival = given.rng().random_range(1..=6);
    let fit =
        Fit { faults: vec![("gateway", format!("{point}=kill@{arrival}"))], ..Fit::default() };
    let mut lab = Lab::start(&given, fit).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(arrival - 1).await;
    lab.fault().await;
    lab.accepted(DOCUMENTS).await;
    assert_eq!(lab.service("gateway").deaths(), 1, "the fault did not happen");
    lab.finish(uploads).await
}

pub(super) async fn gateway_killed_before_storing(given: Given) -> Outcome {
    gateway_killed(given, Point::UploadReceived).await
}

pub(super) async fn gateway_killed_before_the_status(given: Given) -> Outcome {
    gateway_killed(given, Point::UploadStored).await
}

pub(super) async fn gateway_killed_before_the_job(given: Given) -> Outcome {
    gateway_killed(given, Point::UploadRegistered).await
}

pub(super) async fn gateway_killed_before_answering(given: Given) -> Outcome {
    gateway_killed(given, Point::UploadQueued).await
}

/// Each stage dies at `point`, each at another job.
async fn stages_killed(given: Given, point: Point, stages: &[&'static str]) -> Outcome {
    let mut rng = given.rng();
    let fault =
        |stage: &&'static str| (*stage, format!("{point}=kill@{}", rng.random_range(1..=6)));
    let fit = Fit { faults: stages.iter().map(fault).collect(), ..Fit::default() };
    let mut lab = Lab::start(&given, fit).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 2).await;
    lab.fault().await;
    lab.accepted(DOCUMENTS).await;
    lab.ended(DOCUMENTS as u64).await;
    for stage in stages {
        assert_eq!(lab.service(stage).deaths(), 1, "the fault did not happen in {stage}");
    }
    lab.finish(uploads).await
}

pub(super) async fn stages_killed_on_receiving(given: Given) -> Outcome {
    stages_killed(given, Point::JobReceived, &STAGES).await
}

pub(super) async fn stages_killed_after_claiming(given: Given) -> Outcome {
    stages_killed(given, Point::JobClaimed, &STAGES).await
}

/// The last stage writes no objects.
pub(super) async fn stages_killed_in_the_middle_of_an_object(given: Given) -> Outcome {
    stages_killed(given, Point::ObjectTorn, &["preprocess", "ocr"]).await
}

pub(super) async fn stages_killed_before_handing_on(given: Given) -> Outcome {
    stages_killed(given, Point::OutputsWritten, &STAGES).await
}

/// The last stage has no successor; what follows it is the event, after its status.
pub(super) async fn stages_killed_after_handing_on(given: Given) -> Outcome {
    stages_killed(given, Point::SuccessorPublished, &["preprocess", "ocr"]).await
}

pub(super) async fn stages_killed_after_advancing(given: Given) -> Outcome {
    stages_killed(given, Point::StatusAdvanced, &STAGES).await
}

pub(super) async fn stages_killed_before_acknowledging(given: Given) -> Outcome {
    stages_killed(given, Point::BeforeAck, &STAGES).await
}

/// The moment after a stage died with everything done but handed on, all stands still: whatever is
/// under way has a job that will bring it back, without any help of the sweeper.
pub(super) async fn jobs_outlive_their_services(given: Given) -> Outcome {
    let mut rng = given.rng();
    let fault = |stage: &'static str| {
        (stage, format!("{}=kill@{}", Point::OutputsWritten, rng.random_range(1..=3)))
    };
    let fit = Fit { faults: STAGES.map(fault).to_vec(), ..Fit::default() };
    let mut lab = Lab::start(&given, fit).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.fault().await;
    for stage in STAGES {
        eventually("the death of a stage", async || {
            (lab.service(stage).deaths() > 0).then_some(())
        })
        .await;
        lab.services.iter().for_each(|service| service.signal(Signal::STOP));
        let receipts = lab.client.receipts().await;
        lab.broken.extend(without_a_job(&lab.books, &receipts).await);
        lab.services.iter().for_each(|service| service.signal(Signal::CONT));
    }
    lab.finish(uploads).await
}

/// A document takes its service with it at each attempt, and after the last one no service comes
/// back: the sweeper beside the gateway has to end the document.
pub(super) async fn no_service_at_the_last_attempt(given: Given) -> Outcome {
    let fit = Fit { without: vec!["ocr"], ..Fit::default() };
    let mut lab = Lab::start(&given, fit).await;
    let doomed = lab.client.upload_one(lab.client.number()).await;
    let deadly =
        Fit { faults: vec![("ocr", format!("{}=kill@1", Point::JobClaimed))], ..Fit::default() };
    lab.fault().await;
    // Each life of the service takes the job once and dies of it.
    for life in 0..3 {
        let url = lab.server().url();
        let plan = lab.plan("ocr", &format!("life-{life}"), &url, &deadly);
        lab.add(plan);
        let service = lab.services.last().unwrap();
        eventually("the death of a service", async || (service.deaths() > 0).then_some(())).await;
        service.kill();
        lab.services.pop();
    }
    // Attempts that never came back, and nobody who could say so.
    lab.expected.failures.insert(doomed, "attempts_exhausted");
    let uploads = lab.upload(0);
    lab.finish(uploads).await
}
