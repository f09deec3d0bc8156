//! A document on its way to the service and back: sent, with patience, and waited for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::interrupt::Interrupt;
use super::outcome::Cut;
use crate::client::{Client, ClientError, Taken, Upload};

/// A digital one-page invoice takes about this long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A scan of many pages takes minutes: asking more often than this only makes work.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long the service may be away, as in a restart, once it was there.
const AWAY: Duration = Duration::from_secs(30);

/// A service that documents are delivered to.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    client: &'a Client,
    interrupt: &'a Interrupt,
    /// Whether the service has answered in this run: a URL that never answered is most likely wrong.
    met: AtomicBool,
}

/// How the wait for a document ended.
#[derive(Debug)]
pub(crate) enum Waited {
    /// It has ended, with this status.
    Ended(Value),
    /// Something else has; this was its last status.
    Cut(Cut, Value),
    /// The service does not say.
    Failed(ClientError),
}

impl<'a> Delivery<'a> {
    /// Nothing is sent yet.
    pub(crate) fn to(client: &'a Client, interrupt: &'a Interrupt) -> Self {
        Self { client, interrupt, met: AtomicBool::new(false) }
    }

    /// Sends a document; while the service is busy or starts again, again and again until `deadline`.
    /// `None`: somebody asked to end before it was taken.
    pub(crate) fn send(
        &self,
        upload: &Upload<'_>,
        deadline: Instant,
    ) -> Option<Result<Taken, ClientError>> {
        let mut away_since = None;
        let mut pause = FIRST_PAUSE;
        loop {
            if self.interrupt.is_set() {
                return None;
            }
            let go_on =
                |pause: Duration| Instant::now() + pause < deadline && self.interrupt.sleep(pause);
            let error = match self.client.upload(upload, go_on) {
                Ok(taken) => {
                    self.met.store(true, Ordering::Relaxed);
                    return Some(Ok(taken));
                }
                Err(error) => error,
            };
            let since = *away_since.get_or_insert_with(Instant::now);
            let met = self.met.load(Ordering::Relaxed);
            let again = met && is_away(&error) && since.elapsed() < AWAY;
            if !again {
                return if self.interrupt.is_set() && passes(&error) {
                    None
                } else {
                    Some(Err(error))
                };
            }
            self.interrupt.sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits for the end of document `id`, which was last seen as in `last`; each status goes to `seen`.
    pub(crate) fn wait(
        &self,
        id: &str,
        mut last: Value,
        deadline: Option<Instant>,
        seen: impl Fn(&Value),
    ) -> Waited {
        let mut pause = FIRST_PAUSE;
        let mut away_since = None;
        loop {
            match self.client.status(id) {
                Ok(answer) => {
                    away_since = None;
                    let state = answer.get("state").and_then(Value::as_str);
                    if matches!(state, Some("completed" | "failed")) {
                        return Waited::Ended(answer);
                    }
                    seen(&answer);
                    last = answer;
                }
                Err(error) => {
                    let since = *away_since.get_or_insert_with(Instant::now);
                    if !passes(&error) || since.elapsed() > AWAY {
                        return Waited::Failed(error);
                    }
                }
            }
            if deadline.is_some_and(|deadline| Instant::now() + pause > deadline) {
                return Waited::Cut(Cut::TimedOut, last);
            }
            if !self.interrupt.sleep(pause) {
                return Waited::Cut(Cut::Interrupted, last);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Whether a service that restarts, or a proxy before it, answers so.
pub(crate) fn passes(error: &ClientError) -> bool {
    is_away(error) || matches!(error, ClientError::Refused { status: 429 | 503, .. })
}

/// Whether nobody is there who could say when to come back.
fn is_away(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } => true,
        ClientError::Refused { status, .. } => matches!(status, 502 | 504),
        ClientError::Unreadable { .. } | ClientError::NotTheService { .. } => false,
    }
}
