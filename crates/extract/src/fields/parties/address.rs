//! Postal address and country of a party.

use crate::candidate::chosen;
use crate::fields::Reading;
use crate::fields::parties::blocks::{is_postal, is_small_print};
use crate::fields::parties::name_text::{has_company_form, key};
use crate::fields::parties::names::Name;
use crate::layout::{Place, Segment};
use crate::lexicon::{
    Label, WEAK, company_words, countries, country as country_by_code, country_by_name, speaks_of,
};
use crate::patterns::{EMAIL, POSTAL_CODE, SEPARATORS, STREET, WEB};
use crate::result::{Confidence, Field, Source};
use crate::text::terms;

/// Lines from the name to the end of the address.
const MAX_LINES: usize = 8;

/// Middles of two lines of an address are no further apart than this, in text heights.
const LINE_PITCH: f32 = 2.6;

/// Left edges or middles of the lines of an address differ by less than this, in text heights.
const ALIGNED: f32 = 1.5;

/// Trust in a country that follows from the VAT id.
const COUNTRY_BY_VAT_ID: f64 = 0.9;

/// Trust in a country named in the address.
const COUNTRY_NAMED: f64 = 0.9;

/// The address that follows the name, in its line or in those below, at the first of its places
/// that has one.
pub(super) fn address(reading: &Reading<'_>, name: &Name, section: &str) -> Option<Field<String>> {
    let (text, place) = name.spots.iter().find_map(|spot| {
        let segment = reading.layout.segment(spot.segment)?;
        in_line(segment).or_else(|| below_name(reading, spot.segment, &name.text))
    })?;
    Some(chosen(text.clone(), &text, &place, (section, name.probability)))
}

/// The lines below a name that make an address: from the first that could be part of one to the
/// last that certainly is, and a country behind it.
fn below_name(reading: &Reading<'_>, index: usize, name: &str) -> Option<(String, Place)> {
    let lines = column_below(reading, index);
    let slip = reading.slip() > SLIP;
    let parts: Vec<Part> = lines.iter().map(|s| part(s, name)).collect();
    let end = parts.iter().position(|p| *p == Part::Foreign).unwrap_or(parts.len());
    let parts = parts.get(..end)?;
    let sure = |p: &Part| matches!(p, Part::Street | Part::Town);
    let last = match parts.iter().position(|p| *p == Part::Town) {
        Some(town) => town,
        None => parts.iter().rposition(sure)?,
    };
    let behind = parts.iter().skip(last + 1).take_while(|p| matches!(p, Part::Country)).count();
    let last = last + behind;
    let first = parts.iter().position(|p| *p != Part::Person)?;
    // Halls, floors and boxes above the street belong to it; persons, mottos and registers do not.
    let kept: Vec<&Segment> = (first..=last)
        .filter(|at| parts.get(*at).is_some_and(|p| *p != Part::Person))
        .filter_map(|at| lines.get(at).copied())
        .collect();
    let place = kept.iter().map(|s| s.whole()).reduce(|a, b| a.union(&b))?;
    let texts: Vec<String> = kept.iter().map(|s| whole_line(reading, s, slip)).collect();
    Some((texts.join("\n"), place))
}

/// What a line below a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Who is to read it, a motto, a register: nothing of the address.
    Person,
    Street,
    Town,
    Country,
    /// May belong to the address between its other lines.
    Detail,
    /// Ends the address.
    Foreign,
}

/// What a line announces that no address goes on behind.
const ENDS: [Label; 15] = [
    Label::Phone,
    Label::Fax,
    Label::Email,
    Label::VatId,
    Label::BuyerVatId,
    Label::Iban,
    Label::IssueDate,
    Label::DueDate,
    Label::InvoiceNumber,
    Label::CustomerNumber,
    Label::Buyer,
    Label::ShipTo,
    Label::Seller,
    Label::InvoiceTitle,
    Label::CreditNoteTitle,
];

/// What a line is that stands below `name`.
fn part(segment: &Segment, name: &str) -> Part {
    let text = unlabelled(segment);
    let first = segment.terms.first().map_or("", |t| t.text.as_str());
    let announces = |l: Label| segment.labels.iter().any(|h| h.start == 0 && h.strength(l) > WEAK);
    let has_number = text.chars().any(|c| c.is_ascii_digit());
    let folded = terms(&text).iter().map(|t| format!(" {}", t.text)).collect::<String>() + " ";
    let region = !has_number && countries().iter().any(|c| speaks_of(&folded, c));
    if country_by_name(&text).is_some() || region && segment.terms.len() <= REGION_TERMS {
        return Part::Country;
    }
    let of_name = key(name).contains(&key(&text)) || has_company_form(&text) && !text.contains(',');
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let is_code = letters < CODE_LETTERS && text.len() >= CODE_CHARS && !is_postal(&text);
    if of_name || is_code {
        return Part::Person;
    }
    if ENDS.into_iter().any(announces) || EMAIL.is_match(&text) || WEB.is_match(&text) {
        return Part::Foreign;
    }
    if is_postal(&text) {
        return Part::Town;
    }
    if is_small_print(segment) || announces(Label::RegistrationId) || announces(Label::OtherNumber)
    {
        return Part::Person;
    }
    if company_words().attention.contains(first) && !has_number {
        return Part::Person;
    }
    if STREET.is_match(&text) { Part::Street } else { Part::Detail }
}

/// Longest line that names a region: "Selangor Darul Ehsan".
const REGION_TERMS: usize = 3;

/// A line of fewer letters and at least so many characters is a number.
const CODE_LETTERS: usize = 3;
const CODE_CHARS: usize = 5;

/// From here on a page is a slip, whose lines go all the way across.
const SLIP: f32 = 0.5;

/// The line's text, with what stands beside it on a slip.
fn whole_line(reading: &Reading<'_>, segment: &Segment, slip: bool) -> String {
    if !slip {
        return unlabelled(segment);
    }
    let row = reading.layout.row(segment.row);
    row.map(|(_, s)| unlabelled(s)).collect::<Vec<_>>().join(" ")
}

/// The text behind a label such as "Address:".
fn unlabelled(segment: &Segment) -> String {
    let label = segment.labels.first().filter(|h| h.start == 0 && h.strength(Label::Address) > 0.0);
    let from = label.map_or(0, |h| h.end);
    let text = segment.text_from(from).trim_start_matches(|c: char| !c.is_alphanumeric());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines below a name in its column: close to each other, and aligned with the name.
fn column_below<'r>(reading: &'r Reading<'_>, index: usize) -> Vec<&'r Segment> {
    let mut lines: Vec<&Segment> = Vec::new();
    let Some(name) = reading.layout.segment(index) else { return lines };
    let (mut last, mut height) = (index, name.rect.height());
    while lines.len() < MAX_LINES {
        let Some(from) = reading.layout.segment(last) else { break };
        let aligned = |s: &Segment| {
            let off = |a: f32, b: f32| (a - b).abs() < ALIGNED * height.max(s.rect.height());
            off(s.rect.x0, name.rect.x0)
                || off(s.rect.x0 + s.rect.x1, name.rect.x0 + name.rect.x1)
                || off(s.rect.x1, name.rect.x1)
                || off(s.rect.x0, from.rect.x0)
        };
        let reach = LINE_PITCH * height.max(from.rect.height());
        let Some((next, segment)) = reading.layout.below(last, reach).find(|(_, s)| aligned(s))
        else {
            break;
        };
        lines.push(segment);
        // A name in large letters stands over lines in small ones.
        (last, height) = (next, segment.rect.height());
    }
    lines
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
