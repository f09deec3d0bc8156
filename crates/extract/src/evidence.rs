//! Evidence for a value and what it is worth: clues in, log-odds out.
//!
//! Confidence is a probability with a stated prior: each clue adds its weight (`data/weights.toml`)
//! to a log-odds sum, and a candidate's probability is its share among all differing candidates
//! and "not shown at all". Words that were read with doubt take their own probability off.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::layout::{Layout, Segment};
use crate::lexicon::{Label, LabelHit, WEAK};

/// A clue; the keys of `data/weights.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clue {
    /// Always there.
    Bias,
    /// A label of the field before the value in its segment.
    LabelSame,
    /// A label of the field to the left in the row.
    LabelLeft,
    /// A label of the field above in the column.
    LabelAbove,
    /// The same for a label that fits other fields as well.
    WeakSame,
    WeakLeft,
    WeakAbove,
    /// A label of the amount due beside or above what may be the gross total.
    DueLabel,
    /// The nearest label announces another field of the same type.
    WrongLabel,
    FirstPage,
    UpperHalf,
    LowerHalf,
    /// The same value stands elsewhere too.
    Repeated,
    /// In the line of the document's title; of a kind: a line is its title.
    Title,
    /// A line is the title of an invoice.
    OtherTitle,
    /// Different words of the till.
    TillWords,
    /// As few letters across as on a slip of a till.
    Slip,
    /// An account to pay to, or a day to pay by.
    PaymentAsked,
    /// Most amounts are negative.
    Negative,
    /// Form or check digits are right.
    Valid,
    Invalid,
    /// A tax number in its national form, without the country.
    National,
    /// Printed as an amount: decimals or a currency.
    Money,
    /// Could be read in two ways.
    Ambiguous,
    /// The largest amount of the document.
    Largest,
    /// Beside a label of money handed over or given back.
    Tendered,
    /// Printed without decimals.
    Integer,
    /// In the field's column, on the row of totals.
    ColumnTotal,
    /// A per cent rate stands in the row.
    PercentRow,
    /// Base, rate and tax of one rate stand in the row: a part of the totals.
    RatedRow,
    /// In another currency than the document's: a conversion beside the totals.
    ForeignCurrency,
    LastOnRow,
    /// The first value of its type in the document.
    First,
    /// The party's label stands before or above the name.
    PartyLabel,
    /// Another party's label does.
    OtherParty,
    /// A word that only firms carry in their names.
    CompanyForm,
    /// Street and town follow in the block.
    AddressBelow,
    /// First part of a one-line sender above the address window.
    SenderLine,
    /// First line of the block below such a sender.
    BelowSender,
    /// VAT id, register, bank or telephone in the same block.
    SmallPrint,
    /// First part of the line with the firm's form, capital and register.
    Imprint,
    /// The document's web or mail domain holds the name.
    DomainMatch,
    /// Among the first names of the document: 1 for the first, 1/2 for the second, and so on.
    Leading,
    /// The same on a slip of a till.
    SlipLeading,
    /// A legal form, on a slip of a till.
    SlipForm,
    /// The name goes on in the line below.
    TwoLines,
    /// The name is all that its line holds.
    Alone,
    /// Share of its words that begin with a small letter, as those of names do not.
    SmallLetters,
    /// Share of its letters that are capitals.
    Capitals,
    /// Set larger than the text.
    Large,
    /// Net, tax (not zero) and charges add up to gross.
    SumHolds,
    /// Net and gross are equal, tax is zero.
    SumHoldsUntaxed,
    /// All three are there and do not add up.
    SumFails,
    /// They add up but for a few cents: rounding to coins, or charges of cents.
    SumNear,
    /// Tax is a usual rate of net.
    RateHolds,
    /// Net is larger than gross.
    NetAboveGross,
    /// Tax is larger than net.
    TaxAboveNet,
}

/// Clues for one candidate, each with its size (mostly 0 to 1).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Evidence(Vec<(Clue, f32)>);

