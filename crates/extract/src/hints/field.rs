//! The fields that can be told, under their paths in the published result.

use jiff::civil::Date;

use crate::fields::Reading;
use crate::lexicon::{country, currency_by_sign};
use crate::patterns::{BIC, IDENTIFIER};
use crate::result::{Amount, Field, Invoice, Totals};
use crate::text::compact;
use crate::value::{dates, find_ibans, find_registrations, find_vat_ids, iban_is_valid, numbers};

use std::ops::Range;

/// A field that a hint can be given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HintField {
    Number,
    IssueDate,
    DueDate,
    DeliveryDate,
    Currency,
    PurchaseOrder,
    Description,
    SellerName,
    SellerVatId,
    SellerRegistrationId,
    CustomerNumber,
    Iban,
    Bic,
    PaymentReference,
    PaymentTerms,
    Net,
    Tax,
    Gross,
    Prepaid,
    Due,
}

/// What values of a field look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    Amount,
    /// A word with a digit.
    Code,
    Text,
    Iban,
    Bic,
    VatId,
    Registration,
    Currency,
}

/// A value of a hint.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Date(Date),
    Amount(Amount),
}

/// Longest text that is a value; more is a reading accident.
const MAX_TEXT_CHARS: usize = 200;

/// Characters of a BIC that hold its country.
const BIC_COUNTRY: Range<usize> = 4..6;

use HintField as F;

/// Every field with its path in the result.
const PATHS: [(HintField, &str); 20] = [
    (F::Number, "number"),
    (F::IssueDate, "issue_date"),
    (F::DueDate, "due_date"),
    (F::DeliveryDate, "delivery_date"),
    (F::Currency, "currency"),
    (F::PurchaseOrder, "purchase_order"),
    (F::Description, "description"),
    (F::SellerName, "seller.name"),
    (F::SellerVatId, "seller.vat_id"),
    (F::SellerRegistrationId, "seller.registration_id"),
    (F::CustomerNumber, "buyer.customer_number"),
    (F::Iban, "payment.iban"),
    (F::Bic, "payment.bic"),
    (F::PaymentReference, "payment.reference"),
    (F::PaymentTerms, "payment.terms"),
    (F::Net, "totals.net"),
    (F::Tax, "totals.tax"),
    (F::Gross, "totals.gross"),
    (F::Prepaid, "totals.prepaid"),
    (F::Due, "totals.due"),
];

impl HintField {
    /// The field with this path.
    pub(super) fn at(path: &str) -> Option<Self> {
        PATHS.iter().find(|(_, known)| *known == path).map(|(field, _)| *field)
    }

    /// Whether fields have paths that begin with `group` and a dot.
    pub(super) fn is_group(group: &str) -> bool {
        PATHS.iter().any(|(_, path)| path.split_once('.').is_some_and(|(head, _)| head == group))
    }

    /// All paths, for messages.
    pub(super) fn paths() -> String {
        PATHS.map(|(_, path)| path).join(", ")
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            F::IssueDate | F::DueDate | F::DeliveryDate => Kind::Date,
            F::Net | F::Tax | F::Gross | F::Prepaid | F::Due => Kind::Amount,
            F::Number | F::PurchaseOrder | F::CustomerNumber | F::PaymentReference => Kind::Code,
            F::Description | F::SellerName | F::PaymentTerms => Kind::Text,
            F::SellerVatId => Kind::VatId,
            F::SellerRegistrationId => Kind::Registration,
            F::Currency => Kind::Currency,
            F::Iban => Kind::Iban,
            F::Bic => Kind::Bic,
        }
    }

    /// Whether it may be the same on each invoice of a supplier.
    pub(super) fn is_fixable(self) -> bool {
        match self.kind() {
            Kind::Date | Kind::Amount => false,
            Kind::Code => self == F::CustomerNumber,
            _ => true,
        }
    }

    /// Puts a text into its place in the invoice.
    pub(super) fn set_text(self, invoice: &mut Invoice, text: Field<String>) {
        let place = match self {
            F::Number => &mut invoice.number,
            F::Currency => &mut invoice.currency,
            F::PurchaseOrder => &mut invoice.purchase_order,
            F::Description => &mut invoice.description,
            F::SellerName => &mut invoice.seller.name,
            F::SellerVatId => &mut invoice.seller.vat_id,
            F::SellerRegistrationId => &mut invoice.seller.registration_id,
            F::CustomerNumber => &mut invoice.buyer.customer_number,
            F::Iban => &mut invoice.payment.iban,
            F::Bic => &mut invoice.payment.bic,
            F::PaymentReference => &mut invoice.payment.reference,
            F::PaymentTerms => &mut invoice.payment.terms,
            _ => return,
        };
        *place = Some(text);
    }

    /// Puts a date into its place in the invoice.
    pub(super) fn set_date(self, invoice: &mut Invoice, date: Field<Date>) {
        let place = match self {
            F::IssueDate => &mut invoice.issue_date,
            F::DueDate => &mut invoice.due_date,
            F::DeliveryDate => &mut invoice.delivery_date,
            _ => return,
        };
        *place = Some(date);
    }

    /// Puts an amount into its place among the totals.
    pub(super) fn set_amount(self, totals: &mut Totals, amount: Field<Amount>) {
        let place = match self {
            F::Net => &mut totals.net,
            F::Tax => &mut totals.tax,
            F::Gross => &mut totals.gross,
            F::Prepaid => &mut totals.prepaid,
            F::Due => &mut totals.due,
            _ => return,
        };
        *place = Some(amount);
    }
}

