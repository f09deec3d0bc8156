//! Who may do what at the broker: a user for each service, with what it needs and nothing else.
//!
//! [`rights`] is pure and derived from the topology's files and names, so that a stream or a subject
//! that changes there changes here. `server` writes the rights down as the broker reads them, `seeds`
//! keeps the users' keys.
//!
//! What the broker cannot tell apart, nor can rights: whoever may write statuses may write anybody's,
//! and whoever may remove messages of a stream may remove all of them. The first is what a stage
//! does; the second is the gateway's alone ([`super::erasure`]), but for the store of work in progress,
//! which two stages fill and tidy, and whose content is made again when it is lost. Nor does the broker
//! ask who may publish where an answer is to go: docs/broker.md says what that is worth to an intruder.

mod api;
mod cover;
mod seeds;
mod server;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use self::api::{about, durable, follow, manage, purge, read, remove};
use super::names::{self, webhooks};
use super::topology::{self, TopologyError};
use crate::id::Tenant;
use crate::object::Bucket;
use crate::stage::StageName;

pub use cover::missing;
pub use seeds::{Key, SeedError, User, previous, seed_path, users};
pub use server::configuration;

/// Somebody that the broker knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes documents, answers clients, sweeps, erases.
    Gateway,
    /// Takes jobs.
    Stage(StageName),
    /// The command line: topology, backup, dead letters, events.
    Operator,
    /// A program of somebody else that reads events.
    Subscriber(Subscriber),
    /// Looks after the broker itself, in its system account; sees no document.
    System,
}

/// A program that reads events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscriber {
    /// What it is called, and so is its consumer.
    pub name: String,
    /// Whose events it reads; `None`: everybody's.
    pub tenant: Option<Tenant>,
}

/// A subscriber's name that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "a subscriber is NAME or NAME.TENANT, of lower-case letters, digits, '-' and '_'; 'webhooks' is \
     taken"
)]
pub struct BadSubscriber;

/// A user that there is not.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "a user is gateway, preprocess, ocr, extract, operator, system or subscriber.NAME or \
     subscriber.NAME.TENANT"
)]
pub struct BadRole;

impl FromStr for Subscriber {
    type Err = BadSubscriber;

    fn from_str(text: &str) -> Result<Self, BadSubscriber> {
        let (name, tenant) = match text.split_once('.') {
            Some((name, tenant)) => (name, Some(tenant.parse().map_err(|_| BadSubscriber)?)),
            None => (text, None),
        };
        // The same letters as a tenant's: both become tokens of subjects and parts of file names.
        let legal: Result<Tenant, _> = name.parse();
        legal.map_err(|_| BadSubscriber)?;
        // Its consumer would be the one that the gateway takes events from.
        if name == webhooks::EVENTS_CONSUMER {
            return Err(BadSubscriber);
        }
        Ok(Self { name: name.to_owned(), tenant })
    }
}

impl fmt::Display for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tenant {
            Some(tenant) => write!(f, "{}.{tenant}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// What the names of subscribers' files and users begin with.
const SUBSCRIBER: &str = "subscriber.";

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway => f.write_str("gateway"),
            Self::Stage(stage) => stage.fmt(f),
            Self::Operator => f.write_str("operator"),
            Self::Subscriber(subscriber) => write!(f, "{SUBSCRIBER}{subscriber}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for Role {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        match text.strip_prefix(SUBSCRIBER) {
            Some(subscriber) => subscriber.parse().map(Self::Subscriber).map_err(|_| BadRole),
            None => Self::own().find(|role| role.to_string() == text).ok_or(BadRole),
        }
    }
}

impl Role {
    /// Everybody but the subscribers, which an installation names itself.
    pub fn own() -> impl Iterator<Item = Self> {
        let stages = StageName::ALL.into_iter().map(Self::Stage);
        std::iter::once(Self::Gateway).chain(stages).chain([Self::Operator, Self::System])
    }

    /// What subjects of its replies begin with; nobody else may listen there.
    #[must_use]
    pub fn inbox(&self) -> String {
        match self {
            // Told from a service of the same name.
            Self::Subscriber(subscriber) => {
                names::inbox(&format!("subscriber_{}", subscriber.name))
            }
            other => names::inbox(&other.to_string()),
        }
    }
}

