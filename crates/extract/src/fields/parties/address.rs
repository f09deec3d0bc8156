//! Postal address and country of a party.

use crate::candidate::field;
use crate::fields::Reading;
use crate::fields::parties::blocks::{Block, is_postal};
use crate::fields::parties::names::Name;
use crate::layout::{Place, Segment};
use crate::lexicon::{countries, country as country_by_code, country_by_name};
use crate::patterns::{POSTAL_CODE, SEPARATORS};
use crate::result::{Confidence, Field, Source};

/// Lines from the name to the town that belong to the address.
const MAX_LINES: usize = 6;

/// Trust in an address below a name, relative to the name.
const BLOCK_ADDRESS: f64 = 0.85;

/// Trust in a country that follows from the VAT id.
const COUNTRY_BY_VAT_ID: f64 = 0.9;

/// Trust in a country named in the address.
const COUNTRY_NAMED: f64 = 0.9;

/// The address that follows the name, in its block or in its line.
pub(super) fn address(
    reading: &Reading<'_>,
    blocks: &[Block],
    name: &Name,
) -> Option<Field<String>> {
    let (text, place) = name.spots.iter().find_map(|spot| {
        let segment = reading.layout.segment(spot.segment)?;
        in_line(segment).or_else(|| {
            let block = blocks.get(spot.block)?;
            let from = block.lines.iter().position(|i| *i == spot.segment)?;
            below_name(reading, block, from)
        })
    })?;
    Some(field(text.clone(), &text, &place, name.probability * BLOCK_ADDRESS))
}

fn below_name(reading: &Reading<'_>, block: &Block, from: usize) -> Option<(String, Place)> {
    let town = *block.postal.iter().find(|p| **p > from && **p <= from + MAX_LINES)?;
    let mut lines: Vec<&Segment> = Vec::new();
    for index in block.lines.iter().take(town + 1).skip(from + 1) {
        lines.push(reading.layout.segment(*index)?);
    }
    let behind = block.lines.get(town + 1).and_then(|i| reading.layout.segment(*i));
    lines.extend(behind.filter(|s| country_by_name(&s.text).is_some()));
    let place = lines.iter().map(|s| s.whole()).reduce(|a, b| a.union(&b))?;
    let texts: Vec<&str> = lines.iter().map(|s| s.text.as_str()).collect();
    Some((texts.join("\n"), place))
}

/// The parts of a one-line sender behind the name.
fn in_line(segment: &Segment) -> Option<(String, Place)> {
    let first = SEPARATORS.find(&segment.text)?;
    let parts: Vec<&str> =
        SEPARATORS.split(segment.text_from(first.end())).map(str::trim).collect();
    let town = parts.iter().position(|part| is_postal(part))?;
    let place = segment.place(&(first.end()..segment.text.len()));
    Some((parts.get(..=town)?.join("\n"), place))
}

/// The country: named in the address, else that of the VAT id.
pub(super) fn country(
    address: Option<&Field<String>>,
    vat_id: Option<&Field<String>>,
) -> Option<Field<String>> {
    let named = address.and_then(|address| {
        let code = address.value.lines().rev().find_map(country_of_line)?;
        let confidence = Confidence::new(address.confidence.get() * COUNTRY_NAMED);
        let raw = address.value.lines().next_back().map(str::to_owned);
        Some(Field { value: code.to_owned(), confidence, raw, source: address.source.clone() })
    });
    named.or_else(|| {
        let vat_id = vat_id?;
        let prefix = vat_id.value.get(..2)?;
        let known = countries().iter().find(|c| c.vat_prefix == prefix)?;
        let confidence = Confidence::new(vat_id.confidence.get() * COUNTRY_BY_VAT_ID);
        let source = Source::derived("country-of-vat-id");
        Some(Field { value: known.code.clone(), confidence, raw: None, source })
    })
}

fn country_of_line(line: &str) -> Option<&'static str> {
    let parts = line.split([',', '-', '–', '·']).map(str::trim);
    let named = parts.clone().find_map(country_by_name);
    let coded = || parts.clone().filter(|p| p.len() == 2).find_map(country_by_code);
    let before_town = || {
        let parts = POSTAL_CODE.captures(line)?;
        country_by_code(parts.get(1)?.as_str())
    };
    named.or_else(coded).or_else(before_town).map(|c| c.code.as_str())
}
