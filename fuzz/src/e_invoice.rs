//! Any file, read as an e-invoice.

use common::page::{MediaType, ReadDocument};
use extract::einvoice::{Attached, EInvoiceError, read};
use extract::settings::Settings;

use crate::outcome;

/// A document type definition, as bombs and files that read other files have.
const DEFINITION: &str = "<!DOCTYPE a [<!ENTITY b 'c'>]>";

/// An invoice gives a legal result, is taken at the door, and is none with a definition before it.
pub fn e_invoice(bytes: &[u8]) {
    let Ok(invoice) = read(bytes) else { return };
    // Between wide characters, which have zeros, the definition would be damage.
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\0')
    {
        assert_eq!(MediaType::sniff(bytes), Some(MediaType::Xml));
        let mark = text.len() - text.trim_start_matches('\u{feff}').len();
        let declared = text[mark..].starts_with("<?xml");
        let prolog = if declared { text.find("?>").map_or(mark, |at| at + 2) } else { mark };
        let defined = [&text[..prolog], DEFINITION, &text[prolog..]].concat();
        assert_eq!(read(defined.as_bytes()), Err(EInvoiceError::Forbidden));
    }
    let document = ReadDocument { pages: Vec::new(), embedded_xml: Vec::new() };
    let attached = Attached::Invoice(Box::new(invoice));
    outcome::extract_and_check(&document, &attached, &Settings::default());
}