/// Subjects that somebody may publish to and listen on; to and on no others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// To publish to. Wildcards as the broker reads them.
    pub publish: BTreeSet<String>,
    /// To listen on.
    pub subscribe: BTreeSet<String>,
    /// Whether it may answer whoever asked it something, once.
    pub answers: bool,
}

impl Rights {
    fn may(&mut self, publish: impl IntoIterator<Item = String>) {
        self.publish.extend(publish);
    }

    fn may_listen(&mut self, subscribe: impl IntoIterator<Item = String>) {
        self.subscribe.extend(subscribe);
    }
}

/// What `role` may do.
///
/// # Errors
/// [`TopologyError::BadFile`]: never in a released build, a test reads the files.
pub fn rights(role: &Role) -> Result<Rights, TopologyError> {
    let mut rights = Rights::default();
    rights.may_listen([format!("{}.>", role.inbox())]);
    match role {
        Role::Gateway => gateway(&mut rights)?,
        Role::Stage(stage) => of_stage(&mut rights, *stage)?,
        Role::Operator => operator(&mut rights)?,
        Role::Subscriber(subscriber) => of_subscriber(&mut rights, subscriber)?,
        // Everything, in an account that has nothing of documents.
        Role::System => {
            rights.may([">".to_owned()]);
            rights.may_listen([">".to_owned()]);
        }
    }
    Ok(rights)
}

/// Subjects that `stream` stores, as its file says.
fn stored_in(stream: &str) -> Result<Vec<String>, TopologyError> {
    topology::subjects_of(stream)
}

/// Subjects of events that begin with `prefix`.
fn events(prefix: &str) -> Result<Vec<String>, TopologyError> {
    let mut stored = stored_in(names::EVENTS_STREAM)?;
    stored.retain(|subject| subject.starts_with(prefix));
    Ok(stored)
}

fn of_stage(rights: &mut Rights, stage: StageName) -> Result<(), TopologyError> {
    let (queue, work) = (names::job_stream(stage), names::object_stream(Bucket::Work));
    let [extracted, failed, _corrected] = names::EVENT_SUBJECT_PREFIXES;
    rights.may(names::streams_of(stage).map(about));
    // Its queue.
    rights.may(durable(queue, names::job_consumer(stage)));
    // The status: read, and replaced by compare-and-set.
    rights.may(read(names::STATUS_STREAM));
    rights.may(stored_in(names::STATUS_STREAM)?);
    // What it reads and makes.
    rights.may(read(work));
    if stage == StageName::Preprocess {
        rights.may(read(names::object_stream(Bucket::Uploads)));
    }
    if super::room::share(stage).is_some() {
        rights.may(stored_in(work)?);
        // Its own objects: half-written ones, and all of a job that makes way for an older one.
        rights.may([purge(work)]);
    }
    // Where a document goes on, and where it begins anew when something of it was lost.
    for to in stage.next().into_iter().chain([StageName::Preprocess]) {
        rights.may(stored_in(names::job_stream(to))?);
    }
    // How it ends. A stage also stores what follows from a failure of one before it that died.
    rights.may(events(failed)?);
    rights.may(
        StageName::ALL.into_iter().filter(|s| *s <= stage).map(|s| names::dead_subject(s, "*")),
    );
    if stage.next().is_none() {
        rights.may(events(extracted)?);
        // Who was first with an invoice.
        rights.may(read(names::DUPLICATES_STREAM));
        rights.may(stored_in(names::DUPLICATES_STREAM)?);
    }
    rights.may([names::ERASURE_SUBJECTS.to_owned()]);
    Ok(())
}

