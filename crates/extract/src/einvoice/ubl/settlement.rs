//! Money in UBL: currency, payment, VAT by rate, totals.

use crate::einvoice::element::Element;
use crate::einvoice::sums::Sums;
use crate::einvoice::terms::{Terms, in_currency};
use crate::result::{Field, Payment, TaxBreakdown, Totals};

/// What an invoice says about money.
pub(super) struct Settlement {
    pub(super) currency: Option<Field<String>>,
    pub(super) payment: Payment,
    pub(super) totals: Totals,
    pub(super) tax_breakdown: Vec<TaxBreakdown>,
    pub(super) sums: Sums,
}

/// Reads it below the root element.
pub(super) fn read(root: Element<'_>, terms: &mut Terms) -> Settlement {
    let currency = terms.listed(root.at("DocumentCurrencyCode"), 3, "BT-5");
    let code = currency.as_ref().map(|field| field.value.as_str());
    let mut total = |path: &str, term| terms.amount(in_currency(root.all(path), code), term);
    let sums = Sums {
        lines: total("LegalMonetaryTotal/LineExtensionAmount", "BT-106"),
        allowances: total("LegalMonetaryTotal/AllowanceTotalAmount", "BT-107"),
        charges: total("LegalMonetaryTotal/ChargeTotalAmount", "BT-108"),
    };
    let totals = Totals {
        net: total("LegalMonetaryTotal/TaxExclusiveAmount", "BT-109"),
        tax: total("TaxTotal/TaxAmount", "BT-110"),
        gross: total("LegalMonetaryTotal/TaxInclusiveAmount", "BT-112"),
        prepaid: total("LegalMonetaryTotal/PrepaidAmount", "BT-113"),
        rounding: total("LegalMonetaryTotal/PayableRoundingAmount", "BT-114"),
        due: total("LegalMonetaryTotal/PayableAmount", "BT-115"),
    };
    // The total in the currency of account has no parts.
    let parts = root.all("TaxTotal/TaxSubtotal").into_iter();
    let tax_breakdown = parts
        .map(|part| TaxBreakdown {
            rate: terms.amount(part.at("TaxCategory/Percent"), "BT-119"),
            base: terms.amount(in_currency(part.all("TaxableAmount"), code), "BT-116"),
            amount: terms.amount(in_currency(part.all("TaxAmount"), code), "BT-117"),
        })
        .collect();
    Settlement { payment: payment(root, terms), tax_breakdown, currency, totals, sums }
}

fn payment(root: Element<'_>, terms: &Terms) -> Payment {
    let account = "PaymentMeans/PayeeFinancialAccount";
    let branch = root.at(&format!("{account}/FinancialInstitutionBranch/ID"));
    let notes = root.all("PaymentTerms/Note");
    Payment {
        iban: terms.iban(root.all(&format!("{account}/ID")), "BT-84"),
        bic: terms.code(branch, "BT-86"),
        reference: terms.text(root.at("PaymentMeans/PaymentID"), "BT-83"),
        terms: terms.block(notes.into_iter().map(Element::text), "BT-20"),
    }
}
