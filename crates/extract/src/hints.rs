//! Rules for single suppliers, written by the operator: where a field stands on this firm's
//! invoices, where the search by clues does not find it.
//!
//! `parse` turns the text of a hints file into rules and says what is wrong with it (`error`),
//! `field` is what may be told, `supplier` finds the firm that a document is from, and `apply` looks
//! for the values on the page. A rule that finds nothing leaves what was found without it.

mod apply;
mod error;
mod field;
mod parse;
mod supplier;

use regex::Regex;

pub use error::{FieldProblem, HintsError, SupplierProblem};

pub(crate) use field::HintField;

/// The rules of a hints file. The default has none.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    suppliers: Vec<Supplier>,
}

impl Hints {
    /// Number of suppliers with rules.
    #[must_use]
    pub fn suppliers(&self) -> usize {
        self.suppliers.len()
    }
}

/// One firm and what is known about its invoices.
#[derive(Clone, Debug)]
pub(crate) struct Supplier {
    /// Upper case, letters and digits only.
    vat_id: Option<String>,
    /// Folded words of the name; empty without one.
    name: Vec<String>,
    rules: Vec<(HintField, Rule)>,
}

/// How one field is found.
#[derive(Clone, Debug)]
enum Rule {
    /// The group of an expression that is looked for in each row of the pages.
    Regex(Regex),
    /// What stands beside a text.
    Label(Anchor),
    /// The same on each invoice.
    Fixed(String),
}

/// A text on the page and where the value stands, seen from it.
#[derive(Clone, Debug, PartialEq)]
struct Anchor {
    /// Folded words.
    label: Vec<String>,
    side: Side,
    /// How far the value may stand from the label, in heights of its text.
    reach: f32,
}

/// Where a value stands, seen from its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Right,
    Below,
}
