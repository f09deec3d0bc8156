//! Business terms: what stands in an element, as a field of the result.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::einvoice::element::Element;
use crate::result::{Amount, Confidence, Field, Source};
use crate::text::compact;
use crate::value::vat_id_is_valid;

/// Probability of a value that an e-invoice states. It is what sender and recipient are bound by;
/// what is left is that the sender's programme put something else into the element.
const STATED: f64 = 0.999;

/// Longest text kept as read.
const MAX_RAW_CHARS: usize = 500;

/// Amounts from here on are no amounts. Sums and products of smaller ones stay exact: a decimal
/// has 28 digits.
const TOO_LARGE: Decimal = Decimal::from_parts(1_316_134_912, 2_328, 0, false, 0);

/// Decimal places that are kept of a price that had to be divided.
const PRICE_PLACES: u32 = 6;

/// Reads terms, and keeps those that cannot be read.
#[derive(Debug, Default)]
pub(super) struct Terms {
    pub(super) unreadable: Vec<&'static str>,
}

impl Terms {
    /// A text on one line.
    pub(super) fn text(
        &self,
        element: Option<Element<'_>>,
        term: &'static str,
    ) -> Option<Field<String>> {
        let raw = element?.text()?;
        Some(stated(on_one_line(&raw), &raw, term))
    }

    /// The text of an attribute.
    pub(super) fn attribute(
        &self,
        element: Option<Element<'_>>,
        name: &str,
        term: &'static str,
    ) -> Option<Field<String>> {
        let raw = element?.attribute(name).filter(|value| !value.is_empty())?;
        Some(stated(on_one_line(raw), raw, term))
    }

    /// Several texts, each on a line of its own.
    pub(super) fn block(
        &self,
        elements: impl IntoIterator<Item = Option<String>>,
        term: &'static str,
    ) -> Option<Field<String>> {
        let lines = elements.into_iter().flatten().map(|line| on_one_line(&line));
        let text = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        (!text.is_empty()).then(|| stated(text.clone(), &text, term))
    }

    /// A code without spaces, in upper case.
    pub(super) fn code(
        &self,
        element: Option<Element<'_>>,
        term: &'static str,
    ) -> Option<Field<String>> {
        let raw = element?.text()?;
        Some(stated(without_spaces(&raw), &raw, term))
    }

    /// A VAT identifier; dots and dashes in it go where it is a legal one without them.
    pub(super) fn vat_id(
        &self,
        element: Option<Element<'_>>,
        term: &'static str,
    ) -> Option<Field<String>> {
        let code = self.code(element, term)?;
        let plain = compact(&code.value);
        if vat_id_is_valid(&plain) { Some(Field { value: plain, ..code }) } else { Some(code) }
    }

    /// A code of a list whose codes have `letters` capital letters: countries, currencies.
    pub(super) fn listed(
        &mut self,
        element: Option<Element<'_>>,
        letters: usize,
        term: &'static str,
    ) -> Option<Field<String>> {
        let code = self.code(element, term)?;
        let legal =
            code.value.len() == letters && code.value.bytes().all(|b| b.is_ascii_uppercase());
        self.readable(legal.then_some(code), term)
    }

