//! What an operator is told of one document, and of the broker.

use async_nats::HeaderMap;
use common::audit::{AUDIT_VERSION, Action, Actor, AuditRecord, Object, Outcome};
use common::error::StageError;
use common::id::Tenant;
use common::jetstream::erasure::{Erased, Progress};
use common::jetstream::history::{EventEnd, Standing};
use common::jetstream::survey::Unanswered;
use common::jetstream::users::{self, Role};
use common::object::Bucket;
use common::stage::StageName;
use common::status::State;

use crate::support::{Bench, Conclude, Copy, CopyOn, Fail};
use crate::users::Guarded;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_document_that_waits_has_a_status_an_original_and_a_job() {
    let bench = Bench::start().await;
    let first = bench.upload("first").await;
    let second = bench.upload("second").await;
    let history = bench.broker.history(&second.id).await.unwrap();
    let Standing::Live { record, at } = &history.standing else { panic!("{history:?}") };
    assert_eq!(record.id, second.id);
    let [job] = &history.jobs[..] else { panic!("{history:?}") };
    assert_eq!((job.stage, job.job.as_ref().unwrap()), (StageName::Preprocess, &second.job()));
    assert!(job.message.at >= *at, "the status is stored first");
    let [original] = &history.objects[..] else { panic!("{history:?}") };
    assert_eq!((original.bucket, original.bytes), (Bucket::Uploads, "second".len() as u64));
    assert!(history.events.is_empty() && history.letters.is_empty());

    let queue = bench.broker.queue(StageName::Preprocess).await.unwrap();
    assert_eq!((queue.pulls, queue.undelivered, queue.leased, queue.delivered), (0, 2, 0, 0));
    assert_eq!(job.message.sequence, 2, "{first:?} is before it");
}

#[tokio::test]
async fn a_completed_document_has_its_event_and_what_stages_made() {
    let bench = Bench::start().await;
    let running = [
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    ];
    let record = bench.upload("read").await;
    bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    let history = bench.broker.history(&record.id).await.unwrap();
    assert!(history.jobs.is_empty(), "{history:?}");
    let [event] = &history.events[..] else { panic!("{history:?}") };
    assert_eq!((event.generation, &event.end), (1, &EventEnd::Extracted { review: None }));
    assert_eq!(event.correlation_id.as_deref(), Some(&*record.correlation_id));
    // Both stages handed on the bytes that they were given, which are one object.
    assert_eq!(history.objects.iter().filter(|o| o.bucket == Bucket::Work).count(), 1);
    // Whoever has a free worker asks for jobs.
    let pulls = bench.until(async || {
        let queue = bench.broker.queue(StageName::Ocr).await.unwrap();
        (queue.pulls > 0).then_some(queue.pulls)
    });
    assert_eq!(pulls.await, 1);
    for running in running {
        running.stopped().await;
    }
}

#[tokio::test]
async fn a_failed_document_has_its_letter_and_why() {
    let bench = Bench::start().await;
    let encrypted = StageError::rejected("document_encrypted", "needs a password");
    let running = bench.run(Fail::times(1, encrypted), 1).await;
    let record = bench.upload("closed").await;
    bench.reach(&record, State::Failed).await;
    bench.drained("INVOICE_PREPROCESS").await;
    let history = bench.broker.history(&record.id).await.unwrap();
    let [letter] = &history.letters[..] else { panic!("{history:?}") };
    assert_eq!((letter.letter.attempts, &*letter.letter.error.code), (1, "document_encrypted"));
    let [event] = &history.events[..] else { panic!("{history:?}") };
    let EventEnd::Failed(Some(error)) = &event.end else { panic!("{event:?}") };
    assert_eq!(error.code, "document_encrypted");
    running.stopped().await;
}

#[tokio::test]
async fn of_an_erased_document_only_the_marker_is_left_and_of_an_unknown_one_nothing() {
    let bench = Bench::start().await;
    let record = bench.upload("gone").await;
    let unknown = "0".repeat(64).parse().unwrap();
    assert!(bench.broker.history(&unknown).await.unwrap().is_empty());
    assert_eq!(bench.broker.erase(&record.id, &record.tenant).await.unwrap(), Erased::Gone);
    let history = bench.broker.history(&record.id).await.unwrap();
    let Standing::Erased { progress, tenant, generation, .. } = &history.standing else {
        panic!("{history:?}")
    };
    assert_eq!((*progress, *generation), (Progress::Cleared, 1));
    assert_eq!(tenant.as_ref(), Some(&record.tenant));
    assert!(history.jobs.is_empty() && history.objects.is_empty() && !history.is_empty());
}

