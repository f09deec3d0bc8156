//! Names of the parties: every line that could be one, with the clues of all places it stands at.

use std::collections::{BTreeMap, HashMap};

use crate::evidence::{Clue, Evidence};
use crate::fields::Reading;
use crate::fields::parties::Spot;
use crate::fields::parties::blocks::{Block, is_postal, is_small_print};
use crate::layout::{Place, Segment};
use crate::lexicon::{Label, LabelHit, company_words, country_by_name};
use crate::patterns::{EMAIL, SEPARATORS, STREET, WEB};
use crate::text::{fold, terms};
use crate::trace::{Chosen, Combination, Considered, Decision};

/// Names that are compared in pairs; a document shows a few firms and people.
const TRIED: usize = 12;

/// Names that are collected at all.
const MAX_NAMES: usize = 400;

/// Below this probability a party has no name.
const MIN_PROBABILITY: f64 = 0.30;

/// Longest name, in terms: "Musterfirma Beratungsgesellschaft für Technik mbH & Co. KG".
const MAX_NAME_TERMS: usize = 9;

/// How far below its label a name may stand, in text heights.
const LABEL_REACH: f32 = 9.0;

/// How far beside the label's left edge the name may begin, in text heights.
const LABEL_INDENT: f32 = 6.0;

/// How far above the recipient the sender's line stands, in text heights.
const SENDER_REACH: f32 = 7.0;

/// Lines from a name down to the town.
const ADDRESS_LINES: usize = 5;

/// Rows from the top that count as the top of a document.
const TOP_ROWS: usize = 3;

/// Set this much larger than the usual text, a line is a heading or a logo.
const LARGE: f32 = 1.35;

/// A party's chosen name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) place: Place,
    pub(super) probability: f64,
    pub(super) spots: Vec<Spot>,
}

/// Both names.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) seller: Option<Name>,
    pub(super) buyer: Option<Name>,
}

/// One name with the clues of all its places.
#[derive(Debug)]
struct Entry {
    text: String,
    /// Letters and digits of the name, folded: equal for equal names.
    key: String,
    place: Place,
    /// Sum of sizes decides which place is shown.
    best: f32,
    seller: BTreeMap<Clue, f32>,
    buyer: BTreeMap<Clue, f32>,
    spots: Vec<Spot>,
}

/// Chooses seller and buyer so that the two names differ and are most probable together.
pub(super) fn choose_names(reading: &Reading<'_>, blocks: &[Block]) -> Named {
    let entries = collect(reading, blocks);
    let sellers: Vec<f64> = entries.iter().map(|e| evidence(&e.seller).logit(FIELDS[0])).collect();
    let buyers: Vec<f64> = entries.iter().map(|e| evidence(&e.buyer).logit(FIELDS[1])).collect();
    let pairs = pairs(&entries, &sellers, &buyers);
    let best = pairs.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or([None, None], |(p, _)| *p);
    let picks = [0, 1].map(|role| marginal(&entries, &pairs, role, best[role]));
    reading.tracer.record(|| traced(&entries, &pairs, picks));
    let [seller, buyer] = picks.map(|pick| name(&entries, pick?));
    Named { seller, buyer }
}

/// Sections of the weights.
const FIELDS: [&str; 2] = ["seller_name", "buyer_name"];

/// Seller and buyer, by index into the entries, and the log-odds of the pair.
type Pair = ([Option<usize>; 2], f64);

fn evidence(clues: &BTreeMap<Clue, f32>) -> Evidence {
    let mut evidence = Evidence::default();
    clues.iter().for_each(|(clue, size)| evidence.add(*clue, *size));
    evidence
}

