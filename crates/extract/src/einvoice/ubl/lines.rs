//! Invoice lines (BG-25) in UBL.

use crate::einvoice::element::Element;
use crate::einvoice::terms::Terms;
use crate::result::Line;

/// Reads the lines. Lines inside lines, an extension of XRechnung, explain what the outer one
/// counts.
pub(super) fn read(root: Element<'_>, is_credit_note: bool, terms: &mut Terms) -> Vec<Line> {
    let (name, quantity) = if is_credit_note {
        ("CreditNoteLine", "CreditedQuantity")
    } else {
        ("InvoiceLine", "InvoicedQuantity")
    };
    let lines = root.all(name).into_iter().map(|item| line(item, quantity, terms));
    lines.filter(|line| *line != Line::default()).collect()
}

fn line(item: Element<'_>, quantity: &str, terms: &mut Terms) -> Line {
    let quantity = item.at(quantity);
    Line {
        description: terms.text(item.at("Item/Name"), "BT-153"),
        code: terms.text(item.at("Item/SellersItemIdentification/ID"), "BT-155"),
        unit: terms.attribute(quantity, "unitCode", "BT-130"),
        quantity: terms.amount(quantity, "BT-129"),
        unit_price: terms.price(item.at("Price/PriceAmount"), item.at("Price/BaseQuantity")),
        tax_rate: terms.amount(item.at("Item/ClassifiedTaxCategory/Percent"), "BT-152"),
        net_amount: terms.amount(item.at("LineExtensionAmount"), "BT-131"),
        gross_amount: None,
    }
}
