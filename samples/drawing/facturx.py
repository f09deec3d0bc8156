"""Factur-X: an invoice as UN/CEFACT Cross Industry Invoice XML, in the EN 16931 profile."""

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

from .invoice import Invoice, Line, Party

PROFILE = "urn:cen.eu:en16931:2017"
SIREN_SCHEME = "0002"
"""The SIREN register's code in ISO/IEC 6523."""

NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}

INVOICE_TYPE = "380"
CREDIT_TRANSFER = "58"
"""SEPA credit transfer."""


def to_xml(invoice: Invoice) -> bytes:
    for prefix, uri in NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.Element(_name("rsm:CrossIndustryInvoice"))
    context = _add(root, "rsm:ExchangedDocumentContext")
    _add(_add(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFILE)
    document = _add(root, "rsm:ExchangedDocument")
    _add(document, "ram:ID", invoice.number)
    _add(document, "ram:TypeCode", INVOICE_TYPE)
    _date(_add(document, "ram:IssueDateTime"), invoice.issue_date)

    transaction = _add(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(invoice.lines, start=1):
        _line(transaction, number, line, invoice)
    _agreement(transaction, invoice)
    delivery = _add(transaction, "ram:ApplicableHeaderTradeDelivery")
    event = _add(delivery, "ram:ActualDeliverySupplyChainEvent")
    _date(_add(event, "ram:OccurrenceDateTime"), invoice.delivery_date)
    _settlement(transaction, invoice)

    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _line(transaction, number: int, line: Line, invoice: Invoice) -> None:
    item = _add(transaction, "ram:IncludedSupplyChainTradeLineItem")
    _add(_add(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(number))
    product = _add(item, "ram:SpecifiedTradeProduct")
    _add(product, "ram:SellerAssignedID", line.code)
    _add(product, "ram:Name", line.description)
    price = _add(_add(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _add(price, "ram:ChargeAmount", str(line.unit_price))
    _add(_add(item, "ram:SpecifiedLineTradeDelivery"), "ram:BilledQuantity", str(line.quantity), unitCode=line.unit)
    settlement = _add(item, "ram:SpecifiedLineTradeSettlement")
    tax = _add(settlement, "ram:ApplicableTradeTax")
    _add(tax, "ram:TypeCode", "VAT")
    _add(tax, "ram:CategoryCode", "S")
    _add(tax, "ram:RateApplicablePercent", str(line.tax_rate))
    total = _add(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _add(total, "ram:LineTotalAmount", str(invoice.line_net(line)))


def _agreement(transaction, invoice: Invoice) -> None:
    agreement = _add(transaction, "ram:ApplicableHeaderTradeAgreement")
    _party(_add(agreement, "ram:SellerTradeParty"), invoice.seller)
    buyer = _add(agreement, "ram:BuyerTradeParty")
    _add(buyer, "ram:ID", invoice.buyer.customer_number)
    _party(buyer, invoice.buyer)
    _add(_add(agreement, "ram:BuyerOrderReferencedDocument"), "ram:IssuerAssignedID", invoice.purchase_order)


def _party(element, party: Party) -> None:
    street, town = party.address
    postcode, _, city = town.partition(" ")
    _add(element, "ram:Name", party.name)
    _add(_add(element, "ram:SpecifiedLegalOrganization"), "ram:ID", party.registration_id, schemeID=SIREN_SCHEME)
    if party.email:
        contact = _add(element, "ram:DefinedTradeContact")
        _add(contact, "ram:PersonName", "Service comptabilité")
        _add(_add(contact, "ram:TelephoneUniversalCommunication"), "ram:CompleteNumber", party.phone)
        _add(_add(contact, "ram:EmailURIUniversalCommunication"), "ram:URIID", party.email)
    address = _add(element, "ram:PostalTradeAddress")
    _add(address, "ram:PostcodeCode", postcode)
    _add(address, "ram:LineOne", street)
    _add(address, "ram:CityName", city)
    _add(address, "ram:CountryID", party.country)
    _add(_add(element, "ram:SpecifiedTaxRegistration"), "ram:ID", party.vat_id, schemeID="VA")


def _settlement(transaction, invoice: Invoice) -> None:
    settlement = _add(transaction, "ram:ApplicableHeaderTradeSettlement")
    _add(settlement, "ram:PaymentReference", invoice.payment.reference)
    _add(settlement, "ram:InvoiceCurrencyCode", invoice.currency)
    means = _add(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    _add(means, "ram:TypeCode", CREDIT_TRANSFER)
    _add(_add(means, "ram:PayeePartyCreditorFinancialAccount"), "ram:IBANID", invoice.payment.iban)
    _add(_add(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", invoice.payment.bic)
    for rate, base, amount in invoice.taxes():
        tax = _add(settlement, "ram:ApplicableTradeTax")
        _add(tax, "ram:CalculatedAmount", str(amount))
        _add(tax, "ram:TypeCode", "VAT")
        _add(tax, "ram:BasisAmount", str(base))
        _add(tax, "ram:CategoryCode", "S")
        _add(tax, "ram:RateApplicablePercent", str(rate))
    terms = _add(settlement, "ram:SpecifiedTradePaymentTerms")
    _add(terms, "ram:Description", invoice.payment.terms)
    _date(_add(terms, "ram:DueDateDateTime"), invoice.due_date)
    totals = _add(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _add(totals, "ram:LineTotalAmount", str(invoice.net))
    _add(totals, "ram:TaxBasisTotalAmount", str(invoice.net))
    _add(totals, "ram:TaxTotalAmount", str(invoice.tax), currencyID=invoice.currency)
    _add(totals, "ram:GrandTotalAmount", str(invoice.gross))
    _add(totals, "ram:TotalPrepaidAmount", str(invoice.prepaid or Decimal("0.00")))
    _add(totals, "ram:DuePayableAmount", str(invoice.due))


def _date(parent, day: date) -> None:
    # Format 102 is CCYYMMDD, the only one the profile allows.
    _add(parent, "udt:DateTimeString", f"{day:%Y%m%d}", format="102")


def _add(parent, name: str, text: str | None = None, **attributes: str):
    element = ElementTree.SubElement(parent, _name(name), attributes)
    element.text = text
    return element


def _name(prefixed: str) -> str:
    prefix, _, local = prefixed.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
