//! How the broker and its streams stand, as an operator looks at them: levels, copies, queues, rights.
//!
//! Reads only. What the broker does not say to this user is an error for that question alone, so that
//! whoever asks can go on with the next one.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::timeout;

use super::broker::{Broker, Denied};
use super::names;
use crate::stage::StageName;

/// Where a user asks what it may do.
pub(super) const USER_INFO: &str = "$SYS.REQ.USER.INFO";

/// Where the system's user asks every server of a cluster how its streams are kept.
const EVERY_SERVER: &str = "$SYS.REQ.SERVER.PING.JSZ";

/// Servers of a cluster answer within this time of each other, or count as away.
const SILENCE: Duration = Duration::from_millis(500);

/// A question that the broker does not answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unanswered {
    /// This user may not ask.
    #[error("{0}")]
    Forbidden(Denied),
    /// There is nothing of that name.
    #[error("{0} does not exist")]
    Missing(String),
    /// No answer, or none that can be read.
    #[error("the broker does not answer: {0}")]
    Silent(String),
}

/// The server at the other end of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// As it says of itself, `2.14.6`.
    pub version: String,
    /// Its cluster; `None` for one that is alone.
    pub cluster: Option<String>,
    /// Largest message that it takes, bytes.
    pub max_payload: usize,
    /// Whether it asks who somebody is.
    pub asks: bool,
    /// Whether it keeps streams.
    pub jetstream: bool,
}

/// A copy of a stream besides the leader's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its server.
    pub name: String,
    /// Whether it has all that the leader has.
    pub current: bool,
    /// Whether its server is away.
    pub offline: bool,
}

/// A stream's level and its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamLevel {
    /// The stream.
    pub name: String,
    /// Messages in it.
    pub messages: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Most bytes that it takes; `None` without a limit.
    pub max_bytes: Option<u64>,
    /// Copies that it should have, the leader's among them.
    pub replicas: u64,
    /// Who leads; `None` while nobody does.
    pub leader: Option<String>,
    /// The others.
    pub peers: Vec<Peer>,
    /// The broker's clock when it answered.
    pub answered_at: Option<Timestamp>,
}

/// What the account has of the broker's disk, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskShare {
    /// Used by all streams.
    pub used: u64,
    /// Reserved for them.
    pub reserved: u64,
    /// At most; `None` where nothing but the disk is the limit.
    pub limit: Option<u64>,
}

/// A stage's queue and who takes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Requests for jobs that wait at the broker: each is of a service with a free worker.
    pub pulls: u64,
    /// Jobs that nobody was given yet.
    pub undelivered: u64,
    /// Jobs that somebody works on, or that are due again.
    pub leased: u64,
    /// Whether an operator has paused it.
    pub paused: bool,
    /// Sequence of the newest job that was ever given out.
    pub delivered: u64,
}

/// Who this connection is at the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// As the broker knows it: a name, or the public part of a key.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Where it may publish.
    pub publish: Permission,
    /// Where it may listen.
    pub subscribe: Permission,
}

/// Subjects of one kind of deed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    /// Those that are allowed; empty: all.
    pub allow: Vec<String>,
    /// Those that are taken from these.
    pub deny: Vec<String>,
}

/// How one server keeps its streams on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// The server.
    pub server: String,
    /// Whether each write is on disk before it is confirmed.
    pub sync_always: bool,
    /// Otherwise, how often writes are brought to disk.
    pub sync_interval: Duration,
}

impl Broker {
    /// The server at the other end.
    #[must_use]
    pub fn server(&self) -> Server {
        let info = self.client.server_info();
        Server {
            version: info.version,
            cluster: info.cluster,
            max_payload: info.max_payload,
            asks: info.auth_required,
            jetstream: info.jetstream,
        }
    }