fn gateway(rights: &mut Rights) -> Result<(), TopologyError> {
    let stores = Bucket::ALL.map(names::object_stream);
    let (uploads, work) =
        (names::object_stream(Bucket::Uploads), names::object_stream(Bucket::Work));
    let ends = [names::EVENTS_STREAM, names::DEAD_STREAM];
    let queues = StageName::ALL.map(names::job_stream);
    let told = [
        names::STATUS_STREAM,
        names::DUPLICATES_STREAM,
        names::KEYS_STREAM,
        names::AUDIT_STREAM,
        names::IDEMPOTENCY_STREAM,
        names::QUOTA_STREAM,
    ];
    rights.may(told.into_iter().chain(stores).chain(ends).chain(queues).map(about));
    // The way in.
    rights.may(stored_in(uploads)?);
    rights.may(stored_in(names::STATUS_STREAM)?);
    // The sweeper: it follows the statuses, publishes lost jobs again, and stores what follows from ends.
    rights.may(follow(names::STATUS_STREAM));
    for stage in StageName::ALL {
        rights.may([api::consumer_info(names::job_stream(stage), names::job_consumer(stage))]);
        rights.may(stored_in(names::job_stream(stage))?);
    }
    for stream in ends {
        rights.may(stored_in(stream)?);
    }
    // Callers: it follows the keys that an operator makes, notes their use, and tells the audit trail.
    rights.may(follow(names::KEYS_STREAM));
    rights.may([names::KEY_USE_SUBJECTS.to_owned()]);
    rights.may(stored_in(names::AUDIT_STREAM)?);
    // What clients were told who repeat themselves.
    rights.may(stored_in(names::IDEMPOTENCY_STREAM)?);
    // How much each client has had read today.
    rights.may(stored_in(names::QUOTA_STREAM)?);
    sending(rights)?;
    // Answers to clients, and a look at what may have to be removed.
    let read_by_it = queues.into_iter().chain(stores).chain([
        names::STATUS_STREAM,
        names::DEAD_STREAM,
        names::KEYS_STREAM,
        names::IDEMPOTENCY_STREAM,
        names::QUOTA_STREAM,
    ]);
    rights.may(read_by_it.flat_map(read));
    // Erasure: everything of one document, but for the status, whose place the marker takes.
    let emptied = queues.into_iter().chain(stores).chain(ends);
    rights.may(emptied.chain([names::DUPLICATES_STREAM]).map(purge));
    rights.may(queues.into_iter().chain([work, names::DEAD_STREAM]).map(remove));
    // Stages that ask for it.
    rights.may_listen([names::ERASURE_SUBJECTS.to_owned()]);
    rights.answers = true;
    Ok(())
}

/// Keeping where tenants want their events sent, sending them there, and the log of it.
fn sending(rights: &mut Rights) -> Result<(), TopologyError> {
    let streams =
        [webhooks::ENDPOINTS_STREAM, webhooks::CALLBACKS_STREAM, webhooks::DELIVERIES_STREAM];
    for stream in streams {
        rights.may([about(stream), purge(stream)]);
        rights.may(read(stream));
        rights.may(stored_in(stream)?);
    }
    rights.may(
        [webhooks::ENDPOINTS_STREAM, webhooks::DELIVERIES_STREAM].into_iter().flat_map(follow),
    );
    rights.may(webhooks::CONSUMERS.into_iter().flat_map(|(from, name)| durable(from, name)));
    // What is sent is the event as it is stored.
    rights.may(read(names::EVENTS_STREAM));
    Ok(())
}

fn operator(rights: &mut Rights) -> Result<(), TopologyError> {
    rights.may(api::listings());
    for stream in topology::streams()? {
        rights.may(manage(&stream));
        rights.may(read(&stream));
    }
    for stage in StageName::ALL {
        let (queue, consumer) = (names::job_stream(stage), names::job_consumer(stage));
        rights.may(api::keep_consumer(queue, consumer));
        // Replaying a dead letter.
        rights.may(stored_in(queue)?);
    }
    for (stream, consumer) in webhooks::CONSUMERS {
        rights.may(api::keep_consumer(stream, consumer));
    }
    rights.may(stored_in(names::STATUS_STREAM)?);
    rights.may([remove(names::DEAD_STREAM)]);
    // API keys, and what was done by whom.
    rights.may([names::KEY_SUBJECTS.to_owned()]);
    rights.may(follow(names::KEYS_STREAM));
    rights.may(stored_in(names::AUDIT_STREAM)?);
    rights.may(follow(names::AUDIT_STREAM));
    // What it may do itself, for `invoice-ocr doctor`.
    rights.may([super::survey::USER_INFO.to_owned()]);
    // Following events, and consumers for subscribers.
    rights.may(follow(names::EVENTS_STREAM));
    rights.may([api::any_consumer(names::EVENTS_STREAM)]);
    Ok(())
}