#[tokio::test]
async fn a_messages_trace_is_told() {
    let bench = Bench::start().await;
    let record = bench.upload("traced").await;
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", TRACE);
    let subject = format!("invoice.extracted.default.{}.1", record.id);
    let body = r#"{"review":{"required":true}}"#;
    let stored = bench.raw.publish_with_headers(subject, headers, body.into()).await.unwrap();
    stored.await.unwrap();
    let history = bench.broker.history(&record.id).await.unwrap();
    let [event] = &history.events[..] else { panic!("{history:?}") };
    assert_eq!(event.message.traceparent.as_deref(), Some(TRACE));
    assert_eq!(event.end, EventEnd::Extracted { review: Some(true) });
    assert_eq!(history.jobs[0].message.traceparent, None);
}

#[tokio::test]
async fn the_trail_of_one_document_has_no_other() {
    let bench = Bench::start().await;
    let (one, other) = (bench.upload("one").await, bench.upload("other").await);
    for (action, of) in [(Action::Uploaded, &one), (Action::Uploaded, &other), (Action::Read, &one)]
    {
        let record = AuditRecord {
            version: AUDIT_VERSION,
            time: jiff::Timestamp::now(),
            actor: Actor::Anybody,
            tenant: Some(Tenant::default()),
            action,
            object: Object::Document(of.id.clone()),
            outcome: Outcome::Done,
            request_id: None,
            peer: None,
        };
        bench.broker.audit(&record).await.unwrap();
    }
    for tenant in [Some(Tenant::default()), None] {
        let told = bench.broker.audit_trail_of(&one.id, tenant.as_ref()).await.unwrap();
        let actions: Vec<Action> = told.iter().map(|record| record.action).collect();
        assert_eq!(actions, [Action::Uploaded, Action::Read], "{tenant:?}");
    }
    let elsewhere = "acme".parse().unwrap();
    assert_eq!(bench.broker.audit_trail_of(&one.id, Some(&elsewhere)).await.unwrap(), []);
}

#[tokio::test]
async fn an_operator_may_look_at_everything_and_the_system_user_knows_about_the_disk() {
    let guarded = Guarded::start().await;
    let gateway = guarded.connect("gateway").await;
    let record = gateway.accept(crate::support::incoming("looked at")).await.unwrap().record;
    let operator = guarded.connect("operator").await;
    let history = operator.history(&record.id).await.unwrap();
    assert_eq!((history.jobs.len(), history.objects.len()), (1, 1));
    assert_eq!(operator.audit_trail_of(&record.id, Some(&record.tenant)).await.unwrap(), []);
    let level = operator.stream_level("OBJ_invoice_uploads").await.unwrap();
    assert!(level.bytes > 0 && level.max_bytes > Some(level.bytes) && level.leader.is_some());
    assert!(level.answered_at.is_some(), "{level:?}");
    let share = operator.disk_share().await.unwrap();
    assert!(share.limit.is_some_and(|limit| share.reserved <= limit), "{share:?}");
    assert_eq!(operator.queue(StageName::Ocr).await.unwrap().undelivered, 0);
    let user = operator.user().await.unwrap();
    assert_eq!(users::missing(&Role::Operator, &user).unwrap(), Vec::<String>::new());
    assert!(!users::missing(&Role::Gateway, &user).unwrap().is_empty());
    assert_eq!(guarded.violations(), Vec::<String>::new());

    let system = guarded.connect("system").await;
    let servers = system.keeping().await.unwrap();
    assert!(servers.len() == 1 && servers[0].sync_always, "{servers:?}");
    // Nobody else is told, and is told that.
    let refused = operator.keeping().await.unwrap_err();
    assert!(matches!(refused, Unanswered::Forbidden(_)), "{refused}");
    let missing = operator.stream_level("INVOICE_OCR_OF_OLD").await.unwrap_err();
    assert!(!matches!(missing, Unanswered::Missing(_)), "it may not even ask: {missing}");
}

#[tokio::test]
async fn what_does_not_exist_is_told_from_silence() {
    let bench = Bench::start().await;
    let missing = bench.broker.stream_level("NO_SUCH_STREAM").await.unwrap_err();
    assert_eq!(missing, Unanswered::Missing("NO_SUCH_STREAM".to_owned()));
}