    /// Level and copies of `stream`.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn stream_level(&self, stream: &str) -> Result<StreamLevel, Unanswered> {
        let answer = self.interface(&format!("STREAM.INFO.{stream}"), stream).await?;
        Ok(level_of(stream, &answer))
    }

    /// What the account has of the broker's disk. An answer says that JetStream is enabled, too.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn disk_share(&self) -> Result<DiskShare, Unanswered> {
        let answer = self.interface("INFO", "JetStream").await?;
        let number = |pointer: &str| answer.pointer(pointer).and_then(Value::as_u64);
        Ok(DiskShare {
            used: number("/storage").unwrap_or_default(),
            reserved: number("/reserved_storage").unwrap_or_default(),
            // -1 for none.
            limit: number("/limits/max_storage"),
        })
    }

    /// The queue of `stage`.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn queue(&self, stage: StageName) -> Result<Queue, Unanswered> {
        let (stream, consumer) = (names::job_stream(stage), names::job_consumer(stage));
        let subject = format!("CONSUMER.INFO.{stream}.{consumer}");
        let answer = self.interface(&subject, &format!("{stream} > {consumer}")).await?;
        let number = |pointer: &str| answer.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        Ok(Queue {
            pulls: number("/num_waiting"),
            undelivered: number("/num_pending"),
            leased: number("/num_ack_pending"),
            paused: answer.get("paused").and_then(Value::as_bool).unwrap_or_default(),
            delivered: number("/delivered/stream_seq"),
        })
    }

    /// Who this connection is, and what it may do.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn user(&self) -> Result<User, Unanswered> {
        let asked = Instant::now();
        let answer = self.client.request(USER_INFO, Bytes::new()).await;
        let answer = answer.map_err(|error| self.unanswered(asked, error.to_string()))?;
        let answer: Value = serde_json::from_slice(&answer.payload)
            .map_err(|error| Unanswered::Silent(error.to_string()))?;
        Ok(user_of(&answer))
    }

    /// How every server of the cluster keeps streams. Only for the system's user: others are not heard.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn keeping(&self) -> Result<Vec<Keeping>, Unanswered> {
        let asked = Instant::now();
        let silent = |error: &dyn std::error::Error| self.unanswered(asked, error.to_string());
        let inbox = self.client.new_inbox();
        let mut answers = self.client.subscribe(inbox.clone()).await.map_err(|e| silent(&e))?;
        let sent = self.client.publish_with_reply(EVERY_SERVER, inbox, Bytes::new()).await;
        sent.map_err(|error| silent(&error))?;
        self.client.flush().await.map_err(|error| silent(&error))?;
        let mut servers = Vec::new();
        while let Ok(Some(answer)) = timeout(SILENCE, answers.next()).await {
            servers.extend(serde_json::from_slice(&answer.payload).ok().and_then(keeping_of));
        }
        match servers.is_empty() {
            true => Err(self.unanswered(asked, "no server says how it keeps streams".to_owned())),
            false => Ok(servers),
        }
    }

    /// Asks JetStream's own interface about `what`.
    async fn interface(&self, subject: &str, what: &str) -> Result<Value, Unanswered> {
        let asked = Instant::now();
        let answered = self.context.request(subject.to_owned(), &json!({})).await;
        let answer: Value =
            answered.map_err(|error: async_nats::jetstream::context::RequestError| {
                self.unanswered(asked, error.to_string())
            })?;
        match answer.get("error") {
            None => Ok(answer),
            Some(error) if error.get("code").and_then(Value::as_u64) == Some(404) => {
                Err(Unanswered::Missing(what.to_owned()))
            }
            Some(error) => Err(Unanswered::Silent(text(error, "/description").to_owned())),
        }
    }

    fn unanswered(&self, asked: Instant, reason: String) -> Unanswered {
        match self.denied_since(asked, None) {
            Some(denied) => Unanswered::Forbidden(denied),
            None => Unanswered::Silent(reason),
        }
    }
}

fn level_of(stream: &str, answer: &Value) -> StreamLevel {
    let number = |pointer: &str| answer.pointer(pointer).and_then(Value::as_u64);
    let flag = |peer: &Value, key: &str| peer.get(key).and_then(Value::as_bool) == Some(true);
    let peers = answer.pointer("/cluster/replicas").and_then(Value::as_array);
    let peers = peers.into_iter().flatten().map(|peer| Peer {
        name: text(peer, "/name").to_owned(),
        current: flag(peer, "current"),
        offline: flag(peer, "offline"),
    });
    StreamLevel {
        name: stream.to_owned(),
        messages: number("/state/messages").unwrap_or_default(),
        bytes: number("/state/bytes").unwrap_or_default(),
        // -1 for none.
        max_bytes: number("/config/max_bytes"),
        replicas: number("/config/num_replicas").unwrap_or(1),
        leader: Some(text(answer, "/cluster/leader").to_owned()).filter(|name| !name.is_empty()),
        peers: peers.collect(),
        answered_at: text(answer, "/ts").parse().ok(),
    }
}

