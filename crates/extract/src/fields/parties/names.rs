//! Names of the parties: seller and buyer chosen together from every line that could be one.

use std::collections::BTreeMap;

use crate::evidence::{Clue, Evidence};
use crate::fields::Reading;
use crate::fields::parties::Spot;
use crate::fields::parties::blocks::Block;
use crate::fields::parties::entries::{Entry, collect};
use crate::layout::Place;
use crate::own::OWN_NAME;
use crate::trace::{Chosen, Combination, Considered, Decision};

/// Names that are compared in pairs; a document shows a few firms and people.
const TRIED: usize = 12;

/// Below this probability a party has no name.
const MIN_PROBABILITY: f64 = 0.30;

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

/// Chooses seller and buyer so that the two names differ and are most probable together.
pub(super) fn choose_names(reading: &Reading<'_>, blocks: &[Block]) -> Named {
    let entries = collect(reading, blocks);
    let sellers: Vec<f64> = entries.iter().map(|e| evidence(&e.seller).logit(FIELDS[0])).collect();
    let own = |e: &Entry| if e.ours { OWN_NAME } else { 0.0 };
    let buyers = entries.iter().map(|e| evidence(&e.buyer).logit(FIELDS[1]) + own(e));
    let buyers: Vec<f64> = buyers.collect();
    let pairs = pairs(&entries, &sellers, &buyers);
    let best = pairs.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or([None, None], |(p, _)| *p);
    let [seller, buyer] = best;
    let picks = [marginal(&entries, &pairs, 0, seller), marginal(&entries, &pairs, 1, buyer)];
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

/// All pairs of the best names, and of none, that are not one name twice and not ours as the seller's.
fn pairs(entries: &[Entry], sellers: &[f64], buyers: &[f64]) -> Vec<Pair> {
    let of = |logits: &[f64], i: Option<usize>| i.and_then(|i| logits.get(i)).copied();
    let ours = |i: Option<usize>| i.and_then(|i| entries.get(i)).is_some_and(|e| e.ours);
    let all = top(sellers).into_iter().flat_map(|seller| {
        top(buyers).into_iter().filter_map(move |buyer| {
            // Ours are known to the letter: a seller whose name holds one of them is somebody else.
            let same = !ours(buyer)
                && seller.zip(buyer).is_some_and(|(s, b)| alike(entries.get(s), entries.get(b)));
            let score = of(sellers, seller).unwrap_or(0.0) + of(buyers, buyer).unwrap_or(0.0);
            (!same && !ours(seller)).then_some(([seller, buyer], score))
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
