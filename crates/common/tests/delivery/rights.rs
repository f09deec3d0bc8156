//! What each user is refused, asked of a real broker: everything that is another's.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use common::config::Config;
use common::jetstream::broker::Broker;
use common::jetstream::topology::{self, TopologyError};
use common::jetstream::users::Role;
use common::stage::StageName;
use common::testing::TestBroker;

use crate::support::{Copy, incoming, run_on, settings};
use crate::users::Guarded;

/// What somebody might want to do.
#[derive(Clone, Copy)]
enum Deed {
    Publish(&'static str),
    Listen(&'static str),
}
use Deed::{Listen, Publish};

/// Deeds, and who may do them; nobody else may.
const DEEDS: [(Deed, &[&str]); 68] = [
    // Taking and answering jobs.
    (Publish("$JS.API.CONSUMER.MSG.NEXT.INVOICE_PREPROCESS.preprocess"), &["preprocess"]),
    (Publish("$JS.API.CONSUMER.MSG.NEXT.INVOICE_OCR.ocr"), &["ocr"]),
    (Publish("$JS.API.CONSUMER.MSG.NEXT.INVOICE_EXTRACT.extract"), &["extract"]),
    (Publish("$JS.ACK.INVOICE_PREPROCESS.preprocess.1.1.1.1.0"), &["preprocess"]),
    (Publish("$JS.ACK.INVOICE_OCR.ocr.1.1.1.1.0"), &["ocr"]),
    (Publish("$JS.ACK.INVOICE_EXTRACT.extract.1.1.1.1.0"), &["extract"]),
    // Handing on. A lost document begins anew, whoever notices.
    (
        Publish("invoice.jobs.preprocess.x"),
        &["gateway", "preprocess", "ocr", "extract", "operator"],
    ),
    (Publish("invoice.jobs.ocr.x"), &["gateway", "preprocess", "operator"]),
    (Publish("invoice.jobs.extract.x"), &["gateway", "ocr", "operator"]),
    // Ending. The gateway's sweeper ends what nobody else does.
    (Publish("invoice.extracted.default.x.1"), &["gateway", "extract"]),
    (Publish("invoice.failed.default.x.1"), &["gateway", "preprocess", "ocr", "extract"]),
    (Publish("invoice.corrected.default.x.1-1"), &["gateway"]),
    (Publish("invoice.dead.preprocess.x"), &["gateway", "preprocess", "ocr", "extract"]),
    (Publish("invoice.dead.ocr.x"), &["gateway", "ocr", "extract"]),
    (Publish("invoice.dead.extract.x"), &["gateway", "extract"]),
    (Publish("invoice.extracted"), &[]),
    // Statuses.
    (Publish("$KV.invoice_status.x"), &["gateway", "preprocess", "ocr", "extract", "operator"]),
    (
        Publish("$JS.API.STREAM.MSG.GET.KV_invoice_status"),
        &["gateway", "preprocess", "ocr", "extract", "operator"],
    ),
    (Publish("$JS.API.CONSUMER.CREATE.KV_invoice_status"), &["gateway"]),
    (Publish("$JS.API.CONSUMER.CREATE.INVOICE_OCR.x"), &[]),
    (Listen("$KV.invoice_status.>"), &[]),
    // Who was first with an invoice.
    (Publish("$KV.invoice_duplicates.x.x.x"), &["extract"]),
    (Publish("$JS.API.STREAM.MSG.GET.KV_invoice_duplicates"), &["extract", "operator"]),
    (Publish("$JS.API.STREAM.PURGE.KV_invoice_duplicates"), &["gateway"]),
    // What clients were told who repeat themselves.
    (Publish("$KV.invoice_idempotency.default.x"), &["gateway"]),
    (Publish("$JS.API.STREAM.MSG.GET.KV_invoice_idempotency"), &["gateway", "operator"]),
    // How much each client has had read today.
    (Publish("invoice.quota.x.x.x"), &["gateway"]),
    (Publish("$JS.API.STREAM.MSG.GET.INVOICE_QUOTA"), &["gateway", "operator"]),
    (Publish("$JS.API.STREAM.PURGE.INVOICE_QUOTA"), &[]),
    // Bytes.
    (Publish("$O.invoice_uploads.C.x.x.x"), &["gateway"]),
    (Publish("$O.invoice_uploads.M.x"), &["gateway"]),
    (Publish("$O.invoice_work.C.x.x.x"), &["preprocess", "ocr"]),
    (Publish("$O.invoice_work.M.x"), &["preprocess", "ocr"]),
    (Publish("$JS.API.DIRECT.GET.OBJ_invoice_uploads"), &["gateway", "preprocess", "operator"]),
    (Publish("$JS.API.STREAM.MSG.GET.OBJ_invoice_uploads"), &["gateway", "preprocess", "operator"]),
    (
        Publish("$JS.API.DIRECT.GET.OBJ_invoice_work"),
        &["gateway", "preprocess", "ocr", "extract", "operator"],
    ),
    (Listen("$O.invoice_uploads.>"), &[]),
    // Removing.
    (Publish("$JS.API.STREAM.PURGE.OBJ_invoice_work"), &["gateway", "preprocess", "ocr"]),
    (Publish("$JS.API.STREAM.PURGE.OBJ_invoice_uploads"), &["gateway"]),
    (Publish("$JS.API.STREAM.PURGE.INVOICE_EVENTS"), &["gateway"]),
    (Publish("$JS.API.STREAM.PURGE.INVOICE_OCR"), &["gateway"]),
    (Publish("$JS.API.STREAM.PURGE.KV_invoice_status"), &[]),
    (Publish("$JS.API.STREAM.MSG.DELETE.INVOICE_DEAD"), &["gateway", "operator"]),
    (Publish("$JS.API.STREAM.MSG.DELETE.INVOICE_EVENTS"), &[]),
    // Streams and consumers.
    (Publish("$JS.API.STREAM.CREATE.INVOICE_EVENTS"), &["operator"]),
    (Publish("$JS.API.STREAM.UPDATE.INVOICE_EVENTS"), &["operator"]),
    (Publish("$JS.API.STREAM.DELETE.INVOICE_EVENTS"), &[]),
    (Publish("$JS.API.STREAM.CREATE.ANOTHER"), &[]),
    (Publish("$JS.API.STREAM.SNAPSHOT.KV_invoice_status"), &["operator"]),
    (Publish("$JS.API.CONSUMER.DURABLE.CREATE.INVOICE_OCR.ocr"), &["operator"]),
    (Publish("$JS.API.CONSUMER.DELETE.INVOICE_OCR.ocr"), &[]),
    (Publish("$JS.API.CONSUMER.MSG.NEXT.INVOICE_EVENTS.books"), &["subscriber.books", "operator"]),
    // Webhooks: whoever reads their records knows what sendings are signed with.
    (Publish("$KV.invoice_webhooks.endpoint.x.x"), &["gateway"]),
    (Publish("$KV.invoice_deliveries.x.x.x.x"), &["gateway"]),
    (Publish("invoice.callbacks.x.x.x.x"), &["gateway"]),
    (Publish("$JS.API.STREAM.MSG.GET.KV_invoice_webhooks"), &["gateway", "operator"]),
    (Publish("$JS.API.CONSUMER.CREATE.KV_invoice_webhooks"), &["gateway"]),
    (Publish("$JS.API.CONSUMER.MSG.NEXT.INVOICE_CALLBACKS.deliver"), &["gateway"]),
    (Publish("$JS.API.CONSUMER.MSG.NEXT.INVOICE_EVENTS.webhooks"), &["gateway", "operator"]),
    (Publish("$JS.API.STREAM.PURGE.KV_invoice_webhooks"), &["gateway"]),
    (Publish("$JS.API.STREAM.PURGE.INVOICE_CALLBACKS"), &["gateway"]),
    // Others' conversations, and the broker itself.
    (Listen("_INBOX_extract.>"), &["extract"]),
    (Listen("_INBOX.>"), &[]),
    (Listen("invoice.extracted.*.*.*"), &["subscriber.books"]),
    (Listen("invoice.extracted.acme.*.*"), &["subscriber.archive.acme", "subscriber.books"]),
    (Publish("$SYS.REQ.SERVER.PING"), &[]),
    (Publish("$SYS.REQ.SERVER.PING.JSZ"), &[]),
    (Publish("$SYS.REQ.USER.INFO"), &["operator"]),
];

const ROLES: [&str; 7] = [
    "gateway",
    "preprocess",
    "ocr",
    "extract",
    "operator",
    "subscriber.books",
    "subscriber.archive.acme",
];

#[tokio::test]
async fn each_user_may_do_its_own_work_and_nobody_elses() {
    let guarded = Guarded::start().await;
    for role in ROLES {
        let (client, mut denials) = guarded.raw(role).await;
        for (deed, _) in &DEEDS {
            match deed {
                // Nobody is asked for an answer, and what would be stored has no use: bytes that are
                // no message of ours are refused by whoever reads them, and nobody runs here.
                Publish(subject) => client.publish(*subject, Bytes::new()).await.unwrap(),
                Listen(subject) => drop(client.subscribe(*subject).await.unwrap()),
            }
        }
        client.flush().await.unwrap();
        // The broker tells of denials in the order of the deeds, and answers the flush after them.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut denied: BTreeMap<String, usize> = BTreeMap::new();
        while let Ok(words) = denials.try_recv() {
            let subject = words.split('"').nth(1).unwrap_or(&words).to_owned();
            *denied.entry(subject).or_default() += 1;
        }
        for (deed, allowed) in &DEEDS {
            let (Publish(subject) | Listen(subject)) = deed;
            let may = allowed.contains(&role);
            assert_eq!(!denied.contains_key(*subject), may, "{role}: {subject}");
        }
    }
}

#[tokio::test]
async fn the_system_user_sees_no_message_of_the_product() {
    let guarded = Guarded::start().await;
    let (system, _) = guarded.raw("system").await;
    let mut all = system.subscribe("invoice.>").await.unwrap();
    system.flush().await.unwrap();
    let gateway = guarded.connect("gateway").await;
    gateway.accept(incoming("private")).await.unwrap();
    let heard =
        tokio::time::timeout(Duration::from_secs(1), futures_util::StreamExt::next(&mut all));
    assert!(heard.await.is_err(), "accounts are apart");
    let answer = system.request("$SYS.REQ.SERVER.PING", Bytes::new()).await.unwrap();
    assert!(answer.payload.starts_with(b"{"));
}

#[tokio::test]
async fn nobody_connects_without_a_key() {
    let guarded = Guarded::start().await;
    let refused = async_nats::connect(guarded.server.url()).await.unwrap_err();
    assert_eq!(refused.kind(), async_nats::ConnectErrorKind::AuthorizationViolation);
    let stranger = nkeys::KeyPair::new_user().seed().unwrap();
    let refused =
        async_nats::ConnectOptions::with_nkey(stranger).connect(guarded.server.url()).await;
    assert!(refused.is_err());
}

/// A broker whose only user may not do all that a stage needs.
fn narrow(deny: &str) -> TestBroker {
    TestBroker::start_with(|_| {
        format!(
            "authorization {{ users: [ {{ user: all, password: p }}, {{ user: narrow, password: p, \
             permissions: {{ publish: {{ deny: [{deny}] }} }} }} ] }}"
        )
    })
}

async fn as_user(server: &TestBroker, user: &str, patience: u64) -> Broker {
    let mut settings = Config::defaults().unwrap().broker;
    settings.publish_patience_seconds = patience;
    let url = server.url().replace("://", &format!("://{user}:p@"));
    Broker::connect(&url, user, &settings).await.unwrap()
}

#[tokio::test]
async fn a_service_that_may_not_ask_for_its_queue_says_what_it_may_not_do() {
    let server = narrow("\"$JS.API.CONSUMER.INFO.>\"");
    let config = Config::defaults().unwrap();
    topology::apply(&as_user(&server, "all", 60).await, &config).await.unwrap();
    let broker = as_user(&server, "narrow", 60).await;
    let error = topology::bind(&broker, StageName::Ocr).await.unwrap_err();
    assert!(matches!(error, TopologyError::Forbidden { .. }), "{error}");
    let subject = "publish to $JS.API.CONSUMER.INFO.INVOICE_OCR.ocr";
    assert!(error.to_string().contains(subject), "{error}");
}

#[tokio::test]
async fn a_message_that_may_not_be_sent_is_an_error_with_its_subject_and_not_a_wait() {
    let server = narrow("\"invoice.jobs.ocr.*\"");
    let all = as_user(&server, "all", 60).await;
    topology::apply(&all, &Config::defaults().unwrap()).await.unwrap();
    // Its patience is longer than the test's: only the denial can end the publish.
    let narrow = as_user(&server, "narrow", 3600).await;
    let running = run_on(&narrow, Copy::default(), settings(1)).await;
    let record = all.accept(incoming("goes nowhere")).await.unwrap().record;
    let failed = async {
        loop {
            let read = all.status(&record.id).await.unwrap().unwrap();
            if let Some(error) = read.error.or(read.last_error) {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let error = tokio::time::timeout(crate::support::PATIENCE, failed).await.expect("an error");
    assert_eq!(error.code, "broker_forbids");
    let subject = format!("publish to invoice.jobs.ocr.{}", record.id);
    assert!(error.message.contains(&subject), "{}", error.message);
    running.stopped().await;
}

#[test]
fn the_table_asks_everybody() {
    for role in Role::own().filter(|role| *role != Role::System) {
        assert!(ROLES.contains(&role.to_string().as_str()), "{role}");
    }
}
