//! Rules that the values must fulfil: EN 16931 arithmetic, check digits, order of dates.
//!
//! A check never changes a value; a failed one calls for a person.

use rust_decimal::Decimal;

use crate::result::{Amount, Check, CheckStatus, Field, Invoice, Seller};
use crate::value::{iban_is_valid, luhn_is_valid, vat_form_is_known, vat_id_is_valid};

/// Amounts that differ by no more than this agree: sums of amounts each rounded to the cent.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// Where registrations of 9 or 14 digits are SIREN and SIRET; other countries have such numbers too.
const FRANCE: &str = "FR";

/// All checks of an invoice, always the same rules in the same order.
pub(crate) fn check(invoice: &Invoice) -> Vec<Check> {
    let totals = &invoice.totals;
    let tax_sum = sum(invoice.tax_breakdown.iter().map(|b| b.amount.as_ref()));
    let charges = invoice.charges.iter().filter_map(|c| value(c.amount.as_ref())).sum::<Decimal>();
    let seller_vat = invoice.seller.vat_id.as_ref();
    let buyer_vat = invoice.buyer.party.vat_id.as_ref();
    vec![
        lines_sum(invoice),
        equal("BR-CO-14", "sum of VAT by rate", tax_sum, value(totals.tax.as_ref())),
        equal(
            "BR-CO-15",
            "net + VAT + charges outside VAT",
            value(totals.net.as_ref())
                .zip(value(totals.tax.as_ref()))
                .map(|(net, tax)| net + tax + charges),
            value(totals.gross.as_ref()),
        ),
        equal(
            "BR-CO-16",
            "gross - prepaid + rounding",
            value(totals.gross.as_ref()).map(|gross| {
                gross - value(totals.prepaid.as_ref()).unwrap_or_default()
                    + value(totals.rounding.as_ref()).unwrap_or_default()
            }),
            value(totals.due.as_ref()),
        ),
        rates(invoice),
        code("iban-mod-97", invoice.payment.iban.as_ref(), iban_is_valid),
        code("seller-vat-id", seller_vat.filter(known_vat_id), vat_id_is_valid),
        code("buyer-vat-id", buyer_vat.filter(known_vat_id), vat_id_is_valid),
        registration(&invoice.seller),
        dates(invoice),
    ]
}

/// `checks` with `others` in place of those of the same rule where they say something, or behind
/// them.
pub(crate) fn merge(mut checks: Vec<Check>, others: Vec<Check>) -> Vec<Check> {
    for other in others {
        let says_something = other.status != CheckStatus::NotApplicable;
        match checks.iter_mut().find(|check| check.rule == other.rule) {
            Some(check) if says_something => *check = other,
            Some(_) => {}
            None => checks.push(other),
        }
    }
    checks
}

/// Whether `check` failed.
pub(crate) fn failed(check: &Check) -> bool {
    check.status == CheckStatus::Failed
}

fn value(field: Option<&Field<Amount>>) -> Option<Decimal> {
    field.map(|f| f.value.0)
}

/// The sum, if there are terms and each is known.
fn sum<'a>(terms: impl Iterator<Item = Option<&'a Field<Amount>>>) -> Option<Decimal> {
    let known: Option<Vec<Decimal>> = terms.map(value).collect();
    known.filter(|terms| !terms.is_empty()).map(|terms| terms.into_iter().sum())
}

fn outcome(rule: &'static str, holds: Option<bool>, message: impl FnOnce() -> String) -> Check {
    let status = match holds {
        Some(true) => CheckStatus::Passed,
        Some(false) => CheckStatus::Failed,
        None => CheckStatus::NotApplicable,
    };
    let message = (status == CheckStatus::Failed).then(message);
    Check { rule, status, message }
}

pub(crate) fn equal(
    rule: &'static str,
    what: &str,
    computed: Option<Decimal>,
    printed: Option<Decimal>,
) -> Check {
    let both = computed.zip(printed);
    let holds = both.map(|(a, b)| (a - b).abs() <= TOLERANCE);
    outcome(rule, holds, || {
        let (computed, printed) = both.unwrap_or_default();
        format!("{what} is {computed}, printed is {printed}")
    })
}

/// BR-CO-10 and BR-CO-13 in one: without document allowances the lines add up to net. Where lines
/// are printed with VAT, they add up to gross.
fn lines_sum(invoice: &Invoice) -> Check {
    let net = sum(invoice.lines.iter().map(|l| l.net_amount.as_ref()))
        .zip(value(invoice.totals.net.as_ref()));
    let gross = sum(invoice.lines.iter().map(|l| l.gross_amount.as_ref()))
        .zip(value(invoice.totals.gross.as_ref()));
    let both = net.or(gross);
    // Lines without the document's allowances and charges may differ; only agreement says something.
    let holds = both.filter(|(a, b)| (a - b).abs() <= TOLERANCE).map(|_| true);
    outcome("BR-CO-10", holds, String::new)
}

