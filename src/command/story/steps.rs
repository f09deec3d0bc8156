//! What happened to the document, by what it left: pure.

use jiff::Timestamp;

use common::audit::AuditRecord;
use common::error::ErrorRecord;
use common::jetstream::dead_letters::Kept;
use common::jetstream::erasure::Progress;
use common::jetstream::history::{EventEnd, History, KeptEvent, KeptJob, KeptObject, Standing};
use common::object::{Bucket, ObjectRef};
use common::stage::StageName;
use common::status::{State, StatusRecord};

use crate::command::table::bytes;

/// What tells of a step, and by whose clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The status record, by the clock of the service that wrote it.
    Status,
    /// An object, by the broker's clock.
    Object,
    /// A job in a queue, by the broker's clock.
    Job,
    /// A public event, by the broker's clock.
    Event,
    /// A dead letter, by the clock of the service that gave up.
    DeadLetter,
    /// The audit trail, by the clock of who did it.
    Audit,
}

impl Source {
    /// As it is printed.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Object => "object",
            Self::Job => "job",
            Self::Event => "event",
            Self::DeadLetter => "dead letter",
            Self::Audit => "audit",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) source: Source,
    /// Stable, for programs.
    pub(super) name: &'static str,
    pub(super) stage: Option<StageName>,
    pub(super) generation: Option<u32>,
    pub(super) attempt: Option<u32>,
    /// Code of an error.
    pub(super) code: Option<String>,
    /// Who did it, where somebody did.
    pub(super) actor: Option<String>,
    /// For people.
    pub(super) said: String,
}

impl Step {
    fn new(at: Timestamp, source: Source, name: &'static str, said: impl Into<String>) -> Self {
        Self {
            at,
            source,
            name,
            stage: None,
            generation: None,
            attempt: None,
            code: None,
            actor: None,
            said: said.into(),
        }
    }

    fn of(mut self, stage: StageName, generation: u32) -> Self {
        (self.stage, self.generation) = (Some(stage), Some(generation));
        self
    }
}

/// Everything that is known to have happened, oldest first. Clocks of several machines tell the time,
/// so steps that are close together may be in another order than they were in.
pub(super) fn steps(history: &History, audit: &[AuditRecord]) -> Vec<Step> {
    let mut steps = Vec::new();
    let record = match &history.standing {
        Standing::Live { record, .. } => {
            steps.extend(of_status(record));
            Some(&**record)
        }
        Standing::Erased { progress, generation, at, .. } => {
            steps.push(erased(*progress, *generation, *at));
            None
        }
        Standing::Nothing => None,
    };
    steps.extend(of_objects(&history.objects, record));
    steps.extend(history.jobs.iter().map(of_job));
    steps.extend(history.events.iter().map(of_event));
    steps.extend(history.letters.iter().map(of_letter));
    steps.extend(audit.iter().map(of_audit));
    steps.sort_by_key(|step| (step.at, step.source));
    steps
}

fn of_status(record: &StatusRecord) -> Vec<Step> {
    let StatusRecord { stage, generation, attempt, .. } = *record;
    let size = bytes(record.original.size_bytes);
    let taken = format!("accepted: {}, {size}", record.media_type.as_str());
    let mut steps = vec![Step::new(record.received_at, Source::Status, "accepted", taken)];
    let (name, said, error) = match record.state {
        // Nothing happened since.
        State::Queued if attempt == 0 && record.updated_at == record.received_at => return steps,
        State::Queued => match &record.last_error {
            Some(error) => ("attempt_failed", failed("attempt failed", error), Some(error)),
            None => ("queued", format!("waits for {stage}"), None),
        },
        State::Processing => ("processing", format!("attempt {attempt} of {stage} begun"), None),
        State::Completed => ("completed", "completed".to_owned(), None),
        State::Failed => match &record.error {
            Some(error) => ("failed", failed("failed for good", error), Some(error)),
            None => ("failed", "failed for good".to_owned(), None),
        },
    };
    let mut step = Step::new(record.updated_at, Source::Status, name, said).of(stage, generation);
    step.attempt = Some(attempt);
    step.code = error.map(|error| error.code.clone());
    steps.push(step);
    steps
}