    /// A bank account that is an IBAN; an account of another kind has no field.
    pub(super) fn iban<'a>(
        &self,
        elements: impl IntoIterator<Item = Element<'a>>,
        term: &'static str,
    ) -> Option<Field<String>> {
        let mut codes = elements.into_iter().filter_map(|element| self.code(Some(element), term));
        codes.find(|code| has_form_of_iban(&code.value))
    }

    /// A day.
    pub(super) fn date(
        &mut self,
        element: Option<Element<'_>>,
        term: &'static str,
    ) -> Option<Field<Date>> {
        let raw = element?.text()?;
        let day = day(raw.trim(), element?.attribute("format"));
        self.readable(day.map(|day| stated(day, &raw, term)), term)
    }

    /// An amount, quantity or rate.
    pub(super) fn amount(
        &mut self,
        element: Option<Element<'_>>,
        term: &'static str,
    ) -> Option<Field<Amount>> {
        let raw = element?.text()?;
        let number = number(raw.trim());
        self.readable(number.map(|number| stated(Amount(number), &raw, term)), term)
    }

    /// A price for one of what it is stated for several of (BT-149).
    pub(super) fn price(
        &mut self,
        element: Option<Element<'_>>,
        base: Option<Element<'_>>,
    ) -> Option<Field<Amount>> {
        let price = self.amount(element, "BT-146")?;
        let base = self.amount(base, "BT-149").map_or(Decimal::ONE, |base| base.value.0);
        if base.is_zero() || base == Decimal::ONE {
            return Some(price);
        }
        let each = price.value.0.checked_div(base)?.round_dp(PRICE_PLACES).normalize();
        let source = Source::derived("BT-146 / BT-149");
        Some(Field { value: Amount(each), source, ..price })
    }

    fn readable<T>(&mut self, value: Option<T>, term: &'static str) -> Option<T> {
        if value.is_none() && !self.unreadable.contains(&term) {
            self.unreadable.push(term);
        }
        value
    }
}

/// The first of `elements` in `currency`. An amount without a currency is in that of the invoice;
/// others repeat it in a currency of account.
pub(super) fn in_currency<'a>(
    elements: Vec<Element<'a>>,
    currency: Option<&str>,
) -> Option<Element<'a>> {
    let fits = |element: &&Element<'a>| match (element.attribute("currencyID"), currency) {
        (Some(own), Some(wanted)) if !own.is_empty() => own.eq_ignore_ascii_case(wanted),
        _ => true,
    };
    elements.iter().find(fits).copied()
}

