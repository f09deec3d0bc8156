//! Named places in the life of a document where this process can be told to do itself harm.
//!
//! They are in every build: what is tested is what runs, and an operator can rehearse a failure on
//! a copy of what is in production. Without `[faults]` in the configuration, reaching a point costs
//! one look at an atomic.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A place in the life of a document, in the order in which it passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// The gateway has the whole upload and stored nothing yet.
    UploadReceived,
    /// Its bytes are stored.
    UploadStored,
    /// It has a status.
    UploadRegistered,
    /// Its first job is stored; the client has no answer yet.
    UploadQueued,
    /// A stage was given a job and has not looked at it.
    JobReceived,
    /// The status says that this service works on it.
    JobClaimed,
    /// The chunks of an object are stored, the metadata that names them is not.
    ObjectTorn,
    /// All that the stage makes of the document is stored.
    OutputsWritten,
    /// The next stage's job is stored.
    SuccessorPublished,
    /// The status has the outcome of the attempt; what follows from its end is not stored yet.
    StatusAdvanced,
    /// Everything is done but the acknowledgement.
    BeforeAck,
    /// The status says what a person put right; its event is not stored yet.
    CorrectionStored,
    /// The log has an event's delivery to a webhook; its job is not stored yet.
    DeliveryNoted,
    /// The log says that an attempt has begun; nothing was sent yet.
    CallbackBegun,
    /// The receiver has answered; the log does not say so yet.
    CallbackSent,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::UploadReceived,
        Self::UploadStored,
        Self::UploadRegistered,
        Self::UploadQueued,
        Self::JobReceived,
        Self::JobClaimed,
        Self::ObjectTorn,
        Self::OutputsWritten,
        Self::SuccessorPublished,
        Self::StatusAdvanced,
        Self::BeforeAck,
        Self::CorrectionStored,
        Self::DeliveryNoted,
        Self::CallbackBegun,
        Self::CallbackSent,
    ];

    /// Its name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UploadReceived => "upload-received",
            Self::UploadStored => "upload-stored",
            Self::UploadRegistered => "upload-registered",
            Self::UploadQueued => "upload-queued",
            Self::JobReceived => "job-received",
            Self::JobClaimed => "job-claimed",
            Self::ObjectTorn => "object-torn",
            Self::OutputsWritten => "outputs-written",
            Self::SuccessorPublished => "successor-published",
            Self::StatusAdvanced => "status-advanced",
            Self::BeforeAck => "before-ack",
            Self::CorrectionStored => "correction-stored",
            Self::DeliveryNoted => "delivery-noted",
            Self::CallbackBegun => "callback-begun",
            Self::CallbackSent => "callback-sent",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the process does to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// SIGKILL.
    Kill,
    /// SIGSTOP: it stands still until somebody sends SIGCONT.
    Stop,
    /// The document waits there, the rest goes on.
    Pause(Duration),
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill => f.write_str("kill"),
            Self::Stop => f.write_str("stop"),
            Self::Pause(time) => write!(f, "pause:{}", time.as_millis()),
        }
    }
}

/// One entry of `[faults] points`: `job-claimed=kill@3` kills the process when the third job is
/// claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fault {
    /// Where.
    pub point: Point,
    /// What.
    pub harm: Harm,
    /// At which arrival, counted from 1.
    pub arrival: u64,
}

/// Text that is no fault.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "{0:?} is no fault: write <point>=<harm>@<arrival>, with a harm of kill, stop or \
    pause:<milliseconds>, and a point of {points}",
    points = Point::ALL.map(Point::as_str).join(", ")
)]
pub struct BadFault(String);

impl FromStr for Fault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let parse = || {
            let (point, rest) = text.split_once('=')?;
            let (harm, arrival) = rest.split_once('@')?;
            let harm = match harm.split_once(':') {
                None if harm == "kill" => Harm::Kill,
                None if harm == "stop" => Harm::Stop,
                Some(("pause", time)) => Harm::Pause(Duration::from_millis(time.parse().ok()?)),
                _ => return None,
            };
            let point = Point::ALL.into_iter().find(|known| known.as_str() == point)?;
            let arrival = arrival.parse().ok().filter(|arrival| *arrival > 0)?;
            Some(Self { point, harm, arrival })
        };
        parse().ok_or_else(|| BadFault(text.to_owned()))
    }
}

impl TryFrom<String> for Fault {
    type Error = BadFault;

    fn try_from(text: String) -> Result<Self, BadFault> {
        text.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}@{}", self.point, self.harm, self.arrival)
    }
}

/// A fault and how often its point was reached.
#[derive(Debug)]
struct Armed {
    fault: Fault,
    arrivals: AtomicU64,
}

impl Armed {
    /// Counts an arrival; the harm, when it is the one.
    fn arrive(&self, point: Point) -> Option<Harm> {
        let here = self.fault.point == point;
        let arrival = here.then(|| self.arrivals.fetch_add(1, Ordering::Relaxed) + 1)?;
        (arrival == self.fault.arrival).then_some(self.fault.harm)
    }
}

/// Of the whole process, like the signals that it sends itself.
static ARMED: OnceLock<Vec<Armed>> = OnceLock::new();

/// Arms what the configuration asks for. Once for a process: later calls change nothing.
pub fn arm(faults: &[Fault]) {
    if faults.is_empty() {
        return;
    }
    let armed = faults.iter().map(|fault| Armed { fault: *fault, arrivals: AtomicU64::new(0) });
    if ARMED.set(armed.collect()).is_ok() {
        tracing::warn!(faults = ?faults, "this process will do itself harm");
    }
}

/// A document has come to `point`: does what is armed there.
pub(crate) async fn reach(point: Point) {
    let Some(armed) = ARMED.get() else { return };
    for harm in armed.iter().filter_map(|armed| armed.arrive(point)) {
        tracing::warn!(%point, %harm, "harm is done");
        match harm {
            Harm::Kill => signal_self(Signal::KILL),
            Harm::Stop => signal_self(Signal::STOP),
            Harm::Pause(time) => tokio::time::sleep(time).await,
        }
    }
}

fn signal_self(signal: Signal) {
    if let Err(error) = kill_process(getpid(), signal) {
        tracing::error!(%error, "this process cannot signal itself");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_and_harm_is_read_as_it_is_written() {
        for point in Point::ALL {
            for harm in [Harm::Kill, Harm::Stop, Harm::Pause(Duration::from_millis(250))] {
                let fault = Fault { point, harm, arrival: 3 };
                assert_eq!(fault.to_string().parse(), Ok(fault));
            }
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_would_do() {
        for text in ["", "kill@1", "job-claimed=kill", "job-claimed=kill@0", "job-claimed=burn@1"] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains("job-claimed"), "{error}");
        }
    }

    #[test]
    fn harm_is_done_at_one_arrival_only() {
        let fault = Fault { point: Point::JobClaimed, harm: Harm::Kill, arrival: 2 };
        let armed = Armed { fault, arrivals: AtomicU64::new(0) };
        let arrivals = [Point::JobClaimed, Point::BeforeAck, Point::JobClaimed, Point::JobClaimed];
        let harms = arrivals.map(|point| armed.arrive(point));
        assert_eq!(harms, [None, None, Some(Harm::Kill), None]);
    }
}
