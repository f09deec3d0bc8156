//! UN/CEFACT Cross Industry Invoice: Factur-X, ZUGFeRD, XRechnung. Where each business term stands.

mod lines;
mod party;
mod settlement;

use crate::einvoice::element::{Element, Names};
use crate::einvoice::kind::of_code;
use crate::einvoice::party_terms::{BUYER, SELLER};
use crate::einvoice::profile::Profile;
use crate::einvoice::terms::{Terms, stated};
use crate::einvoice::{EInvoice, describe};
use crate::result::{Buyer, Invoice};

/// Namespace of the root element, up to its version.
pub(super) const NAMESPACE: &str = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:";

/// Reads the root element of an invoice. What is missing stays empty: a schema is not enforced.
pub(super) fn read(root: Element<'_>) -> EInvoice {
    let mut terms = Terms::default();
    let document = root.at("ExchangedDocument");
    let transaction = root.at("SupplyChainTradeTransaction");
    let part = |name| transaction.and_then(|transaction| transaction.at(name));
    let agreement = part("ApplicableHeaderTradeAgreement");
    let delivery = part("ApplicableHeaderTradeDelivery");
    let settlement = part("ApplicableHeaderTradeSettlement");

    let settled = settlement::read(settlement, &mut terms);
    let items = transaction.map(|t| t.all("IncludedSupplyChainTradeLineItem")).unwrap_or_default();
    let lines = lines::read(&items, &mut terms);
    let seller = agreement.and_then(|a| a.at("SellerTradeParty"));
    let buyer = agreement.and_then(|a| a.at("BuyerTradeParty"));
    let invoice = Invoice {
        kind: text_at(document, "TypeCode").map(|code| stated(of_code(code.trim()), &code, "BT-3")),
        number: terms.text(at(document, "ID"), "BT-1"),
        issue_date: terms.date(at(document, "IssueDateTime/DateTimeString"), "BT-2"),
        due_date: settled.due_date,
        delivery_date: terms.date(
            at(delivery, "ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString"),
            "BT-72",
        ),
        currency: settled.currency,
        purchase_order: terms
            .text(at(agreement, ORDER), "BT-13")
            .or_else(|| lines::first_order(&items, &terms)),
        description: describe(&lines),
        seller: party::read(seller, &SELLER, &mut terms),
        buyer: Buyer {
            party: party::read(buyer, &BUYER, &mut terms),
            customer_number: terms.text(at(buyer, "ID"), "BT-46"),
        },
        payment: settled.payment,
        totals: settled.totals,
        tax_breakdown: settled.tax_breakdown,
        // Charges of EN 16931 are inside the total without VAT, those without VAT too.
        charges: Vec::new(),
        lines,
    };
    let guideline = "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID";
    let guideline = text_at(Some(root), guideline).unwrap_or_default();
    EInvoice {
        invoice,
        profile: Profile::of_guideline(&guideline, root.names() == Names::Zugferd1),
        unreadable: terms.unreadable,
        sums: settled.sums,
    }
}

/// The order that a document or line refers to, below its agreement.
const ORDER: &str = "BuyerOrderReferencedDocument/IssuerAssignedID";

fn at<'a>(element: Option<Element<'a>>, path: &str) -> Option<Element<'a>> {
    element.and_then(|element| element.at(path))
}

fn text_at(element: Option<Element<'_>>, path: &str) -> Option<String> {
    at(element, path).and_then(Element::text)
}
