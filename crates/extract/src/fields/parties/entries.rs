//! Every line that could be a party's name, with the clues of all places it stands at.

use std::collections::{BTreeMap, HashMap};

use crate::evidence::Clue;
use crate::fields::Reading;
use crate::fields::parties::Spot;
use crate::fields::parties::blocks::{Block, is_small_print};
use crate::fields::parties::name_text::{
    Found, capitals, has_company_form, imprint, joined, key, name_of, sender_line, small_letters,
};
use crate::layout::{Place, Segment};
use crate::lexicon::Label;
use crate::patterns::{EMAIL, WEB};

/// Names that are collected at all.
const MAX_NAMES: usize = 400;

/// How far below its label a name may stand, in text heights.
const LABEL_REACH: f32 = 9.0;

/// How far beside the label's left edge the name may begin, in text heights.
const LABEL_INDENT: f32 = 6.0;

/// How far above the recipient the sender's line stands, in text heights.
const SENDER_REACH: f32 = 7.0;

/// Lines from a name down to the town.
const ADDRESS_LINES: usize = 5;

/// Set this much larger than the usual text, a line is a heading or a logo.
const LARGE: f32 = 1.35;

/// One name with the clues of all its places.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) text: String,
    /// Letters and digits of the name, folded: equal for equal names.
    pub(super) key: String,
    /// Who receives the document has this name.
    pub(super) ours: bool,
    pub(super) place: Place,
    /// Sum of sizes decides which place is shown.
    best: f32,
    pub(super) seller: BTreeMap<Clue, f32>,
    pub(super) buyer: BTreeMap<Clue, f32>,
    pub(super) spots: Vec<Spot>,
}

/// Lines of the document that may begin a name without any other sign of one: shops and sole
/// traders print theirs on top.
const LEADING_LINES: usize = 5;

/// Collects names in reading order of their blocks.
pub(super) fn collect(reading: &Reading<'_>, blocks: &[Block]) -> Vec<Entry> {
    let segments = reading.layout.segments.iter();
    let names: Vec<Option<Found>> = segments.map(|s| name_of(s, reading.own)).collect();
    let scene = Scene::of(reading, &names);
    let mut entries: Vec<Entry> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (number, block) in blocks.iter().enumerate() {
        let mut named = false;
        for (line, &index) in block.lines.iter().enumerate() {
            let Some(segment) = reading.layout.segment(index) else { continue };
            let single = names.get(index).and_then(Option::as_ref);
            let whole = block.lines.get(line + 1).and_then(|&next| {
                let below = (reading.layout.segment(next)?, names.get(next)?.as_ref()?);
                joined((segment, single?), below, reading.own)
            });
            let town = block.postal.iter().find(|p| **p > line).map(|p| p - line);
            let addressed = town.is_some_and(|lines| lines <= ADDRESS_LINES);
            for name in single.cloned().into_iter().chain(whole) {
                let mut clues = scene.clues(reading, block, index, &name);
                if addressed && !sender_line(segment) {
                    clues.insert(Clue::AddressBelow, if named { 0.4 } else { 1.0 });
                }
                let (sold, bought) = party_labels(reading, index, &name.text);
                let told = TELLING.iter().any(|c| clues.contains_key(c));
                let ours = reading.own.is_name(&name.text);
                if sold + bought == 0.0 && !told && !ours {
                    continue;
                }
                let at = *known.entry(key(&name.text)).or_insert(entries.len());
                if at == entries.len() {
                    if at == MAX_NAMES {
                        return entries;
                    }
                    entries.push(Entry::new(name.text, name.place, ours));
                }
                let spot = Spot { segment: index, block: number };
                if let Some(entry) = entries.get_mut(at) {
                    entry.add(&clues, sold, bought, name.place, spot);
                }
            }
            named |= addressed;
        }
    }
    entries
}

/// A line without a label needs one of these to be looked at.
const TELLING: [Clue; 5] =
    [Clue::Imprint, Clue::CompanyForm, Clue::AddressBelow, Clue::SenderLine, Clue::Leading];

/// What all names of a document are seen against.
struct Scene {
    typical_height: f32,
    domains: Vec<String>,
    /// Segments of the first page that could be names, from the top.
    leading: Vec<usize>,
    /// 1 on a slip of a till, 0 on a letter.
    slip: f32,
}

impl Scene {
    fn of(reading: &Reading<'_>, names: &[Option<Found>]) -> Self {
        let first_page = reading.segments().take_while(|(_, s)| s.page_index == 0);
        let named = first_page.filter(|(index, _)| names.get(*index).is_some_and(Option::is_some));
        Self {
            typical_height: reading.typical_height(),
            domains: domains(reading),
            leading: named.map(|(index, _)| index).take(LEADING_LINES).collect(),
            slip: reading.slip(),
        }
    }

    /// What speaks for and against the name, whoever's it is.
    fn clues(
        &self,
        reading: &Reading<'_>,
        block: &Block,
        index: usize,
        name: &Found,
    ) -> BTreeMap<Clue, f32> {
        let mut clues = BTreeMap::new();
        let Some(segment) = reading.layout.segment(index) else { return clues };
        let sender = sender_line(segment);
        let form = has_company_form(&name.text);
        let place = self.leading.iter().position(|i| *i == index);
        let leading = place.map_or(0.0, |at| 1.0 / (1.0 + at as f32));
        let sizes = [
            (Clue::SenderLine, f32::from(sender)),
            (Clue::Imprint, f32::from(imprint(segment))),
            (Clue::CompanyForm, f32::from(form)),
            (Clue::SlipForm, if form { self.slip } else { 0.0 }),
            (Clue::SmallPrint, f32::from(block.small_print || is_small_print(segment))),
            (Clue::BelowSender, f32::from(!sender && below_sender(reading, index))),
            (Clue::Leading, leading),
            (Clue::SlipLeading, leading * self.slip),
            (Clue::First, f32::from(place == Some(0))),
            (Clue::FirstPage, f32::from(segment.page_index == 0)),
            (Clue::Large, f32::from(segment.rect.height() > LARGE * self.typical_height)),
            (Clue::DomainMatch, f32::from(domain_match(&name.text, &self.domains))),
            (Clue::UpperHalf, f32::from(segment.bbox.middle_y() < 0.5)),
            (Clue::SmallLetters, small_letters(&name.text)),
            (Clue::Capitals, capitals(&name.text)),
            (Clue::TwoLines, f32::from(name.two_lines)),
            (Clue::Alone, f32::from(name.plain)),
        ];
        clues.extend(sizes.into_iter().filter(|(_, size)| *size != 0.0));
        clues
    }
}

impl Entry {
    fn new(text: String, place: Place, ours: bool) -> Self {
        let (seller, buyer) = (BTreeMap::new(), BTreeMap::new());
        let (key, best, spots) = (key(&text), f32::MIN, Vec::new());
        Self { text, key, ours, place, best, seller, buyer, spots }
    }

    /// Adds a place: each clue counts once, at its largest.
    fn add(
        &mut self,
        clues: &BTreeMap<Clue, f32>,
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

/// Whether the nearest line above is a one-line sender.
fn below_sender(reading: &Reading<'_>, index: usize) -> bool {
    let height = reading.layout.segment(index).map_or(0.0, |s| s.rect.height());
    let nearest = reading.layout.above(index, SENDER_REACH * height).next();
    nearest.is_some_and(|(_, s)| sender_line(s))
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
