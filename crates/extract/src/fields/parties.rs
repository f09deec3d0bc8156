//! Seller and buyer: names told apart by all their clues together, then what belongs to each.

mod address;
mod blocks;
mod contact;
mod entries;
mod ids;
mod name_text;
mod names;

use crate::candidate::chosen;
use crate::fields::Reading;
use crate::layout::Place;
use crate::result::{Buyer, Field, Seller};

use blocks::blocks;
use names::{Name, Named, choose_names};

/// Who sells and who buys.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    pub(crate) seller: Seller,
    pub(crate) buyer: Buyer,
}

/// Where a party's name stands: one entry for each place on the pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// Index of the segment.
    pub(super) segment: usize,
    /// The block that holds it.
    pub(super) block: usize,
}

/// Finds both parties. The customer number is added by the caller.
pub(crate) fn find_parties(reading: &Reading<'_>) -> Parties {
    let blocks = blocks(reading);
    let Named { seller, buyer } = choose_names(reading, &blocks);
    let mut parties = Parties::default();
    let (sold_at, bought_at) = (spots(&seller), spots(&buyer));
    let owners = ids::Owners { reading, blocks: &blocks, seller: &sold_at, buyer: &bought_at };
    let (seller_vat, buyer_vat) = ids::vat_ids(&owners);
    let (seller_registration, buyer_registration) = ids::registrations(&owners);
    parties.seller.vat_id = seller_vat;
    parties.seller.registration_id = seller_registration;
    parties.buyer.party.vat_id = buyer_vat;
    parties.buyer.party.registration_id = buyer_registration;
    let sides = [(&seller, &mut parties.seller), (&buyer, &mut parties.buyer.party)];
    for ((name, party), sections) in sides.into_iter().zip(SECTIONS) {
        let Some(name) = name else { continue };
        party.name = Some(name_field(name, sections[0]));
        party.address = address::address(reading, name, sections[1]);
        party.email = contact::email(reading, &blocks, name);
        party.phone = contact::phone(reading, &blocks, name);
        let vat_id = party.vat_id.as_ref();
        party.country = address::country(party.address.as_ref(), vat_id);
    }
    parties
}

fn spots(name: &Option<Name>) -> Vec<Spot> {
    name.as_ref().map_or_else(Vec::new, |n| n.spots.clone())
}

/// Sections of name and address in the calibration: the seller's, the buyer's.
const SECTIONS: [[&str; 2]; 2] =
    [["seller_name", "seller_address"], ["buyer_name", "buyer_address"]];

fn name_field(name: &Name, section: &str) -> Field<String> {
    let place: &Place = &name.place;
    chosen(name.text.clone(), &name.text, place, (section, name.probability))
}

#[cfg(test)]
mod tests {
    use common::config::Own;

    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::own::OwnIdentity;
    use crate::sample;
    use crate::trace::Tracer;

    fn found(lines: &[&str]) -> Parties {
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        find_parties(&Reading::new(&layout, &locale, 1, &Tracer::default()))
    }

    fn value(field: &Option<Field<String>>) -> &str {
        field.as_ref().map_or("", |f| f.value.as_str())
    }

    #[test]
    fn labelled_parties_are_read_below_their_labels() {
        let parties = found(&[
            "FACTURE N° 12",
            "",
            "Émetteur                                Destinataire",
            "Atelier Martin SARL                     Mairie de Blois",
            "14 rue des Fabriques                    2 place du Marché",
            "45000 Orléans                           41000 Blois",
            "N° TVA : FR40303265045                  N° TVA : FR83404833048",
        ]);
        assert_eq!(value(&parties.seller.name), "Atelier Martin SARL");
        assert_eq!(value(&parties.buyer.party.name), "Mairie de Blois");
        assert_eq!(value(&parties.seller.vat_id), "FR40303265045");
        assert_eq!(value(&parties.buyer.party.vat_id), "FR83404833048");
        assert_eq!(value(&parties.buyer.party.address), "2 place du Marché\n41000 Blois");
        assert_eq!(value(&parties.seller.country), "FR");
    }

