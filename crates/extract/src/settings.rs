//! What an operator says about the documents read here, as an argument of extraction.

use std::sync::Arc;

use crate::hints::Hints;
use crate::own::OwnIdentity;

/// Knowledge that no document holds. The default knows nothing.
///
/// The result of a document depends on them, so a document that is processed again after they
/// changed may have another one.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Who receives the invoices.
    pub own: OwnIdentity,
    /// Where single suppliers print what.
    pub hints: Arc<Hints>,
}
