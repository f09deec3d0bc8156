//! What stops a command, and the exit code for it.

use std::path::PathBuf;

use thiserror::Error;

use common::config::ConfigError;
use common::error::{ErrorKind, StageError};
use common::id::DocumentId;
use common::jetstream::backup::BackupError;
use common::jetstream::broker::{ConnectError, Denied};
use common::jetstream::dead_letters::DeadLetterError;
use common::jetstream::topology::TopologyError;
use common::jetstream::users::SeedError;
use common::key::KeyId;

use crate::client::ClientError;
use crate::exit::Exit;

/// A command that cannot go on.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The arguments contradict what is there.
    #[error("{0}")]
    Usage(String),
    /// The data folder does not say where a service runs.
    #[error("{path} is not there: is `invoice-ocr serve` running on that folder? {hint}")]
    NoEndpoint {
        /// The file looked for.
        path: PathBuf,
        /// Which argument says it instead.
        hint: &'static str,
    },
    /// The broker cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The broker does not know who this is any more.
    #[error("the broker refuses these credentials now: was it started again?")]
    Refused,
    /// The user may not do what the command needs.
    #[error("{0}")]
    Forbidden(Denied),
    /// The broker's topology cannot be read or changed.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A user's key cannot be read or written.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A stream cannot be copied.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// No key has this id.
    #[error("there is no key {0}")]
    NoSuchKey(KeyId),
    /// Nothing is known of this document.
    #[error("nothing is known of document {0}: it was never here, or everything of it has expired")]
    NoSuchDocument(DocumentId),
    /// A file that should hold an API key.
    #[error("{path}: {reason}")]
    BadKeyFile {
        /// Which.
        path: PathBuf,
        /// Why; the content is not quoted.
        reason: String,
    },
    /// A dead letter cannot be dealt with.
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
    /// Something at the broker, or in a stage.
    #[error(transparent)]
    Broker(#[from] StageError),
    /// Something at the HTTP service.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file is no document.
    #[error("{0}")]
    BadFile(String),
    /// Standard input is not what it should be.
    #[error("standard input: {0}")]
    BadInput(String),
    /// Nobody reads standard output any more, as after `| head`: a quiet end.
    #[error("standard output is closed")]
    ReaderGone,
    /// Standard output cannot be written.
    #[error("standard output: {0}")]
    Output(std::io::Error),
    /// A bug, or a system that gives no threads.
    #[error("{0}")]
    Internal(String),
}

impl CommandError {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::BadConfig,
            Self::Usage(_) => Exit::Usage,
            Self::Connect(ConnectError::File { .. }) | Self::BadKeyFile { .. } => Exit::BadConfig,
            Self::NoEndpoint { .. } | Self::Connect(_) | Self::Refused | Self::Forbidden(_) => {
                Exit::Unavailable
            }
            Self::Seed(_) => Exit::Failed,
            Self::NoSuchKey(_) | Self::NoSuchDocument(_) => Exit::NotFound,
            Self::Topology(error) => of_topology(error),
            Self::Backup(error) => of_backup(error),
            Self::DeadLetter(error) => of_dead_letter(error),
            Self::Broker(error) => of_stage(error),
            Self::Client(error) => error.exit(),
            Self::BadInput(_) | Self::BadFile(_) => Exit::Failed,
            Self::ReaderGone => Exit::Done,
            Self::Output(_) | Self::Internal(_) => Exit::Internal,
        }
    }
}

fn of_backup(error: &BackupError) -> Exit {
    match error {
        BackupError::Unreachable { .. } | BackupError::Refused { .. } => Exit::Unavailable,
        BackupError::File { .. } | BackupError::Exists(_) => Exit::Failed,
    }
}

fn of_topology(error: &TopologyError) -> Exit {
    match error {
        TopologyError::Unreachable { .. }
        | TopologyError::Refused { .. }
        | TopologyError::Forbidden { .. } => Exit::Unavailable,
        TopologyError::Missing { .. } | TopologyError::WrongRevision { .. } => Exit::Drift,
        TopologyError::BadFile { .. } => Exit::Internal,
    }
}

/// The exit code for one dead letter.
pub(crate) fn of_dead_letter(error: &DeadLetterError) -> Exit {
    match error {
        DeadLetterError::NotFound(_) | DeadLetterError::NoStatus(_) => Exit::NotFound,
        DeadLetterError::NotFailed { .. } => Exit::Failed,
        DeadLetterError::Broker(error) => of_stage(error),
    }
}

fn of_stage(error: &StageError) -> Exit {
    match error.kind {
        ErrorKind::Rejected => Exit::Failed,
        ErrorKind::Transient => Exit::Unavailable,
        ErrorKind::Internal | ErrorKind::Lost => Exit::Internal,
    }
}
