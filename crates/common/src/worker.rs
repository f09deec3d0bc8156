//! Native code in killable child processes: a pool of them, and the loop each of them runs.
//!
//! PDFium, Leptonica and Tesseract parse hostile bytes in C and C++: they abort, loop and eat
//! memory. So a service never calls them; it asks a child process and outlives it. One child works
//! on one request at a time and is single-threaded. It gets an empty environment, resource limits
//! and a deadline, ends when the service ends, and is replaced after a number of documents or when
//! it has grown. A child that crashes, loops or eats memory fails the one request it was working on.
//!
//! Bytes travel through pipes only (a length, then CBOR); nothing touches a file, and a
//! child may not write any. What a child says is untrusted: lengths, codes, messages and the order
//! of answers are checked.
//!
//! Where memory ran out in a child, nothing that it says of that document is believed, also when it seems to have
//! coped (`allocation`).
//!
//! Between loading its libraries and its first document it shuts itself in ([`Mechanism`]): from then
//! on it opens no file but fonts and language data, and reaches neither network nor processes.
//!
//! Parent side: [`Pool`], [`Lease`], configured by [`Program`], [`Limits`] and [`Budget`].
//! Child side: [`Handler`] and [`run_child`]. What may go wrong: [`WorkerError`].

mod allocation;
mod child;
mod confine;
mod error;
mod exit;
mod fault;
mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod handler;
mod keeper;
mod memory;
mod message;
mod pool;
mod process;
mod sandbox;
mod settings;
mod stderr;
pub(crate) mod usage;

pub use child::run_child;
pub use error::WorkerError;
pub use fault::Fault;
pub use handler::Handler;
pub use pool::{Lease, Pool};
pub use sandbox::{Enforced, Mechanism};
pub use settings::{Budget, Limits, Program};