/// BR-CO-17: VAT of a rate = base × rate / 100, rounded to the cent.
fn rates(invoice: &Invoice) -> Check {
    let entries = invoice.tax_breakdown.iter().filter_map(|b| {
        let (rate, base) = (value(b.rate.as_ref())?, value(b.base.as_ref())?);
        Some((base * rate / Decimal::ONE_HUNDRED, value(b.amount.as_ref())?))
    });
    let entries: Vec<(Decimal, Decimal)> = entries.collect();
    let wrong = entries.iter().find(|(a, b)| (a - b).abs() > TOLERANCE);
    let holds = (!entries.is_empty()).then_some(wrong.is_none());
    outcome("BR-CO-17", holds, || {
        let (computed, printed) = wrong.copied().unwrap_or_default();
        format!("base x rate is {}, printed is {printed}", computed.round_dp(3))
    })
}

fn code(rule: &'static str, field: Option<&Field<String>>, valid: fn(&str) -> bool) -> Check {
    let holds = field.map(|f| valid(&f.value));
    outcome(rule, holds, || "the check digits or the form are wrong".to_owned())
}

/// Identifiers of countries whose form is not known cannot be checked.
fn known_vat_id(field: &&Field<String>) -> bool {
    vat_form_is_known(&field.value)
}

/// SIREN and SIRET have a Luhn digit; other registrations have none that is published.
fn registration(seller: &Seller) -> Check {
    let is_foreign = seller.country.as_ref().is_some_and(|f| f.value != FRANCE);
    let digits = seller
        .registration_id
        .as_ref()
        .filter(|_| !is_foreign)
        .map(|f| f.value.as_str())
        .filter(|v| (v.len() == 9 || v.len() == 14) && v.chars().all(|c| c.is_ascii_digit()));
    outcome("seller-registration", digits.map(luhn_is_valid), || {
        "the Luhn digit of SIREN or SIRET is wrong".to_owned()
    })
}

fn dates(invoice: &Invoice) -> Check {
    let both = invoice.issue_date.as_ref().zip(invoice.due_date.as_ref());
    let holds = both.map(|(issue, due)| issue.value <= due.value);
    outcome("date-order", holds, || "the due date is before the issue date".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{Confidence, Source};

    fn amount(cents: i64) -> Option<Field<Amount>> {
        Some(field(Amount(Decimal::new(cents, 2))))
    }

    fn field<T>(value: T) -> Field<T> {
        Field {
            value,
            confidence: Confidence::new(1.0),
            raw: None,
            source: Source::derived("test"),
        }
    }

    fn status(invoice: &Invoice, rule: &str) -> CheckStatus {
        check(invoice).iter().find(|c| c.rule == rule).unwrap().status
    }

    #[test]
    fn net_and_tax_must_give_gross() {
        let mut invoice = Invoice::default();
        assert_eq!(status(&invoice, "BR-CO-15"), CheckStatus::NotApplicable);
        invoice.totals.net = amount(10_000);
        invoice.totals.tax = amount(2_000);
        invoice.totals.gross = amount(12_000);
        assert_eq!(status(&invoice, "BR-CO-15"), CheckStatus::Passed);
        invoice.totals.gross = amount(12_100);
        assert_eq!(status(&invoice, "BR-CO-15"), CheckStatus::Failed);
    }

    #[test]
    fn a_due_date_before_the_issue_date_fails() {
        let day = |d| Some(field(jiff::civil::Date::constant(2024, 1, d)));
        let mut invoice = Invoice { issue_date: day(2), due_date: day(2), ..Invoice::default() };
        assert_eq!(status(&invoice, "date-order"), CheckStatus::Passed);
        invoice.due_date = day(1);
        assert_eq!(status(&invoice, "date-order"), CheckStatus::Failed);
    }

    #[test]
    fn what_another_country_hands_out_is_not_judged_by_french_rules() {
        let text = |value: &str| Some(field(value.to_owned()));
        let mut invoice = Invoice::default();
        invoice.seller.registration_id = text("123456789");
        assert_eq!(status(&invoice, "seller-registration"), CheckStatus::Failed);
        invoice.seller.country = text("NO");
        assert_eq!(status(&invoice, "seller-registration"), CheckStatus::NotApplicable);
        invoice.seller.vat_id = text("XX123");
        assert_eq!(status(&invoice, "seller-vat-id"), CheckStatus::NotApplicable);
        invoice.seller.vat_id = text("DE123");
        assert_eq!(status(&invoice, "seller-vat-id"), CheckStatus::Failed);
    }

    #[test]
    fn a_wrong_iban_fails_and_stays_as_it_is() {
        let mut invoice = Invoice::default();
        invoice.payment.iban = Some(field("DE89370400440532013001".to_owned()));
        let before = invoice.clone();
        assert_eq!(status(&invoice, "iban-mod-97"), CheckStatus::Failed);
        assert_eq!(invoice, before);
    }
}
