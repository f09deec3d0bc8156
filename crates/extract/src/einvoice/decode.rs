//! From bytes to text: by byte order mark, else by what the XML declaration says, else UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::einvoice::EInvoiceError;

/// An XML declaration with all it may hold is far shorter.
const DECLARATION_BYTES: usize = 256;

/// The text of an XML file, without byte order mark.
///
/// # Errors
/// `Damaged` where the bytes are not in the encoding, or nobody knows it.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, EInvoiceError> {
    let (encoding, content) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default()),
        None => (unmarked(bytes)?, bytes),
    };
    encoding
        .decode_without_bom_handling_and_without_replacement(content)
        .ok_or(EInvoiceError::Damaged)
}

/// The encoding of a file without byte order mark.
fn unmarked(bytes: &[u8]) -> Result<&'static Encoding, EInvoiceError> {
    match bytes {
        [b'<', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let Some(label) = declared(bytes) else { return Ok(UTF_8) };
    let encoding = Encoding::for_label(label).ok_or(EInvoiceError::Damaged)?;
    // The declaration was read byte by byte, so whoever wrote UTF-16 into it did not write that.
    let contradicts_itself = encoding == UTF_16LE || encoding == UTF_16BE;
    Ok(if contradicts_itself { UTF_8 } else { encoding })
}

/// What stands between the quotes of `encoding="…"`.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b"encoding";
    let head = bytes.get(..DECLARATION_BYTES.min(bytes.len()))?;
    let head = head.strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let head = head.get(..end)?;
    let key = head.windows(KEY.len()).position(|window| window == KEY)?;
    let value = head.get(key + KEY.len()..)?.trim_ascii_start().strip_prefix(b"=")?;
    let value = value.trim_ascii_start();
    let (quote, value) = value.split_first().filter(|(quote, _)| b"\"'".contains(quote))?;
    let end = value.iter().position(|byte| byte == quote)?;
    value.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_byte_order_mark_decides() {
        assert_eq!(decode(b"\xef\xbb\xbf<a/>").unwrap(), "<a/>");
        assert_eq!(decode(&utf16("\u{feff}<ä/>", u16::to_le_bytes)).unwrap(), "<ä/>");
        assert_eq!(decode(&utf16("\u{feff}<ä/>", u16::to_be_bytes)).unwrap(), "<ä/>");
        assert_eq!(decode(&utf16("<ä/>", u16::to_be_bytes)).unwrap(), "<ä/>");
    }

    #[test]
    fn else_the_declaration_decides_and_utf_8_where_it_is_silent() {
        let latin = b"<?xml version='1.0' encoding = 'ISO-8859-1'?><a>\xe9</a>";
        assert!(decode(latin).unwrap().ends_with("<a>é</a>"));
        let windows = b"<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>\x80</a>";
        assert!(decode(windows).unwrap().ends_with("<a>€</a>"));
        let wrong = "<?xml version='1.0' encoding='UTF-16'?><a>é</a>".as_bytes();
        assert!(decode(wrong).unwrap().ends_with("<a>é</a>"));
        assert_eq!(decode("<a>é</a>".as_bytes()).unwrap(), "<a>é</a>");
    }

    #[test]
    fn bytes_that_are_not_in_their_encoding_are_damaged() {
        assert_eq!(decode(b"<a>\xe9</a>"), Err(EInvoiceError::Damaged));
        let unknown = b"<?xml version='1.0' encoding='klingon'?><a/>";
        assert_eq!(decode(unknown), Err(EInvoiceError::Damaged));
    }
}
