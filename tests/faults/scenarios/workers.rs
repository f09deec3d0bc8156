//! Worker processes that die, stand still, loop, grow, or get no memory.

use std::collections::BTreeSet;
use std::time::Duration;

use common::testing::process::signal;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use crate::fleet::STAGES;
use crate::lab::{Fit, Given, Lab, Outcome};
use crate::looping::looping_pdf;
use crate::wait::eventually;

const DOCUMENTS: usize = 12;

/// Address space of a worker that is to get none: less than it has already.
const NO_MEMORY: u64 = 1024 * 1024;

/// CPU seconds that making a page may take here; the samples' take a tenth of one.
const CPU_SECONDS: u64 = 1;

/// Longest time for it: below an attempt's deadline, and long enough for a looping worker to use up its
/// CPU time on a machine that is busy with ten others.
const WALL_SECONDS: u64 = 12;

/// A worker's resident size beyond which it is replaced here: less than it has when it starts, so
/// that each of them counts as grown.
const RESIDENT_BYTES: u64 = 1024 * 1024;

/// Attempts that a stage makes of a document where workers are harmed: one more than the harmed workers that a
/// document can meet, which are those of the largest crew in both rounds.
const ATTEMPTS: u32 = 5;

/// How often the workers that there are are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Does `harm` to all workers of the stages with workers, twice while documents are under way.
async fn harmed(given: Given, harm: impl Fn(u32)) -> Outcome {
    let keys = ["STAGES__PREPROCESS__ATTEMPTS", "STAGES__OCR__ATTEMPTS"];
    let settings = keys.map(|key| (key, ATTEMPTS.to_string())).to_vec();
    let mut lab = Lab::start(&given, Fit { settings, ..Fit::default() }).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    let mut harmed = 0;
    for _ in 0..2 {
        for stage in STAGES.into_iter().filter(|stage| *stage != "extract") {
            let workers = eventually("a worker", async || {
                let workers = lab.service(stage).workers();
                (!workers.is_empty()).then_some(workers)
            })
            .await;
            harmed += workers.len();
            workers.into_iter().for_each(&harm);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    lab.note(format!("{harmed} workers were harmed"));
    lab.finish(uploads).await
}

pub(super) async fn workers_killed(given: Given) -> Outcome {
    harmed(given, |worker| signal(worker, Signal::KILL)).await
}

/// Never to go on: as if they looped, without the heat.
pub(super) async fn workers_stopped(given: Given) -> Outcome {
    harmed(given, |worker| signal(worker, Signal::STOP)).await
}

pub(super) async fn workers_out_of_memory(given: Given) -> Outcome {
    harmed(given, |worker| {
        let limit = Rlimit { current: Some(NO_MEMORY), maximum: Some(NO_MEMORY) };
        if let Some(pid) = Pid::from_raw(worker.cast_signed()) {
            // It may have been replaced meanwhile.
            prlimit(Some(pid), Resource::As, limit).map(drop).unwrap_or(());
        }
    })
    .await
}

/// Two documents that loop among those that do not: these alone fail, after all their attempts.
pub(super) async fn workers_looping(given: Given) -> Outcome {
    let of_preprocess =
        |key: &str, value: u64| ("preprocess", format!("INVOICE_OCR__{key}"), value.to_string());
    let environment = vec![
        of_preprocess("WORKER__CPU_SECONDS_PER_PAGE", CPU_SECONDS),
        of_preprocess("WORKER__WALL_SECONDS_PER_PAGE", WALL_SECONDS),
        of_preprocess("STAGES__PREPROCESS__ATTEMPTS", 2),
    ];
    let fit = Fit { environment, ..Fit::default() };
    let mut lab = Lab::start(&given, fit).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    for _ in 0..2 {
        let number = lab.client.number();
        let mut bytes = looping_pdf();
        bytes.extend_from_slice(format!("\n%{number}\n").as_bytes());
        let id = lab.client.upload_bytes("looping", number, bytes).await;
        lab.expected.failures.insert(id, "worker_cpu_exceeded");
    }
    lab.finish(uploads).await
}

/// Workers that have grown beyond what they may keep are replaced after each document.
pub(super) async fn workers_leaking(given: Given) -> Outcome {
    let settings = vec![("WORKER__MAX_RESIDENT_BYTES", RESIDENT_BYTES.to_string())];
    let mut lab = Lab::start(&given, Fit { settings, ..Fit::default() }).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.fault().await;
    let mut seen = BTreeSet::new();
    let watch = async {
        loop {
            seen.extend(lab.service("preprocess").workers());
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = lab.ended(DOCUMENTS as u64) => {}
        () = watch => {}
    }
    lab.note(format!("{} workers of preprocess for {DOCUMENTS} documents", seen.len()));
    assert!(seen.len() >= DOCUMENTS / 2, "workers were kept: {}", seen.len());
    lab.finish(uploads).await
}