fn of_subscriber(rights: &mut Rights, subscriber: &Subscriber) -> Result<(), TopologyError> {
    let Subscriber { name, tenant } = subscriber;
    for prefix in names::EVENT_SUBJECT_PREFIXES {
        match tenant {
            Some(tenant) => rights.may_listen([names::events_of_tenant(prefix, tenant)]),
            None => {
                rights.may_listen(events(prefix)?);
                // The live copies, which do not say whose they are.
                rights.may_listen([prefix.trim_end_matches('.').to_owned()]);
            }
        }
    }
    rights.may(durable(names::EVENTS_STREAM, name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(role: &str) -> Rights {
        rights(&role.parse().unwrap()).unwrap()
    }

    const SERVICES: [&str; 4] = ["gateway", "preprocess", "ocr", "extract"];

    #[test]
    fn no_service_may_make_change_or_delete_a_stream_or_a_queues_consumer() {
        for role in SERVICES {
            for subject in of(role).publish {
                let verbs = ["STREAM.CREATE", "STREAM.UPDATE", "STREAM.DELETE", "DURABLE.CREATE"];
                assert!(!verbs.iter().any(|verb| subject.contains(verb)), "{role}: {subject}");
                assert!(
                    !subject.starts_with('>') && !subject.starts_with("$JS.>"),
                    "{role}: {subject}"
                );
                assert!(!subject.starts_with("$SYS"), "{role}: {subject}");
            }
        }
    }

    #[test]
    fn only_the_gateway_may_purge_what_is_not_work_in_progress() {
        for role in ["preprocess", "ocr", "extract", "operator", "subscriber.books"] {
            let purges = of(role).publish.into_iter().filter(|subject| subject.contains("PURGE"));
            let others: Vec<_> =
                purges.filter(|subject| !subject.ends_with("invoice_work")).collect();
            assert_eq!(others, Vec::<String>::new(), "{role}");
        }
        assert!(!of("gateway").publish.iter().any(|s| s.contains("PURGE.KV_invoice_status")));
    }

    #[test]
    fn each_listens_on_its_own_inbox_only() {
        let roles: Vec<Role> = Role::own()
            .filter(|role| *role != Role::System)
            .chain(["subscriber.ocr".parse().unwrap()])
            .collect();
        for role in &roles {
            let subscribe = rights(role).unwrap().subscribe;
            assert!(subscribe.contains(&format!("{}.>", role.inbox())), "{role}");
            for other in roles.iter().filter(|other| *other != role) {
                assert!(!subscribe.iter().any(|s| s.starts_with(&other.inbox())), "{role} {other}");
            }
        }
    }

    #[test]
    fn a_service_takes_its_own_jobs_only() {
        for stage in StageName::ALL {
            for role in SERVICES.into_iter().filter(|role| *role != stage.as_str()) {
                let queue = names::job_stream(stage);
                for subject in of(role).publish {
                    let takes = subject.contains(&format!("MSG.NEXT.{queue}"))
                        || subject.starts_with(&format!("$JS.ACK.{queue}"));
                    assert!(!takes, "{role}: {subject}");
                }
            }
        }
    }

    #[test]
    fn a_subscriber_of_one_tenant_hears_of_no_other() {
        let rights = of("subscriber.books.dahu");
        let heard: Vec<_> = rights.subscribe.iter().map(String::as_str).collect();
        let expected = [
            "_INBOX_subscriber_books.>",
            "invoice.corrected.dahu.*.*",
            "invoice.extracted.dahu.*.*",
            "invoice.failed.dahu.*.*",
        ];
        assert_eq!(heard, expected);
        assert!(rights.publish.iter().all(|subject| subject.contains("INVOICE_EVENTS.books")));
    }

    #[test]
    fn a_role_is_called_what_its_files_are_called() {
        let subscribers =
            ["subscriber.books", "subscriber.books.dahu"].map(|name| name.parse().unwrap());
        for role in Role::own().chain(subscribers) {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for wrong in [
            "",
            "somebody",
            "subscriber.",
            "subscriber.a.",
            "subscriber.A",
            "subscriber.a.b.c",
            "subscriber.webhooks",
        ] {
            assert_eq!(wrong.parse::<Role>(), Err(BadRole), "{wrong}");
        }
    }
}
