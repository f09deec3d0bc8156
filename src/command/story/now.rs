//! Where the document is now and what it waits for, and what nobody knows any more: pure.

use std::cmp;

use jiff::SignedDuration;

use common::config::EVENT_HOURS;
use common::jetstream::erasure::Progress;
use common::jetstream::history::{EventEnd, History, KeptJob, Standing};
use common::jetstream::survey::Queue;
use common::object::Bucket;
use common::stage::StageName;
use common::status::{State, StatusRecord};

use super::Found;

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Now {
    /// `queued`, `processing`, `completed`, `failed`, `erased` or `unknown`.
    pub(super) state: &'static str,
    pub(super) stage: Option<StageName>,
    pub(super) attempt: Option<u32>,
    /// Stable, for programs: `nothing` when it has ended.
    pub(super) waits_for: &'static str,
    /// For people.
    pub(super) said: String,
    /// What an operator can do about it.
    pub(super) remedy: Option<String>,
}

impl Now {
    fn new(state: &'static str, waits_for: &'static str, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { state, stage: None, attempt: None, waits_for, said, remedy: None }
    }

    fn of(mut self, record: &StatusRecord) -> Self {
        (self.stage, self.attempt) = (Some(record.stage), Some(record.attempt));
        self
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// The stage whose queue the document is in.
pub(super) fn awaited(history: &History) -> Option<StageName> {
    match &history.standing {
        Standing::Live { record, .. } if !record.state.is_terminal() => Some(record.stage),
        _ => None,
    }
}

/// Where it is and what it waits for.
pub(super) fn now(found: &Found) -> Now {
    match &found.history.standing {
        Standing::Nothing => Now::new("unknown", "nothing", "it has no status any more"),
        Standing::Erased { progress: Progress::Begun, .. } => {
            Now::new("erased", "removal", "gone for everybody; what is left of it is being removed")
                .remedy("the sweeper beside the gateway finishes it: see that a gateway runs")
        }
        Standing::Erased { .. } => {
            Now::new("erased", "nothing", "nothing is left but this marker and the audit trail")
        }
        Standing::Live { record, .. } => match record.state {
            State::Queued => queued(found, record).of(record),
            State::Processing => processing(record, found.queue.as_ref()).of(record),
            State::Completed => completed(found, record).of(record),
            State::Failed => failed(found, record).of(record),
        },
    }
}

fn queued(found: &Found, record: &StatusRecord) -> Now {
    let stage = record.stage;
    let Some(job) = job_of(&found.history, record) else {
        let said = format!("its job is not in the queue of {stage}");
        let remedy = "the sweeper beside the gateway publishes it again, after \
                      sweeper.stuck_after_seconds: see that a gateway runs";
        return Now::new("queued", "sweeper", said).remedy(remedy);
    };
    let waits = |what, said: String| Now::new("queued", what, said);
    let Some(queue) = &found.queue else {
        return waits("worker", format!("waits for {stage}"));
    };
    if queue.paused {
        let remedy = format!("nats consumer resume {} {stage}", stream(stage));
        return waits("resume", format!("the queue of {stage} is paused")).remedy(remedy);
    }
    if queue.pulls == 0 && queue.leased == 0 {
        let said = format!("waits for {stage}, and no service takes jobs of {stage}");
        return waits("service", said).remedy(format!("start a service of {stage}"));
    }
    if job.message.sequence > queue.delivered {
        let ahead = cmp::min(
            job.message.sequence - queue.delivered - 1,
            queue.undelivered.saturating_sub(1),
        );
        let before = match ahead {
            0 => "it is the next".to_owned(),
            1 => "at most 1 job is before it".to_owned(),
            ahead => format!("at most {ahead} jobs are before it"),
        };
        return waits("worker", format!("waits for a free worker of {stage}; {before}"));
    }
    match &record.last_error {
        Some(error) => {
            let said = format!(
                "attempt {} of {stage} failed ({}), another one is due",
                record.attempt, error.code
            );
            waits("retry", said).remedy("the delays are stages.*.retry_delays_seconds")
        }
        None => waits("retry", format!("was handed back by {stage}, and is due again")),
    }
}

fn processing(record: &StatusRecord, queue: Option<&Queue>) -> Now {
    let (stage, attempt) = (record.stage, record.attempt);
    let said = format!("{stage} works on it, attempt {attempt}, since {:.3}", record.updated_at);
    let now = Now::new("processing", "result", said);
    match queue {
        Some(queue) if queue.pulls == 0 => now.remedy(format!(
            "no worker of {stage} is free: busy, or gone with its job, which comes again when its \
             lease of 30 s ends and a service runs (`invoice-ocr doctor`)"
        )),
        _ => now,
    }
}

fn completed(found: &Found, record: &StatusRecord) -> Now {
    let of_it = |event: &&common::jetstream::history::KeptEvent| {
        event.generation == record.generation && matches!(event.end, EventEnd::Extracted { .. })
    };
    let event = found.history.events.iter().find(of_it);
    match event.map(|event| &event.end) {
        Some(EventEnd::Extracted { review: Some(true) }) => {
            Now::new("completed", "person", "completed; a person has to look at its result")
                .remedy("`invoice-ocr status ID` shows why")
        }
        Some(_) => Now::new("completed", "nothing", "completed, and its event is stored"),
        None if is_past_events(found, record) => {
            Now::new("completed", "nothing", "completed; its event has expired")
        }
        None => Now::new("completed", "event", "completed, and its event is not stored yet")
            .remedy(
                "whoever holds its job, or the sweeper, stores it: see whether INVOICE_EVENTS is \
                 full (`invoice-ocr doctor`)",
            ),
    }
}

fn failed(found: &Found, record: &StatusRecord) -> Now {
    let code = record.error.as_ref().map_or("an error", |error| error.code.as_str());
    let letters = &found.history.letters;
    let remedy = format!("once the cause is gone: invoice-ocr dead replay {}", record.id);
    let said = match letters.iter().any(|kept| kept.letter.generation == record.generation) {
        true => format!("failed with {code}; its dead letter waits"),
        false => format!("failed with {code}; its dead letter is gone, a replay needs none"),
    };
    Now::new("failed", "operator", said).remedy(remedy)
}

/// The job that the record waits for; one that this build cannot read may be it.
fn job_of<'a>(history: &'a History, record: &StatusRecord) -> Option<&'a KeptJob> {
    history.jobs.iter().find(|kept| {
        let generation = kept.job.as_ref().map(|job| job.generation);
        kept.stage == record.stage && generation.is_none_or(|number| number == record.generation)
    })
}

