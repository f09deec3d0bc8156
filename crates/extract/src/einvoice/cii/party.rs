//! Seller (BG-4) and buyer (BG-7) in CII.

use super::at;
use crate::einvoice::element::Element;
use crate::einvoice::party_terms::PartyTerms;
use crate::einvoice::terms::Terms;
use crate::result::Party;

/// Scheme of VAT identifiers, UNTDID 1153. `FC` beside it is a tax office's number.
const VAT: &str = "VA";

/// Scheme of electronic addresses that are e-mail addresses.
const E_MAIL: &str = "EM";

/// Reads a party.
pub(super) fn read(party: Option<Element<'_>>, of: &PartyTerms, terms: &mut Terms) -> Party {
    let address = at(party, "PostalTradeAddress");
    let with_scheme = |path, attribute: &str| {
        let found = party.map(|p| p.all(path)).unwrap_or_default();
        found.into_iter().find(|e| e.attribute("schemeID") == Some(attribute))
    };
    let contact = |path| at(at(party, "DefinedTradeContact"), path);
    let email = contact("EmailURIUniversalCommunication/URIID");
    Party {
        name: terms.text(at(party, "Name"), of.name),
        address: terms.block(address.map(lines).unwrap_or_default(), of.address),
        country: terms.listed(at(address, "CountryID"), 2, of.country),
        vat_id: terms.vat_id(with_scheme("SpecifiedTaxRegistration/ID", VAT), of.vat_id),
        registration_id: terms.text(at(party, "SpecifiedLegalOrganization/ID"), of.registration),
        email: terms.text(email, of.email).or_else(|| {
            let address = with_scheme("URIUniversalCommunication/URIID", E_MAIL);
            terms.text(address, of.electronic_address)
        }),
        phone: terms.text(contact("TelephoneUniversalCommunication/CompleteNumber"), of.phone),
    }
}

/// The lines of an address as on an envelope; the country has a field of its own.
fn lines(address: Element<'_>) -> Vec<Option<String>> {
    let text = |name| address.at(name).and_then(Element::text);
    let place = [text("PostcodeCode"), text("CityName")];
    vec![
        text("LineOne"),
        text("LineTwo"),
        text("LineThree"),
        Some(place.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        text("CountrySubDivisionName"),
    ]
}
