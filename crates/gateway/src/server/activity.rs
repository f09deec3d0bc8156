//! What a connection is doing, and until when it may.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::config;

/// Grace before an answer's rate counts. The kernel says that there is room again only when about
/// 40 kB of its send buffer are free ([`super::bind()`]), so a client at the least rate shows nothing
/// for 40 s.
const RATE_GRACE: Duration = Duration::from_secs(60);

/// An answer of which nothing waited for its client for so long is measured anew when something does: event
/// streams send a few bytes now and then, and whoever takes each at once is no slow reader. What is being
/// taken slowly waits again at once after each part that is taken.
const NOTHING_WAITED: Duration = Duration::from_secs(5);

/// What a handler may take besides its own waits: a broker that answers late, pages that are read
/// out.
const HANDLER_SLACK: Duration = Duration::from_secs(60);

/// Why a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The head of a request does not come to its end, or a new connection stays silent.
    SlowHead,
    /// No request for a while: nobody's fault.
    Idle,
    /// The answer is not taken.
    SlowReader,
    /// An answer is open and does not go on.
    Stalled,
}

impl Overdue {
    /// Name in the log and in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SlowHead => "slow_head",
            Self::Idle => "idle",
            Self::SlowReader => "slow_reader",
            Self::Stalled => "stalled",
        }
    }
}

/// How long a connection may do what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    head: Duration,
    idle: Duration,
    /// Between a request's head and the answer, and between two parts of the answer.
    answer: Duration,
    least_bytes_per_second: u64,
}

impl From<&config::Gateway> for Patience {
    fn from(gateway: &config::Gateway) -> Self {
        let seconds = Duration::from_secs;
        let connections = &gateway.connections;
        // An upload waits for its place, for its bytes and for the broker.
        let upload = seconds(gateway.upload_timeout_seconds)
            .saturating_add(seconds(gateway.accept_patience_seconds).saturating_mul(2));
        let wait = seconds(gateway.following.max_wait_seconds);
        Self {
            head: seconds(connections.head_timeout_seconds),
            idle: seconds(connections.idle_timeout_seconds),
            answer: upload.max(wait).saturating_add(HANDLER_SLACK),
            least_bytes_per_second: connections.least_bytes_per_second.max(1),
        }
    }
}

/// Bytes that wait for the client.
#[derive(Clone, Copy, Debug)]
struct Writing {
    since: Instant,
    bytes: u64,
    /// When bytes were taken last.
    took: Instant,
    /// Whether the kernel has no room right now.
    blocked: bool,
}

#[derive(Debug)]
struct State {
    /// Since when nothing is asked for.
    idle_since: Instant,
    /// Whether a request has come.
    asked: bool,
    /// Since when a head is incomplete.
    head_since: Option<Instant>,
    /// Requests whose answers are not handed over.
    open: u32,
    /// When an answer last went on.
    progressed: Instant,
    writing: Option<Writing>,
}

/// What is known of one connection. Its parts (transport, requests, answers) note what they see.
#[derive(Debug)]
pub(super) struct Activity {
    patience: Patience,
    state: Mutex<State>,
}

impl Activity {
    pub(super) fn new(patience: Patience, now: Instant) -> Self {
        let state = State {
            idle_since: now,
            asked: false,
            head_since: None,
            open: 0,
            progressed: now,
            writing: None,
        };
        Self { patience, state: Mutex::new(state) }
    }

    /// First bytes of a head came.
    pub(super) fn head_began(&self, now: Instant) {
        self.state().head_since.get_or_insert(now);
    }

    /// The head is there.
    pub(super) fn head_ended(&self) {
        self.state().head_since = None;
    }

    /// A request is being answered.
    pub(super) fn request_began(&self, now: Instant) {
        let mut state = self.state();
        if state.open == 0 {
            state.writing = None;
        }
        state.asked = true;
        state.open = state.open.saturating_add(1);
        state.progressed = now;
    }

    /// A part of an answer is handed over.
    pub(super) fn answer_went_on(&self, now: Instant) {
        self.state().progressed = now;
    }

