//! What a name looks like: a line's text without labels, numbers and address behind it.

use crate::fields::parties::blocks::{is_postal, is_small_print};
use crate::layout::{Place, Segment};
use crate::lexicon::{Label, LabelHit, company_words, country_by_name};
use crate::own::OwnIdentity;
use crate::patterns::{EMAIL, REGISTRATION_BEHIND, SEPARATORS, STREET, WEB};
use crate::text::{fold, terms};

/// Longest name, in terms: "Musterfirma Beratungsgesellschaft für Technik mbH & Co. KG".
const MAX_NAME_TERMS: usize = 9;

/// Lines of one name are set in about one size, and no further apart than this, in text heights.
const NAME_LINE_GAP: f32 = 1.2;

/// A name as a line (or two) holds it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) place: Place,
    /// It goes on in the line below.
    pub(super) two_lines: bool,
    /// It is all that the line holds.
    pub(super) plain: bool,
}

/// Letters and digits, folded: equal for equal names.
pub(super) fn key(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The name that a line may hold: its first part, without a label before it.
pub(super) fn name_of(segment: &Segment, own: &OwnIdentity) -> Option<Found> {
    let parties = [Label::Seller, Label::Buyer, Label::PartyName];
    let lead = segment.labels.first().filter(|h| {
        h.start == segment.terms.first().map_or(0, |t| t.start)
            && parties.iter().any(|l| h.strength(*l) > 0.0)
    });
    // A label without a sign behind it is part of the name ("Seller Company").
    let set_off =
        |h: &&LabelHit| segment.text_from(h.end).trim_start().starts_with([':', '-', '.']);
    let from = lead.filter(set_off).map_or(0, |h| h.end);
    let behind = segment.text_from(from);
    let trimmed = behind.trim_start_matches(|c: char| !c.is_alphanumeric());
    let start = segment.text.len() - trimmed.len();
    let end = SEPARATORS.find(trimmed).map_or(trimmed.len(), |m| m.start());
    // A comma before a legal form belongs to the name: "Userpilot, Inc."
    let end = form_behind_comma(trimmed, end);
    let end = REGISTRATION_BEHIND.find(trimmed.get(..end)?).map_or(end, |m| m.start());
    let text =
        trimmed.get(..end)?.trim_end_matches(|c: char| ",;:-–".contains(c) || c.is_whitespace());
    let place = segment.place(&(start..start + text.len()));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = segment.terms.first().map_or(0, |t| t.start);
    let labelled = segment.labels.first().is_some_and(|h| h.start == first);
    let other_label = segment.is_label() && labelled && from == 0 && !has_company_form(&text);
    let plain = start == 0 && end == trimmed.len();
    let found = Found { text, place, two_lines: false, plain };
    (!other_label && could_be_name(&found.text) || own.is_name(&found.text)).then_some(found)
}

/// A name that is broken before its legal form: "FAMILY BAKERY AND" over "CONFECTIONERY LTD". Of
/// two lines, each with the name that it holds by itself.
pub(super) fn joined(
    (first, above): (&Segment, &Found),
    (second, below): (&Segment, &Found),
    own: &OwnIdentity,
) -> Option<Found> {
    let heights = (first.rect.height(), second.rect.height());
    let gap = second.rect.y0 - first.rect.y1;
    let close = gap < NAME_LINE_GAP * heights.0.min(heights.1);
    let alike = heights.0.max(heights.1) < SAME_SIZE * heights.0.min(heights.1);
    let goes_on = !has_company_form(&above.text) && has_company_form(&below.text);
    let text = format!("{} {}", above.text, below.text);
    let place = above.place.union(&below.place);
    let found = Found { text, place, two_lines: true, plain: above.plain && below.plain };
    // What is ours is whole.
    let ours = own.is_name(&above.text) || own.is_name(&below.text);
    (close && alike && goes_on && !ours && could_be_name(&found.text)).then_some(found)
}

/// Letters of the two lines of a name differ in height by less than this factor.
const SAME_SIZE: f32 = 1.3;

fn form_behind_comma(text: &str, end: usize) -> usize {
    let Some(behind) = text.get(end..).and_then(|t| t.strip_prefix(", ")) else { return end };
    let part = SEPARATORS.find(behind).map_or(behind.len(), |m| m.start());
    let form = behind.get(..part).unwrap_or("");
    if form.split_whitespace().count() <= 2 && has_company_form(form) {
        end + 2 + part
    } else {
        end
    }
}

fn could_be_name(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    // The cheap questions first: most lines of a page are no names.
    letters >= 3
        && letters > 2 * digits
        && !text.contains([':', '@', '€', '%'])
        && (text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
            || has_company_form(text))
        && has_terms_of_name(text)
        && !EMAIL.is_match(text)
        && !WEB.is_match(text)
        && !is_postal(text)
        && (has_company_form(text) || !STREET.is_match(text))
        && country_by_name(text).is_none()
}

/// Whether there are no more terms than names have, and the first may begin one.
fn has_terms_of_name(text: &str) -> bool {
    let terms = terms(text);
    let first = terms.first();
    terms.len() <= MAX_NAME_TERMS
        && first.is_some_and(|t| !company_words().not_names.contains(&t.text))
}

/// Share of the words of more than two letters that begin with a small one.
pub(super) fn small_letters(text: &str) -> f32 {
    let words: Vec<&str> = text.split_whitespace().filter(|w| w.chars().count() > 2).collect();
    let small = words.iter().filter(|w| w.starts_with(char::is_lowercase)).count();
    small as f32 / words.len().max(1) as f32
}

/// Share of the letters that are capitals.
pub(super) fn capitals(text: &str) -> f32 {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    text.chars().filter(|c| c.is_uppercase()).count() as f32 / letters.max(1) as f32
}

/// Whether a capitalised word of `text` is a legal form; "B.V." counts as one word.
pub(super) fn has_company_form(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let capital = word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
        let bare: String = fold(word).chars().filter(|c| c.is_alphanumeric()).collect();
        capital && company_words().forms.contains(&bare) || word == "mbH"
    })
}

/// Name, street and town in one line, as above an address window.
pub(super) fn sender_line(segment: &Segment) -> bool {
    let parts: Vec<&str> = SEPARATORS.split(&segment.text).collect();
    parts.len() >= 3 && parts.iter().skip(1).any(|part| is_postal(part.trim()))
}

/// The line in which a firm states its form, capital and register.
pub(super) fn imprint(segment: &Segment) -> bool {
    SEPARATORS.is_match(&segment.text) && is_small_print(segment)
}
