//! What an operator says about the documents read here, as an argument of extraction.

use std::sync::Arc;

use crate::hints::Hints;
use crate::own::OwnIdentity;

/// Knowledge that no document holds. The default knows nothing.
///
/// The result of a document depends on them, so a document that is processed again after they
/// changed may have another one.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who receives the invoices.
    pub own: OwnIdentity,
    /// Where single suppliers print what.
    pub hints: Arc<Hints>,
    /// Probability, 0 to 1, below which the header's values are not believed together and a person
    /// is asked.
    pub review_below: f64,
}

/// As `extract.review_below` in `config.default.toml`.
const REVIEW_BELOW: f64 = 0.5;

impl Default for Settings {
    fn default() -> Self {
        Self { own: OwnIdentity::default(), hints: Arc::default(), review_below: REVIEW_BELOW }
    }
}
