//! What was measured on a page, and what was done to it, before it was read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Measurements and steps of one page, as they are shown to clients and by `explain`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// Why the page's own text is not used, e.g. `too-little-text`; `None` for pages that have
    /// none (images) and for sound text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub doubt: Option<String>,
    /// Value by name; the unit ends the name (`skew_degrees`, `letter_height_px`,
    /// `impulse_share`).
    pub measurements: BTreeMap<String, f32>,
    /// In the order in which they were done; a step that a measurement did not call for is not
    /// here.
    pub steps: Vec<AppliedStep>,
}

/// A step that changed the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedStep {
    /// Name of the step, e.g. `deskew`.
    pub name: String,
    /// How much, in the unit that the step's documentation names; `None` where it has no amount.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amount: Option<f32>,
}