impl Evidence {
    pub(crate) fn add(&mut self, clue: Clue, size: f32) {
        if size != 0.0 {
            self.0.push((clue, size));
        }
    }

    pub(crate) fn when(&mut self, clue: Clue, present: bool) {
        self.add(clue, if present { 1.0 } else { 0.0 });
    }

    pub(crate) fn has(&self, clue: Clue) -> bool {
        self.0.iter().any(|(c, _)| *c == clue)
    }

    pub(crate) fn clues(&self) -> &[(Clue, f32)] {
        &self.0
    }

    /// Log-odds that the candidate is `field` (a section of the weights).
    pub(crate) fn logit(&self, field: &str) -> f64 {
        let of = |clue| weight(field, clue);
        of(Clue::Bias) + self.0.iter().map(|(c, s)| of(*c) * f64::from(*s)).sum::<f64>()
    }
}

/// What a clue of size 1 adds to the log-odds of `field` (a section of the weights).
pub(crate) fn weight(field: &str, clue: Clue) -> f64 {
    let of = |section: &str| WEIGHTS.get(section).and_then(|w| w.get(&clue)).copied();
    of(field).or_else(|| of("default")).unwrap_or(0.0)
}

static WEIGHTS: LazyLock<BTreeMap<String, BTreeMap<Clue, f64>>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "Invariant: the weights are parsed by a test")]
    toml::from_str(include_str!("../data/weights.toml")).expect("the weights are valid")
});

/// Where a label stands, seen from the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Same,
    Left,
    Above,
}

/// A label that may announce a value.
#[derive(Clone, Debug)]
pub(crate) struct Link<'a> {
    pub(crate) hit: &'a LabelHit,
    pub(crate) relation: Relation,
    /// 1 beside the value, falling with distance.
    pub(crate) closeness: f32,
}

/// Characters between label and value in one segment that halve the closeness: a colon and a
/// space cost little, another value in between costs half.
const SAME_HALVES: f32 = 16.0;

/// Text heights between label and value in a row that halve the closeness: right-aligned amounts
/// stand far from their labels.
const LEFT_HALVES: f32 = 40.0;

/// A label at least this strong names its field alone.
const FIRM: f32 = 0.9;

/// Share of the closeness left for each segment between label and value in a row.
const CROSSING: f32 = 0.75;

/// Share left when the label's segment goes on with a value of its own.
const OCCUPIED: f32 = 0.35;

/// How far up a label counts, in text heights: a heading and one wrapped line.
const ABOVE_REACH: f32 = 4.0;

/// The nearest labels of `family` around the value that begins at byte `start` of a segment: at
/// most one for each relation, in the order same, left, above.
pub(crate) fn links<'a>(
    layout: &'a Layout,
    segment: usize,
    start: usize,
    family: &[Label],
) -> Vec<Link<'a>> {
    let Some(own) = layout.segment(segment) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(hit) = last_hit(own, start, family) {
        let between = (start - hit.end) as f32;
        let closeness = 1.0 / (1.0 + (between - 2.0).max(0.0) / SAME_HALVES);
        found.push(Link { hit, relation: Relation::Same, closeness });
    }
    let height = own.rect.height().max(f32::EPSILON);
    for (crossed, (_, left)) in layout.left_of(segment).enumerate() {
        let Some(hit) = last_hit(left, usize::MAX, family) else { continue };
        let gap = ((own.rect.x0 - left.rect.x1) / height).max(0.0);
        let mut closeness = CROSSING.powi(crossed as i32) / (1.0 + gap / LEFT_HALVES);
        if left.text_from(hit.end).chars().any(|c| c.is_ascii_digit()) {
            closeness *= OCCUPIED;
        }
        found.push(Link { hit, relation: Relation::Left, closeness });
        break;
    }
    for (_, above) in layout.above(segment, ABOVE_REACH * height) {
        if !above.is_label() {
            continue;
        }
        let Some(hit) = last_hit(above, usize::MAX, family) else { continue };
        let rows = (own.rect.middle() - above.rect.middle()) / height;
        let closeness = 1.0 / (1.0 + (rows - 1.8).max(0.0) / 2.0);
        found.push(Link { hit, relation: Relation::Above, closeness });
        break;
    }
    found
}

