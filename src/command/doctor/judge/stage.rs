//! Whether somebody takes the jobs of a stage.

use common::jetstream::survey::Queue;
use common::stage::StageName;

use super::super::check::Judgement;

/// Share of the store of work in progress from which on preprocess takes no jobs (nats/README.md).
const HELD_BACK: f64 = 0.8;

/// Judges several looks at the queue of `stage`, oldest first. `work_level`: how full the store of work
/// in progress is, 0 to 1.
pub(in super::super) fn judge(
    stage: StageName,
    looks: &[Queue],
    work_level: Option<f64>,
) -> Judgement {
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else {
        return Judgement::skipped("not looked at");
    };
    let jobs = format!("{} jobs wait, {} are under way", last.undelivered, last.leased);
    if last.paused {
        let queue = common::jetstream::names::job_stream(stage);
        let remedy = format!("nats consumer resume {queue} {stage}");
        return Judgement::warning(format!("paused; {jobs}"), remedy);
    }
    if let Some(ready) = looks.iter().map(|queue| queue.pulls).max().filter(|pulls| *pulls > 0) {
        let services = if ready == 1 { "1 service has" } else { "services have" };
        return Judgement::ok(format!("{services} a free worker; {jobs}"));
    }
    if stage == StageName::Preprocess && work_level.is_some_and(|level| level >= HELD_BACK) {
        let remedy = "later stages are slow or away: see their checks, and nats/README.md";
        let found = format!("held back, the store of work in progress is filling up; {jobs}");
        return Judgement::warning(found, remedy);
    }
    if last.leased == 0 {
        return Judgement::failed(
            format!("no service takes jobs; {jobs}"),
            format!(
                "start a service of {stage} (`invoice-ocr serve --stages {stage}`), or see its log; one \
                 that was just started takes some seconds"
            ),
        );
    }
    match first.delivered != last.delivered || first.leased != last.leased {
        true => Judgement::ok(format!("all workers are busy; {jobs}")),
        false => Judgement::warning(
            format!("no worker is free, and nothing moves; {jobs}"),
            format!("long documents, or the service of {stage} is gone with its jobs: see its log"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    fn queue(pulls: u64, leased: u64, delivered: u64) -> Queue {
        Queue { pulls, undelivered: 3, leased, paused: false, delivered }
    }

    fn verdict(looks: &[Queue]) -> Verdict {
        judge(StageName::Ocr, looks, None).verdict
    }

    #[test]
    fn one_request_for_jobs_is_a_sign_of_life() {
        assert_eq!(verdict(&[queue(0, 0, 1), queue(1, 0, 1)]), Verdict::Ok);
        assert_eq!(verdict(&[queue(2, 5, 1)]), Verdict::Ok);
    }

    #[test]
    fn a_stage_that_nobody_asks_jobs_of_has_no_service() {
        assert_eq!(verdict(&[queue(0, 0, 1), queue(0, 0, 1)]), Verdict::Failed);
    }

    #[test]
    fn busy_is_told_from_stuck_by_what_moves() {
        assert_eq!(verdict(&[queue(0, 2, 7), queue(0, 2, 9)]), Verdict::Ok);
        assert_eq!(verdict(&[queue(0, 2, 7), queue(0, 2, 7)]), Verdict::Warning);
    }

    #[test]
    fn a_paused_queue_and_a_stage_that_is_held_back_are_warnings() {
        let paused = Queue { paused: true, ..queue(1, 0, 1) };
        assert_eq!(verdict(&[paused]), Verdict::Warning);
        let looks = [queue(0, 0, 1)];
        let judged = |level| judge(StageName::Preprocess, &looks, Some(level)).verdict;
        assert_eq!((judged(0.85), judged(0.5)), (Verdict::Warning, Verdict::Failed));
        assert_eq!(verdict(&[]), Verdict::Skipped);
    }
}
