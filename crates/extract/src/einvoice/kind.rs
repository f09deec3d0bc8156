//! BT-3, the type of a document, by UNTDID 1001.

use crate::result::InvoiceKind;

/// Types that EN 16931 counts among credit notes: its subset of the list for them.
const CREDIT_NOTES: [&str; 11] =
    ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"];

/// What a document of type `code` is; every other type of the list asks for payment (380, 384,
/// 389, 326, 751 and so on).
pub(super) fn of_code(code: &str) -> InvoiceKind {
    if CREDIT_NOTES.contains(&code) { InvoiceKind::CreditNote } else { InvoiceKind::Invoice }
}
