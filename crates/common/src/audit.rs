//! What the audit trail says: who did what with which document or key, never what was in it.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{DocumentId, Tenant};
use crate::key::KeyId;
use crate::webhook::EndpointId;

/// Version of [`AuditRecord`]'s JSON form. New optional fields keep it.
pub const AUDIT_VERSION: u16 = 1;

/// Longest name of an actor, characters: the subject of a token is its issuer's to choose.
const MAX_ACTOR_LEN: usize = 128;

/// One line of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Always [`AUDIT_VERSION`].
    pub version: u16,
    /// When it was done.
    pub time: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// Whose document or key it was, or was asked for; `None` when nobody knows.
    pub tenant: Option<Tenant>,
    /// What was done.
    pub action: Action,
    /// To what.
    #[serde(flatten)]
    pub object: Object,
    /// How it ended.
    pub outcome: Outcome,
    /// The `X-Request-Id` of the answer, which the log has too; `None` outside HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Where the request came from; `None` outside HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "lowercase")]
pub enum Actor {
    /// Holds an API key: its id.
    Key(KeyId),
    /// Holds a token: its subject, cut to what a terminal and a log can take.
    Token(String),
    /// Nobody was asked who they are (`gateway.auth.mode = "none"`).
    Anybody,
    /// Used a command that speaks to the broker: a user id of that machine, as `uid:<number>`.
    Operator(String),
}

impl Actor {
    /// The holder of a token with this subject.
    #[must_use]
    pub fn token(subject: &str) -> Self {
        let legal = subject.chars().filter(|c| !c.is_control());
        Self::Token(legal.take(MAX_ACTOR_LEN).collect())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key {id}"),
            Self::Token(subject) => write!(f, "token {subject}"),
            Self::Anybody => f.write_str("anybody"),
            Self::Operator(user) => write!(f, "operator {user}"),
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A document was handed in.
    Uploaded,
    /// A result, pages or an image were handed out.
    Read,
    /// Documents were listed, with what was read of those that are completed.
    Listed,
    /// A document's result was put right.
    Corrected,
    /// A document was erased.
    Deleted,
    /// A document that had ended was started anew.
    Replayed,
    /// A dead letter was thrown away.
    Discarded,
    /// A key was made.
    KeyCreated,
    /// A key was taken back.
    KeyRevoked,
    /// A webhook was made.
    WebhookCreated,
    /// A webhook was changed, its secret perhaps.
    WebhookChanged,
    /// A webhook was removed.
    WebhookRemoved,
    /// A sending to a webhook was ordered once more.
    WebhookReplayed,
}

impl Action {
    /// As it is written in records and subjects.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Read => "read",
            Self::Listed => "listed",
            Self::Corrected => "corrected",
            Self::Deleted => "deleted",
            Self::Replayed => "replayed",
            Self::Discarded => "discarded",
            Self::KeyCreated => "key_created",
            Self::KeyRevoked => "key_revoked",
            Self::WebhookCreated => "webhook_created",
            Self::WebhookChanged => "webhook_changed",
            Self::WebhookRemoved => "webhook_removed",
            Self::WebhookReplayed => "webhook_replayed",
        }
    }
}

/// What something was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// A document.
    Document(DocumentId),
    /// So many documents of one list.
    Documents(u64),
    /// A key.
    Key(KeyId),
    /// A webhook.
    Webhook(EndpointId),
    /// A dead letter of a message that nobody could read.
    DeadLetter(String),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(id) => id.fmt(f),
            Self::Documents(count) => write!(f, "{count} documents"),
            Self::Key(id) => id.fmt(f),
            Self::Webhook(id) => id.fmt(f),
            Self::DeadLetter(name) => f.write_str(name),
        }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it was asked for.
    Done,
    /// There was no such thing, or it was somebody else's.
    NotFound,
    /// Neither; it may have been done in part.
    Failed,
}

impl Outcome {
    /// As it is written in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotFound => "not_found",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(actor: Actor) -> AuditRecord {
        AuditRecord {
            version: AUDIT_VERSION,
            time: Timestamp::UNIX_EPOCH,
            actor,
            tenant: Some(Tenant::default()),
            action: Action::KeyCreated,
            object: Object::Key("00112233445566ff".parse().unwrap()),
            outcome: Outcome::NotFound,
            request_id: None,
            peer: None,
        }
    }

    #[test]
    fn the_form_of_a_record_is_frozen() {
        let written = serde_json::to_string(&record(Actor::Anybody)).unwrap();
        let frozen = r#"{"version":1,"time":"1970-01-01T00:00:00Z","actor":{"kind":"anybody"},"tenant":"default","action":"key_created","key":"00112233445566ff","outcome":"not_found"}"#;
        assert_eq!(written, frozen);
        assert_eq!(serde_json::from_str::<AuditRecord>(frozen).unwrap(), record(Actor::Anybody));
    }

    #[test]
    fn a_list_is_told_with_how_many_it_had() {
        let listed = AuditRecord {
            action: Action::Listed,
            object: Object::Documents(20),
            ..record(Actor::Anybody)
        };
        let written = serde_json::to_string(&listed).unwrap();
        assert!(written.contains(r#""action":"listed","documents":20,"#), "{written}");
        assert_eq!(serde_json::from_str::<AuditRecord>(&written).unwrap(), listed);
        assert_eq!(listed.object.to_string(), "20 documents");
    }

    #[test]
    fn every_record_is_read_as_it_was_written() {
        let id: KeyId = "00112233445566ff".parse().unwrap();
        for actor in [Actor::Key(id), Actor::token("a@b"), Actor::Operator("uid:0".into())] {
            let written = serde_json::to_string(&record(actor.clone())).unwrap();
            assert_eq!(serde_json::from_str::<AuditRecord>(&written).unwrap(), record(actor));
        }
    }

    #[test]
    fn names_in_subjects_are_those_in_records() {
        let all = [
            Action::Uploaded,
            Action::Read,
            Action::Listed,
            Action::Corrected,
            Action::Deleted,
            Action::Replayed,
            Action::Discarded,
            Action::KeyCreated,
            Action::KeyRevoked,
            Action::WebhookCreated,
            Action::WebhookChanged,
            Action::WebhookRemoved,
            Action::WebhookReplayed,
        ];
        for action in all {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
        for outcome in [Outcome::Done, Outcome::NotFound, Outcome::Failed] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }

    #[test]
    fn the_subject_of_a_token_cannot_flood_the_trail() {
        let Actor::Token(name) = Actor::token(&format!("a\u{1b}\n{}", "é".repeat(9999))) else {
            panic!("a token")
        };
        assert_eq!(name.chars().count(), MAX_ACTOR_LEN);
        assert!(name.starts_with("aé"));
    }
}
