//! Every stream of the product as files, and back: what `nats account backup` and `nats account
//! restore` write and read, so either tool takes the other's.
//!
//! A backup is taken while the services run. Each stream is a picture of one moment, and the moments
//! differ, so the order matters ([`order`]): whatever a status says exists was stored before the status
//! said so, and is copied after it. What the copies do not agree on is then something that services
//! mend as after any crash: a job that is missing is published again by the sweeper, one that is
//! too many is absorbed by the status. An event that is newer than its status no service could mend: that is done
//! once everything is restored (`restored.rs`).
//!
//! Documents that were accepted after the backup began are not in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::broker::Broker;
use super::place::Place;

/// What the `nats` CLI calls a stream's configuration and state.
const ABOUT_FILE: &str = "backup.json";

/// What it calls the stream itself: a tar file, compressed with S2.
const DATA_FILE: &str = "stream.tar.s2";

/// Bytes of one message of a backup: the CLI's default, below the smallest `max_payload`.
const CHUNK_BYTES: usize = 128 * 1024;

/// Longest wait for the broker's next word. It may have to read and pack gigabytes first.
const WORD_TIMEOUT: Duration = Duration::from_secs(60);

/// All streams, in the order in which they are copied.
pub fn order() -> impl Iterator<Item = &'static str> {
    Place::STREAMS.into_iter().filter_map(Place::stream)
}

/// A stream that cannot be copied.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something is there that would be overwritten.
    #[error("{0} is there already; a backup and a restore overwrite nothing")]
    Exists(String),
    /// The broker does not answer.
    #[error("the broker does not answer about {stream}: {reason}")]
    Unreachable {
        /// Which stream.
        stream: String,
        /// The client's words.
        reason: String,
    },
    /// The broker refuses.
    #[error("the broker refuses {stream}: {reason}")]
    Refused {
        /// Which stream.
        stream: String,
        /// The broker's words.
        reason: String,
    },
}

/// One stream that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub stream: String,
    /// Messages in it.
    pub messages: u64,
    /// Bytes of its file.
    pub bytes: u64,
}

impl Broker {
    /// Copies `stream` with its consumers into a folder of its own under `folder`.
    ///
    /// # Errors
    /// [`BackupError`]; a copy that was begun is left, and is of no use.
    pub async fn back_up(&self, stream: &str, folder: &Path) -> Result<Copied, BackupError> {
        let folder = folder.join(stream);
        if fs::try_exists(&folder).await.map_err(|e| file(&folder, e))? {
            return Err(BackupError::Exists(folder.display().to_string()));
        }
        fs::create_dir_all(&folder).await.map_err(|e| file(&folder, e))?;
        let inbox = self.client.new_inbox();
        let mut chunks = self
            .client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| unreachable(stream, &error))?;
        let wish = json!({ "deliver_subject": inbox, "chunk_size": CHUNK_BYTES });
        let about = self.ask("SNAPSHOT", stream, &wish).await?;
        let data = folder.join(DATA_FILE);
        let bytes = self.receive(stream, &mut chunks, &data).await?;
        write(&folder.join(ABOUT_FILE), &about).await?;
        Ok(Copied { stream: stream.to_owned(), messages: messages(&about), bytes })
    }

    async fn receive(
        &self,
        stream: &str,
        chunks: &mut async_nats::Subscriber,
        path: &Path,
    ) -> Result<u64, BackupError> {
        let mut data = File::create(path).await.map_err(|e| file(path, e))?;
        let mut bytes = 0;
        loop {
            let next = timeout(WORD_TIMEOUT, chunks.next()).await;
            let Ok(Some(chunk)) = next else {
                let reason = "the copy ends in the middle".to_owned();
                return Err(BackupError::Unreachable { stream: stream.to_owned(), reason });
            };
            if chunk.payload.is_empty() {
                // The last one; what went wrong is in its headers.
                return match chunk.description {
                    Some(reason) => Err(BackupError::Refused { stream: stream.to_owned(), reason }),
                    None => {
                        data.sync_all().await.map_err(|e| file(path, e))?;
                        Ok(bytes)
                    }
                };
            }
            data.write_all(&chunk.payload).await.map_err(|e| file(path, e))?;
            bytes += chunk.payload.len() as u64;
            if let Some(reply) = chunk.reply {
                // It sends so many bytes ahead, and no more.
                let told = self.client.publish(reply, Bytes::new()).await;
                told.map_err(|error| unreachable(stream, &error))?;
            }
        }
    }

    /// Makes `stream` from its copy under `folder`.
    ///
    /// # Errors
    /// [`BackupError::Exists`] when the broker has it; the broker removes what was begun.
    pub async fn restore(&self, stream: &str, folder: &Path) -> Result<Copied, BackupError> {
        let folder = folder.join(stream);
        let path = folder.join(ABOUT_FILE);
        let about = fs::read(&path).await.map_err(|e| file(&path, e))?;
        let about: Value = serde_json::from_slice(&about)
            .map_err(|error| file(&path, std::io::Error::from(error)))?;
        let wish = json!({ "config": about.get("config"), "state": about.get("state") });
        let answer = self.ask("RESTORE", stream, &wish).await?;
        let subject = text_at(&answer, "/deliver_subject").to_owned();
        let path = folder.join(DATA_FILE);
        let mut data = File::open(&path).await.map_err(|e| file(&path, e))?;
        let mut bytes = 0;
        loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            let read = data.read(&mut chunk).await.map_err(|e| file(&path, e))?;
            chunk.truncate(read);
            bytes += read as u64;
            let answer = self.tell(stream, &subject, chunk.into()).await?;
            if read == 0 {
                let made = checked(stream, &answer)?;
                return Ok(Copied { stream: stream.to_owned(), messages: messages(&made), bytes });
            }
            // An answer in the middle is empty, or says why it ends here.
            if !answer.is_empty() {
                checked(stream, &answer)?;
            }
        }
    }

    async fn ask(&self, verb: &str, stream: &str, wish: &Value) -> Result<Value, BackupError> {
        let subject = format!("$JS.API.STREAM.{verb}.{stream}");
        let answer = self.tell(stream, &subject, wish.to_string().into()).await?;
        checked(stream, &answer)
    }

    async fn tell(&self, stream: &str, subject: &str, body: Bytes) -> Result<Bytes, BackupError> {
        let request = async_nats::Request::new().payload(body).timeout(Some(WORD_TIMEOUT));
        let answer = self.client.send_request(subject.to_owned(), request).await;
        answer.map(|answer| answer.payload).map_err(|error| unreachable(stream, &error))
    }
}

