//! UN/CEFACT Cross Industry Invoice D16B: where each business term stands. Elements come in the order of
//! the schema.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::amount::{amount, plain};
use crate::model::{
    Address, CREDIT_TRANSFER, Category, Line, Model, Party, Payment, SPECIFICATION, Tax, Type, VAT,
};
use crate::xml::Element;

/// Namespaces of CII, up to the name of the library.
const NAMESPACE: &str = "urn:un:unece:uncefact:data:standard";

/// `CCYYMMDD` (UNTDID 2379).
const DAY_FORMAT: &str = "102";

/// Schemes of tax registrations (UNTDID 1153): a VAT identifier, and a tax office's own number.
const VAT_NUMBER: &str = "VA";
const TAX_NUMBER: &str = "FC";

/// The root element.
pub(crate) fn invoice(model: &Model) -> Element {
    let guideline = Element::text("ram:ID", Some(SPECIFICATION));
    Element::new("rsm:CrossIndustryInvoice")
        .attribute("xmlns:rsm", Some(format!("{NAMESPACE}:CrossIndustryInvoice:100")))
        .attribute(
            "xmlns:ram",
            Some(format!("{NAMESPACE}:ReusableAggregateBusinessInformationEntity:100")),
        )
        .attribute("xmlns:udt", Some(format!("{NAMESPACE}:UnqualifiedDataType:100")))
        .with(
            Element::new("rsm:ExchangedDocumentContext").with(
                Element::new("ram:GuidelineSpecifiedDocumentContextParameter").with(guideline),
            ),
        )
        .with(
            Element::new("rsm:ExchangedDocument")
                .with(Element::text("ram:ID", model.number.as_ref()))
                .with(Element::text("ram:TypeCode", model.kind.map(Type::code)))
                .with(day("ram:IssueDateTime", model.issue_date))
                .with(
                    Element::new("ram:IncludedNote")
                        .with(Element::text("ram:Content", model.note.as_ref())),
                ),
        )
        .with(
            Element::new("rsm:SupplyChainTradeTransaction")
                .with_all(model.lines.iter().enumerate().map(|(index, item)| line(index + 1, item)))
                .with(agreement(model))
                .with(
                    Element::new("ram:ApplicableHeaderTradeDelivery").always().with(
                        Element::new("ram:ActualDeliverySupplyChainEvent")
                            .with(day("ram:OccurrenceDateTime", model.delivery_date)),
                    ),
                )
                .with(settlement(model)),
        )
}

fn day(name: &'static str, day: Option<Date>) -> Element {
    let digits = day.map(|day| format!("{:04}{:02}{:02}", day.year(), day.month(), day.day()));
    Element::new(name)
        .with(Element::text("udt:DateTimeString", digits).attribute("format", Some(DAY_FORMAT)))
}

fn money(name: &'static str, value: Option<Decimal>) -> Element {
    Element::text(name, value.map(amount))
}

fn line(number: usize, line: &Line) -> Element {
    Element::new("ram:IncludedSupplyChainTradeLineItem")
        .with(
            Element::new("ram:AssociatedDocumentLineDocument")
                .with(Element::text("ram:LineID", Some(number.to_string()))),
        )
        .with(
            Element::new("ram:SpecifiedTradeProduct")
                .with(Element::text("ram:SellerAssignedID", line.code.as_ref()))
                .with(Element::text("ram:Name", line.name.as_ref())),
        )
        .with(
            Element::new("ram:SpecifiedLineTradeAgreement").with(
                Element::new("ram:NetPriceProductTradePrice")
                    .with(Element::text("ram:ChargeAmount", line.price.map(plain))),
            ),
        )
        .with(
            Element::new("ram:SpecifiedLineTradeDelivery").with(
                Element::text("ram:BilledQuantity", line.quantity.map(plain))
                    .attribute("unitCode", line.unit.as_ref()),
            ),
        )
        .with(
            Element::new("ram:SpecifiedLineTradeSettlement")
                .with(
                    Element::new("ram:ApplicableTradeTax")
                        .with(Element::text("ram:TypeCode", line.rate.map(|_| VAT)))
                        .with_all(category(line.category, line.rate)),
                )
                .with(
                    Element::new("ram:SpecifiedTradeSettlementLineMonetarySummation")
                        .with(money("ram:LineTotalAmount", line.net)),
                ),
        )
}

fn category(category: Option<Category>, rate: Option<Decimal>) -> [Element; 2] {
    [
        Element::text("ram:CategoryCode", category.map(Category::code)),
        Element::text("ram:RateApplicablePercent", rate.map(plain)),
    ]
}

