//! What the page adds to an e-invoice: fields that its profile has no place for.

use crate::einvoice::profile::{Group, Profile};
use crate::result::{Buyer, Invoice, Party, Payment, Totals};

/// `stated` with the fields that `profile` cannot hold taken from `page`, which keep their place
/// and probability. What the profile can hold and the e-invoice leaves out is not on the invoice,
/// whatever the page was read as.
pub(super) fn fill(stated: Invoice, page: Invoice, profile: Profile) -> Invoice {
    let lacks = |group| profile.lacks(group);
    let own_lines = !lacks(Group::Lines);
    // No profile has a place for a subject. What a page's only line says is no subject where the
    // e-invoice tells the lines.
    let has_subject = !own_lines || page.lines.len() != 1;
    let totals = Totals {
        prepaid: stated.totals.prepaid.or(take(page.totals.prepaid, lacks(Group::Terms))),
        rounding: stated.totals.rounding.or(take(page.totals.rounding, lacks(Group::Details))),
        due: stated.totals.due.or(take(page.totals.due, lacks(Group::Due))),
        ..stated.totals
    };
    let booking = lacks(Group::Booking);
    let payment = Payment {
        iban: stated.payment.iban.or(take(page.payment.iban, booking)),
        bic: stated.payment.bic.or(take(page.payment.bic, lacks(Group::Details))),
        reference: stated.payment.reference.or(take(page.payment.reference, booking)),
        terms: stated.payment.terms.or(take(page.payment.terms, lacks(Group::Terms))),
    };
    let number = stated.buyer.customer_number;
    let buyer = Party {
        vat_id: stated.buyer.party.vat_id.or(take(page.buyer.party.vat_id.clone(), booking)),
        country: stated.buyer.party.country.or(take(page.buyer.party.country.clone(), booking)),
        ..stated.buyer.party
    };
    let references = lacks(Group::References);
    Invoice {
        due_date: stated.due_date.or(take(page.due_date, lacks(Group::Terms))),
        delivery_date: stated.delivery_date.or(take(page.delivery_date, booking)),
        purchase_order: stated.purchase_order.or(take(page.purchase_order, references)),
        description: stated.description.or(take(page.description, has_subject)),
        seller: party(stated.seller, page.seller, profile),
        buyer: Buyer {
            party: party(buyer, page.buyer.party, profile),
            customer_number: number.or(take(page.buyer.customer_number, references || booking)),
        },
        payment,
        totals,
        tax_breakdown: if booking { page.tax_breakdown } else { stated.tax_breakdown },
        lines: if own_lines { stated.lines } else { page.lines },
        ..stated
    }
}

fn party(stated: Party, page: Party, profile: Profile) -> Party {
    let details = profile.lacks(Group::Details);
    let registration = take(page.registration_id, profile.lacks(Group::Registers));
    Party {
        address: stated.address.or(take(page.address, profile.lacks(Group::Booking))),
        registration_id: stated.registration_id.or(registration),
        email: stated.email.or(take(page.email, details)),
        phone: stated.phone.or(take(page.phone, details)),
        ..stated
    }
}

fn take<T>(field: Option<T>, wanted: bool) -> Option<T> {
    field.filter(|_| wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::einvoice::terms::stated;
    use crate::result::{Field, Line};

    fn text(value: &str) -> Option<Field<String>> {
        Some(stated(value.to_owned(), value, "BT-0"))
    }

    fn page() -> Invoice {
        let mut page = Invoice { lines: vec![Line::default()], ..Invoice::default() };
        page.number = text("7");
        page.purchase_order = text("B-1");
        page.seller.address = text("Rue 1");
        page.seller.phone = text("+33");
        page.payment.iban = text("FR76");
        page
    }

    #[test]
    fn a_full_profile_leaves_nothing_to_the_page() {
        for profile in [Profile::En16931, Profile::Extended] {
            assert_eq!(fill(Invoice::default(), page(), profile), Invoice::default());
        }
    }

    #[test]
    fn a_small_profile_takes_what_it_has_no_place_for() {
        let minimum = fill(Invoice::default(), page(), Profile::Minimum);
        assert_eq!(minimum.lines.len(), 1);
        assert!(minimum.seller.address.is_some() && minimum.payment.iban.is_some());
        assert!(minimum.number.is_none() && minimum.purchase_order.is_none());
        let basic = fill(Invoice::default(), page(), Profile::Basic);
        assert!(basic.lines.is_empty() && basic.seller.address.is_none());
        assert!(basic.seller.phone.is_some());
    }

    #[test]
    fn only_a_page_has_a_subject() {
        let mut page = page();
        page.description = text("Garden");
        let filled = |page| fill(Invoice::default(), page, Profile::En16931).description;
        assert!(filled(page.clone()).is_none(), "it may be the line that was read");
        page.lines.push(Line::default());
        assert_eq!(filled(page), text("Garden"));
    }

    #[test]
    fn what_is_stated_stays() {
        let mut own = Invoice::default();
        own.payment.iban = text("DE89");
        let filled = fill(own, page(), Profile::Minimum);
        assert_eq!(filled.payment.iban, text("DE89"));
    }
}
