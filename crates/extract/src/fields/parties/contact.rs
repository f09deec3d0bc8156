//! E-mail and telephone of a party.

use crate::candidate::field;
use crate::fields::Reading;
use crate::fields::parties::blocks::Block;
use crate::fields::parties::names::Name;
use crate::layout::Segment;
use crate::lexicon::Label;
use crate::patterns::{EMAIL, PHONE};
use crate::result::Field;

/// Trust in what stands in the block of a name, relative to the name.
const IN_BLOCK: f64 = 0.85;

/// The first e-mail address in a block (or line) that holds the name.
pub(super) fn email(reading: &Reading<'_>, blocks: &[Block], name: &Name) -> Option<Field<String>> {
    lines(reading, blocks, name).find_map(|segment| {
        let found = EMAIL.find(&segment.text)?;
        let place = segment.place(&found.range());
        let text = found.as_str();
        Some(field(text.to_owned(), text, &place, name.probability * IN_BLOCK))
    })
}

/// The first telephone number there, behind its label or with a country code.
pub(super) fn phone(reading: &Reading<'_>, blocks: &[Block], name: &Name) -> Option<Field<String>> {
    lines(reading, blocks, name).find_map(|segment| {
        let found = PHONE.find_iter(&segment.text).find(|m| {
            let before = segment.labels.iter().rev().find(|h| h.end <= m.start());
            let label = |l| before.is_some_and(|h| h.strength(l) > 0.0);
            label(Label::Phone) || m.as_str().starts_with('+') && !label(Label::Fax)
        })?;
        let place = segment.place(&found.range());
        let text = found.as_str().trim();
        Some(field(text.to_owned(), text, &place, name.probability * IN_BLOCK))
    })
}

fn lines<'r>(
    reading: &'r Reading<'_>,
    blocks: &'r [Block],
    name: &'r Name,
) -> impl Iterator<Item = &'r Segment> {
    let in_blocks = name.spots.iter().filter_map(|spot| blocks.get(spot.block));
    in_blocks.flat_map(|b| &b.lines).filter_map(|index| reading.layout.segment(*index))
}