fn user_of(answer: &Value) -> User {
    let list = |pointer: &str| {
        let subjects = answer.pointer(pointer).and_then(Value::as_array);
        let subjects = subjects.into_iter().flatten().filter_map(Value::as_str);
        subjects.map(str::to_owned).collect::<Vec<_>>()
    };
    let permission = |act: &str| {
        let of = |kind: &str| list(&format!("/data/permissions/{act}/{kind}"));
        Permission { allow: of("allow"), deny: of("deny") }
    };
    User {
        name: text(answer, "/data/user").to_owned(),
        account: text(answer, "/data/account").to_owned(),
        publish: permission("publish"),
        subscribe: permission("subscribe"),
    }
}

fn keeping_of(answer: Value) -> Option<Keeping> {
    let config = answer.pointer("/data/config")?;
    let always = config.get("sync_always").and_then(Value::as_bool).unwrap_or_default();
    let nanoseconds = config.get("sync_interval").and_then(Value::as_u64).unwrap_or_default();
    Some(Keeping {
        server: text(&answer, "/server/name").to_owned(),
        sync_always: always,
        sync_interval: Duration::from_nanos(nanoseconds),
    })
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streams_level_is_read_with_its_copies() {
        let level = level_of(
            "S",
            &json!({
                "config": {"max_bytes": 1000, "num_replicas": 3},
                "state": {"messages": 2, "bytes": 700},
                "cluster": {"leader": "n1", "replicas": [
                    {"name": "n2", "current": true},
                    {"name": "n3", "current": false, "offline": true},
                ]},
                "ts": "2026-11-26T16:38:01.5Z",
            }),
        );
        assert_eq!((level.messages, level.bytes, level.max_bytes), (2, 700, Some(1000)));
        assert_eq!((level.replicas, level.leader.as_deref()), (3, Some("n1")));
        assert!(level.peers[0].current && !level.peers[0].offline && level.peers[1].offline);
        assert_eq!(level.answered_at.unwrap().to_string(), "2026-11-26T16:38:01.5Z");
    }

    #[test]
    fn a_stream_without_limit_and_leader_says_so() {
        let level = level_of("S", &json!({"config": {"max_bytes": -1}, "cluster": {}}));
        assert_eq!((level.max_bytes, level.leader, level.replicas), (None, None, 1));
    }

    #[test]
    fn what_a_user_may_do_is_read_and_no_word_of_it_means_everything() {
        let user = user_of(&json!({"data": {"user": "serve", "account": "$G"}}));
        assert_eq!((user.publish, user.name.as_str()), (Permission::default(), "serve"));
        let permissions = json!({"publish": {"allow": ["a"]}, "subscribe": {"deny": ["b"]}});
        let user = user_of(&json!({"data": {"permissions": permissions}}));
        assert_eq!(user.publish, Permission { allow: vec!["a".to_owned()], deny: vec![] });
        assert_eq!(user.subscribe, Permission { allow: vec![], deny: vec!["b".to_owned()] });
    }

    #[test]
    fn a_server_says_how_it_brings_writes_to_disk() {
        let answer = |config: Value| json!({"server": {"name": "n1"}, "data": {"config": config}});
        let always = keeping_of(answer(json!({"sync_interval": 1, "sync_always": true}))).unwrap();
        assert!(always.sync_always);
        let now_and_then = keeping_of(answer(json!({"sync_interval": 120_000_000_000_u64})));
        assert_eq!(now_and_then.unwrap().sync_interval, Duration::from_secs(120));
        // A server without JetStream.
        assert_eq!(keeping_of(json!({"data": {}})), None);
    }
}