    /// An answer is handed over, or given up.
    pub(super) fn request_ended(&self, now: Instant) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(1);
        (state.progressed, state.idle_since) = (now, now);
    }

    /// The kernel took `bytes`.
    pub(super) fn wrote(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        if let Some(writing) = &mut state.writing {
            writing.bytes = writing.bytes.saturating_add(bytes as u64);
            (writing.blocked, writing.took) = (false, now);
            state.idle_since = now;
        }
    }

    /// The kernel has no room: the client does not read.
    pub(super) fn blocked(&self, now: Instant) {
        let mut state = self.state();
        let rested = |writing: &Writing| {
            !writing.blocked && now.saturating_duration_since(writing.took) >= NOTHING_WAITED
        };
        state.writing = state.writing.filter(|writing| !rested(writing));
        let new = Writing { since: now, bytes: 0, took: now, blocked: true };
        state.writing.get_or_insert(new).blocked = true;
    }

    /// When the connection ends unless something happens before, and why.
    pub(super) fn due(&self) -> (Instant, Overdue) {
        let state = self.state();
        let patience = &self.patience;
        if let Some(writing) = state.writing.filter(|writing| writing.blocked) {
            let earned = Duration::from_secs(writing.bytes / patience.least_bytes_per_second);
            return (writing.since + RATE_GRACE + earned, Overdue::SlowReader);
        }
        if state.open > 0 {
            return (state.progressed + patience.answer, Overdue::Stalled);
        }
        if let Some(since) = state.head_since {
            return (since + patience.head, Overdue::SlowHead);
        }
        if state.asked {
            return (state.idle_since + patience.idle, Overdue::Idle);
        }
        (state.idle_since + patience.head, Overdue::SlowHead)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic could leave half-done is one of a few numbers.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn begun() -> (Activity, Instant) {
        let patience =
            Patience { head: 10 * S, idle: 70 * S, answer: 100 * S, least_bytes_per_second: 1000 };
        let now = Instant::now();
        (Activity::new(patience, now), now)
    }

    #[test]
    fn a_silent_connection_has_the_time_of_a_head_and_a_used_one_longer() {
        let (activity, start) = begun();
        assert_eq!(activity.due(), (start + 10 * S, Overdue::SlowHead));
        activity.request_began(start + S);
        assert_eq!(activity.due(), (start + 101 * S, Overdue::Stalled));
        activity.request_ended(start + 2 * S);
        assert_eq!(activity.due(), (start + 72 * S, Overdue::Idle));
    }

    #[test]
    fn a_head_that_trickles_does_not_win_time() {
        let (activity, start) = begun();
        activity.head_began(start + S);
        activity.head_began(start + 9 * S);
        assert_eq!(activity.due(), (start + 11 * S, Overdue::SlowHead));
        activity.head_ended();
        activity.request_began(start + 10 * S);
        activity.request_ended(start + 10 * S);
        assert_eq!(activity.due(), (start + 80 * S, Overdue::Idle));
    }

    #[test]
    fn a_slow_reader_has_as_long_as_the_least_rate_needs() {
        let (activity, start) = begun();
        activity.request_began(start);
        activity.blocked(start);
        assert_eq!(activity.due(), (start + RATE_GRACE, Overdue::SlowReader));
        activity.wrote(20_000, start + 30 * S);
        assert_eq!(activity.due().1, Overdue::Stalled, "it reads");
        activity.blocked(start + 31 * S);
        assert_eq!(activity.due(), (start + RATE_GRACE + 20 * S, Overdue::SlowReader));
        // The last part may be with the kernel only, while the next request is not there.
        activity.request_ended(start + 32 * S);
        assert_eq!(activity.due().1, Overdue::SlowReader);
        activity.wrote(1, start + 40 * S);
        assert_eq!(activity.due(), (start + 110 * S, Overdue::Idle));
        activity.request_began(start + 41 * S);
        activity.blocked(start + 42 * S);
        assert_eq!(activity.due(), (start + 42 * S + RATE_GRACE, Overdue::SlowReader));
    }

    #[test]
    fn a_stream_that_had_nothing_to_say_is_measured_anew() {
        let (activity, start) = begun();
        activity.request_began(start);
        activity.blocked(start);
        activity.wrote(100, start + S);
        activity.blocked(start + 2 * S);
        assert_eq!(activity.due().0, start + RATE_GRACE, "it is taken slowly");
        activity.wrote(100, start + 3 * S);
        activity.answer_went_on(start + 3600 * S);
        activity.blocked(start + 3600 * S);
        assert_eq!(activity.due(), (start + 3600 * S + RATE_GRACE, Overdue::SlowReader));
        activity.blocked(start + 3650 * S);
        assert_eq!(activity.due().0, start + 3600 * S + RATE_GRACE, "and it is still not taken");
    }

    #[test]
    fn an_answer_that_goes_on_is_not_stalled() {
        let (activity, start) = begun();
        activity.request_began(start);
        activity.answer_went_on(start + 90 * S);
        assert_eq!(activity.due(), (start + 190 * S, Overdue::Stalled));
        activity.request_began(start + 95 * S);
        activity.request_ended(start + 96 * S);
        assert_eq!(activity.due().1, Overdue::Stalled, "the other one is open");
    }
}
