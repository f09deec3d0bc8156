//! Money in CII: currency, payment, VAT by rate, totals.

use jiff::civil::Date;

use super::at;
use crate::einvoice::element::Element;
use crate::einvoice::sums::Sums;
use crate::einvoice::terms::{Terms, in_currency};
use crate::result::{Field, Payment, TaxBreakdown, Totals};

/// What the settlement of an invoice says.
#[derive(Default)]
pub(super) struct Settlement {
    pub(super) currency: Option<Field<String>>,
    pub(super) due_date: Option<Field<Date>>,
    pub(super) payment: Payment,
    pub(super) totals: Totals,
    pub(super) tax_breakdown: Vec<TaxBreakdown>,
    pub(super) sums: Sums,
}

/// Reads the settlement.
pub(super) fn read(settlement: Option<Element<'_>>, terms: &mut Terms) -> Settlement {
    let Some(settlement) = settlement else { return Settlement::default() };
    let currency = terms.listed(settlement.at("InvoiceCurrencyCode"), 3, "BT-5");
    let code = currency.as_ref().map(|field| field.value.as_str());
    let summation = settlement.at("SpecifiedTradeSettlementHeaderMonetarySummation");
    let mut total = |name, term| {
        let all = summation.map(|s| s.all(name)).unwrap_or_default();
        terms.amount(in_currency(all, code), term)
    };
    let sums = Sums {
        lines: total("LineTotalAmount", "BT-106"),
        allowances: total("AllowanceTotalAmount", "BT-107"),
        charges: total("ChargeTotalAmount", "BT-108"),
    };
    let totals = Totals {
        net: total("TaxBasisTotalAmount", "BT-109"),
        tax: total("TaxTotalAmount", "BT-110"),
        gross: total("GrandTotalAmount", "BT-112"),
        prepaid: total("TotalPrepaidAmount", "BT-113"),
        rounding: total("RoundingAmount", "BT-114"),
        due: total("DuePayableAmount", "BT-115"),
    };
    let conditions = settlement.all("SpecifiedTradePaymentTerms");
    Settlement {
        due_date: due_date(&conditions, terms),
        payment: payment(settlement, &conditions, terms),
        tax_breakdown: breakdown(settlement, code, terms),
        currency,
        totals,
        sums,
    }
}

/// Terms that grant a discount have an earlier day, on which nothing is due yet.
fn due_date(conditions: &[Element<'_>], terms: &mut Terms) -> Option<Field<Date>> {
    const DUE: &str = "DueDateDateTime/DateTimeString";
    let dated = || conditions.iter().filter(|c| c.at(DUE).is_some());
    let discount = |c: &&Element<'_>| c.at("ApplicableTradePaymentDiscountTerms").is_some();
    let chosen = dated().find(|c| !discount(c)).or_else(|| dated().next());
    terms.date(chosen.and_then(|c| c.at(DUE)), "BT-9")
}

fn payment(settlement: Element<'_>, conditions: &[Element<'_>], terms: &mut Terms) -> Payment {
    let means =
        |path: &str| settlement.all(&format!("SpecifiedTradeSettlementPaymentMeans/{path}"));
    let accounts = means("PayeePartyCreditorFinancialAccount/IBANID").into_iter();
    let others = means("PayeePartyCreditorFinancialAccount/ProprietaryID");
    let bank = means("PayeeSpecifiedCreditorFinancialInstitution/BICID").into_iter().next();
    let described = conditions.iter().map(|c| c.at("Description").and_then(Element::text));
    Payment {
        iban: terms.iban(accounts.chain(others), "BT-84"),
        bic: terms.code(bank, "BT-86"),
        reference: terms.text(settlement.at("PaymentReference"), "BT-83"),
        terms: terms.block(described, "BT-20"),
    }
}

fn breakdown(
    settlement: Element<'_>,
    currency: Option<&str>,
    terms: &mut Terms,
) -> Vec<TaxBreakdown> {
    let taxes = settlement.all("ApplicableTradeTax").into_iter();
    taxes
        .filter(|tax| tax.at("TypeCode").is_none_or(|kind| kind.says("VAT")))
        .map(|tax| TaxBreakdown {
            rate: terms.amount(at(Some(tax), "RateApplicablePercent"), "BT-119"),
            base: terms.amount(in_currency(tax.all("BasisAmount"), currency), "BT-116"),
            amount: terms.amount(in_currency(tax.all("CalculatedAmount"), currency), "BT-117"),
        })
        .collect()
}
