//! OASIS UBL 2.1, `Invoice` and `CreditNote`: where each business term stands. Elements come in the order
//! of the schema.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::amount::{amount, plain};
use crate::model::{
    Address, CREDIT_TRANSFER, Category, Line, Model, NOT_DEFINED, Party, Payment, SPECIFICATION,
    Tax, Type, VAT,
};
use crate::xml::Element;

/// Namespaces of UBL, up to the name of the root or of the library.
const NAMESPACE: &str = "urn:oasis:names:specification:ubl:schema:xsd";

/// A tax of the seller's that is not VAT, as examples of the standard call it.
const OTHER_TAX: &str = "TAX";

/// Names that the two documents differ in.
struct Names {
    root: &'static str,
    kind: &'static str,
    line: &'static str,
    quantity: &'static str,
}

const INVOICE: Names = Names {
    root: "Invoice",
    kind: "cbc:InvoiceTypeCode",
    line: "cac:InvoiceLine",
    quantity: "cbc:InvoicedQuantity",
};

const CREDIT_NOTE: Names = Names {
    root: "CreditNote",
    kind: "cbc:CreditNoteTypeCode",
    line: "cac:CreditNoteLine",
    quantity: "cbc:CreditedQuantity",
};

/// The root element.
pub(crate) fn invoice(model: &Model) -> Element {
    let is_credit_note = model.kind == Some(Type::CreditNote);
    let names = if is_credit_note { CREDIT_NOTE } else { INVOICE };
    let currency = model.currency.as_deref();
    // A credit note has no due date of its own: it stands with the means of payment.
    let (own_due_date, means_due_date) =
        if is_credit_note { (None, model.due_date) } else { (model.due_date, None) };
    Element::new(names.root)
        .attribute("xmlns", Some(format!("{NAMESPACE}:{}-2", names.root)))
        .attribute("xmlns:cac", Some(format!("{NAMESPACE}:CommonAggregateComponents-2")))
        .attribute("xmlns:cbc", Some(format!("{NAMESPACE}:CommonBasicComponents-2")))
        .with(Element::text("cbc:CustomizationID", Some(SPECIFICATION)))
        .with(Element::text("cbc:ID", model.number.as_ref()))
        .with(day("cbc:IssueDate", model.issue_date))
        .with(day("cbc:DueDate", own_due_date))
        .with(Element::text(names.kind, model.kind.map(Type::code)))
        .with(Element::text("cbc:Note", model.note.as_ref()))
        .with(Element::text("cbc:DocumentCurrencyCode", currency))
        .with(
            Element::new("cac:OrderReference")
                .with(Element::text("cbc:ID", model.purchase_order.as_ref())),
        )
        .with(Element::new("cac:AccountingSupplierParty").with(party(&model.seller)))
        .with(Element::new("cac:AccountingCustomerParty").with(party(&model.buyer)))
        .with(Element::new("cac:Delivery").with(day("cbc:ActualDeliveryDate", model.delivery_date)))
        .with(means(&model.payment, means_due_date))
        .with(
            Element::new("cac:PaymentTerms")
                .with(Element::text("cbc:Note", model.payment.terms.as_ref())),
        )
        .with(
            Element::new("cac:TaxTotal")
                .with(money("cbc:TaxAmount", model.totals.tax, currency))
                .with_all(model.taxes.iter().map(|tax| subtotal(tax, currency))),
        )
        .with(totals(model))
        .with_all(
            model
                .lines
                .iter()
                .enumerate()
                .map(|(index, item)| line(index + 1, item, &names, currency)),
        )
}

fn day(name: &'static str, day: Option<Date>) -> Element {
    Element::text(name, day.map(|day| day.to_string()))
}

fn money(name: &'static str, value: Option<Decimal>, currency: Option<&str>) -> Element {
    Element::text(name, value.map(amount)).attribute("currencyID", currency)
}

fn party(party: &Party) -> Element {
    let id = Element::text("cbc:ID", party.id.as_ref());
    let registration = party.registration.as_ref();
    Element::new("cac:Party")
        .with(Element::new("cac:PartyIdentification").with(id))
        .with(address(&party.address))
        .with(tax_scheme(party.vat_id.as_ref(), VAT))
        .with(tax_scheme(party.tax_id.as_ref(), OTHER_TAX))
        .with(
            Element::new("cac:PartyLegalEntity")
                .with(Element::text("cbc:RegistrationName", party.name.as_ref()))
                .with(
                    Element::text("cbc:CompanyID", registration.map(|found| &found.id))
                        .attribute("schemeID", registration.and_then(|found| found.scheme)),
                ),
        )
        .with(
            Element::new("cac:Contact")
                .with(Element::text("cbc:Telephone", party.phone.as_ref()))
                .with(Element::text("cbc:ElectronicMail", party.email.as_ref())),
        )
}

