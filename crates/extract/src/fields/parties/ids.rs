//! VAT identifiers and registrations, each given to the party it stands with.

use crate::candidate::{Candidate, choose};
use crate::evidence::{Clue, Relation, label_clues, links};
use crate::fields::Reading;
use crate::fields::parties::Spot;
use crate::fields::parties::blocks::Block;
use crate::lexicon::{Label, WEAK};
use crate::own::OWN_NUMBER;
use crate::patterns::IDENTIFIER;
use crate::result::Field;
use crate::text::overlap;
use crate::trace::Tracer;
use crate::value::{PrintedCode, find_registrations, find_tax_numbers, find_vat_ids};

/// Labels that announce codes of parties.
const FAMILY: &[Label] = &[
    Label::VatId,
    Label::BuyerVatId,
    Label::RegistrationId,
    Label::OtherNumber,
    Label::CustomerNumber,
    Label::Iban,
    Label::Bic,
    Label::Phone,
    Label::Fax,
];

/// How far below a name its codes stand, in text heights.
const REACH: f32 = 30.0;

/// How far beside the name's left edge they begin, in text heights.
const INDENT: f32 = 8.0;

/// Where the names of both parties stand.
#[derive(Debug)]
pub(super) struct Owners<'a> {
    pub(super) reading: &'a Reading<'a>,
    pub(super) blocks: &'a [Block],
    pub(super) seller: &'a [Spot],
    pub(super) buyer: &'a [Spot],
}

/// A party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Seller,
    Buyer,
}

type Found = Vec<(Candidate<String>, Option<Side>)>;

/// VAT ids of seller and buyer.
pub(super) fn vat_ids(owners: &Owners<'_>) -> (Option<Field<String>>, Option<Field<String>>) {
    let mut found: Found = Vec::new();
    for (index, segment) in owners.reading.segments() {
        let mut codes = find_vat_ids(&segment.text);
        let formed = codes.len();
        for number in find_tax_numbers(&segment.text) {
            if !codes.iter().any(|c| overlap(&c.range, &number.range)) {
                codes.push(number);
            }
        }
        for (at, PrintedCode { value, range, valid }) in codes.into_iter().enumerate() {
            let links = links(owners.reading.layout, index, range.start, FAMILY);
            let announced = |label| links.iter().any(|l| l.hit.strength(label) > 0.0);
            let nearest = links.first().map_or(0.0, |l| {
                l.hit.strength(Label::VatId).max(l.hit.strength(Label::BuyerVatId))
            });
            // Without the form of a country, only a firm label makes a number a tax number.
            if at >= formed && nearest <= WEAK {
                continue;
            }
            let owned_by_other = links.first().is_some_and(|l| {
                l.relation == Relation::Same
                    && l.hit.strength(Label::VatId) + l.hit.strength(Label::BuyerVatId) == 0.0
            });
            if owned_by_other {
                continue;
            }
            let mut candidate = Candidate::read(value, segment, &range);
            let buyers = announced(Label::BuyerVatId);
            let label = if buyers { Label::BuyerVatId } else { Label::VatId };
            label_clues(&links, label, &mut candidate.evidence);
            candidate.evidence.when(Clue::Valid, valid);
            candidate.evidence.when(Clue::Invalid, !valid && at < formed);
            candidate.evidence.when(Clue::National, at >= formed);
            let ours = owners.reading.own.is_vat_id(&candidate.value);
            let side = match owners.of(index) {
                _ if buyers || ours => Some(Side::Buyer),
                side => side,
            };
            found.push((candidate, side));
        }
    }
    let fields = ["seller_vat_id", "buyer_vat_id"];
    split(owners.reading.tracer, found, fields, |id| owners.reading.own.is_vat_id(id))
}

