//! Why an XML file is not read as an invoice.

use thiserror::Error;

/// What is wrong with an XML file. Holds nothing of what the file says.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EInvoiceError {
    /// It is XML of another kind.
    #[error("the XML is no CII or UBL invoice")]
    NotAnInvoice,
    /// It is no well-formed XML in an encoding that it names.
    #[error("the XML is damaged")]
    Damaged,
    /// It brings a document type definition, the only place that entities can come from: files
    /// that are read from somewhere else, or texts that multiply.
    #[error("the XML has a document type definition, which no e-invoice has")]
    Forbidden,
    /// It costs more to read than an invoice does.
    #[error("the XML has too many {what}, the limit is {limit}")]
    TooComplex {
        /// What there is too much of; from a fixed set.
        what: &'static str,
        /// How many there may be.
        limit: u32,
    },
}

impl EInvoiceError {
    /// The stable code where the file is the document itself.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnInvoice => "xml_not_an_invoice",
            Self::Damaged => "xml_damaged",
            Self::Forbidden => "xml_forbidden",
            Self::TooComplex { .. } => "xml_too_complex",
        }
    }
}

impl From<roxmltree::Error> for EInvoiceError {
    /// The parser's own words quote the document and go nowhere.
    fn from(error: roxmltree::Error) -> Self {
        match error {
            roxmltree::Error::DtdDetected => Self::Forbidden,
            roxmltree::Error::NodesLimitReached => {
                Self::TooComplex { what: "nodes", limit: super::MAX_NODES }
            }
            _ => Self::Damaged,
        }
    }
}
