//! A published result (`invoice.extracted/1`) in the forms that other programs take: its lines as CSV,
//! the invoice as OASIS UBL 2.1 or as UN/CEFACT CII, both after EN 16931.
//!
//! Pure: text in, text out. The whole interface is [`export`]:
//!
//! ```text
//! export(result: &str, format: Format) -> Result<Export, ExportError>
//! Export { text: String, gaps: Vec<Gap> }        Export::is_complete()
//! Format::{Csv, Ubl, Cii}                        media_type(), extension(), FromStr, Display
//! ```
//!
//! `document` is the result as it is published, `model` the invoice in the terms of EN 16931. `derive`
//! makes the second of the first and takes nothing that the document does not say; `rules` lists what the
//! standard asks for beyond that. `csv` writes the first, `ubl` and `cii` the second, through the elements
//! of `xml`. docs/exports.md tells which business term comes from where.

mod amount;
mod cii;
mod codes;
mod csv;
mod derive;
mod document;
mod format;
mod gap;
mod model;
mod rules;
mod ubl;
mod units;
mod xml;

pub use csv::COLUMNS;
pub use document::ExportError;
pub use format::{Format, UnknownFormat};
pub use gap::{Gap, Why};

use document::Document;

/// A result in another form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The whole file, UTF-8.
    pub text: String,
    /// What EN 16931 asks for and the result does not give, document first, then lines. CSV has none.
    pub gaps: Vec<Gap>,
}

impl Export {
    /// Whether the file is all that its format asks for. One that is not says what the document says, and
    /// a program that checks it will refuse it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// Writes the published result `result`, JSON text, as `format`.
///
/// # Errors
/// [`ExportError`]: it is no result, or one of another version.
pub fn export(result: &str, format: Format) -> Result<Export, ExportError> {
    let document = Document::read(result)?;
    if format == Format::Csv {
        return Ok(Export { text: csv::write(&document), gaps: Vec::new() });
    }
    let (model, mut gaps) = derive::model(&document.invoice);
    gaps.extend(rules::gaps(&model));
    let root = if format == Format::Ubl { ubl::invoice(&model) } else { cii::invoice(&model) };
    Ok(Export { text: xml::write(&root), gaps: gap::summed_up(gaps) })
}