fn agreement(model: &Model) -> Element {
    Element::new("ram:ApplicableHeaderTradeAgreement")
        .with(party("ram:SellerTradeParty", &model.seller))
        .with(party("ram:BuyerTradeParty", &model.buyer))
        .with(
            Element::new("ram:BuyerOrderReferencedDocument")
                .with(Element::text("ram:IssuerAssignedID", model.purchase_order.as_ref())),
        )
}

fn party(name: &'static str, party: &Party) -> Element {
    let registration = party.registration.as_ref();
    let phone = Element::text("ram:CompleteNumber", party.phone.as_ref());
    Element::new(name)
        .with(Element::text("ram:ID", party.id.as_ref()))
        .with(Element::text("ram:Name", party.name.as_ref()))
        .with(
            Element::new("ram:SpecifiedLegalOrganization").with(
                Element::text("ram:ID", registration.map(|found| &found.id))
                    .attribute("schemeID", registration.and_then(|found| found.scheme)),
            ),
        )
        .with(
            Element::new("ram:DefinedTradeContact")
                .with(Element::new("ram:TelephoneUniversalCommunication").with(phone))
                .with(
                    Element::new("ram:EmailURIUniversalCommunication")
                        .with(Element::text("ram:URIID", party.email.as_ref())),
                ),
        )
        .with(address(&party.address))
        .with(tax_number(party.vat_id.as_ref(), VAT_NUMBER))
        .with(tax_number(party.tax_id.as_ref(), TAX_NUMBER))
}

fn address(address: &Address) -> Element {
    let [first, second, third] = &address.lines;
    Element::new("ram:PostalTradeAddress")
        .with(Element::text("ram:PostcodeCode", address.post_code.as_ref()))
        .with(Element::text("ram:LineOne", first.as_ref()))
        .with(Element::text("ram:LineTwo", second.as_ref()))
        .with(Element::text("ram:LineThree", third.as_ref()))
        .with(Element::text("ram:CityName", address.city.as_ref()))
        .with(Element::text("ram:CountryID", address.country.as_ref()))
}

fn tax_number(id: Option<&String>, scheme: &'static str) -> Element {
    Element::new("ram:SpecifiedTaxRegistration")
        .with(Element::text("ram:ID", id).attribute("schemeID", Some(scheme)))
}

fn settlement(model: &Model) -> Element {
    let Payment { reference, terms, .. } = &model.payment;
    Element::new("ram:ApplicableHeaderTradeSettlement")
        .with(Element::text("ram:PaymentReference", reference.as_ref()))
        .with(Element::text("ram:InvoiceCurrencyCode", model.currency.as_ref()))
        .with(means(&model.payment))
        .with_all(model.taxes.iter().map(tax))
        .with(
            Element::new("ram:SpecifiedTradePaymentTerms")
                .with(Element::text("ram:Description", terms.as_ref()))
                .with(day("ram:DueDateDateTime", model.due_date)),
        )
        .with(totals(model))
}

fn means(payment: &Payment) -> Element {
    let code = payment.iban.as_ref().map(|_| CREDIT_TRANSFER);
    Element::new("ram:SpecifiedTradeSettlementPaymentMeans")
        .with(Element::text("ram:TypeCode", code))
        .with(
            Element::new("ram:PayeePartyCreditorFinancialAccount")
                .with(Element::text("ram:IBANID", payment.iban.as_ref())),
        )
        .with(
            Element::new("ram:PayeeSpecifiedCreditorFinancialInstitution")
                .with(Element::text("ram:BICID", payment.bic.as_ref())),
        )
}

fn tax(tax: &Tax) -> Element {
    let [code, rate] = category(tax.category, tax.rate);
    Element::new("ram:ApplicableTradeTax")
        .with(money("ram:CalculatedAmount", tax.amount))
        .with(Element::text("ram:TypeCode", Some(VAT)))
        .with(money("ram:BasisAmount", tax.base))
        .with(code)
        .with(rate)
}

fn totals(model: &Model) -> Element {
    let totals = &model.totals;
    Element::new("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
        .with(money("ram:LineTotalAmount", totals.lines))
        .with(money("ram:TaxBasisTotalAmount", totals.net))
        .with(
            money("ram:TaxTotalAmount", totals.tax)
                .attribute("currencyID", model.currency.as_ref()),
        )
        .with(money("ram:RoundingAmount", totals.rounding))
        .with(money("ram:GrandTotalAmount", totals.gross))
        .with(money("ram:TotalPrepaidAmount", totals.prepaid))
        .with(money("ram:DuePayableAmount", totals.due))
}