/// All pairs of the best names, and of none, that are not one name twice.
fn pairs(entries: &[Entry], sellers: &[f64], buyers: &[f64]) -> Vec<Pair> {
    let of = |logits: &[f64], i: Option<usize>| i.and_then(|i| logits.get(i)).copied();
    let all = top(sellers).into_iter().flat_map(|seller| {
        top(buyers).into_iter().filter_map(move |buyer| {
            let same =
                seller.zip(buyer).is_some_and(|(s, b)| alike(entries.get(s), entries.get(b)));
            let score = of(sellers, seller).unwrap_or(0.0) + of(buyers, buyer).unwrap_or(0.0);
            (!same).then_some(([seller, buyer], score))
        })
    });
    all.collect()
}

fn top(logits: &[f64]) -> Vec<Option<usize>> {
    let mut order: Vec<(usize, f64)> = logits.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.into_iter().take(TRIED).map(|(i, _)| Some(i)).chain(std::iter::once(None)).collect()
}

fn alike(a: Option<&Entry>, b: Option<&Entry>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return true };
    a.key.contains(&b.key) || b.key.contains(&a.key)
}

/// The probability of a name in its role: the share of the pairs that have it. Names that hold it
/// ("Firm GmbH" and "Firm") are no rivals.
fn marginal(
    entries: &[Entry],
    pairs: &[Pair],
    role: usize,
    pick: Option<usize>,
) -> Option<(usize, f64)> {
    let entry = entries.get(pick?);
    let in_role = |pair: &Pair| pair.0.get(role).copied().flatten();
    let own = pairs.iter().filter(|p| in_role(p).is_some_and(|i| alike(entries.get(i), entry)));
    let all: f64 = pairs.iter().map(|(_, score)| score.exp()).sum();
    Some((pick?, own.map(|(_, score)| score.exp()).sum::<f64>() / all))
}

fn name(entries: &[Entry], (at, probability): (usize, f64)) -> Option<Name> {
    let entry = entries.get(at).filter(|_| probability >= MIN_PROBABILITY)?;
    Some(Name {
        text: entry.text.clone(),
        place: entry.place,
        probability,
        spots: entry.spots.clone(),
    })
}

/// The joint choice with everything that was compared.
fn traced(entries: &[Entry], pairs: &[Pair], picks: [Option<(usize, f64)>; 2]) -> Decision {
    let considered = FIELDS.iter().enumerate().flat_map(|(role, section)| {
        entries.iter().map(move |e| {
            let clues = evidence(if role == 0 { &e.seller } else { &e.buyer });
            Considered::new((role, section), e.text.clone(), &e.place, &clues)
        })
    });
    let text = |i: Option<usize>| Some(entries.get(i?)?.text.clone());
    let combination = |(picks, _): &Pair| Combination {
        values: picks.iter().map(|i| text(*i)).collect(),
        clues: Vec::new(),
    };
    let chosen = |pick: Option<(usize, f64)>| {
        let (at, probability) = pick?;
        Some(Chosen { value: text(Some(at))?, probability })
    };
    Decision {
        fields: FIELDS.to_vec(),
        options: considered.collect(),
        combinations: pairs.iter().map(combination).collect(),
        chosen: picks.map(chosen).to_vec(),
    }
}

