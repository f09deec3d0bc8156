//! What was decided among which options: for `explain`, and for learning the weights.

use std::cell::RefCell;

use serde::Serialize;

use common::page::BoundingBox;

use crate::evidence::{Clue, Evidence};
use crate::layout::Place;

/// A decision on one field, or on several that depend on each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// The fields, by the names of their sections in `data/weights.toml`, e.g. `net`, `tax`,
    /// `gross`.
    pub fields: Vec<&'static str>,
    /// Every place that was considered, of all fields.
    pub options: Vec<Considered>,
    /// Values that were compared together, with what speaks for the combination; empty for a
    /// single field, whose options are compared with each other and with "not shown".
    pub combinations: Vec<Combination>,
    /// What was chosen for each field, with its probability.
    pub chosen: Vec<Option<Chosen>>,
}

/// A place that may show a field's value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Considered {
    /// Index in [`Decision::fields`].
    pub field: usize,
    /// The value in its published form.
    pub value: String,
    /// 1 for the first page.
    pub page: u32,
    /// Fractions of the upright page.
    #[serde(rename = "box")]
    pub bbox: BoundingBox,
    /// Lowest confidence of its words, 0 to 1.
    pub reading: f32,
    /// Log-odds by the weights in use; 0 is as likely as "not shown".
    pub logit: f64,
    /// What speaks for and against it, with sizes.
    pub clues: Vec<(Clue, f32)>,
}

/// One value (or none) for each field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Combination {
    /// In the order of [`Decision::fields`].
    pub values: Vec<Option<String>>,
    /// What speaks for and against the values together.
    pub clues: Vec<(Clue, f32)>,
}

/// The outcome for one field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// The value in its published form.
    pub value: String,
    /// Its share among all that was considered, 0 to 1.
    pub probability: f64,
}

impl Considered {
    /// The option `value` at `place` for the field `section` of the weights.
    pub(crate) fn new(
        (field, section): (usize, &str),
        value: String,
        place: &Place,
        evidence: &Evidence,
    ) -> Self {
        Self {
            field,
            value,
            page: place.page,
            bbox: place.bbox,
            reading: place.confidence,
            logit: evidence.logit(section),
            clues: evidence.clues().to_vec(),
        }
    }
}

/// Keeps decisions where somebody wants to see them, and costs nothing where nobody does.
#[derive(Debug, Default)]
pub(crate) struct Tracer(Option<RefCell<Vec<Decision>>>);

impl Tracer {
    /// A tracer that keeps what it is told.
    pub(crate) fn keeping() -> Self {
        Self(Some(RefCell::default()))
    }

    pub(crate) fn record(&self, decision: impl FnOnce() -> Decision) {
        if let Some(kept) = &self.0 {
            kept.borrow_mut().push(decision());
        }
    }

    pub(crate) fn into_decisions(self) -> Vec<Decision> {
        self.0.map(RefCell::into_inner).unwrap_or_default()
    }
}
