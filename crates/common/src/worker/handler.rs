//! The work of one kind of child process.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::worker::Fault;

/// The work of one kind of child process, run by [`crate::worker::run_child`].
///
/// A handler keeps its state between requests, so that libraries and models stay loaded, and must
/// not start threads: its sandbox, which is put up after [`Handler::start`], kills it for that (see
/// [`crate::worker`]).
/// Bytes in requests and responses are `serde_bytes::ByteBuf`, which CBOR copies as one string.
pub trait Handler: Sized {
    /// Configuration from the parent, sent once at start: libraries, languages, limits.
    type Setup: Serialize + DeserializeOwned;
    /// What the parent asks.
    type Request: Serialize + DeserializeOwned;
    /// What the child answers.
    type Response: Serialize + DeserializeOwned;

    /// Loads libraries and models.
    ///
    /// # Errors
    /// A [`Fault`] that names what is missing and the command that installs it.
    fn start(setup: Self::Setup) -> Result<Self, Fault>;

    /// Folders that its libraries read from after [`Handler::start`]: nothing else can be opened
    /// then, and nothing at all be written.
    fn read_later(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Answers one request.
    ///
    /// # Errors
    /// A [`Fault`]; the child lives on. After a panic it does not.
    fn handle(&mut self, request: Self::Request) -> Result<Self::Response, Fault>;
}
