//! Totals: candidates with their clues, then one joint choice; breakdown and charges beside them.

mod misread;

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::candidate::{Candidate, choose};
use crate::evidence::{Clue, Evidence, Link, Relation, label_clues, links};
use crate::fields::Reading;
use crate::fields::joint::{Option3, Pick, Settled, combination, settle};
use crate::fields::tax::{find_breakdown, rated_rows, single_rate};
use crate::layout::Segment;
use crate::lexicon::{Label, currency_decimals, usual_rates};
use crate::result::{Amount, Charge, Confidence, Field, Source, TaxBreakdown, Totals};
use crate::text::overlap;
use crate::trace::{Chosen, Combination, Decision};
use crate::value::{PrintedNumber, dates, misread_amounts, numbers};

/// Labels that announce amounts below the lines.
const FAMILY: &[Label] = &[
    Label::Net,
    Label::Tax,
    Label::Gross,
    Label::Due,
    Label::Prepaid,
    Label::Rounding,
    Label::Allowance,
    Label::Tendered,
    Label::StampCharge,
    Label::OtherNumber,
];

/// Amounts that are looked at. The rest of a long document is lines.
const MAX_AMOUNTS: usize = 600;

/// How far up the head of a column of totals may stand, in text heights.
const COLUMN_REACH: f32 = 60.0;

/// The same where no label on the row says that it is the row of totals.
const BARE_COLUMN_REACH: f32 = 9.0;

/// Rarest probability at which a total is published.
const MIN_PROBABILITY: f64 = 0.30;

/// Trust in a sum we form: that nothing was paid before and nothing was rounded is an assumption.
const DERIVED_DUE: f64 = 0.85;

/// Set this much larger than the usual text, an amount is meant to be seen.
const LARGE: f32 = 1.25;

/// Share of its probability that a total keeps which was not read so but follows from the others.
const READ_AGAIN: f64 = 0.85;

/// Strength of a label that names its field alone.
const FIRM: f32 = 0.9;

/// An amount on a page with the labels around it.
#[derive(Debug)]
pub(crate) struct Money<'a> {
    pub(crate) candidate: Candidate<Decimal>,
    pub(crate) segment: usize,
    pub(crate) row: usize,
    /// Recognition read something else; see [`misread_amounts`].
    misread: bool,
    links: Vec<Link<'a>>,
    column: Option<Link<'a>>,
}

/// All amounts of a document that are not in its lines.
#[derive(Debug, Default)]
pub(crate) struct MoneyFields {
    pub(crate) totals: Totals,
    pub(crate) breakdown: Vec<TaxBreakdown>,
    pub(crate) charges: Vec<Charge>,
}

/// Finds totals, tax breakdown and charges. `country` (ISO 3166-1) is the seller's, where known.
pub(crate) fn find_money(reading: &Reading<'_>, country: Option<&str>) -> MoneyFields {
    let (mut money, misread): (Vec<_>, Vec<_>) =
        candidates(reading).into_iter().partition(|m| !m.misread);
    let rates = usual_rates(country);
    let charges = charges(reading, &money);
    let amounts = charges.iter().filter_map(|c| c.amount.as_ref());
    let outside: Decimal = amounts.map(|f| f.value.0).sum();
    money.extend(misread::demanded(misread, &money, outside, rates));
    let (merged, options) = merge(&money);
    let settled = settle(&options, outside, rates, |_, _| ());
    reading.tracer.record(|| traced(&money, &options, outside, rates, settled));
    let publish = |pick: Pick, section: &str| {
        let (at, probability) = pick.filter(|(_, p)| *p >= MIN_PROBABILITY)?;
        let best = money.get(*merged.get(at)?)?;
        let probability = if best.misread { READ_AGAIN * probability } else { probability };
        Some(best.candidate.chosen(section, probability).map(Amount))
    };
    let mut totals = Totals {
        net: publish(settled.net, "net"),
        tax: publish(settled.tax, "tax"),
        gross: publish(settled.gross, "gross"),
        prepaid: single(reading, &money, Label::Prepaid, "prepaid"),
        rounding: single(reading, &money, Label::Rounding, "rounding"),
        due: single(reading, &money, Label::Due, "due"),
    };
    totals.prepaid =
        totals.prepaid.take().map(|f| without_deduction_sign(f, totals.gross.as_ref()));
    let mut breakdown = find_breakdown(reading, &money, totals.tax.as_ref());
    if totals.tax.is_none() {
        totals.tax = summed(&breakdown, &totals);
    }
    if breakdown.is_empty() {
        breakdown.extend(single_rate(reading, &totals));
    }
    derive_due(&mut totals);
    MoneyFields { totals, breakdown, charges }
}