/// The last label of `family` that ends before byte `start`. An aside counts only where there is
/// nothing else, and of labels side by side ("Invoice no: #") the firmer one.
fn last_hit<'a>(segment: &'a Segment, start: usize, family: &[Label]) -> Option<&'a LabelHit> {
    let firmness =
        |hit: &LabelHit| family.iter().map(|label| hit.strength(*label)).fold(0.0, f32::max);
    let before = || segment.labels.iter().rev().filter(|h| h.end <= start && firmness(h) > 0.0);
    let last = before().find(|h| !h.aside).or_else(|| before().next())?;
    let beside = before().find(|h| {
        let between = segment.text.get(h.end..last.start).unwrap_or("x");
        h.end <= last.start && !between.contains(char::is_alphanumeric)
    });
    Some(beside.filter(|h| firmness(h) > firmness(last)).unwrap_or(last))
}

/// Turns links into clues for the field that `label` announces.
pub(crate) fn label_clues(links: &[Link<'_>], label: Label, evidence: &mut Evidence) {
    for link in links {
        let due = link.hit.strength(Label::Due) - link.hit.strength(label);
        if label == Label::Gross && due > 0.0 {
            evidence.add(Clue::DueLabel, due * link.closeness);
        }
        let strength = link.hit.strength(label);
        let clue = match (link.relation, strength > WEAK) {
            (Relation::Same, true) => Clue::LabelSame,
            (Relation::Left, true) => Clue::LabelLeft,
            (Relation::Above, true) => Clue::LabelAbove,
            (Relation::Same, false) => Clue::WeakSame,
            (Relation::Left, false) => Clue::WeakLeft,
            (Relation::Above, false) => Clue::WeakAbove,
        };
        evidence.add(clue, if strength > 0.0 { link.closeness } else { 0.0 });
        // What stands before the value on its own line decides; a column heading only helps.
        let related = label == Label::Gross && due > 0.0;
        if link.hit.strength(label) == 0.0 && link.relation != Relation::Above && !related {
            evidence.add(Clue::WrongLabel, link.closeness);
        }
        // A weak word right before the value ("N°") may belong to a heading beside or above it.
        if link.relation == Relation::Same && (strength == 0.0 || strength > FIRM) {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const DATES: &[Label] = &[Label::IssueDate, Label::DueDate, Label::OtherDate];

    #[test]
    fn the_weights_name_only_clues_that_exist() {
        assert!(WEIGHTS.contains_key("default"));
        assert!(Evidence::default().logit("number") < 0.0);
    }

    #[test]
    fn a_label_counts_for_its_own_field_and_against_the_others() {
        let layout = Layout::of(&sample::document(&["Due date: 01/02/2024"]));
        let links = links(&layout, 0, 10, DATES);
        let score = |label| {
            let mut evidence = Evidence::default();
            label_clues(&links, label, &mut evidence);
            evidence.logit("due_date")
        };
        assert!(score(Label::DueDate) > 1.0);
        assert!(score(Label::IssueDate) < -3.0);
    }

    #[test]
    fn a_heading_above_counts_and_a_label_with_its_own_value_does_not() {
        let lines = ["Invoice date", "01/02/2024"];
        let layout = Layout::of(&sample::document(&lines));
        assert_eq!(links(&layout, 1, 0, DATES)[0].relation, Relation::Above);
        let taken = Layout::of(&sample::document(&["Invoice date 05/05/2023", "01/02/2024"]));
        assert!(links(&taken, 1, 0, DATES).is_empty());
    }
}