/// Registrations of seller and buyer. Only behind a label, because nine digits are many things.
pub(super) fn registrations(owners: &Owners<'_>) -> (Option<Field<String>>, Option<Field<String>>) {
    let mut found: Found = Vec::new();
    for (index, segment) in owners.reading.segments() {
        let mut codes = find_registrations(&segment.text);
        for m in IDENTIFIER.find_iter(&segment.text) {
            let inside = |c: &PrintedCode| overlap(&c.range, &m.range());
            if !codes.iter().any(inside) && m.as_str().len() > 4 {
                let value = m.as_str().trim_end_matches(['.', '-', '/']).to_owned();
                codes.push(PrintedCode { value, range: m.range(), valid: false });
            }
        }
        for PrintedCode { value, range, valid } in codes {
            let links = links(owners.reading.layout, index, range.start, FAMILY);
            let own_label = valid && value.starts_with("HR");
            let announced =
                links.first().is_some_and(|l| l.hit.strength(Label::RegistrationId) > 0.0);
            let ours = owners.reading.own.is_registration(&value);
            if !announced && !own_label && !ours {
                continue;
            }
            let mut candidate = Candidate::read(value, segment, &range);
            label_clues(&links, Label::RegistrationId, &mut candidate.evidence);
            candidate.evidence.add(Clue::LabelSame, if announced { 0.0 } else { 1.0 });
            candidate.evidence.when(Clue::Valid, valid);
            candidate.evidence.when(Clue::Invalid, !valid);
            found.push((candidate, if ours { Some(Side::Buyer) } else { owners.of(index) }));
        }
    }
    let fields = ["seller_registration_id", "buyer_registration_id"];
    split(owners.reading.tracer, found, fields, |id| owners.reading.own.is_registration(id))
}

/// Gives each side its own codes; those of nobody go to the seller, who has to print his. What `ours`
/// knows is the buyer's, whatever else stands near the buyer's name.
fn split(
    tracer: &Tracer,
    found: Found,
    [seller, buyer]: [&'static str; 2],
    ours: impl Fn(&str) -> bool,
) -> (Option<Field<String>>, Option<Field<String>>) {
    let of = |side: Side, found: &Found| -> Vec<Candidate<String>> {
        found.iter().filter(|(_, s)| *s == Some(side)).map(|(c, _)| c.clone()).collect()
    };
    let buyers = of(Side::Buyer, &found);
    let mut sellers = of(Side::Seller, &found);
    if sellers.is_empty() {
        let free = found.iter().filter(|(_, s)| s.is_none()).map(|(c, _)| c.clone());
        sellers = free.filter(|c| !buyers.iter().any(|b| b.value == c.value)).collect();
    }
    // Among the seller's own, the first stands with the name and later ones repeat it.
    if let Some(first) = sellers.first_mut() {
        first.evidence.add(Clue::Repeated, 1.0);
    }
    let surest = |a: &&Candidate<String>, b: &&Candidate<String>| {
        a.place.confidence.total_cmp(&b.place.confidence)
    };
    // From the end: of places read equally well the first is shown.
    let own = buyers.iter().rev().filter(|c| ours(&c.value)).max_by(surest);
    let own = own.map(|c| c.field(OWN_NUMBER));
    let (seller, buyer) = (choose(tracer, &sellers, seller), choose(tracer, &buyers, buyer));
    (seller, own.or(buyer))
}

impl Owners<'_> {
    /// The party whose name is nearest above (or beside, in its block) a segment.
    fn of(&self, index: usize) -> Option<Side> {
        let nearest = |spots: &[Spot]| {
            spots.iter().filter_map(|s| self.distance(*s, index)).min_by(f32::total_cmp)
        };
        match (nearest(self.seller), nearest(self.buyer)) {
            (Some(seller), Some(buyer)) if buyer < seller => Some(Side::Buyer),
            (Some(_), _) => Some(Side::Seller),
            (None, Some(_)) => Some(Side::Buyer),
            (None, None) => None,
        }
    }

    /// Text heights from a name down to a segment of its column; nothing outside it.
    fn distance(&self, spot: Spot, index: usize) -> Option<f32> {
        if self.blocks.get(spot.block).is_some_and(|b| b.lines.contains(&index)) {
            return Some(0.0);
        }
        let layout = self.reading.layout;
        let (name, code) = (layout.segment(spot.segment)?, layout.segment(index)?);
        let height = name.rect.height().max(f32::EPSILON);
        let down = (code.rect.middle() - name.rect.middle()) / height;
        let beside = (code.rect.x0 - name.rect.x0).abs() / height;
        let near =
            name.page_index == code.page_index && (-0.5..REACH).contains(&down) && beside < INDENT;
        near.then_some(1.0 + down)
    }
}
