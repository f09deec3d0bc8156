//! Connections for which there is no place: told so at once, and `/health` answered all the same.
//!
//! What such a connection costs is bounded by a short queue whose oldest entry goes when a new one
//! comes. A probe sends its request together with the connection and has its answer within a
//! millisecond; whoever stays silent is pushed out, by as many others as the queue is long.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

use crate::error::{ERRORS_PAGE, kind};
use crate::problem::{PROBLEM_JSON, Problem};

/// Length of the queue. Sixty-four places of 16 kB (buffers of the kernel and a task) are nothing,
/// and to push a probe out one would have to open 64 connections within the millisecond that it
/// takes.
const PLACES: usize = 64;

/// Longest time for one of them: a request line is one packet.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of the request that are looked at; the request line of a probe is shorter.
const REQUEST_LINE_BYTES: usize = 256;

/// Most bytes that are read and forgotten after the answer, so that it is not lost: a connection
/// that is closed with unread bytes is reset.
const DRAIN_BYTES: usize = 64 * 1024;

/// What clients that find no place are to wait, in seconds: connections end within seconds when
/// they are few, and under attack nobody should hurry back.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Answers those who find no place.
#[derive(Debug)]
pub(super) struct Overflow {
    answers: Arc<Answers>,
    tasks: JoinSet<()>,
    /// The oldest first.
    queue: VecDeque<AbortHandle>,
}

#[derive(Debug)]
struct Answers {
    alive: Vec<u8>,
    full: Vec<u8>,
}

impl Overflow {
    pub(super) fn new() -> Self {
        let answers = Arc::new(Answers { alive: alive(), full: full() });
        Self { answers, tasks: JoinSet::new(), queue: VecDeque::new() }
    }

    /// Answers on `stream` in the background.
    pub(super) fn answer(&mut self, stream: TcpStream) {
        while self.tasks.try_join_next().is_some() {}
        self.queue.retain(|task| !task.is_finished());
        if self.queue.len() >= PLACES
            && let Some(oldest) = self.queue.pop_front()
        {
            oldest.abort();
        }
        let answers = Arc::clone(&self.answers);
        let task = self.tasks.spawn(async move {
            let answered = tokio::time::timeout(PATIENCE, answer(stream, &answers)).await;
            if let Ok(Err(error)) = answered {
                tracing::trace!(%error, "a connection without a place went away");
            }
        });
        self.queue.push_back(task);
    }
}

async fn answer(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    let mut line = [0; REQUEST_LINE_BYTES];
    let mut read = 0;
    let line = loop {
        let Some(space) = line.get_mut(read..).filter(|space| !space.is_empty()) else {
            break line.as_slice();
        };
        let count = stream.read(space).await?;
        read += count;
        let seen = line.get(..read).unwrap_or_default();
        if count == 0 || seen.contains(&b'\n') {
            break seen;
        }
    };
    let is_probe = line.starts_with(b"GET /health HTTP/1.") || line.starts_with(b"HEAD /health ");
    stream.write_all(if is_probe { &answers.alive } else { &answers.full }).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(DRAIN_BYTES as u64);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

/// As `routes::health` says it.
fn alive() -> Vec<u8> {
    message("200 OK", "application/json", "", br#"{"status":"ok"}"#)
}

fn full() -> Vec<u8> {
    let kind = &kind::TOO_MANY_CONNECTIONS;
    let problem = Problem {
        type_uri: format!("{ERRORS_PAGE}#{}", kind.code),
        title: kind.title,
        status: kind.status,
        detail: "there are as many connections as the service or one client may have".to_owned(),
        code: kind.code,
        limit: None,
        value: None,
        gaps: Vec::new(),
    };
    // Strings and numbers have a JSON form, always.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let retry = format!("{}: {RETRY_AFTER_SECONDS}\r\n", header::RETRY_AFTER);
    message("503 Service Unavailable", PROBLEM_JSON, &retry, &body)
}

fn message(status: &str, media_type: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut message = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n{more}\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    )
    .into_bytes();
    message.extend_from_slice(body);
    message
}
