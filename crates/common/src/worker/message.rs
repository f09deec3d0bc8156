//! What parent and child say to each other.

use serde::{Deserialize, Serialize};

use crate::worker::Fault;
use crate::worker::sandbox::Enforced;

/// The parent's first frame.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello<S> {
    /// The parent's process id, so that a child can see whether its parent is already gone.
    pub(super) parent: u32,
    /// Address space the child may have, bytes.
    pub(super) memory_bytes: u64,
    /// See [`crate::worker::Handler::Setup`].
    pub(super) setup: S,
}

/// What the child answers to [`Hello`], before it has seen a document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    /// What of its sandbox holds.
    pub(super) enforced: Enforced,
}

/// Every later frame of the parent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ask<R> {
    /// Counts the frames of one child from 1 (0 is [`Hello`]). Its answer repeats it, so that a
    /// child that answers twice cannot hand one document's answer to the next.
    pub(super) sequence: u64,
    /// CPU time for this request, seconds.
    pub(super) cpu_seconds: u64,
    /// The request.
    pub(super) request: R,
}

/// Every frame of the child.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer<T> {
    /// Of the frame that is answered.
    pub(super) sequence: u64,
    /// What came of it.
    pub(super) reply: Reply<T>,
}

/// What came of a request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply<T> {
    /// It was done.
    Done(T),
    /// It could not be done; the child lives on.
    Fault(Fault),
    /// A panic; the child ends, since its state may be half changed.
    Panicked {
        /// `file:line` in this program, never the panic's own words: they may quote a document.
        place: String,
    },
}