fn candidates<'a>(reading: &'a Reading<'_>) -> Vec<Money<'a>> {
    let mut found: Vec<Money<'a>> = Vec::new();
    let style = reading.locale.numbers;
    let currency = reading.locale.currency.as_ref().map(|c| c.code);
    let decimals = currency.map_or(2, currency_decimals);
    let rated_rows = rated_rows(reading);
    let typical = reading.typical_height();
    for (index, segment) in reading.segments() {
        let all = numbers(&segment.text, style);
        let rated = all.iter().any(|n| n.percent);
        let dates = dates(&segment.text, reading.locale.dates);
        let dated = |n: &PrintedNumber| dates.iter().any(|d| overlap(&d.range, &n.range));
        let recognised = segment.whole().confidence < 1.0;
        let misread = if recognised { misread_amounts(&segment.text, &all) } else { Vec::new() };
        let (read, misread) = (all.iter().map(|n| (n, false)), misread.iter().map(|n| (n, true)));
        for (number, misread) in read.chain(misread).filter(|(n, _)| !n.percent && !dated(n)) {
            let printed_as_amount = number.currency.is_some()
                || number.decimals == decimals.max(2)
                || number.decimals == 2;
            let start = number.range.start;
            let links = links(reading.layout, index, start, FAMILY);
            let bare = misread || !printed_as_amount;
            if bare && links.is_empty() || number.decimals > decimals.max(2) {
                continue;
            }
            let last = reading.layout.right_of(index).next().is_none()
                && all.last().is_some_and(|l| l.range == number.range);
            let mut candidate = Candidate::read(number.value, segment, &number.range);
            let evidence = &mut candidate.evidence;
            evidence.when(Clue::Money, printed_as_amount);
            evidence.when(Clue::Integer, number.decimals == 0);
            let tendered = |l: &Link<'_>| {
                l.relation != Relation::Above && l.hit.strength(Label::Tendered) > 0.0
            };
            evidence.when(Clue::Tendered, links.iter().any(tendered));
            evidence.when(Clue::Large, segment.rect.height() > LARGE * typical);
            let foreign = number.currency.is_some() && number.currency != currency;
            evidence.when(Clue::ForeignCurrency, foreign);
            evidence.when(Clue::LastOnRow, last);
            evidence.when(Clue::PercentRow, rated);
            evidence.when(Clue::RatedRow, rated_rows.contains(&segment.row));
            evidence.when(Clue::LowerHalf, segment.bbox.middle_y() > 0.5);
            let column = column(reading, index, &links);
            let row = segment.row;
            found.push(Money { candidate, segment: index, row, misread, links, column });
        }
    }
    // Labelled amounts first where there are too many, then the last ones: totals end a document.
    if found.len() > MAX_AMOUNTS {
        found.reverse();
        found.sort_by_key(|m| m.links.is_empty());
        found.truncate(MAX_AMOUNTS);
    }
    let printed = |m: &&Money<'_>| m.candidate.evidence.has(Clue::Money);
    let largest = found.iter().filter(printed).map(|m| m.candidate.value.abs()).max();
    let mut times: HashMap<Decimal, usize> = HashMap::new();
    for money in &found {
        *times.entry(money.candidate.value.normalize()).or_default() += 1;
    }
    for money in &mut found {
        let value = money.candidate.value;
        let again = times.get(&value.normalize()).is_some_and(|n| *n > 1);
        money.candidate.evidence.when(Clue::Largest, Some(value.abs()) == largest);
        money.candidate.evidence.when(Clue::Repeated, again);
    }
    found
}

