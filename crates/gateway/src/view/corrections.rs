//! What clients see of the corrections of a document.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use common::audit::Actor;
use common::correction::{Author, Change, Correction};
use common::status::StatusRecord;

/// Everything that was put right in a document's results, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Corrections<'a> {
    corrections: Vec<CorrectionView<'a>>,
}

/// What one person put right at one time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Correction)]
struct CorrectionView<'a> {
    /// Of which processing of the document; those of earlier ones than the present have no effect any more.
    generation: u32,
    /// 1 for the first of its generation.
    revision: u32,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    corrected_at: Timestamp,
    /// Who.
    corrected_by: AuthorView<'a>,
    /// Whether the person has looked at everything.
    reviewed: bool,
    /// What was put right.
    changes: Vec<ChangeView<'a>>,
}

/// Who put something right.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Author)]
struct AuthorView<'a> {
    /// `key`, `token` or `anybody`.
    #[schema(example = "key")]
    kind: &'static str,
    /// The id of the key, or the subject of the token.
    #[schema(required, value_type = Option<String>)]
    id: Option<Cow<'a, str>>,
    /// What the operator calls the key.
    #[schema(required)]
    name: Option<&'a str>,
}

/// A value that was put right.
#[derive(Serialize, ToSchema)]
#[schema(as = Change)]
struct ChangeView<'a> {
    /// Dotted path below `invoice`.
    #[schema(example = "totals.gross")]
    field: &'a str,
    /// The value before; null when the result had none.
    #[schema(required)]
    old: Option<&'a str>,
    /// The value since; null when the document does not state it.
    #[schema(required)]
    new: Option<&'a str>,
}

impl std::fmt::Debug for ChangeView<'_> {
    /// The field alone: values are what an invoice says.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChangeView({})", self.field)
    }
}

impl<'a> From<&'a StatusRecord> for Corrections<'a> {
    fn from(record: &'a StatusRecord) -> Self {
        Self { corrections: record.corrections.iter().map(CorrectionView::from).collect() }
    }
}

impl<'a> From<&'a Correction> for CorrectionView<'a> {
    fn from(made: &'a Correction) -> Self {
        Self {
            generation: made.generation,
            revision: made.revision,
            corrected_at: made.at,
            corrected_by: (&made.by).into(),
            reviewed: made.reviewed,
            changes: made.changes.iter().map(ChangeView::from).collect(),
        }
    }
}

impl<'a> From<&'a Author> for AuthorView<'a> {
    fn from(Author { actor, name }: &'a Author) -> Self {
        let (kind, id) = match actor {
            Actor::Key(id) => ("key", Some(Cow::Owned(id.to_string()))),
            Actor::Token(subject) => ("token", Some(Cow::Borrowed(subject.as_str()))),
            Actor::Anybody => ("anybody", None),
            Actor::Operator(user) => ("operator", Some(Cow::Borrowed(user.as_str()))),
        };
        Self { kind, id, name: name.as_deref() }
    }
}

impl<'a> From<&'a Change> for ChangeView<'a> {
    fn from(Change { field, old, new }: &'a Change) -> Self {
        Self { field, old: old.as_deref(), new: new.as_deref() }
    }
}
