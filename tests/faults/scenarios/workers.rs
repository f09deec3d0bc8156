//! Worker processes that die, stand still, or get no memory.

use std::time::Duration;

use common::testing::process::signal;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use crate::fleet::STAGES;
use crate::lab::{Fit, Given, Lab, Outcome};
use crate::wait::eventually;

const DOCUMENTS: usize = 12;

/// Address space of a worker that is to get none: less than it has already.
const NO_MEMORY: u64 = 1024 * 1024;

/// Does `harm` to all workers of the stages with workers, twice while documents are under way.
async fn harmed(given: Given, harm: impl Fn(u32)) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
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