    #[test]
    fn a_letter_has_its_sender_in_one_line_above_the_recipient() {
        let parties = found(&[
            "Bergbau Technik GmbH · Am Stollen 3 · 44787 Bochum",
            "",
            "Frieda Lampe",
            "Hafenstr. 12",
            "20457 Hamburg",
            "",
            "",
            "Rechnung 2024-17",
            "",
            "",
            "",
            "Bergbau Technik GmbH, USt-IdNr. DE136695976, info@bergbau-technik.de",
        ]);
        assert_eq!(value(&parties.seller.name), "Bergbau Technik GmbH");
        assert_eq!(value(&parties.seller.address), "Am Stollen 3\n44787 Bochum");
        assert_eq!(value(&parties.buyer.party.name), "Frieda Lampe");
        assert_eq!(value(&parties.buyer.party.address), "Hafenstr. 12\n20457 Hamburg");
        assert_eq!(value(&parties.seller.vat_id), "DE136695976");
        assert_eq!(value(&parties.seller.email), "info@bergbau-technik.de");
    }

    #[test]
    fn what_is_ours_is_the_buyers_wherever_it_stands() {
        let lines = [
            "Mairie de Blois SA",
            "2 place du Marché",
            "41000 Blois",
            "N° TVA : FR83404833048",
            "",
            "",
            "Garage de la Mairie de Blois SARL",
            "14 rue des Fabriques",
            "45000 Orléans",
            "N° TVA : FR40303265045",
        ];
        let alone = found(&lines);
        assert_eq!(value(&alone.seller.name), "Mairie de Blois SA", "without knowing better");
        let own = Own {
            names: vec!["MAIRIE DE BLOIS".into()],
            vat_ids: vec!["FR 83 404 833 048".into()],
            ..Own::default()
        };
        let own = OwnIdentity::from_config(&own).unwrap();
        let layout = Layout::of(&sample::document(&lines));
        let locale = Locale::of(&layout, |_| true);
        let parties =
            find_parties(&Reading::new(&layout, &locale, 1, &Tracer::default()).received_by(&own));
        assert_eq!(value(&parties.buyer.party.name), "Mairie de Blois SA");
        assert_eq!(value(&parties.buyer.party.vat_id), "FR83404833048");
        assert_eq!(value(&parties.seller.name), "Garage de la Mairie de Blois SARL");
        assert_eq!(value(&parties.seller.vat_id), "FR40303265045");
        assert!(parties.buyer.party.name.unwrap().confidence.get() > 0.9);
    }

    #[test]
    fn a_number_of_ours_without_any_name_is_not_the_sellers() {
        let own = Own { registration_ids: vec!["404 833 048".into()], ..Own::default() };
        let own = OwnIdentity::from_config(&own).unwrap();
        let layout = Layout::of(&sample::document(&["SIRET 404 833 048 00022"]));
        let locale = Locale::of(&layout, |_| true);
        let parties =
            find_parties(&Reading::new(&layout, &locale, 1, &Tracer::default()).received_by(&own));
        assert_eq!(value(&parties.buyer.party.registration_id), "40483304800022");
        assert!(parties.seller.registration_id.is_none());
    }

    #[test]
    fn an_address_has_neither_the_rest_of_the_name_nor_persons_in_it() {
        let parties = found(&[
            "FACTURE N° 12",
            "",
            "Émetteur                                Destinataire",
            "Atelier Martin et                       Mairie de Blois",
            "Associés SARL                           À l'attention de Mme Durand",
            "Bâtiment B                              2 place du Marché",
            "14 rue des Fabriques                    41000 Blois",
            "45000 Orléans",
            "Tél. 02 00 00 00 00",
        ]);
        let address = "Bâtiment B\n14 rue des Fabriques\n45000 Orléans";
        assert_eq!(value(&parties.seller.name), "Atelier Martin et Associés SARL");
        assert_eq!(value(&parties.seller.address), address);
        assert_eq!(value(&parties.buyer.party.address), "2 place du Marché\n41000 Blois");
    }

    #[test]
    fn a_tax_number_without_its_country_is_read_behind_its_label() {
        let parties = found(&[
            "Llanforth Joinery LLP",
            "32 Kingsway",
            "Bristol BS1 9ZY",
            "VAT no: 992 8836 51",
            "Ref 992 8836 52",
        ]);
        assert_eq!(value(&parties.seller.vat_id), "992883651");
    }

    #[test]
    fn a_page_without_names_has_no_parties() {
        let parties = found(&["Total 12,00"]);
        assert!(parties.seller.name.is_none() && parties.buyer.party.name.is_none());
    }
}