fn tax_scheme(id: Option<&String>, scheme: &'static str) -> Element {
    Element::new("cac:PartyTaxScheme")
        .with(Element::text("cbc:CompanyID", id))
        .with(taxed(id.map(|_| scheme)))
}

fn taxed(scheme: Option<&str>) -> Element {
    Element::new("cac:TaxScheme").with(Element::text("cbc:ID", scheme))
}

fn address(address: &Address) -> Element {
    let [first, second, third] = &address.lines;
    Element::new("cac:PostalAddress")
        .with(Element::text("cbc:StreetName", first.as_ref()))
        .with(Element::text("cbc:AdditionalStreetName", second.as_ref()))
        .with(Element::text("cbc:CityName", address.city.as_ref()))
        .with(Element::text("cbc:PostalZone", address.post_code.as_ref()))
        .with(Element::new("cac:AddressLine").with(Element::text("cbc:Line", third.as_ref())))
        .with(
            Element::new("cac:Country")
                .with(Element::text("cbc:IdentificationCode", address.country.as_ref())),
        )
}

/// Written where there is something to say; the schema wants a code then.
fn means(payment: &Payment, due_date: Option<Date>) -> Element {
    let said = payment.iban.is_some() || payment.reference.is_some() || due_date.is_some();
    let code = if payment.iban.is_some() { CREDIT_TRANSFER } else { NOT_DEFINED };
    let branch = Element::text("cbc:ID", payment.bic.as_ref());
    Element::new("cac:PaymentMeans")
        .with(Element::text("cbc:PaymentMeansCode", said.then_some(code)))
        .with(day("cbc:PaymentDueDate", due_date))
        .with(Element::text("cbc:PaymentID", payment.reference.as_ref()))
        .with(
            Element::new("cac:PayeeFinancialAccount")
                .with(Element::text("cbc:ID", payment.iban.as_ref()))
                .with(Element::new("cac:FinancialInstitutionBranch").with(branch)),
        )
}

fn subtotal(tax: &Tax, currency: Option<&str>) -> Element {
    Element::new("cac:TaxSubtotal")
        .with(money("cbc:TaxableAmount", tax.base, currency))
        .with(money("cbc:TaxAmount", tax.amount, currency))
        .with(category("cac:TaxCategory", tax.category, tax.rate))
}

fn category(name: &'static str, category: Option<Category>, rate: Option<Decimal>) -> Element {
    Element::new(name)
        .with(Element::text("cbc:ID", category.map(Category::code)))
        .with(Element::text("cbc:Percent", rate.map(plain)))
        .with(taxed(rate.map(|_| VAT)))
}

fn totals(model: &Model) -> Element {
    let (totals, currency) = (&model.totals, model.currency.as_deref());
    Element::new("cac:LegalMonetaryTotal")
        .with(money("cbc:LineExtensionAmount", totals.lines, currency))
        .with(money("cbc:TaxExclusiveAmount", totals.net, currency))
        .with(money("cbc:TaxInclusiveAmount", totals.gross, currency))
        .with(money("cbc:PrepaidAmount", totals.prepaid, currency))
        .with(money("cbc:PayableRoundingAmount", totals.rounding, currency))
        .with(money("cbc:PayableAmount", totals.due, currency))
}

fn line(number: usize, line: &Line, names: &Names, currency: Option<&str>) -> Element {
    let price = Element::text("cbc:PriceAmount", line.price.map(plain));
    Element::new(names.line)
        .with(Element::text("cbc:ID", Some(number.to_string())))
        .with(
            Element::text(names.quantity, line.quantity.map(plain))
                .attribute("unitCode", line.unit.as_ref()),
        )
        .with(money("cbc:LineExtensionAmount", line.net, currency))
        .with(
            Element::new("cac:Item")
                .with(Element::text("cbc:Name", line.name.as_ref()))
                .with(
                    Element::new("cac:SellersItemIdentification")
                        .with(Element::text("cbc:ID", line.code.as_ref())),
                )
                .with(category("cac:ClassifiedTaxCategory", line.category, line.rate)),
        )
        .with(Element::new("cac:Price").with(price.attribute("currencyID", currency)))
}
