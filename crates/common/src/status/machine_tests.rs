//! The state machine under random histories: whatever services do and in whatever order, the
//! promises of the record hold.

use jiff::Timestamp;
use proptest::prelude::*;

use crate::error::{ErrorRecord, StageError};
use crate::object::{Bucket, ObjectRef};
use crate::stage::StageName;
use crate::status::{Advance, Claim, ClaimOutcome, ResultJson, State, StatusRecord};
use crate::testing::accepted_record;

const ATTEMPTS: u32 = 3;

/// What services can do to a record. Owners and stages are picked freely, also wrongly.
#[derive(Clone, Debug)]
enum Step {
    Claim { stage: StageName, generation: u32, owner: u8, sequence: u64 },
    Advance { owner: u8, stage: StageName, generation: u32 },
    Complete { owner: u8, generation: u32 },
    Fail { owner: u8, stage: StageName, generation: u32 },
    Retry { owner: u8, stage: StageName, generation: u32 },
    Release { owner: u8, stage: StageName, generation: u32 },
    Remake { owner: u8, stage: StageName, generation: u32 },
    Sweep,
    GiveUp,
    Replay,
    Reprocess,
}

fn step() -> impl Strategy<Value = Step> {
    let stage = prop::sample::select(StageName::ALL.to_vec());
    let holder = (0u8..3, stage, 1u32..4);
    prop_oneof![
        4 => (holder.clone(), 1u64..4).prop_map(|((owner, stage, generation), sequence)| {
            Step::Claim { stage, generation, owner, sequence }
        }),
        3 => holder.clone().prop_map(|(owner, stage, generation)| Step::Advance { owner, stage, generation }),
        2 => (0u8..3, 1u32..4).prop_map(|(owner, generation)| Step::Complete { owner, generation }),
        1 => holder.clone().prop_map(|(owner, stage, generation)| Step::Fail { owner, stage, generation }),
        1 => holder.clone().prop_map(|(owner, stage, generation)| Step::Retry { owner, stage, generation }),
        1 => holder.clone().prop_map(|(owner, stage, generation)| Step::Release { owner, stage, generation }),
        1 => holder.prop_map(|(owner, stage, generation)| Step::Remake { owner, stage, generation }),
        1 => Just(Step::Sweep),
        1 => Just(Step::GiveUp),
        1 => Just(Step::Replay),
        1 => Just(Step::Reprocess),
    ]
}

fn error() -> ErrorRecord {
    ErrorRecord::new(StageName::Ocr, &StageError::internal("worker_crashed", "signal 11"))
}

