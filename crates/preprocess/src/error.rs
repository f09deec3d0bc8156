//! What can be wrong with a document, or with this installation, while pages are made.

use common::error::{ErrorKind, StageError};
use common::worker::Fault;
use thiserror::Error;

/// A document that cannot be turned into pages, or a worker that cannot work.
///
/// Holds sizes and limits only, never content of the document.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum PreprocessError {
    /// The document needs a password to be opened.
    #[error("the document is encrypted and needs a password")]
    DocumentEncrypted,
    /// The document cannot be parsed.
    #[error("the document is damaged: {reason}")]
    DocumentDamaged {
        /// What could not be read; from a fixed set.
        reason: &'static str,
    },
    /// One page of a document cannot be parsed.
    #[error("page {page} of the document is damaged: {reason}")]
    PageDamaged {
        /// 1 for the first page.
        page: u32,
        /// What could not be read; from a fixed set.
        reason: &'static str,
    },
    /// No bytes, or a document without pages.
    #[error("the document has no pages")]
    NoPages,
    /// More pages than allowed.
    #[error("the document has {seen} pages, the limit is {limit}")]
    TooManyPages {
        /// `limits.max_pages`.
        limit: u32,
        /// Pages of the document.
        seen: u32,
    },
    /// A page or an image on it with more pixels than allowed.
    #[error(
        "page {page} has {width_px} x {height_px} pixels, \
         the limits are {max_pixels} pixels and {max_side_px} a side"
    )]
    PageTooLarge {
        /// 1 for the first page.
        page: u32,
        /// Width seen, pixels.
        width_px: u64,
        /// Height seen, pixels.
        height_px: u64,
        /// `limits.max_page_pixels`.
        max_pixels: u64,
        /// `limits.max_page_side_px`.
        max_side_px: u32,
    },
    /// All rasters of a document together with more pixels than allowed.
    #[error("the document has at least {seen} pixels to be recognised, the limit is {limit}")]
    TooManyPixels {
        /// `limits.max_document_pixels`.
        limit: u64,
        /// Pixels up to the page with which the limit was passed.
        seen: u64,
    },
    /// A PDF page whose paper is larger than the format allows.
    #[error("page {page} measures {width_pt} x {height_pt} points, the limit is {limit_pt} a side")]
    PaperTooLarge {
        /// 1 for the first page.
        page: u32,
        /// Width seen, points.
        width_pt: f32,
        /// Height seen, points.
        height_pt: f32,
        /// Largest side, points.
        limit_pt: f32,
    },
    /// A JPEG or PNG that cannot be decoded to its end.
    #[error("the image is damaged: {reason}")]
    ImageDamaged {
        /// What could not be read; from a fixed set.
        reason: &'static str,
    },
    /// A JPEG or PNG of a legal kind that is not read here.
    #[error("the image is of a kind that is not supported: {kind}")]
    UnsupportedImage {
        /// The kind; from a fixed set.
        kind: &'static str,
    },
    /// An e-invoice above the limit, inside a document or by itself.
    #[error("an e-invoice has {seen} bytes, the limit is {limit}")]
    EmbeddedXmlTooLarge {
        /// `limits.max_embedded_xml_bytes`.
        limit: u64,
        /// Bytes of the e-invoice.
        seen: u64,
    },
    /// PDFium is not there, or not the expected version.
    #[error(
        "libpdfium.so cannot be loaded ({reason}); run scripts/setup or set worker.pdfium_library"
    )]
    LibraryMissing {
        /// Where it was looked for, or what the dynamic loader said.
        reason: String,
    },
    /// A native library refused what should have worked.
    #[error("{library} failed: {reason}")]
    Native {
        /// Which library.
        library: &'static str,
        /// What it said; about sizes and types, never about content.
        reason: String,
    },
    /// A page was asked for that no open document has: a bug of the caller.
    #[error("page {page} was asked for, {count} pages are open")]
    NoSuchPage {
        /// Page asked for.
        page: u32,
        /// Pages of the open document; 0 when none is open.
        count: u32,
    },
}

impl PreprocessError {
    /// Who is at fault, and the stable code: the only place that decides it.
    #[must_use]
    pub fn classify(&self) -> (ErrorKind, &'static str) {
        use ErrorKind::{Internal, Rejected};
        match self {
            Self::DocumentEncrypted => (Rejected, "document_encrypted"),
            Self::DocumentDamaged { .. } | Self::PageDamaged { .. } => {
                (Rejected, "document_damaged")
            }
            Self::NoPages => (Rejected, "document_empty"),
            Self::TooManyPages { .. } => (Rejected, "too_many_pages"),
            Self::TooManyPixels { .. } => (Rejected, "too_many_pixels"),
            Self::PageTooLarge { .. } | Self::PaperTooLarge { .. } => (Rejected, "page_too_large"),
            Self::ImageDamaged { .. } => (Rejected, "image_damaged"),
            Self::UnsupportedImage { .. } => (Rejected, "image_unsupported"),
            Self::EmbeddedXmlTooLarge { .. } => (Rejected, "embedded_xml_too_large"),
            Self::LibraryMissing { .. } => (Internal, "library_missing"),
            Self::Native { .. } => (Internal, "native_library_failed"),
            Self::NoSuchPage { .. } => (Internal, "no_such_page"),
        }
    }
}

impl From<PreprocessError> for StageError {
    fn from(error: PreprocessError) -> Self {
        let (kind, code) = error.classify();
        Self { kind, code: code.into(), message: error.to_string() }
    }
}

impl From<PreprocessError> for Fault {
    fn from(error: PreprocessError) -> Self {
        let (kind, code) = error.classify();
        Self { kind, code: code.to_owned(), message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_at_fault_for_what_it_contains_and_only_for_that() {
        let rejected = PreprocessError::TooManyPages { limit: 200, seen: 10_000 };
        let internal = PreprocessError::LibraryMissing { reason: String::new() };
        assert_eq!(rejected.classify(), (ErrorKind::Rejected, "too_many_pages"));
        assert_eq!(internal.classify(), (ErrorKind::Internal, "library_missing"));
    }

    #[test]
    fn a_message_names_limit_and_value() {
        let error: StageError = PreprocessError::TooManyPages { limit: 200, seen: 10_000 }.into();
        assert!(error.message.contains("200") && error.message.contains("10000"), "{error}");
    }
}
