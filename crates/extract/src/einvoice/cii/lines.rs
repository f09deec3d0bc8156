//! Invoice lines (BG-25) in CII.

use super::ORDER;
use crate::einvoice::element::Element;
use crate::einvoice::terms::Terms;
use crate::result::{Confidence, Field, Line};

/// Reads the lines: not those that only head or explain others.
pub(super) fn read(items: &[Element<'_>], terms: &mut Terms) -> Vec<Line> {
    let lines = items.iter().filter(|item| is_detail(**item));
    lines.map(|item| line(*item, terms)).filter(|line| *line != Line::default()).collect()
}

/// EXTENDED knows lines that group others, whose amounts count again, and lines of information,
/// whose amounts count nowhere.
fn is_detail(item: Element<'_>) -> bool {
    let status = item.at("AssociatedDocumentLineDocument/LineStatusReasonCode");
    status.is_none_or(|status| status.says("DETAIL"))
}

fn line(item: Element<'_>, terms: &mut Terms) -> Line {
    let price = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice";
    let price = |name: &str| item.at(&format!("{price}/{name}"));
    let quantity = item.at("SpecifiedLineTradeDelivery/BilledQuantity");
    let settled = |path: &str| item.at(&format!("SpecifiedLineTradeSettlement/{path}"));
    let amount = settled("SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount");
    Line {
        description: terms.text(item.at("SpecifiedTradeProduct/Name"), "BT-153"),
        code: terms.text(item.at("SpecifiedTradeProduct/SellerAssignedID"), "BT-155"),
        unit: terms.attribute(quantity, "unitCode", "BT-130"),
        quantity: terms.amount(quantity, "BT-129"),
        unit_price: terms.price(price("ChargeAmount"), price("BasisQuantity")),
        tax_rate: terms.amount(settled("ApplicableTradeTax/RateApplicablePercent"), "BT-152"),
        net_amount: terms.amount(amount, "BT-131"),
        gross_amount: None,
    }
}

/// The order that the first line with one refers to, where the document as a whole refers to none
/// (EXTENDED, BT-X-21). It is the document's with the probability that is its share of those lines, so
/// that an invoice over several orders goes to a person.
pub(super) fn first_order(items: &[Element<'_>], terms: &Terms) -> Option<Field<String>> {
    let path = format!("SpecifiedLineTradeAgreement/{ORDER}");
    let orders: Vec<Field<String>> =
        items.iter().filter_map(|item| terms.text(item.at(&path), "BT-X-21")).collect();
    let first = orders.first()?;
    let lines = orders.iter().filter(|order| order.value == first.value).count();
    let share = lines as f64 / orders.len() as f64;
    let confidence = Confidence::new(share * first.confidence.get());
    Some(Field { confidence, ..first.clone() })
}