/// The record after `step`; unchanged when the step is refused.
fn applied(record: &StatusRecord, step: &Step) -> StatusRecord {
    let now = Timestamp::UNIX_EPOCH;
    let name = |owner: u8| owner.to_string();
    let settled = match step.clone() {
        Step::Claim { stage, generation, owner, sequence } => {
            let claim = Claim { owner: name(owner), sequence };
            let input = record.input.clone();
            return match record.claimed(stage, generation, &input, claim, ATTEMPTS, now) {
                ClaimOutcome::Run(next) => *next,
                _ => record.clone(),
            };
        }
        Step::Sweep => return record.requeued(now).unwrap_or_else(|| record.clone()),
        Step::GiveUp => return record.clone().given_up(error(), now),
        Step::Replay => return record.replayed(now).unwrap_or_else(|| record.clone()),
        Step::Reprocess => return record.reprocessed(now).unwrap_or_else(|| record.clone()),
        Step::Advance { owner, stage, generation } => match stage.next() {
            Some(next) => {
                let output = record.input.clone();
                record.advanced(&name(owner), stage, generation, next, output, now)
            }
            None => return record.clone(),
        },
        Step::Complete { owner, generation } => {
            let result = serde_json::value::to_raw_value("result").unwrap();
            let result = ResultJson(result);
            record.completed(&name(owner), StageName::Extract, generation, result, now)
        }
        Step::Fail { owner, stage, generation } => {
            record.failed(&name(owner), stage, generation, error(), now)
        }
        Step::Retry { owner, stage, generation } => {
            record.to_be_retried(&name(owner), stage, generation, error(), now)
        }
        Step::Release { owner, stage, generation } => {
            record.released(&name(owner), stage, generation, now)
        }
        Step::Remake { owner, stage, generation } => {
            record.remade(&name(owner), stage, generation, now)
        }
    };
    match settled {
        Advance::To(next) => *next,
        Advance::AlreadyPast | Advance::Fenced => record.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_history_breaks_a_promise(steps in prop::collection::vec(step(), 1..60)) {
        let mut record = accepted_record();
        for step in steps {
            let next = applied(&record, &step);
            prop_assert_eq!(next.claim.is_some(), next.state == State::Processing);
            prop_assert_eq!(next.result.is_some(), next.state == State::Completed);
            prop_assert_eq!(next.error.is_some(), next.state == State::Failed);
            prop_assert!(next.attempt <= ATTEMPTS);
            prop_assert!(
                (next.generation, next.stage) >= (record.generation, record.stage),
                "went back: {:?}", step
            );
            if record.read_document().is_some() && next.generation == record.generation {
                prop_assert_eq!(next.read_document(), record.read_document(), "pages were lost");
            }
            if record.state.is_terminal() && next != record {
                let asked_for = matches!(step, Step::Reprocess);
                prop_assert!(asked_for || record.state == State::Failed, "completed is for ever");
                prop_assert_eq!(next.generation, record.generation + 1);
                prop_assert_eq!(next.state, State::Queued);
            }
            record = next;
        }
    }

    #[test]
    fn only_the_holder_settles(
        owner in 0u8..3,
        next in 1u8..3,
        stage in prop::sample::select(StageName::ALL.to_vec()),
    ) {
        let other = (owner + next) % 3;
        let mut record = accepted_record();
        record.stage = stage;
        let held = applied(&record, &Step::Claim { stage, generation: 1, owner, sequence: 1 });
        for step in [
            Step::Retry { owner: other, stage, generation: 1 },
            Step::Fail { owner: other, stage, generation: 1 },
            Step::Release { owner: other, stage, generation: 1 },
            Step::Remake { owner: other, stage, generation: 1 },
            Step::Advance { owner: other, stage, generation: 1 },
            Step::Complete { owner: other, generation: 1 },
        ] {
            prop_assert_eq!(&applied(&held, &step), &held);
        }
    }
}

#[test]
fn a_second_copy_of_a_job_in_work_is_superseded_and_its_redelivery_is_an_attempt() {
    let claim = |record: &StatusRecord, owner: &str, sequence| {
        let (input, now) = (record.input.clone(), Timestamp::UNIX_EPOCH);
        let claim = Claim { owner: owner.to_owned(), sequence };
        record.claimed(StageName::Preprocess, 1, &input, claim, ATTEMPTS, now)
    };
    let ClaimOutcome::Run(held) = claim(&accepted_record(), "a", 7) else { panic!("not claimed") };
    assert_eq!(claim(&held, "b", 8), ClaimOutcome::Superseded);
    let ClaimOutcome::Run(again) = claim(&held, "b", 7) else { panic!("not claimed again") };
    assert_eq!(again.attempt, 2);
}

#[test]
fn attempts_that_never_came_back_end_with_a_cause() {
    let mut record = accepted_record();
    for attempt in 1..=ATTEMPTS {
        let step =
            Step::Claim { stage: StageName::Preprocess, generation: 1, owner: 0, sequence: 1 };
        record = applied(&record, &step);
        assert_eq!(record.attempt, attempt);
    }
    let claim = Claim { owner: "z".to_owned(), sequence: 1 };
    let (input, now) = (record.input.clone(), Timestamp::UNIX_EPOCH);
    let outcome = record.claimed(StageName::Preprocess, 1, &input, claim, ATTEMPTS, now);
    assert_eq!(outcome, ClaimOutcome::Exhausted);
    assert_eq!(record.cause_of_giving_up().code, "attempts_exhausted");
}

#[test]
fn a_released_attempt_does_not_count() {
    let claim = Step::Claim { stage: StageName::Preprocess, generation: 1, owner: 0, sequence: 1 };
    let release = Step::Release { owner: 0, stage: StageName::Preprocess, generation: 1 };
    let record = applied(&applied(&accepted_record(), &claim), &release);
    assert_eq!((record.attempt, record.state), (0, State::Queued));
}

#[test]
fn pages_are_there_from_the_end_of_ocr_until_a_replay() {
    let output = ObjectRef::to(Bucket::Work, &accepted_record().id, b"pages");
    let now = Timestamp::UNIX_EPOCH;
    let claim = |record: &StatusRecord, stage, input: &ObjectRef| {
        let claim = Claim { owner: "a".to_owned(), sequence: 1 };
        match record.claimed(stage, 1, input, claim, ATTEMPTS, now) {
            ClaimOutcome::Run(next) => *next,
            other => panic!("not claimed: {other:?}"),
        }
    };
    let reading = claim(&accepted_record(), StageName::Ocr, &accepted_record().input);
    assert_eq!(reading.read_document(), None);
    let next = StageName::Extract;
    let Advance::To(read) = reading.advanced("a", StageName::Ocr, 1, next, output.clone(), now)
    else {
        panic!("not advanced")
    };
    assert_eq!(read.read_document(), Some(&output));
    let overtaken = claim(&reading, next, &output);
    assert_eq!(overtaken.read_document(), Some(&output), "a job may be faster than the status");
    let failed = read.given_up(error(), now);
    assert_eq!(failed.read_document(), Some(&output));
    assert_eq!(failed.replayed(now).unwrap().read_document(), None);
    let unread = accepted_record().given_up(error(), now);
    assert_eq!(unread.read_document(), None, "nobody read it");
}

#[test]
fn a_job_that_overtook_its_predecessors_status_is_worked_on() {
    let record = accepted_record();
    let claim = Claim { owner: "a".to_owned(), sequence: 1 };
    let (input, now) = (record.input.clone(), Timestamp::UNIX_EPOCH);
    let outcome = record.claimed(StageName::Ocr, 1, &input, claim, ATTEMPTS, now);
    let ClaimOutcome::Run(next) = outcome else { panic!("not claimed: {outcome:?}") };
    assert_eq!((next.stage, next.attempt), (StageName::Ocr, 1));
}

#[test]
fn what_was_lost_is_made_again_from_the_original_a_few_times() {
    let now = Timestamp::UNIX_EPOCH;
    let output = ObjectRef::to(Bucket::Work, &accepted_record().id, b"pages");
    let mut record = accepted_record();
    assert!(!record.remakable(), "nothing can bring an original back");
    for remakes in 0..3 {
        let claim = Claim { owner: "a".to_owned(), sequence: 1 };
        let generation = record.generation;
        let claimed = record.claimed(StageName::Ocr, generation, &output, claim, ATTEMPTS, now);
        let ClaimOutcome::Run(reading) = claimed else { panic!("not claimed: {claimed:?}") };
        assert_eq!(reading.remakable(), remakes < 2);
        let Advance::To(next) = reading.remade("a", StageName::Ocr, generation, now) else {
            panic!("not remade")
        };
        assert_eq!((next.generation, next.stage), (generation + 1, StageName::Preprocess));
        assert_eq!(next.input, next.original);
        record = *next;
    }
}