/// The head of the column of a value that stands on a row of totals.
fn column<'a>(reading: &'a Reading<'_>, index: usize, links: &[Link<'_>]) -> Option<Link<'a>> {
    let totals_row = |l: &Link<'_>| {
        let totals = [Label::Gross, Label::Net, Label::Due];
        l.relation == Relation::Left && totals.iter().any(|t| l.hit.strength(*t) > 0.0)
    };
    let segment = reading.layout.segment(index)?;
    let amounts = reading.layout.row(segment.row).filter(|(_, s)| is_amount(reading, s)).count();
    if amounts < 2 {
        return None;
    }
    let rows = if links.iter().any(totals_row) { COLUMN_REACH } else { BARE_COLUMN_REACH };
    let reach = rows * segment.rect.height();
    let mut heads = reading.layout.above(index, reach).filter(|(_, s)| s.is_label());
    let (_, head) = heads.find(|(_, s)| kinds_of_row(reading, s.row).len() > 1)?;
    let hit = head.labels.iter().rev().find(|h| COLUMNS.iter().any(|l| h.strength(*l) > FIRM))?;
    Some(Link { hit, relation: Relation::Above, closeness: 1.0 })
}

/// Totals that stand side by side in a table.
const COLUMNS: [Label; 3] = [Label::Net, Label::Tax, Label::Gross];

/// The different totals that the heads of a row announce.
fn kinds_of_row(reading: &Reading<'_>, row: usize) -> Vec<Label> {
    let labels = reading.layout.row(row).filter(|(_, s)| s.is_label()).flat_map(|(_, s)| &s.labels);
    let mut kinds: Vec<Label> =
        labels.filter_map(|h| COLUMNS.into_iter().find(|l| h.strength(*l) > FIRM)).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn is_amount(reading: &Reading<'_>, segment: &Segment) -> bool {
    numbers(&segment.text, reading.locale.numbers).iter().any(|n| !n.percent && n.decimals > 1)
}

impl Money<'_> {
    /// Log-odds that this is `label`'s amount.
    pub(crate) fn logit(&self, label: Label, field: &str) -> f64 {
        self.evidence(label).logit(field)
    }

    /// How firmly the nearest labels announce `label`, 0 to 1.
    pub(crate) fn strength(&self, label: Label) -> f32 {
        self.links.iter().map(|l| l.hit.strength(label)).fold(0.0, f32::max)
    }

    fn evidence(&self, label: Label) -> Evidence {
        let mut evidence = self.candidate.evidence.clone();
        match &self.column {
            Some(column) => {
                let strength = column.hit.strength(label);
                evidence.add(Clue::ColumnTotal, strength);
                evidence.when(Clue::WrongLabel, strength == 0.0);
            }
            None => label_clues(&self.links, label, &mut evidence),
        }
        evidence
    }
}