/// A field that the e-invoice states.
pub(super) fn stated<T>(value: T, raw: &str, term: &'static str) -> Field<T> {
    Field {
        value,
        confidence: Confidence::new(STATED),
        raw: Some(raw.trim().chars().take(MAX_RAW_CHARS).collect()),
        source: Source::Xml { xml: term.to_owned() },
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// Whether the contract can publish it as IBAN; the check of its digits comes later.
fn has_form_of_iban(code: &str) -> bool {
    let Some((country, rest)) = code.split_at_checked(2) else { return false };
    let Some((key, account)) = rest.split_at_checked(2) else { return false };
    country.bytes().all(|b| b.is_ascii_uppercase())
        && key.bytes().all(|b| b.is_ascii_digit())
        && (10..=30).contains(&account.len())
        && account.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// UNTDID 2379: 102 is `CCYYMMDD`. 610 and 616 name a month and a week, and no day is made up for
/// them. Without a format, and in UBL, days are ISO 8601, with or without a time behind.
fn day(text: &str, format: Option<&str>) -> Option<Date> {
    let is_digits = text.bytes().all(|b| b.is_ascii_digit());
    let (year, month, day) = match format {
        None | Some("" | "102") if is_digits && text.len() == 8 => {
            (text.get(..4)?, text.get(4..6)?, text.get(6..)?)
        }
        None | Some("" | "102") => {
            let mut parts = text.get(..10)?.split('-');
            (parts.next()?, parts.next()?, parts.next()?)
        }
        Some(_) => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// `xs:decimal` within bounds.
fn number(text: &str) -> Option<Decimal> {
    let legal = text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
    let number: Decimal = text.parse().ok().filter(|_| legal)?;
    (number.abs() < TOO_LARGE).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::einvoice::element::Names;

    fn with<T>(xml: &str, look: impl FnOnce(&mut Terms, Option<Element<'_>>) -> T) -> (T, usize) {
        let document = roxmltree::Document::parse(xml).unwrap();
        let mut terms = Terms::default();
        let root = Element::new(document.root_element(), Names::Current);
        let found = look(&mut terms, Some(root));
        (found, terms.unreadable.len())
    }

    #[test]
    fn a_value_has_its_term_as_source_and_its_text_as_read() {
        let (field, _) = with("<a> Fictive \n GmbH </a>", |t, e| t.text(e, "BT-27"));
        let field = field.unwrap();
        assert_eq!(field.value, "Fictive GmbH");
        assert_eq!(field.source, Source::Xml { xml: "BT-27".to_owned() });
        assert_eq!(field.raw.as_deref(), Some("Fictive \n GmbH"));
    }

    #[test]
    fn days_are_read_in_the_format_they_name() {
        let date = |xml: &str| {
            let (field, unreadable) = with(xml, |t, e| t.date(e, "BT-2"));
            (field.map(|f| f.value.to_string()), unreadable)
        };
        let day = || Some("2025-03-09".to_owned());
        assert_eq!(date("<a format='102'> 20250309 </a>"), (day(), 0));
        assert_eq!(date("<a>2025-03-09</a>"), (day(), 0));
        assert_eq!(date("<a>2025-03-09T00:00:00+01:00</a>"), (day(), 0));
        assert_eq!(date("<a format='610'>202503</a>"), (None, 1));
        assert_eq!(date("<a format='616'>202510</a>"), (None, 1));
        assert_eq!(date("<a format='102'>20250230</a>"), (None, 1));
        assert_eq!(date("<a>ä025-03-09</a>"), (None, 1));
        assert_eq!(date("<a> </a>"), (None, 0));
    }

    #[test]
    fn numbers_are_decimal_and_bounded() {
        let number = |xml: &str| {
            let (field, unreadable) = with(xml, |t, e| t.amount(e, "BT-112"));
            (field.map(|f| f.value.0.to_string()), unreadable)
        };
        assert_eq!(number("<a>-1234.50</a>"), (Some("-1234.50".to_owned()), 0));
        assert_eq!(number("<a>+.5</a>"), (Some("0.5".to_owned()), 0));
        for bad in ["1e3", "1,5", "1_000", "NaN", "10000000000000", &"9".repeat(60)] {
            assert_eq!(number(&format!("<a>{bad}</a>")), (None, 1), "{bad}");
        }
        assert_eq!(TOO_LARGE.to_string(), "10000000000000");
    }

    #[test]
    fn a_price_of_several_is_divided() {
        let xml = "<a><p>30.00</p><q>3.0000</q></a>";
        let (field, _) = with(xml, |t, e| t.price(e?.at("p"), e?.at("q")));
        assert_eq!(field.unwrap().value.0.to_string(), "10");
    }

    #[test]
    fn what_has_no_form_of_a_listed_code_is_unreadable() {
        assert_eq!(with("<a>eur</a>", |t, e| t.listed(e, 3, "BT-5")).0.unwrap().value, "EUR");
        let (none, unreadable) = with("<a>Euro</a>", |t, e| t.listed(e, 3, "BT-5"));
        assert_eq!((none, unreadable), (None, 1));
    }

    #[test]
    fn a_vat_id_loses_its_dots_where_it_is_one() {
        let value = |xml: &str| with(xml, |t, e| t.vat_id(e, "BT-31")).0.unwrap().value;
        assert_eq!(value("<a>nl8200.98.395.B.01</a>"), "NL820098395B01");
        assert_eq!(value("<a>XX-12 3</a>"), "XX-123");
    }

    #[test]
    fn an_account_that_is_no_iban_is_passed_over() {
        let xml = "<a><b>123 456</b><b>fr76 3000 6000 0112 3456 7890 189</b></a>";
        let (field, unreadable) = with(xml, |t, e| t.iban(e?.all("b"), "BT-84"));
        assert_eq!((field.unwrap().value.as_str(), unreadable), ("FR7630006000011234567890189", 0));
    }

    #[test]
    fn the_invoice_currency_is_told_from_that_of_account() {
        let xml = "<a><t currencyID='EUR'>5</t><t currencyID='GBP'>4</t></a>";
        let pick = |currency: Option<&'static str>| {
            with(xml, |_, e| in_currency(e.unwrap().all("t"), currency).and_then(Element::text)).0
        };
        assert_eq!(pick(Some("GBP")).as_deref(), Some("4"));
        assert_eq!(pick(None).as_deref(), Some("5"));
        assert_eq!(pick(Some("USD")), None);
    }
}