impl Kind {
    /// All values of this kind in `text`, left to right, with their bytes. Read as the document
    /// writes dates and numbers; codes with check digits count only with right ones.
    pub(super) fn values(self, text: &str, reading: &Reading<'_>) -> Vec<(Value, Range<usize>)> {
        let codes = |found: Vec<crate::value::PrintedCode>| {
            let valid = found.into_iter().filter(|code| code.valid);
            valid.map(|code| (Value::Text(code.value), code.range)).collect::<Vec<_>>()
        };
        match self {
            Self::Date => {
                let found = dates(text, reading.locale.dates).into_iter();
                found.map(|date| (Value::Date(date.value), date.range)).collect()
            }
            Self::Amount => {
                let found = numbers(text, reading.locale.numbers).into_iter();
                let amounts = found.filter(|number| !number.percent);
                amounts.map(|n| (Value::Amount(Amount(n.value)), n.range)).collect()
            }
            Self::Code => identifiers(text),
            Self::Text => self.whole(text).into_iter().map(|v| (v, 0..text.len())).collect(),
            Self::Iban => codes(find_ibans(text)),
            Self::VatId => codes(find_vat_ids(text)),
            Self::Registration => {
                let found = codes(find_registrations(text));
                if found.is_empty() { identifiers(text) } else { found }
            }
            Self::Bic => {
                let real = |code: &str| code.get(BIC_COUNTRY).and_then(country).is_some();
                let found = BIC.find_iter(text).filter(|m| real(m.as_str()));
                found.map(|m| (Value::Text(m.as_str().to_owned()), m.range())).collect()
            }
            Self::Currency => {
                let words = text.split_whitespace();
                let signs = words.filter_map(|word| {
                    let bare = word.trim_matches(|c: char| "()[]:,.;".contains(c));
                    let at = bare.as_ptr() as usize - text.as_ptr() as usize;
                    let code = currency_by_sign(bare)?;
                    Some((Value::Text(code.to_owned()), at..at + bare.len()))
                });
                signs.collect()
            }
        }
    }

    /// All of `text` as one value, where the kind is one of any text.
    pub(super) fn whole(self, text: &str) -> Option<Value> {
        let free = matches!(self, Self::Code | Self::Text | Self::Registration);
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = !squeezed.is_empty() && squeezed.chars().count() <= MAX_TEXT_CHARS;
        (free && fits).then_some(Value::Text(squeezed))
    }

    /// A value that the operator wrote down, in its published form.
    ///
    /// # Errors
    /// What it should be.
    pub(super) fn fixed(self, text: &str) -> Result<String, &'static str> {
        let code = compact(text);
        match self {
            Self::Iban if iban_is_valid(&code) => Ok(code),
            Self::Iban => Err("IBAN with right length and check digits"),
            Self::Bic if BIC.find(&code).is_some_and(|m| m.len() == code.len()) => Ok(code),
            Self::Bic => Err("BIC"),
            Self::Currency if currency_by_sign(&code) == Some(code.as_str()) => Ok(code),
            Self::Currency => Err("currency code (ISO 4217) that is read here"),
            Self::VatId => match find_vat_ids(&code).as_slice() {
                [only] if only.valid && only.value == code => Ok(code),
                _ => Err("VAT identifier in the form of its country"),
            },
            Self::Date | Self::Amount | Self::Code | Self::Text | Self::Registration => {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let fits = !text.is_empty() && text.chars().count() <= MAX_TEXT_CHARS;
                if fits { Ok(text) } else { Err("text of 1 to 200 characters") }
            }
        }
    }
}

/// Words with a digit, without the signs behind them.
fn identifiers(text: &str) -> Vec<(Value, Range<usize>)> {
    let found = IDENTIFIER.find_iter(text).map(|m| {
        let code = m.as_str().trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        (Value::Text(code.to_owned()), m.start()..m.start() + code.len())
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_value_is_checked_and_published_in_its_form() {
        assert_eq!(
            Kind::Iban.fixed("de89 3704 0044 0532 0130 00").unwrap(),
            "DE89370400440532013000"
        );
        assert!(Kind::Iban.fixed("DE89370400440532013001").is_err());
        assert_eq!(Kind::Currency.fixed("eur").unwrap(), "EUR");
        assert!(Kind::Currency.fixed("EURO").is_err());
        assert_eq!(Kind::VatId.fixed("FR 40 303 265 045").unwrap(), "FR40303265045");
        assert!(Kind::VatId.fixed("12345").is_err());
        assert_eq!(Kind::Text.fixed(" Plomberie  Dupont ").unwrap(), "Plomberie Dupont");
        assert!(Kind::Text.fixed(" ").is_err());
    }

    #[test]
    fn every_path_is_that_of_one_field() {
        for (field, path) in PATHS {
            assert_eq!(HintField::at(path), Some(field));
        }
        assert!(HintField::is_group("totals") && !HintField::is_group("number"));
    }
}
