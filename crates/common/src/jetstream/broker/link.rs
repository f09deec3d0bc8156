//! What is known of a connection besides its traffic: whether it stands, whom the broker refuses, and
//! what it forbids.
//!
//! A message that may not be sent is dropped by the broker, which says so beside the conversation;
//! the sender itself sees a time-out, as it would while the broker is away. Here the two are told
//! apart.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_nats::{ClientError, Event, ServerError};

/// Denials that are remembered: more than requests are under way at once.
const REMEMBERED: usize = 256;

/// How the broker's words begin when it drops what this user may not do.
const DENIED: &str = "permissions violation for ";

/// Words of the broker, or of the client, for credentials that are not or no longer good.
const REFUSALS: [&str; 4] =
    ["authorization violation", "authentication revoked", "authentication expired", "nonce"];

/// Something that this user may not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Whether it wanted to listen, and not to send.
    pub listening: bool,
    /// Where.
    pub subject: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let act = if self.listening { "subscribe to" } else { "publish to" };
        write!(f, "this service's user at the broker may not {act} {}", self.subject)
    }
}

impl Denied {
    /// From the broker's words, `Permissions Violation for Publish to "subject"`.
    fn of(words: &str) -> Option<Self> {
        let (head, rest) = words.split_at_checked(DENIED.len())?;
        if !head.eq_ignore_ascii_case(DENIED) {
            return None;
        }
        let mut quoted = rest.split('"');
        let act = quoted.next()?;
        let subject = quoted.next()?.to_owned();
        Some(Self { listening: act.to_ascii_lowercase().starts_with("subscription"), subject })
    }
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Link {
    /// What subjects of replies begin with.
    inbox: String,
    connected: AtomicBool,
    refused: AtomicBool,
    /// The client's last words on why it does not connect.
    trouble: Mutex<Option<String>>,
    denied: Mutex<VecDeque<(Instant, Denied)>>,
}

impl Link {
    /// Of a service whose replies come to subjects that begin with `inbox`.
    pub(super) fn new(inbox: String) -> Self {
        Self {
            inbox,
            connected: AtomicBool::new(true),
            refused: AtomicBool::new(false),
            trouble: Mutex::default(),
            denied: Mutex::default(),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Whether the broker's last word was that it does not take this service's credentials.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }

    pub(super) fn latest_denied(&self) -> Option<Denied> {
        locked(&self.denied).back().map(|(_, denied)| denied.clone())
    }

    /// What the broker has forbidden since `when`, the latest first; of `subject`, or anything. Who
    /// may not hear replies gets no answer to anything, so that counts for every subject and time.
    pub(super) fn denied_since(&self, when: Instant, subject: Option<&str>) -> Option<Denied> {
        let deaf = |seen: &Denied| seen.listening && seen.subject.starts_with(&self.inbox);
        let fits = |seen: &Denied| subject.is_none_or(|subject| seen.subject == subject);
        let counts = |(at, seen): &&(Instant, Denied)| deaf(seen) || (*at >= when && fits(seen));
        locked(&self.denied).iter().rev().find(counts).map(|(_, seen)| seen.clone())
    }

    /// Takes note of what the client tells, and logs it.
    pub(super) fn note(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.connected.store(true, Ordering::Relaxed);
                self.refused.store(false, Ordering::Relaxed);
                // What was forbidden may be allowed now.
                locked(&self.denied).clear();
                tracing::info!("broker connected");
            }
            Event::Disconnected | Event::Closed => {
                self.connected.store(false, Ordering::Relaxed);
                tracing::warn!("broker disconnected");
            }
            Event::ServerError(ServerError::Other(words)) => match Denied::of(words) {
                Some(denied) => self.deny(denied),
                None => self.trouble_with(words, event),
            },
            Event::ServerError(ServerError::AuthorizationViolation) => self.refuse(),
            Event::ClientError(ClientError::Other(words)) => self.trouble_with(words, event),
            Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
                tracing::error!(event = %event, "broker reported a problem");
            }
            Event::LameDuckMode | Event::Draining => tracing::info!(event = %event, "broker event"),
        }
    }

    fn deny(&self, denied: Denied) {
        let Denied { listening, subject } = &denied;
        tracing::error!(
            subject,
            listening,
            "broker forbids this service what it needs: its user has too few permissions, \
             `invoice-ocr topology users` writes them"
        );
        let mut known = locked(&self.denied);
        if known.len() >= REMEMBERED {
            known.pop_front();
        }
        known.push_back((Instant::now(), denied));
    }

    fn trouble_with(&self, words: &str, event: &Event) {
        *locked(&self.trouble) = Some(words.to_owned());
        let refused = words.to_ascii_lowercase();
        if REFUSALS.iter().any(|refusal| refused.contains(refusal)) {
            self.refuse();
        } else {
            tracing::error!(event = %event, "broker reported a problem");
        }
    }

    /// Said once, and not with each try to connect again.
    fn refuse(&self) {
        if !self.refused.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "broker refuses this service's credentials: they are wrong or were revoked; it goes \
                 on trying"
            );
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(words: &str) -> Event {
        Event::ServerError(ServerError::Other(words.to_owned()))
    }

    #[test]
    fn a_denial_is_read_as_the_server_words_it() {
        let denied =
            |listening, subject: &str| Some(Denied { listening, subject: subject.to_owned() });
        let table = [
            ("Permissions Violation for Publish to \"a.b\"", denied(false, "a.b")),
            ("Permissions Violation for Subscription to \"x.>\"", denied(true, "x.>")),
            (
                "Permissions Violation for Subscription to \"x\" using queue \"q\"",
                denied(true, "x"),
            ),
            (
                "permissions violation for publish to \"$JS.API.INFO\"",
                denied(false, "$JS.API.INFO"),
            ),
            ("Maximum Connections Exceeded", None),
            ("Permissions Violation for Publish to", None),
            ("", None),
        ];
        for (words, expected) in table {
            assert_eq!(Denied::of(words), expected, "{words}");
        }
    }

    #[test]
    fn a_denial_counts_for_its_subject_and_from_when_it_was_asked() {
        let (link, before) = (Link::new("_INBOX_ocr".to_owned()), Instant::now());
        link.note(&violation("Permissions Violation for Publish to \"a\""));
        assert!(link.denied_since(before, Some("a")).is_some());
        assert!(link.denied_since(before, None).is_some());
        assert_eq!(link.denied_since(before, Some("b")), None);
        let later = Instant::now() + std::time::Duration::from_secs(1);
        assert_eq!(link.denied_since(later, Some("a")), None);
        link.note(&violation("Permissions Violation for Subscription to \"another\""));
        assert_eq!(link.denied_since(later, Some("b")), None, "answers still come");
        link.note(&violation("Permissions Violation for Subscription to \"_INBOX_ocr.x.*\""));
        assert!(link.denied_since(later, Some("b")).is_some(), "no answer can come");
        link.note(&Event::Connected);
        assert_eq!(link.denied_since(before, None), None);
    }

    #[test]
    fn credentials_are_refused_until_the_next_connection() {
        let refusals = [
            Event::ServerError(ServerError::AuthorizationViolation),
            violation("User Authentication Revoked"),
            violation("User Authentication Expired"),
            Event::ClientError(ClientError::Other("authorization violation".to_owned())),
        ];
        for event in refusals {
            let link = Link::new(String::new());
            assert!(!link.is_refused());
            link.note(&event);
            assert!(link.is_refused(), "{event}");
            link.note(&Event::Connected);
            assert!(!link.is_refused());
        }
    }
}
