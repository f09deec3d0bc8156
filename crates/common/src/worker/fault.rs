//! What a child tells its parent about a request that it could not do.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, StageError};

/// Longest code, bytes: codes are metric labels and part of the API.
const MAX_CODE_BYTES: usize = 64;

/// Longest message, characters: one sentence with a limit and a value fits several times.
const MAX_MESSAGE_CHARS: usize = 500;

/// A request that a child could not do, said by the child itself. Holds no document content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Who is at fault.
    pub kind: ErrorKind,
    /// As [`StageError::code`].
    pub code: String,
    /// As [`StageError::message`].
    pub message: String,
}

impl Fault {
    /// The document is at fault.
    pub fn rejected(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Rejected, code: code.into(), message: message.into() }
    }

    /// A bug, or something missing on this machine.
    pub fn internal(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Internal, code: code.into(), message: message.into() }
    }

    /// The fault as the stage's own error; `None` when its code is not one.
    ///
    /// A child depends on nothing that could be away, so one that says `Transient` is wrong.
    pub(super) fn checked(self) -> Option<StageError> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if !(1..=MAX_CODE_BYTES).contains(&self.code.len()) || !self.code.bytes().all(legal) {
            return None;
        }
        let message = self.message.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE_CHARS);
        let message: String = message.collect();
        Some(match self.kind {
            ErrorKind::Rejected => StageError::rejected(self.code, message),
            ErrorKind::Internal | ErrorKind::Transient | ErrorKind::Lost => {
                StageError::internal(self.code, message)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_is_not_snake_case_is_not_believed() {
        for code in ["", "Capital", "with space", "new\nline", "é", &"x".repeat(65)] {
            assert_eq!(Fault::internal(code, "").checked(), None, "{code:?}");
        }
        assert!(Fault::rejected("pdf_encrypted_2", "").checked().is_some());
    }

    #[test]
    fn a_message_loses_control_characters_and_its_tail() {
        let long = format!("a\u{1b}[31m\nb{}", "x".repeat(1000));
        let error = Fault::internal("code", long).checked().unwrap();
        assert!(error.message.starts_with("a[31mb"));
        assert_eq!(error.message.chars().count(), MAX_MESSAGE_CHARS);
    }

    #[test]
    fn a_child_that_claims_a_dependency_is_away_counts_as_a_bug() {
        let fault = Fault { kind: ErrorKind::Transient, code: "x".into(), message: String::new() };
        assert_eq!(fault.checked().unwrap().kind, ErrorKind::Internal);
    }
}
