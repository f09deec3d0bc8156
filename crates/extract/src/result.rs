//! The published result, `invoice.extracted/1`: exact field names of the contract.
//!
//! Every value is a [`Field`]: the value, how sure, the text as read, where it stood. A field that
//! was not found is `null`, never left out, so that clients can rely on the keys.

mod field;
mod invoice;
mod verdict;

use jiff::Timestamp;
use serde::Serialize;

use common::page::{MediaType, PageSource, ReadPage};

pub use field::{Amount, Confidence, Field, Source};
pub use invoice::Buyer;
pub use invoice::{
    Charge, Invoice, InvoiceKind, Line, Party, Payment, Seller, TaxBreakdown, Totals,
};
pub use verdict::{Check, CheckStatus, Reason, Review};

/// Version of this shape, part of every result.
pub const SCHEMA: &str = common::event::EXTRACTED_SCHEMA;

/// Body of the `invoice.extracted` event and of `result` in the status view.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InvoiceExtracted {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The document's id, 64 hexadecimal digits.
    pub id: String,
    /// `blake3:<64 hexadecimal digits>` of the original.
    pub content_hash: String,
    /// Follows the request through every stage.
    pub correlation_id: String,
    /// The client's name for the document.
    pub filename: Option<String>,
    /// What the document is.
    pub media_type: MediaType,
    /// When the gateway took it.
    pub received_at: Timestamp,
    /// When this result was made.
    pub completed_at: Timestamp,
    /// How each page was read.
    pub pages: Vec<PageSummary>,
    /// What the document says.
    pub invoice: Invoice,
    /// Arithmetic and format rules, each with its outcome.
    pub checks: Vec<Check>,
    /// Whether a person has to look, and why.
    pub review: Review,
}

/// How one page was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageSummary {
    /// 1 for the first page.
    pub number: u32,
    /// Width of the upright raster, pixels.
    pub width_px: u32,
    /// Height likewise.
    pub height_px: u32,
    /// Pixels per inch of that raster.
    pub dpi: f32,
    /// Text layer, recognition or both.
    pub source: PageSource,
    /// Mean word confidence.
    pub confidence: Confidence,
    /// Clockwise quarter turn that made it upright, degrees.
    pub rotation_degrees: u16,
    /// Skew taken out, degrees, clockwise positive.
    pub skew_degrees: f32,
    /// Recognition passes.
    pub attempts: u32,
    /// Tesseract language codes used.
    pub languages: Vec<String>,
}

impl From<&ReadPage> for PageSummary {
    fn from(page: &ReadPage) -> Self {
        let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
        Self {
            number: page.geometry.number.max(1),
            width_px: page.geometry.width_px,
            height_px: page.geometry.height_px,
            dpi: finite(page.geometry.dpi),
            source: page.source,
            confidence: Confidence::new(f64::from(page.confidence)),
            rotation_degrees: page.geometry.rotation_degrees % 360 / 90 * 90,
            skew_degrees: finite(page.geometry.skew_degrees),
            attempts: page.attempts,
            languages: page.languages.clone(),
        }
    }
}
