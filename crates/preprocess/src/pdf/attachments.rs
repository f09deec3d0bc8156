//! E-invoices attached to a PDF (Factur-X, ZUGFeRD, XRechnung).

use crate::error::PreprocessError;
use crate::pdf::ffi::Document;

/// Attachments looked at. An invoice has a handful.
const MAX_ATTACHMENTS: u32 = 256;

/// XML files carried along: the e-invoice and a few supplements.
pub(crate) const MAX_XML_FILES: usize = 8;

/// An attached file.
#[derive(Debug)]
pub(crate) struct Attached {
    /// Its name.
    pub(crate) name: String,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

/// XML files of `document`, the ones named as a standard demands first, then in their own order.
///
/// # Errors
/// [`PreprocessError::EmbeddedXmlTooLarge`].
pub(super) fn embedded_xml(
    document: &Document,
    limit: u64,
) -> Result<Vec<Attached>, PreprocessError> {
    let mut found = Vec::new();
    for index in 0..document.attachment_count().min(MAX_ATTACHMENTS) {
        let Some(attachment) = document.attachment(index) else { continue };
        let Some(name) = attachment.name() else { continue };
        let Some(rank) = rank(&name) else { continue };
        found.push((rank, index, name, attachment));
    }
    found.sort_by_key(|(rank, index, ..)| (*rank, *index));
    found.truncate(MAX_XML_FILES);

    let mut files = Vec::new();
    for (_, _, name, attachment) in found {
        let seen = attachment.len();
        if seen > limit {
            return Err(PreprocessError::EmbeddedXmlTooLarge { limit, seen });
        }
        if let Some(bytes) = attachment.bytes(seen).filter(|bytes| !bytes.is_empty()) {
            files.push(Attached { name, bytes });
        }
    }
    Ok(files)
}

/// 0 for the names that the standards prescribe, 1 for other XML, `None` for anything else.
fn rank(name: &str) -> Option<u8> {
    const STANDARD: [&str; 5] =
        ["factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml", "cii.xml"];
    let name = name.to_lowercase();
    if STANDARD.contains(&name.as_str()) { Some(0) } else { name.ends_with(".xml").then_some(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_names_come_first_whatever_their_case() {
        assert_eq!(rank("ZUGFeRD-invoice.xml"), Some(0));
        assert_eq!(rank("delivery.XML"), Some(1));
        assert_eq!(rank("terms.pdf"), None);
    }
}