/// An answer of the broker that is no refusal.
fn checked(stream: &str, answer: &[u8]) -> Result<Value, BackupError> {
    let refused = |reason: String| BackupError::Refused { stream: stream.to_owned(), reason };
    let answer: Value =
        serde_json::from_slice(answer).map_err(|error| refused(error.to_string()))?;
    if answer.get("error").is_none() {
        return Ok(answer);
    }
    let code = answer.pointer("/error/err_code").and_then(Value::as_u64);
    if code == Some(ErrorCode::STREAM_NAME_EXIST.0) {
        return Err(BackupError::Exists(format!("stream {stream}")));
    }
    Err(refused(text_at(&answer, "/error/description").to_owned()))
}

fn messages(about: &Value) -> u64 {
    about.pointer("/state/messages").and_then(Value::as_u64).unwrap_or_default()
}

/// The text at a JSON pointer; empty where there is none.
fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

async fn write(path: &Path, value: &Value) -> Result<(), BackupError> {
    let text = serde_json::to_vec_pretty(value)
        .map_err(|error| file(path, std::io::Error::from(error)))?;
    let mut about = File::create(path).await.map_err(|e| file(path, e))?;
    about.write_all(&text).await.map_err(|e| file(path, e))?;
    about.sync_all().await.map_err(|e| file(path, e))
}

fn file(path: &Path, source: std::io::Error) -> BackupError {
    BackupError::File { path: path.to_path_buf(), source }
}

fn unreachable(stream: &str, error: &dyn std::error::Error) -> BackupError {
    BackupError::Unreachable { stream: stream.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jetstream::names::{self, webhooks};

    #[test]
    fn statuses_are_copied_before_what_they_speak_of() {
        let order: Vec<_> = order().collect();
        assert_eq!(order.first(), Some(&names::STATUS_STREAM));
        assert_eq!(order.len(), Place::STREAMS.len());
        let at = |stream| order.iter().position(|name| *name == stream).unwrap();
        // An event that was taken after its copy was made is taken again, and finds or makes these.
        assert!(at(names::EVENTS_STREAM) < at(webhooks::DELIVERIES_STREAM));
        assert!(at(webhooks::DELIVERIES_STREAM) < at(webhooks::CALLBACKS_STREAM));
    }

    #[test]
    fn a_refusal_is_told_in_the_brokers_words() {
        let answer = br#"{"error":{"code":500,"err_code":10072,"description":"no room"}}"#;
        let error = checked("X", answer).unwrap_err().to_string();
        assert_eq!(error, "the broker refuses X: no room");
    }
}