fn failed(what: &str, error: &ErrorRecord) -> String {
    format!("{what} in {}: {}: {}", error.stage, error.code, error.message)
}

fn erased(progress: Progress, generation: u32, at: Timestamp) -> Step {
    let (name, said) = match progress {
        Progress::Begun => ("erasure_begun", "erased; what is left is being removed"),
        Progress::Cleared => ("erased", "erased, and everything removed"),
        Progress::Swept => ("erasure_swept", "erased, and looked after once more"),
    };
    let mut step = Step::new(at, Source::Status, name, said);
    step.generation = Some(generation).filter(|generation| *generation > 0);
    step
}

/// The original, what the current stage was handed, and everything else together.
fn of_objects(objects: &[KeptObject], record: Option<&StatusRecord>) -> Vec<Step> {
    let is = |object: &KeptObject, named: &ObjectRef| {
        object.bucket == named.bucket && object.hash == named.hash
    };
    let mut steps = Vec::new();
    let mut others: Vec<&KeptObject> = Vec::new();
    for object in objects {
        let size = bytes(object.bytes);
        match record {
            _ if object.bucket == Bucket::Uploads => {
                let said = format!("original stored, {size}");
                steps.push(Step::new(object.at, Source::Object, "original_stored", said));
            }
            Some(record) if is(object, &record.input) => {
                let (stage, generation) = (record.stage, record.generation);
                let said = format!("input of {stage} stored, {size}");
                let step = Step::new(object.at, Source::Object, "input_stored", said);
                steps.push(step.of(stage, generation));
            }
            _ => others.push(object),
        }
    }
    // Oldest first, as they came.
    if let (Some(first), Some(last)) = (others.first(), others.last()) {
        let (count, size) = (others.len(), bytes(others.iter().map(|object| object.bytes).sum()));
        let said = match first.at == last.at {
            true => format!("{count} object of pages stored, {size}"),
            false => {
                format!("{count} objects of pages stored, {size}, the first at {:.3}", first.at)
            }
        };
        steps.push(Step::new(last.at, Source::Object, "pages_stored", said));
    }
    steps
}

fn of_job(kept: &KeptJob) -> Step {
    let said = match &kept.job {
        Some(_) => format!("job queued for {}, and still there", kept.stage),
        None => format!("job queued for {}, which this build cannot read", kept.stage),
    };
    let mut step = Step::new(kept.message.at, Source::Job, "job_queued", said);
    step.stage = Some(kept.stage);
    step.generation = kept.job.as_ref().map(|job| job.generation);
    step
}

fn of_event(event: &KeptEvent) -> Step {
    let (name, said, code) = match &event.end {
        EventEnd::Extracted { review } => {
            let review = if *review == Some(true) { ", a person has to look" } else { "" };
            let said = format!("invoice.extracted stored, {}{review}", bytes(event.bytes));
            ("extracted_stored", said, None)
        }
        EventEnd::Corrected { revision } => {
            let said = format!("invoice.corrected stored, correction {revision}");
            ("corrected_stored", said, None)
        }
        EventEnd::Failed(error) => {
            let code = error.as_ref().map(|error| error.code.clone());
            let why = code.as_ref().map(|code| format!(": {code}")).unwrap_or_default();
            ("failed_stored", format!("invoice.failed stored{why}"), code)
        }
    };
    let mut step = Step::new(event.message.at, Source::Event, name, said);
    (step.generation, step.code) = (Some(event.generation), code);
    step
}