fn key(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn collect(reading: &Reading<'_>, blocks: &[Block]) -> Vec<Entry> {
    let typical = reading.typical_height();
    let domains = domains(reading);
    let mut entries: Vec<Entry> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (number, block) in blocks.iter().enumerate() {
        let mut named = false;
        for (line, &index) in block.lines.iter().enumerate() {
            let Some(segment) = reading.layout.segment(index) else { continue };
            let Some((text, place)) = name_of(segment) else { continue };
            let sender = sender_line(segment);
            let town = block.postal.iter().find(|p| **p > line).map(|p| p - line);
            let mut clues: HashMap<Clue, f32> = HashMap::new();
            let mut clue = |clue, present: bool| {
                if present {
                    clues.insert(clue, 1.0);
                }
            };
            clue(Clue::SenderLine, sender);
            clue(Clue::Imprint, imprint(segment));
            clue(Clue::CompanyForm, has_company_form(&text));
            clue(Clue::SmallPrint, block.small_print || is_small_print(segment));
            clue(Clue::BelowSender, !sender && below_sender(reading, index));
            clue(Clue::First, entries.is_empty());
            clue(Clue::FirstPage, segment.page_index == 0);
            clue(Clue::Large, segment.rect.height() > LARGE * typical);
            clue(Clue::Top, segment.page_index == 0 && segment.row < TOP_ROWS);
            clue(Clue::DomainMatch, domain_match(&text, &domains));
            if town.is_some_and(|lines| lines <= ADDRESS_LINES) && !sender {
                clues.insert(Clue::AddressBelow, if named { 0.4 } else { 1.0 });
                named = true;
            }
            let (sold, bought) = party_labels(reading, index, &text);
            let telling =
                [Clue::Imprint, Clue::CompanyForm, Clue::AddressBelow, Clue::SenderLine, Clue::Top];
            if sold + bought == 0.0 && !telling.iter().any(|c| clues.contains_key(c)) {
                continue;
            }
            let at = *known.entry(key(&text)).or_insert(entries.len());
            if at == entries.len() {
                if at == MAX_NAMES {
                    return entries;
                }
                entries.push(Entry::new(text, place));
            }
            let spot = Spot { segment: index, block: number };
            if let Some(entry) = entries.get_mut(at) {
                entry.add(&clues, sold, bought, place, spot);
            }
        }
    }
    entries
}

impl Entry {
    fn new(text: String, place: Place) -> Self {
        let (seller, buyer) = (BTreeMap::new(), BTreeMap::new());
        Self { key: key(&text), text, place, best: f32::MIN, seller, buyer, spots: Vec::new() }
    }

    /// Adds a place: each clue counts once, at its largest.
    fn add(
        &mut self,
        clues: &HashMap<Clue, f32>,
        sold: f32,
        bought: f32,
        place: Place,
        spot: Spot,
    ) {
        let repeated = if self.spots.is_empty() { 0.0 } else { 1.0 };
        for (role, own, other) in
            [(&mut self.seller, sold, bought), (&mut self.buyer, bought, sold)]
        {
            let labels =
                [(Clue::PartyLabel, own), (Clue::OtherParty, other), (Clue::Repeated, repeated)];
            for (clue, size) in clues.iter().map(|(c, s)| (*c, *s)).chain(labels) {
                let known = role.entry(clue).or_default();
                *known = known.max(size);
            }
        }
        let size = clues.values().sum::<f32>() + sold + bought;
        if size > self.best {
            (self.best, self.place) = (size, place);
        }
        self.spots.push(spot);
    }
}

/// The name that a line may hold: its first part, without a label before it.
fn name_of(segment: &Segment) -> Option<(String, Place)> {
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
    let text =
        trimmed.get(..end)?.trim_end_matches(|c: char| ",;:-–".contains(c) || c.is_whitespace());
    let place = segment.place(&(start..start + text.len()));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = segment.terms.first().map_or(0, |t| t.start);
    let labelled = segment.labels.first().is_some_and(|h| h.start == first);
    let other_label = segment.is_label() && labelled && from == 0 && !has_company_form(&text);
    (!other_label && could_be_name(&text)).then_some((text, place))
}

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
    let terms = terms(text);
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let begins_badly = terms.first().is_none_or(|t| company_words().not_names.contains(&t.text));
    letters >= 3
        && letters > 2 * digits
        && !begins_badly
        && terms.len() <= MAX_NAME_TERMS
        && (text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
            || has_company_form(text))
        && !text.contains([':', '@', '€', '%'])
        && !EMAIL.is_match(text)
        && !WEB.is_match(text)
        && !is_postal(text)
        && (has_company_form(text) || !STREET.is_match(text))
        && country_by_name(text).is_none()
}

/// Whether a capitalised word of `text` is a legal form; "B.V." counts as one word.
fn has_company_form(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let capital = word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
        let bare: String = fold(word).chars().filter(|c| c.is_alphanumeric()).collect();
        capital && company_words().forms.contains(&bare) || word == "mbH"
    })
}

