//! What people put right in a result: which values, by whom, and what the result says then.
//!
//! A result stays as it was read. Corrections stand beside it in the status record, each with what was there before, and
//! `apply` makes of both what is shown. [`field`] says which values there are and what each may be, [`request`] reads
//! what a client asks for. All of it is pure.

mod apply;
pub mod field;
mod iban;
pub mod request;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Actor;

pub(crate) use apply::{applied, value_at};
pub use request::{Refusal, Wanted};

/// Bytes of all corrections of one document as they are kept: some thousand values. They stand in the status
/// record beside a result, and both together have to fit into one message.
pub const MAX_HISTORY_BYTES: usize = 256 * 1024;

/// Values that one person put right at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Which processing of the document it is of.
    pub generation: u32,
    /// 1 for the first of its generation.
    pub revision: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Author,
    /// Whether a person has looked at everything, so that nobody has to any more.
    #[serde(default)]
    pub reviewed: bool,
    /// What; empty when a person looked and found nothing.
    pub changes: Vec<Change>,
}

/// Who put something right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// As the audit trail calls it.
    #[serde(flatten)]
    pub actor: Actor,
    /// What the operator calls the API key; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One value that was put right. `None` is "the document does not say".
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Dotted path below `invoice`, such as `totals.gross` or `lines.0.quantity`.
    pub field: String,
    /// The value before.
    pub old: Option<String>,
    /// The value now.
    pub new: Option<String>,
}

impl fmt::Debug for Change {
    /// The field alone: values are what an invoice says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({})", self.field)
    }
}