/// One option for each value: the best log-odds of each role over all places that show it. Beside
/// it the index of the place that speaks most for any role.
fn merge(money: &[Money<'_>]) -> (Vec<usize>, Vec<Option3>) {
    let mut places: Vec<usize> = Vec::new();
    let mut options: Vec<Option3> = Vec::new();
    let mut by_value: HashMap<Decimal, usize> = HashMap::new();
    let mut best: Vec<f64> = Vec::new();
    for (index, m) in money.iter().enumerate() {
        let net = m.logit(Label::Net, "net");
        let tax = m.logit(Label::Tax, "tax");
        let gross = m.logit(Label::Gross, "gross");
        let top = net.max(tax).max(gross);
        let value = m.candidate.value.normalize();
        let at = *by_value.entry(value).or_insert(options.len());
        if at == options.len() {
            options.push(Option3 { value: m.candidate.value, net, tax, gross });
            places.push(index);
            best.push(top);
            continue;
        }
        let (Some(option), Some(place), Some(known)) =
            (options.get_mut(at), places.get_mut(at), best.get_mut(at))
        else {
            continue;
        };
        option.net = option.net.max(net);
        option.tax = option.tax.max(tax);
        option.gross = option.gross.max(gross);
        if top > *known {
            (*place, *known) = (index, top);
        }
    }
    (places, options)
}

/// The joint choice with everything that was compared.
fn traced(
    money: &[Money<'_>],
    options: &[Option3],
    outside: Decimal,
    rates: &[Decimal],
    settled: Settled,
) -> Decision {
    let roles = [(Label::Net, "net"), (Label::Tax, "tax"), (Label::Gross, "gross")];
    let considered = roles.iter().enumerate().flat_map(|(at, (label, section))| {
        money.iter().map(move |m| {
            let candidate = Candidate { evidence: m.evidence(*label), ..m.candidate.clone() };
            candidate.considered((at, section))
        })
    });
    let mut combinations: Vec<Combination> = Vec::new();
    settle(options, outside, rates, |picks, clues| {
        combinations.push(combination(options, picks, clues));
    });
    let chosen = |pick: Pick| {
        let (at, probability) = pick?;
        Some(Chosen { value: options.get(at)?.value.to_string(), probability })
    };
    Decision {
        fields: roles.iter().map(|(_, section)| *section).collect(),
        options: considered.collect(),
        combinations,
        chosen: [settled.net, settled.tax, settled.gross].map(chosen).to_vec(),
    }
}

fn single(
    reading: &Reading<'_>,
    money: &[Money<'_>],
    label: Label,
    field: &'static str,
) -> Option<Field<Amount>> {
    let labelled = money.iter().filter(|m| m.strength(label) > 0.0);
    let candidates: Vec<Candidate<Decimal>> = labelled
        .map(|m| Candidate { evidence: m.evidence(label), ..m.candidate.clone() })
        .collect();
    choose(reading.tracer, &candidates, field).map(|f| f.map(Amount))
}

/// BT-113 is what was paid, printed with the minus of a deduction or without; on a credit note, whose
/// totals are negative, so is it.
fn without_deduction_sign(prepaid: Field<Amount>, gross: Option<&Field<Amount>>) -> Field<Amount> {
    let credit = gross.is_some_and(|f| f.value.0.is_sign_negative());
    if credit { prepaid } else { prepaid.map(|amount| Amount(amount.0.abs())) }
}

fn charges(reading: &Reading<'_>, money: &[Money<'_>]) -> Vec<Charge> {
    let labelled = money.iter().filter(|m| m.strength(Label::StampCharge) > FIRM);
    let best = labelled.max_by(|a, b| {
        let of = |m: &Money<'_>| m.logit(Label::StampCharge, "stamp_charge");
        of(a).total_cmp(&of(b))
    });
    let Some(m) = best else { return Vec::new() };
    let logit = m.logit(Label::StampCharge, "stamp_charge");
    let probability = logit.exp() / (1.0 + logit.exp());
    if probability < MIN_PROBABILITY || m.candidate.value <= Decimal::ZERO {
        return Vec::new();
    }
    let row = reading.layout.row(m.row).map(|(_, s)| s);
    let label = row.flat_map(|s| s.labels.iter().map(move |h| (s, h))).find_map(|(s, h)| {
        let range = h.start..h.end;
        (h.strength(Label::StampCharge) > 0.0)
            .then(|| Candidate::read(s.text.get(range.clone()).unwrap_or("").to_owned(), s, &range))
    });
    let label = label.map(|c| c.field(probability));
    vec![Charge { label, amount: Some(m.candidate.field(probability).map(Amount)) }]
}

/// BR-CO-14 the other way round: the tax is the sum of the breakdown where net and gross agree.
fn summed(breakdown: &[TaxBreakdown], totals: &Totals) -> Option<Field<Amount>> {
    let (net, gross) = (totals.net.as_ref()?, totals.gross.as_ref()?);
    let sum: Decimal = breakdown.iter().filter_map(|b| Some(b.amount.as_ref()?.value.0)).sum();
    let agrees = breakdown.len() > 1 && net.value.0 + sum == gross.value.0;
    agrees.then(|| Field {
        value: Amount(sum),
        confidence: Confidence::new(net.confidence.get().min(gross.confidence.get())),
        raw: None,
        source: Source::derived("BR-CO-14"),
    })
}

/// Computes an amount due that was computed before anew, after others were replaced.
pub(crate) fn derive_due_again(totals: &mut Totals) {
    if totals.due.as_ref().is_some_and(|due| due.source == Source::derived(DUE_RULE)) {
        totals.due = None;
    }
    derive_due(totals);
}

/// The rule by which an amount due is computed.
const DUE_RULE: &str = "BR-CO-16";

/// BR-CO-16: due = gross − prepaid + rounding, where the document prints no amount due.
fn derive_due(totals: &mut Totals) {
    let (None, Some(gross)) = (&totals.due, &totals.gross) else { return };
    let value = |f: &Option<Field<Amount>>| f.as_ref().map_or(Decimal::ZERO, |f| f.value.0);
    totals.due = Some(Field {
        value: Amount(gross.value.0 - value(&totals.prepaid) + value(&totals.rounding)),
        confidence: Confidence::new(gross.confidence.get() * DERIVED_DUE),
        raw: None,
        source: Source::derived(DUE_RULE),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::sample;
    use crate::trace::Tracer;

    fn found(lines: &[&str]) -> MoneyFields {
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        find_money(&Reading::new(&layout, &locale, 1, &Tracer::default()), None)
    }

    fn totals(lines: &[&str]) -> [Option<String>; 4] {
        let t = found(lines).totals;
        [t.net, t.tax, t.gross, t.due].map(|f| f.map(|f| f.value.0.to_string()))
    }

    fn all(values: [&str; 4]) -> [Option<String>; 4] {
        values.map(|v| Some(v.to_owned()))
    }

    #[test]
    fn totals_are_read_beside_their_labels() {
        let lines = [
            "Total HT            1 235,00 €",
            "TVA 20,00 %           247,00 €",
            "Total TTC           1 482,00 €",
        ];
        assert_eq!(totals(&lines), all(["1235.00", "247.00", "1482.00", "1482.00"]));
    }

    #[test]
    fn totals_are_read_below_the_heads_of_their_columns() {
        let lines = [
            "                    Montant HT    Montant TVA    Montant TTC",
            "Abonnement               24,99           5,00          29,99",
            "Communications           10,00           2,00          12,00",
            "Total facture            34,99           7,00          41,99",
        ];
        assert_eq!(totals(&lines), all(["34.99", "7.00", "41.99", "41.99"]));
    }

    #[test]
    fn what_was_paid_before_is_taken_off_the_amount_due() {
        let lines = [
            "Nettobetrag         100,00",
            "MwSt. 19 %           19,00",
            "Bruttobetrag        119,00",
            "Anzahlung            20,00",
            "Zahlbetrag           99,00",
        ];
        let money = found(&lines).totals;
        assert_eq!(money.prepaid.unwrap().value.0.to_string(), "20.00");
        assert_eq!(money.due.unwrap().value.0.to_string(), "99.00");
        assert_eq!(money.gross.unwrap().value.0.to_string(), "119.00");
    }

    #[test]
    fn what_was_paid_has_no_sign_and_is_no_part_of_a_date() {
        let lines = [
            "Total HT                         100,00",
            "TVA 20 %                          20,00",
            "Total TTC                        120,00",
            "Acompte reçu le 12 mars 2025     -45,00",
            "Net à payer                       75,00",
        ];
        let money = found(&lines).totals;
        assert_eq!(money.prepaid.unwrap().value.0.to_string(), "45.00");
        assert_eq!(money.due.unwrap().value.0.to_string(), "75.00");
    }

    #[test]
    fn totals_rounded_to_coins_are_all_believed() {
        let lines = [
            "SUB-TOTAL (EX)      26.00",
            "TOTAL TAX            1.56",
            "ROUNDING            -0.01",
            "TOTAL               27.55",
            "CASH                30.00",
            "CHANGE               2.45",
        ];
        assert_eq!(totals(&lines)[2].as_deref(), Some("27.55"));
    }

    #[test]
    fn the_timbre_fiscal_is_a_charge_outside_vat() {
        let money = found(&[
            "Total HT            1 000,000 DT",
            "TVA 19 %              190,000 DT",
            "Timbre fiscal           1,000 DT",
            "Total TTC           1 191,000 DT",
        ]);
        assert_eq!(money.charges[0].amount.as_ref().unwrap().value.0.to_string(), "1.000");
        assert_eq!(money.totals.gross.unwrap().value.0.to_string(), "1191.000");
        assert_eq!(money.totals.tax.unwrap().value.0.to_string(), "190.000");
    }
}