/// Name, street and town in one line, as above an address window.
fn sender_line(segment: &Segment) -> bool {
    let parts: Vec<&str> = SEPARATORS.split(&segment.text).collect();
    parts.len() >= 3 && parts.iter().skip(1).any(|part| is_postal(part.trim()))
}

/// Whether the nearest line above is a one-line sender.
fn below_sender(reading: &Reading<'_>, index: usize) -> bool {
    let height = reading.layout.segment(index).map_or(0.0, |s| s.rect.height());
    let nearest = reading.layout.above(index, SENDER_REACH * height).next();
    nearest.is_some_and(|(_, s)| sender_line(s))
}

/// The line in which a firm states its form, capital and register.
fn imprint(segment: &Segment) -> bool {
    SEPARATORS.is_match(&segment.text) && is_small_print(segment)
}

/// How firmly labels announce the line as seller and as buyer, 0 to 1.
fn party_labels(reading: &Reading<'_>, index: usize, name: &str) -> (f32, f32) {
    let Some(segment) = reading.layout.segment(index) else { return (0.0, 0.0) };
    if let Some(hit) = segment.labels.first().filter(|h| !overlaps(segment, h.start, name)) {
        let firm = |label| hit.strength(label);
        if firm(Label::Seller) + firm(Label::Buyer) > 0.0 {
            return (firm(Label::Seller), firm(Label::Buyer));
        }
    }
    let height = segment.rect.height().max(f32::EPSILON);
    if let Some((at, left)) = reading.layout.left_of(index).next()
        && left.is_label()
    {
        let named = left.labels.iter().any(|h| h.strength(Label::PartyName) > 0.0);
        if named {
            return above_label(reading, at, LABEL_REACH * height).unwrap_or((0.0, 0.0));
        }
    }
    above_label(reading, index, LABEL_REACH * height).unwrap_or((0.0, 0.0))
}

fn overlaps(segment: &Segment, start: usize, name: &str) -> bool {
    segment.text.find(name).is_some_and(|at| start >= at)
}

/// The party label above a line, weaker for each line between.
fn above_label(reading: &Reading<'_>, index: usize, reach: f32) -> Option<(f32, f32)> {
    let own = reading.layout.segment(index)?;
    let mut closeness = 1.0;
    for (_, above) in reading.layout.above(index, reach) {
        let indent = (above.rect.x0 - own.rect.x0).abs() / own.rect.height().max(f32::EPSILON);
        if indent > LABEL_INDENT {
            continue;
        }
        let strongest = |label| above.labels.iter().map(|h| h.strength(label)).fold(0.0, f32::max);
        let (sold, bought) = (strongest(Label::Seller), strongest(Label::Buyer));
        if above.is_label() && sold + bought > 0.0 {
            return Some((sold * closeness, bought * closeness));
        }
        if above.is_label() && strongest(Label::ShipTo) > 0.0 {
            return None;
        }
        // Numbers of the party may stand between its label and its name; other names may not.
        if above.labels.is_empty() {
            closeness *= 0.5;
        }
    }
    None
}

/// Names of the web and mail domains on the pages, without signs.
fn domains(reading: &Reading<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (_, segment) in reading.segments() {
        for mail in EMAIL.find_iter(&segment.text) {
            let host = mail.as_str().split_once('@').map_or("", |(_, host)| host);
            found.extend(host.split('.').next().map(key));
        }
        for parts in WEB.captures_iter(&segment.text) {
            found.extend(parts.get(1).or_else(|| parts.get(2)).map(|m| key(m.as_str())));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Shortest domain that says something about a name.
const TELLING_DOMAIN: usize = 4;

fn domain_match(name: &str, domains: &[String]) -> bool {
    let name = key(name);
    let first = name.get(..TELLING_DOMAIN.min(name.len())).unwrap_or("");
    domains.iter().any(|d| {
        d.len() >= TELLING_DOMAIN
            && (name.contains(d.as_str()) || first.len() == TELLING_DOMAIN && d.starts_with(first))
    })
}
