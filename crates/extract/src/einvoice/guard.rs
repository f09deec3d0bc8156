//! What keeps a small file from costing much: limits on what the parser compares with each other.
//!
//! Size is limited where the file comes in (`limits.max_embedded_xml_bytes`), document type
//! definitions and nodes by the parser.

use roxmltree::Document;

use crate::einvoice::EInvoiceError;

/// Declarations of namespaces. An element that declares one gets a copy of its parent's list, so
/// the cost is their square; writers that repeat all of theirs on each line stay below.
const MAX_NAMESPACES: usize = 10_000;

/// Attributes of one element, each of which is compared with all others. The most that an
/// e-invoice has are its namespaces and a schema's location.
const MAX_ATTRIBUTES: usize = 256;

/// Elements inside each other. CII has 10, UBL with its extensions some more.
const MAX_DEPTH: u32 = 64;

/// Looks at the text before it is parsed.
///
/// # Errors
/// [`EInvoiceError::TooComplex`].
pub(super) fn check_text(text: &str) -> Result<(), EInvoiceError> {
    if text.matches("xmlns").nth(MAX_NAMESPACES).is_some() {
        return Err(too_complex("namespaces", MAX_NAMESPACES));
    }
    // No tag reaches beyond the next `<`, and each attribute has an equals sign and two quotes.
    // Text behind the tag is counted along: prose with that many of both is no loss.
    let attributes = |piece: &str| {
        let signs = piece.bytes().filter(|byte| *byte == b'=').count();
        let quotes = piece.bytes().filter(|byte| b"\"'".contains(byte)).count();
        signs.min(quotes / 2)
    };
    if text.split('<').any(|piece| attributes(piece) > MAX_ATTRIBUTES) {
        return Err(too_complex("attributes", MAX_ATTRIBUTES));
    }
    Ok(())
}

/// Looks at the tree before anybody climbs it.
///
/// # Errors
/// [`EInvoiceError::TooComplex`].
pub(super) fn check_depth(document: &Document<'_>) -> Result<(), EInvoiceError> {
    let mut depth = 0;
    let mut here = document.root();
    loop {
        if let Some(child) = here.first_child() {
            depth += 1;
            if depth > MAX_DEPTH {
                return Err(EInvoiceError::TooComplex { what: "levels", limit: MAX_DEPTH });
            }
            here = child;
            continue;
        }
        while here.next_sibling().is_none() {
            let Some(parent) = here.parent() else { return Ok(()) };
            depth = depth.saturating_sub(1);
            here = parent;
        }
        let Some(next) = here.next_sibling() else { return Ok(()) };
        here = next;
    }
}

fn too_complex(what: &'static str, limit: usize) -> EInvoiceError {
    EInvoiceError::TooComplex { what, limit: u32::try_from(limit).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::einvoice::read;

    fn refused_for(xml: &str) -> &'static str {
        match read(xml.as_bytes()) {
            Err(EInvoiceError::TooComplex { what, .. }) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_an_invoice_does_not_need_is_refused_in_bounded_time() {
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert_eq!(refused_for(&deep), "levels");
        let wide = format!("<a>{}</a>", "<b/>".repeat(600_000));
        assert_eq!(refused_for(&wide), "nodes");
        let names: String = (0..20_000).map(|n| format!(" xmlns:n{n}='u{n}'")).collect();
        assert_eq!(refused_for(&format!("<a{names}/>")), "namespaces");
        let attributes: String = (0..20_000).map(|n| format!(" n{n} = 'v'")).collect();
        assert_eq!(refused_for(&format!("<a{attributes}/>")), "attributes");
    }

    #[test]
    fn rules_of_equals_signs_are_no_attributes() {
        check_text(&format!("<!-- {} --><a>{}</a>", "=".repeat(500), "'".repeat(500))).unwrap();
    }
}