fn of_letter(kept: &Kept) -> Step {
    let letter = &kept.letter;
    let attempts = match letter.attempts {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    };
    let said = format!("dead letter {} after {attempts}: {}", kept.name, letter.error.code);
    let step = Step::new(letter.failed_at, Source::DeadLetter, "dead_letter", said);
    let mut step = step.of(letter.error.stage, letter.generation);
    (step.attempt, step.code) = (Some(letter.attempts), Some(letter.error.code.clone()));
    step
}

fn of_audit(record: &AuditRecord) -> Step {
    let (action, outcome) = (record.action.as_str(), record.outcome.as_str());
    let actor = record.actor.to_string();
    let how = if outcome == "done" { String::new() } else { format!(" ({outcome})") };
    let mut step =
        Step::new(record.time, Source::Audit, action, format!("{action} by {actor}{how}"));
    step.actor = Some(actor);
    step
}

#[cfg(test)]
mod tests {
    use common::audit::{AUDIT_VERSION, Action, Actor, Object, Outcome};
    use common::id::ContentHash;
    use common::testing::accepted_record;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn record() -> StatusRecord {
        let filename = Some("secret.pdf".to_owned());
        StatusRecord { filename, received_at: at(1), updated_at: at(1), ..accepted_record() }
    }

    fn history(record: StatusRecord, objects: Vec<KeptObject>) -> History {
        History {
            standing: Standing::Live { record: Box::new(record), at: at(9) },
            jobs: Vec::new(),
            events: Vec::new(),
            letters: Vec::new(),
            objects,
        }
    }

    fn names(steps: &[Step]) -> Vec<&str> {
        steps.iter().map(|step| step.name).collect()
    }

    #[test]
    fn a_document_that_was_only_accepted_has_one_step() {
        let steps = steps(&history(record(), Vec::new()), &[]);
        assert_eq!(names(&steps), ["accepted"]);
        assert!(!steps[0].said.contains("secret"), "{}", steps[0].said);
    }

    #[test]
    fn steps_of_all_sources_are_in_the_order_of_time() {
        let mut read = record();
        (read.stage, read.state, read.updated_at) = (StageName::Extract, State::Completed, at(8));
        let object = |bucket, content: &[u8], second| KeptObject {
            bucket,
            hash: ContentHash::of(content),
            bytes: 10,
            at: at(second),
        };
        read.input = ObjectRef::to(Bucket::Work, &read.id, b"words");
        let id = read.id.clone();
        let objects = vec![
            object(Bucket::Uploads, b"document", 2),
            object(Bucket::Work, b"page 1", 3),
            object(Bucket::Work, b"page 2", 4),
            object(Bucket::Work, b"words", 6),
        ];
        let audit = AuditRecord {
            version: AUDIT_VERSION,
            time: at(7),
            actor: Actor::Anybody,
            tenant: None,
            action: Action::Read,
            object: Object::Document(id),
            outcome: Outcome::NotFound,
            request_id: None,
            peer: None,
        };
        let steps = steps(&history(read, objects), &[audit]);
        let expected =
            ["accepted", "original_stored", "pages_stored", "input_stored", "read", "completed"];
        assert_eq!(names(&steps), expected);
        assert!(steps[2].said.starts_with("2 objects of pages stored, 20 B"), "{}", steps[2].said);
        assert_eq!(steps[4].said, "read by anybody (not_found)");
        assert_eq!(steps[5].attempt, Some(0));
    }

    #[test]
    fn a_failed_attempt_says_why() {
        let mut tried = record();
        let error = common::error::StageError::internal("worker_crashed", "signal 11");
        (tried.attempt, tried.updated_at) = (1, at(3));
        tried.last_error = Some(ErrorRecord::new(StageName::Preprocess, &error));
        let steps = steps(&history(tried, Vec::new()), &[]);
        assert_eq!(names(&steps), ["accepted", "attempt_failed"]);
        assert_eq!(steps[1].code.as_deref(), Some("worker_crashed"));
        assert_eq!(steps[1].said, "attempt failed in preprocess: worker_crashed: signal 11");
    }
}
