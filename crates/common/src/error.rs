//! What can go wrong in a stage, and who has to act: the one place that decides whether a failure
//! is worth another attempt.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::stage::StageName;

/// Who is at fault, which decides what happens next (see [`crate::decide`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The document: encrypted, damaged, over a limit. Another attempt would end the same way.
    Rejected,
    /// A dependency that is away. The stage waits for it; no attempt is used up.
    Transient,
    /// A bug, a crash, an exhausted resource. Tried again a few times, then a dead letter.
    Internal,
    /// What the stage reads is gone or damaged. It is made again from the original, as the next
    /// generation, a few times.
    Lost,
}

/// A failed stage: a stable code for machines, a sentence for people.
///
/// Neither holds content of the document.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{code}: {message}")]
pub struct StageError {
    /// Who is at fault.
    pub kind: ErrorKind,
    /// Stable, low-cardinality, `snake_case`; a metric label and part of the API.
    pub code: Cow<'static, str>,
    /// One sentence naming the limit and the value seen where there is one.
    pub message: String,
}

impl StageError {
    /// The document is at fault.
    pub fn rejected(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Rejected, code: code.into(), message: message.into() }
    }

    /// A dependency is away.
    pub fn transient(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Transient, code: code.into(), message: message.into() }
    }

    /// An object is gone or is not what was written.
    pub fn lost(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Lost, code: code.into(), message: message.into() }
    }

    /// A bug, a crash, an exhausted resource.
    pub fn internal(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Internal, code: code.into(), message: message.into() }
    }
}

/// A failure as status, events and dead letters keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// See [`StageError::code`].
    pub code: String,
    /// See [`StageError::message`].
    pub message: String,
    /// The stage that failed.
    pub stage: StageName,
}

impl ErrorRecord {
    /// Records `error` of `stage`.
    #[must_use]
    pub fn new(stage: StageName, error: &StageError) -> Self {
        Self { code: error.code.to_string(), message: error.message.clone(), stage }
    }
}
