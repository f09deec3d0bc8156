//! What the document says, in the vocabulary of EN 16931.

use jiff::civil::Date;
use serde::Serialize;

use super::field::{Amount, Field};

/// The invoice. BT codes are EN 16931 business terms.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Invoice {
    /// Document type (BT-3).
    pub kind: Option<Field<InvoiceKind>>,
    /// Invoice number as printed (BT-1).
    pub number: Option<Field<String>>,
    /// BT-2.
    pub issue_date: Option<Field<Date>>,
    /// BT-9.
    pub due_date: Option<Field<Date>>,
    /// BT-72.
    pub delivery_date: Option<Field<Date>>,
    /// ISO 4217 (BT-5).
    pub currency: Option<Field<String>>,
    /// BT-13.
    pub purchase_order: Option<Field<String>>,
    /// What the invoice is for, one line.
    pub description: Option<Field<String>>,
    /// Who sells.
    pub seller: Seller,
    /// Who buys.
    pub buyer: Buyer,
    /// How to pay.
    pub payment: Payment,
    /// Document totals.
    pub totals: Totals,
    /// VAT by rate (BG-23).
    pub tax_breakdown: Vec<TaxBreakdown>,
    /// Charges outside VAT.
    pub charges: Vec<Charge>,
    /// Invoice lines (BG-25).
    pub lines: Vec<Line>,
}

/// BT-3, reduced to what changes how a document is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// Asks for payment.
    Invoice,
    /// Takes an invoice back, wholly or in part.
    CreditNote,
    /// Confirms a payment.
    Receipt,
}

/// What seller and buyer have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Party {
    /// BT-27, BT-44.
    pub name: Option<Field<String>>,
    /// Postal address, lines joined with a line feed.
    pub address: Option<Field<String>>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Field<String>>,
    /// VAT identifier, upper case, no spaces.
    pub vat_id: Option<Field<String>>,
    /// SIREN, SIRET, HRB, KvK, matricule fiscal.
    pub registration_id: Option<Field<String>>,
    /// E-mail.
    pub email: Option<Field<String>>,
    /// Telephone.
    pub phone: Option<Field<String>>,
}

/// The seller.
pub type Seller = Party;

/// The buyer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Buyer {
    /// As for the seller.
    #[serde(flatten)]
    pub party: Party,
    /// The buyer's number at the seller.
    pub customer_number: Option<Field<String>>,
}

/// How to pay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Payment {
    /// No spaces, mod-97 valid (BT-84).
    pub iban: Option<Field<String>>,
    /// BT-86.
    pub bic: Option<Field<String>>,
    /// BT-83.
    pub reference: Option<Field<String>>,
    /// BT-20.
    pub terms: Option<Field<String>>,
}

/// Document totals.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Without VAT (BT-109).
    pub net: Option<Field<Amount>>,
    /// VAT (BT-110).
    pub tax: Option<Field<Amount>>,
    /// With VAT (BT-112).
    pub gross: Option<Field<Amount>>,
    /// Already paid (BT-113).
    pub prepaid: Option<Field<Amount>>,
    /// BT-114.
    pub rounding: Option<Field<Amount>>,
    /// Amount due for payment (BT-115).
    pub due: Option<Field<Amount>>,
}

/// VAT of one rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaxBreakdown {
    /// Per cent (BT-119).
    pub rate: Option<Field<Amount>>,
    /// BT-116.
    pub base: Option<Field<Amount>>,
    /// BT-117.
    pub amount: Option<Field<Amount>>,
}

/// A charge outside VAT, such as the Tunisian timbre fiscal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Charge {
    /// What it is.
    pub label: Option<Field<String>>,
    /// How much.
    pub amount: Option<Field<Amount>>,
}

/// One invoice line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// BT-153.
    pub description: Option<Field<String>>,
    /// BT-155.
    pub code: Option<Field<String>>,
    /// BT-129.
    pub quantity: Option<Field<Amount>>,
    /// BT-130.
    pub unit: Option<Field<String>>,
    /// BT-146.
    pub unit_price: Option<Field<Amount>>,
    /// Per cent (BT-152).
    pub tax_rate: Option<Field<Amount>>,
    /// BT-131.
    pub net_amount: Option<Field<Amount>>,
    /// With VAT, where that is what the line prints.
    pub gross_amount: Option<Field<Amount>>,
}
