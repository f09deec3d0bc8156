//! Checks and the call for a person.

use serde::Serialize;

/// Outcome of one rule. A check never changes a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// EN 16931 rule (`BR-CO-15`) or a name of ours (`iban-mod-97`).
    pub rule: &'static str,
    /// How it ended.
    pub status: CheckStatus,
    /// Why, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    /// The values agree.
    Passed,
    /// They do not.
    Failed,
    /// A value that the rule needs was not found.
    NotApplicable,
}

/// Whether a person has to look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Review {
    /// True exactly when there is a reason.
    pub required: bool,
    /// All of them.
    pub reasons: Vec<Reason>,
}

impl Review {
    /// With further reasons.
    #[must_use]
    pub fn with(mut self, reasons: Vec<Reason>) -> Self {
        self.reasons.extend(reasons);
        self.required = !self.reasons.is_empty();
        self
    }
}

/// Why a person has to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable, `snake_case`.
    pub code: &'static str,
    /// Dotted path of the field below `invoice`, where one is meant.
    pub field: Option<String>,
    /// One sentence for a person.
    pub message: String,
    /// Id of another document that it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

impl Reason {
    /// A reason that is about no single field and no other document.
    #[must_use]
    pub fn new(code: &'static str, message: String) -> Self {
        Self { code, field: None, message, document: None }
    }

    /// A reason that is about the field at `path`.
    #[must_use]
    pub fn of_field(code: &'static str, path: &str, message: String) -> Self {
        Self { field: Some(path.to_owned()), ..Self::new(code, message) }
    }
}