/// Whether the document ended so long ago that its event may have expired.
fn is_past_events(found: &Found, record: &StatusRecord) -> bool {
    let kept = i64::try_from(EVENT_HOURS).unwrap_or(i64::MAX);
    found.at.duration_since(record.updated_at) >= SignedDuration::from_hours(kept)
}

fn stream(stage: StageName) -> &'static str {
    common::jetstream::names::job_stream(stage)
}

/// What the story lacks, and why.
pub(super) fn forgotten(found: &Found) -> Vec<String> {
    let history = &found.history;
    let mut lacks = Vec::new();
    match &history.standing {
        Standing::Nothing => lacks.push(
            "its status: it has expired (retention.status_hours), or was never stored".to_owned(),
        ),
        Standing::Erased { .. } => lacks.push(
            "what it was, when it came and how it ended: an erasure leaves its id, tenant and \
             generation"
                .to_owned(),
        ),
        Standing::Live { record, .. } => lacks.extend(of_record(found, record)),
    }
    if let (true, Some(oldest)) = (found.trail.cut_short, found.trail.oldest_at) {
        lacks.push(format!("who did what before {oldest:.0}: the audit trail had no room"));
    }
    lacks
}

fn of_record(found: &Found, record: &StatusRecord) -> Vec<String> {
    let mut lacks = Vec::new();
    let begun_anew = record.generation > 1 || record.attempt > 1;
    if record.stage != StageName::Preprocess || begun_anew {
        lacks.push(
            "when earlier attempts, stages and generations began and ended: the status keeps its \
             newest record, and a job goes when it is done; the log has them"
                .to_owned(),
        );
    }
    let has = |bucket| found.history.objects.iter().any(|object| object.bucket == bucket);
    if !has(Bucket::Uploads) {
        lacks.push("the original: it has expired (retention.uploads_hours)".to_owned());
    }
    if record.stage == StageName::Extract && !has(Bucket::Work) {
        lacks.push("its pages: they have expired or made room (retention.work_hours)".to_owned());
    }
    if record.state.is_terminal() && is_past_events(found, record) {
        lacks.push(format!("its events: they are kept for {EVENT_HOURS} hours"));
    }
    lacks
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use common::jetstream::audit::TrailState;
    use common::jetstream::history::{KeptEvent, StoredMessage};
    use common::testing::accepted_record;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn message(sequence: u64) -> StoredMessage {
        StoredMessage { sequence, at: at(0), traceparent: None }
    }

    /// A document with this status, whose job has sequence `job`, at `second`.
    fn found(record: &StatusRecord, job: Option<u64>, queue: Queue, second: i64) -> Found {
        let jobs = job.map(|sequence| KeptJob {
            stage: record.stage,
            message: message(sequence),
            job: Some(record.job()),
        });
        Found {
            id: record.id.clone(),
            history: History {
                standing: Standing::Live { record: Box::new(record.clone()), at: at(0) },
                jobs: jobs.into_iter().collect(),
                events: Vec::new(),
                letters: Vec::new(),
                objects: Vec::new(),
            },
            audit: Vec::new(),
            trail: TrailState { records: 0, oldest_at: None, cut_short: false },
            queue: Some(queue),
            at: at(second),
        }
    }

    const READY: Queue =
        Queue { pulls: 1, undelivered: 4, leased: 0, paused: false, delivered: 10 };

    #[test]
    fn a_queued_document_waits_for_what_is_missing() {
        let waits = |job, queue| now(&found(&accepted_record(), job, queue, 1)).waits_for;
        assert_eq!(waits(Some(12), READY), "worker");
        assert_eq!(waits(None, READY), "sweeper");
        assert_eq!(waits(Some(12), Queue { paused: true, ..READY }), "resume");
        assert_eq!(waits(Some(12), Queue { pulls: 0, ..READY }), "service");
        assert_eq!(waits(Some(12), Queue { pulls: 0, leased: 2, ..READY }), "worker");
        assert_eq!(waits(Some(9), READY), "retry");
    }

    #[test]
    fn how_many_jobs_are_before_it_is_never_told_too_small() {
        let said = |sequence, undelivered| {
            let queue = Queue { undelivered, ..READY };
            now(&found(&accepted_record(), Some(sequence), queue, 1)).said
        };
        assert!(said(11, 4).ends_with("it is the next"));
        assert!(said(12, 4).ends_with("at most 1 job is before it"));
        // Jobs between may be done already: no more wait than are there.
        assert!(said(99, 4).ends_with("at most 3 jobs are before it"));
    }

    #[test]
    fn a_completed_document_waits_for_its_event_until_that_may_have_expired() {
        let record = StatusRecord { state: State::Completed, ..accepted_record() };
        let waits = |found: &Found| now(found).waits_for;
        assert_eq!(waits(&found(&record, None, READY, 60)), "event");
        let week = i64::try_from(EVENT_HOURS).unwrap() * 3600;
        assert_eq!(waits(&found(&record, None, READY, week)), "nothing");
        let mut stored = found(&record, None, READY, 60);
        for (review, expected) in [(Some(false), "nothing"), (Some(true), "person")] {
            stored.history.events = vec![KeptEvent {
                message: message(1),
                tenant: None,
                generation: 1,
                correlation_id: None,
                bytes: 2,
                end: EventEnd::Extracted { review },
            }];
            assert_eq!(waits(&stored), expected);
        }
    }

    #[test]
    fn an_end_waits_for_nobody_but_an_operator_or_a_removal() {
        let failed = StatusRecord { state: State::Failed, ..accepted_record() };
        let told = now(&found(&failed, None, READY, 1));
        assert_eq!(told.waits_for, "operator");
        assert!(told.remedy.unwrap().contains("dead replay"));
        let mut gone = found(&accepted_record(), None, READY, 1);
        for (progress, waits_for) in [
            (Progress::Begun, "removal"),
            (Progress::Cleared, "nothing"),
            (Progress::Swept, "nothing"),
        ] {
            gone.history.standing =
                Standing::Erased { progress, tenant: None, generation: 1, at: at(1) };
            assert_eq!(now(&gone).waits_for, waits_for);
        }
        gone.history.standing = Standing::Nothing;
        assert_eq!((now(&gone).state, now(&gone).waits_for), ("unknown", "nothing"));
    }

    #[test]
    fn what_is_gone_is_said() {
        let ended = StatusRecord {
            state: State::Completed,
            stage: StageName::Extract,
            ..accepted_record()
        };
        let lacks = forgotten(&found(&ended, None, READY, 99 * 3600 * 24)).join("\n");
        for what in ["earlier attempts", "the original", "its pages", "its events"] {
            assert!(lacks.contains(what), "{what}: {lacks}");
        }
        let mut cut = found(&accepted_record(), Some(1), READY, 1);
        cut.trail = TrailState { records: 1, oldest_at: Some(at(5)), cut_short: true };
        assert!(forgotten(&cut).iter().any(|what| what.contains("audit trail")));
    }
}
