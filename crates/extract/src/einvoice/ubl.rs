//! OASIS UBL 2.1, invoice and credit note: XRechnung, Peppol BIS. Where each business term stands.

mod lines;
mod party;
mod settlement;

use crate::einvoice::element::Element;
use crate::einvoice::kind::of_code;
use crate::einvoice::party_terms::{BUYER, SELLER};
use crate::einvoice::profile::Profile;
use crate::einvoice::terms::{Terms, stated};
use crate::einvoice::{EInvoice, describe};
use crate::result::{Buyer, Field, Invoice, InvoiceKind};

/// Namespace of the root elements, up to their names.
pub(super) const NAMESPACE: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// Reads the root element of an invoice or credit note. What is missing stays empty: a schema is
/// not enforced.
pub(super) fn read(root: Element<'_>) -> EInvoice {
    let mut terms = Terms::default();
    let is_credit_note = root.name() == "CreditNote";
    let type_code = root.at(if is_credit_note { "CreditNoteTypeCode" } else { "InvoiceTypeCode" });
    let kind = type_code.and_then(Element::text).map(|code| {
        let kind = if is_credit_note { InvoiceKind::CreditNote } else { of_code(code.trim()) };
        stated(kind, &code, "BT-3")
    });
    let lines = lines::read(root, is_credit_note, &mut terms);
    let settled = settlement::read(root, &mut terms);
    let seller = root.at("AccountingSupplierParty/Party");
    let buyer = root.at("AccountingCustomerParty/Party");
    let due = root.at("DueDate").or_else(|| root.at("PaymentMeans/PaymentDueDate"));
    let invoice = Invoice {
        kind,
        number: terms.text(root.at("ID"), "BT-1"),
        issue_date: terms.date(root.at("IssueDate"), "BT-2"),
        due_date: terms.date(due, "BT-9"),
        delivery_date: terms.date(root.at("Delivery/ActualDeliveryDate"), "BT-72"),
        currency: settled.currency,
        purchase_order: terms.text(root.at("OrderReference/ID"), "BT-13"),
        description: describe(&lines),
        seller: party::read(seller, &SELLER, &mut terms),
        buyer: Buyer {
            party: party::read(buyer, &BUYER, &mut terms),
            customer_number: customer_number(buyer, &terms),
        },
        payment: settled.payment,
        totals: settled.totals,
        tax_breakdown: settled.tax_breakdown,
        // Charges of EN 16931 are inside the total without VAT, those without VAT too.
        charges: Vec::new(),
        lines,
    };
    let guideline = root.at("CustomizationID").and_then(Element::text).unwrap_or_default();
    EInvoice {
        invoice,
        profile: Profile::of_guideline(&guideline, false),
        unreadable: terms.unreadable,
        sums: settled.sums,
    }
}

/// Identifiers of a register of the world, such as a GLN, have a scheme; the seller's own have none.
fn customer_number(buyer: Option<Element<'_>>, terms: &Terms) -> Option<Field<String>> {
    let ids = buyer?.all("PartyIdentification/ID");
    terms.text(ids.into_iter().find(|id| id.attribute("schemeID").is_none()), "BT-46")
}
