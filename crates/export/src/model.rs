//! The invoice in the terms of EN 16931, ready to be written in either syntax. What is not known is `None`.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// BT-24: the specification that the files follow.
pub(crate) const SPECIFICATION: &str = "urn:cen.eu:en16931:2017";

/// The scheme of VAT among taxes.
pub(crate) const VAT: &str = "VAT";

/// BT-81 of an account to transfer money to: credit transfer (UNTDID 4461).
pub(crate) const CREDIT_TRANSFER: &str = "30";

/// BT-81 where nothing is said of it: not defined (UNTDID 4461).
pub(crate) const NOT_DEFINED: &str = "1";

/// BT-3, as far as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Invoice,
    CreditNote,
}

impl Type {
    /// Its code (UNTDID 1001).
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Invoice => "380",
            Self::CreditNote => "381",
        }
    }
}

/// A category of VAT (BT-118, BT-151; UNTDID 5305). The others need words of the document that say why
/// nothing is taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    /// A rate above zero.
    Standard,
}

impl Category {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
        }
    }
}

/// An invoice or credit note.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Model {
    /// BT-1.
    pub(crate) number: Option<String>,
    /// BT-2.
    pub(crate) issue_date: Option<Date>,
    /// BT-3.
    pub(crate) kind: Option<Type>,
    /// BT-5.
    pub(crate) currency: Option<String>,
    /// BT-9.
    pub(crate) due_date: Option<Date>,
    /// BT-13.
    pub(crate) purchase_order: Option<String>,
    /// BT-22.
    pub(crate) note: Option<String>,
    /// BG-4.
    pub(crate) seller: Party,
    /// BG-7.
    pub(crate) buyer: Party,
    /// BT-72.
    pub(crate) delivery_date: Option<Date>,
    /// BG-16 and BT-20.
    pub(crate) payment: Payment,
    /// BG-22.
    pub(crate) totals: Totals,
    /// BG-23.
    pub(crate) taxes: Vec<Tax>,
    /// BG-25.
    pub(crate) lines: Vec<Line>,
}

/// Seller or buyer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Party {
    /// BT-27, BT-44.
    pub(crate) name: Option<String>,
    /// BT-46: the buyer's number at the seller.
    pub(crate) id: Option<String>,
    /// BT-30, BT-47.
    pub(crate) registration: Option<Registration>,
    /// BT-31, BT-48.
    pub(crate) vat_id: Option<String>,
    /// BT-32, of the seller alone.
    pub(crate) tax_id: Option<String>,
    /// BG-5, BG-8.
    pub(crate) address: Address,
    /// BT-42, BT-57.
    pub(crate) phone: Option<String>,
    /// BT-43, BT-58.
    pub(crate) email: Option<String>,
}

/// An entry in a register of companies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registration {
    pub(crate) id: String,
    /// The register's code (ISO 6523), where it is known.
    pub(crate) scheme: Option<&'static str>,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Address {
    /// BT-35, BT-36, BT-162; BT-50, BT-51, BT-163.
    pub(crate) lines: [Option<String>; 3],
    /// BT-38, BT-53.
    pub(crate) post_code: Option<String>,
    /// BT-37, BT-52.
    pub(crate) city: Option<String>,
    /// BT-40, BT-55.
    pub(crate) country: Option<String>,
}

/// How to pay.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Payment {
    /// BT-84.
    pub(crate) iban: Option<String>,
    /// BT-86, where there is an account.
    pub(crate) bic: Option<String>,
    /// BT-83.
    pub(crate) reference: Option<String>,
    /// BT-20.
    pub(crate) terms: Option<String>,
}

/// Document totals.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    /// BT-106.
    pub(crate) lines: Option<Decimal>,
    /// BT-109.
    pub(crate) net: Option<Decimal>,
    /// BT-110.
    pub(crate) tax: Option<Decimal>,
    /// BT-112.
    pub(crate) gross: Option<Decimal>,
    /// BT-113.
    pub(crate) prepaid: Option<Decimal>,
    /// BT-114.
    pub(crate) rounding: Option<Decimal>,
    /// BT-115.
    pub(crate) due: Option<Decimal>,
}

/// VAT of one rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tax {
    /// BT-118.
    pub(crate) category: Option<Category>,
    /// BT-119, per cent.
    pub(crate) rate: Option<Decimal>,
    /// BT-116.
    pub(crate) base: Option<Decimal>,
    /// BT-117.
    pub(crate) amount: Option<Decimal>,
}

/// An invoice line. Its BT-126 is its place among the lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// BT-153.
    pub(crate) name: Option<String>,
    /// BT-155.
    pub(crate) code: Option<String>,
    /// BT-129.
    pub(crate) quantity: Option<Decimal>,
    /// BT-130.
    pub(crate) unit: Option<String>,
    /// BT-146.
    pub(crate) price: Option<Decimal>,
    /// BT-151.
    pub(crate) category: Option<Category>,
    /// BT-152, per cent.
    pub(crate) rate: Option<Decimal>,
    /// BT-131.
    pub(crate) net: Option<Decimal>,
}
