//! Seller (BG-4) and buyer (BG-7) in UBL.

use crate::einvoice::element::Element;
use crate::einvoice::party_terms::PartyTerms;
use crate::einvoice::terms::Terms;
use crate::result::Party;

/// Scheme of electronic addresses that are e-mail addresses.
const E_MAIL: &str = "EM";

/// Reads a party.
pub(super) fn read(party: Option<Element<'_>>, of: &PartyTerms, terms: &mut Terms) -> Party {
    let at = |path| party.and_then(|party| party.at(path));
    // BT-27 and BT-44 are the legal name; the other is BT-28 and BT-45, the name in trade.
    let name = at("PartyLegalEntity/RegistrationName").or_else(|| at("PartyName/Name"));
    let address = at("PostalAddress");
    let country = at("PostalAddress/Country/IdentificationCode");
    let endpoint = at("EndpointID").filter(|id| id.attribute("schemeID") == Some(E_MAIL));
    let taxes = party.map(|p| p.all("PartyTaxScheme")).unwrap_or_default();
    let vat = taxes.into_iter().find(|tax| tax.at("TaxScheme/ID").is_some_and(|t| t.says("VAT")));
    Party {
        name: terms.text(name, of.name),
        address: terms.block(address.map(lines).unwrap_or_default(), of.address),
        country: terms.listed(country, 2, of.country),
        vat_id: terms.vat_id(vat.and_then(|tax| tax.at("CompanyID")), of.vat_id),
        registration_id: terms.text(at("PartyLegalEntity/CompanyID"), of.registration),
        email: terms
            .text(at("Contact/ElectronicMail"), of.email)
            .or_else(|| terms.text(endpoint, of.electronic_address)),
        phone: terms.text(at("Contact/Telephone"), of.phone),
    }
}

/// The lines of an address as on an envelope; the country has a field of its own.
fn lines(address: Element<'_>) -> Vec<Option<String>> {
    let text = |name| address.at(name).and_then(Element::text);
    let place = [text("PostalZone"), text("CityName")];
    vec![
        text("StreetName"),
        text("AdditionalStreetName"),
        text("AddressLine/Line"),
        Some(place.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        text("CountrySubentity"),
    ]
}
