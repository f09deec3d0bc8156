//! Recognising XML by its first bytes, in any encoding, and telling invoices from what browsers show.

/// Bytes of a file that are looked at: prologs hold long comments.
const HEAD_BYTES: usize = 64 * 1024;

/// Root elements of e-invoices: UN/CEFACT CII, ZUGFeRD 1, UBL. They count without an XML declaration
/// too.
const INVOICES: [&str; 4] =
    ["CrossIndustryInvoice", "CrossIndustryDocument", "Invoice", "CreditNote"];

/// Root elements of XML that is looked at, not processed.
const SHOWN: [&str; 2] = ["html", "svg"];

/// Whether `bytes` are an XML document that may be an invoice; whether it is one is for who parses
/// it.
pub(super) fn is_xml(bytes: &[u8]) -> bool {
    let text = ascii(bytes);
    let root = root(&text);
    if text.starts_with("<?xml") {
        return root.is_none_or(|root| !SHOWN.iter().any(|name| root.eq_ignore_ascii_case(name)));
    }
    root.is_some_and(|root| INVOICES.contains(&root))
}

/// The ASCII characters of the first bytes, which is all that a prolog's markup has, and something that is no
/// markup for others: without byte order marks and the zeros of UTF-16.
fn ascii(bytes: &[u8]) -> String {
    let mut head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let mut marked = false;
    // There are programs that put a mark before text that has one; parsers forgive it.
    loop {
        head = match head {
            [0xEF, 0xBB, 0xBF, rest @ ..] => rest,
            [0xFF, 0xFE, rest @ ..] | [0xFE, 0xFF, rest @ ..] => {
                marked = true;
                rest
            }
            _ => break,
        };
    }
    let wide = marked || matches!(head, [b'<', 0, ..] | [0, b'<', ..]);
    let kept = head.iter().filter(|byte| !(wide && **byte == 0));
    let character = |byte: &u8| match byte.is_ascii() {
        true => char::from(*byte),
        false => char::REPLACEMENT_CHARACTER,
    };
    kept.map(character).collect()
}

/// The local name of the root element.
fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_ascii_start();
    loop {
        let tag = rest.strip_prefix('<')?;
        let after = if let Some(comment) = tag.strip_prefix("!--") {
            comment.split_once("-->")?.1
        } else if let Some(instruction) = tag.strip_prefix('?') {
            instruction.split_once("?>")?.1
        } else if tag.starts_with('!') {
            // The first name of a document type is that of the root element.
            let name = tag.split_ascii_whitespace().nth(1)?;
            return Some(name.trim_end_matches(['>', '[']));
        } else {
            let name = tag.split(|c: char| c.is_ascii_whitespace() || "/>".contains(c)).next()?;
            return Some(name.split_once(':').map_or(name, |(_, local)| local));
        };
        rest = after.trim_ascii_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_recognised_in_any_encoding() {
        let declared = "<?xml version=\"1.0\"?>\n<rsm:CrossIndustryInvoice xmlns:rsm=\"u\">é";
        assert!(is_xml(declared.as_bytes()));
        assert!(is_xml(format!("\u{feff}{declared}").as_bytes()));
        assert!(is_xml(format!("\u{feff}\u{feff}{declared}").as_bytes()));
        let wide = |order: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
            text.encode_utf16().flat_map(order).collect()
        };
        assert!(is_xml(&wide(u16::to_le_bytes, &format!("\u{feff}{declared}"))));
        assert!(is_xml(&wide(u16::to_be_bytes, declared)));
        assert!(is_xml(b"<?xml version='1.0'?><!-- never ends"));
    }

    #[test]
    fn without_a_declaration_the_root_element_has_to_be_that_of_an_invoice() {
        assert!(is_xml(b" <!-- kept --> <Invoice xmlns='u'/>"));
        assert!(is_xml(b"<ubl:CreditNote>"));
        assert!(is_xml("<?note é>?><Invoice xmlns='u'/>".as_bytes()));
        assert!(!is_xml(b"<order/>"));
        assert!(!is_xml(b"Invoice"));
        assert!(!is_xml(b"\xef\xbb\xbfInvoice"));
        assert!(!is_xml(b""));
    }

    #[test]
    fn what_browsers_show_is_no_document() {
        assert!(!is_xml(b"<?xml version='1.0'?><svg xmlns='u'/>"));
        assert!(!is_xml(b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html/>"));
        assert!(!is_xml(b"<!DOCTYPE html><html>"));
        assert!(is_xml(b"<?xml version='1.0'?><!DOCTYPE bomb [<!ENTITY a 'b'>]><bomb/>"));
    }
}
