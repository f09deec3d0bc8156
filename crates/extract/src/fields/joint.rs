//! The joint choice of net, tax and gross: the assignment that the labels and the arithmetic of
//! EN 16931 make most probable together.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::evidence::{Clue, weight};
use crate::trace::Combination;

/// Candidates of each role that are tried in all combinations; an invoice has a handful.
const TRIED: usize = 12;

/// Section of the weights for what the three totals say together.
const SECTION: &str = "totals";

/// One amount and what speaks for it in each role, as log-odds.
#[derive(Clone, Debug)]
pub(crate) struct Option3 {
    pub(crate) value: Decimal,
    pub(crate) net: f64,
    pub(crate) tax: f64,
    pub(crate) gross: f64,
}

/// The chosen option of a role (index into the options) with its probability.
pub(crate) type Pick = Option<(usize, f64)>;

/// Chosen net, tax and gross.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Settled {
    pub(crate) net: Pick,
    pub(crate) tax: Pick,
    pub(crate) gross: Pick,
}

/// Settles the three totals. `outside` are charges outside VAT that gross includes; `rates` are
/// the usual rates, per cent. Options with equal values must have been merged. `seen` is told of
/// every combination that is tried, by index into the options.
pub(crate) fn settle(
    options: &[Option3],
    outside: Decimal,
    rates: &[Decimal],
    mut seen: impl FnMut([Option<usize>; 3], Clues),
) -> Settled {
    let by_value: HashMap<Decimal, usize> =
        options.iter().enumerate().map(|(i, o)| (o.value.normalize(), i)).collect();
    let grosses = best(options, |o| o.gross);
    let taxes = best(options, |o| o.tax);
    let nets = best(options, |o| o.net);
    let pair = |net: &Option<usize>, tax: &Option<usize>| pair_clues(options, *net, *tax, rates);
    // Rates are tried for each pair once, not for each triple: they take most of the time.
    let pairs: Vec<Vec<Clues>> =
        taxes.iter().map(|tax| nets.iter().map(|net| pair(net, tax)).collect()).collect();
    let weights = Weights::in_use();
    let mut sum = Marginals::default();
    let mut add = |picks: [Option<usize>; 3], pair: Clues| {
        let clues = sum_clues(options, picks, outside).and(pair);
        seen(picks, clues);
        sum.add(picks, labels(options, picks) + weights.of(clues));
    };
    for gross in &grosses {
        for (tax, pairs) in taxes.iter().zip(&pairs) {
            for (net, pair) in nets.iter().zip(pairs) {
                add([*net, *tax, *gross], *pair);
            }
            let value = |pick: &Option<usize>| pick.and_then(|i| options.get(i)).map(|o| o.value);
            let (Some(g), Some(t)) = (value(gross), value(tax)) else { continue };
            let exact = by_value.get(&(g - t - outside).normalize()).copied();
            if exact.is_some() && !nets.contains(&exact) {
                add([exact, *tax, *gross], pair(&exact, tax));
            }
        }
        // An amount nobody labelled can be the tax when net and gross say so.
        for net in &nets {
            let value = |pick: &Option<usize>| pick.and_then(|i| options.get(i)).map(|o| o.value);
            let (Some(g), Some(n)) = (value(gross), value(net)) else { continue };
            let exact = by_value.get(&(g - n - outside).normalize()).copied();
            if exact.is_some() && !taxes.contains(&exact) {
                add([*net, exact, *gross], pair(net, &exact));
            }
        }
    }
    sum.settled()
}

/// The best options of a role, and none.
fn best(options: &[Option3], logit: impl Fn(&Option3) -> f64) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..options.len()).collect();
    let of = |i: &usize| options.get(*i).map_or(f64::MIN, &logit);
    order.sort_by(|a, b| of(b).total_cmp(&of(a)));
    order.into_iter().take(TRIED).map(Some).chain(std::iter::once(None)).collect()
}

/// What the amounts say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clues {
    sum: Option<Clue>,
    rate_holds: bool,
    net_above_gross: bool,
    tax_above_net: bool,
}

impl Clues {
    fn and(self, pair: Self) -> Self {
        Self { sum: self.sum, net_above_gross: self.net_above_gross, ..pair }
    }

    fn listed(self) -> impl Iterator<Item = Clue> {
        let when = |clue, present: bool| present.then_some(clue);
        let rest = [
            when(Clue::RateHolds, self.rate_holds),
            when(Clue::NetAboveGross, self.net_above_gross),
            when(Clue::TaxAboveNet, self.tax_above_net),
        ];
        self.sum.into_iter().chain(rest.into_iter().flatten())
    }
}

/// The combination `picks` as the trace shows it.
pub(crate) fn combination(
    options: &[Option3],
    picks: [Option<usize>; 3],
    clues: Clues,
) -> Combination {
    let value = |pick: Option<usize>| Some(options.get(pick?)?.value.to_string());
    Combination {
        values: picks.into_iter().map(value).collect(),
        clues: clues.listed().map(|clue| (clue, 1.0)).collect(),
    }
}

/// The weights of [`Clues`], looked up once.
struct Weights(Vec<(Clue, f64)>);

impl Weights {
    fn in_use() -> Self {
        let all = [
            Clue::SumHolds,
            Clue::SumHoldsUntaxed,
            Clue::SumFails,
            Clue::SumNear,
            Clue::RateHolds,
            Clue::NetAboveGross,
            Clue::TaxAboveNet,
        ];
        Self(all.into_iter().map(|clue| (clue, weight(SECTION, clue))).collect())
    }

    fn of(&self, clues: Clues) -> f64 {
        let weight = |clue| self.0.iter().find(|(c, _)| *c == clue).map_or(0.0, |(_, w)| *w);
        clues.listed().map(weight).sum()
    }
}

/// What labels say of three picks.
fn labels(options: &[Option3], [net, tax, gross]: [Option<usize>; 3]) -> f64 {
    let of = |pick: Option<usize>| pick.and_then(|i| options.get(i));
    of(net).map_or(0.0, |o| o.net)
        + of(tax).map_or(0.0, |o| o.tax)
        + of(gross).map_or(0.0, |o| o.gross)
}

/// What sums say of three picks.
fn sum_clues(
    options: &[Option3],
    [net, tax, gross]: [Option<usize>; 3],
    outside: Decimal,
) -> Clues {
    let value = |pick: Option<usize>| pick.and_then(|i| options.get(i)).map(|o| o.value);
    let (net, tax, gross) = (value(net), value(tax), value(gross));
    let sum = match (net, tax, gross) {
        (Some(n), Some(t), Some(g)) if n + t + outside != g => {
            let off = (n + t + outside - g).abs();
            Some(if off <= COINS { Clue::SumNear } else { Clue::SumFails })
        }
        (Some(_), Some(t), Some(_)) if t.is_zero() => Some(Clue::SumHoldsUntaxed),
        (Some(_), Some(_), Some(_)) => Some(Clue::SumHolds),
        _ => None,
    };
    let net_above_gross = net.zip(gross).is_some_and(|(n, g)| n.abs() > g.abs());
    Clues { sum, net_above_gross, ..Clues::default() }
}

/// What the usual rates say of net and tax.
fn pair_clues(
    options: &[Option3],
    net: Option<usize>,
    tax: Option<usize>,
    rates: &[Decimal],
) -> Clues {
    let value = |pick: Option<usize>| pick.and_then(|i| options.get(i)).map(|o| o.value);
    let (Some(n), Some(t)) = (value(net), value(tax)) else { return Clues::default() };
    let usual =
        |rate: &Decimal| !rate.is_zero() && (n * rate / Decimal::ONE_HUNDRED - t).abs() <= CENT;
    let rate_holds = !t.is_zero() && rates.iter().any(usual);
    Clues { rate_holds, tax_above_net: t.abs() > n.abs(), ..Clues::default() }
}

/// Totals to pay in coins are rounded by no more than this.
const COINS: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// A rate holds when it gives the tax to the cent.
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// Sums of exp(score) over all assignments, in all and for each value of each role.
#[derive(Default)]
struct Marginals {
    total: f64,
    roles: [HashMap<usize, f64>; 3],
    best: Option<([Option<usize>; 3], f64)>,
}

impl Marginals {
    fn add(&mut self, picks: [Option<usize>; 3], score: f64) {
        let weight = score.exp();
        self.total += weight;
        for (role, pick) in self.roles.iter_mut().zip(picks) {
            if let Some(pick) = pick {
                *role.entry(pick).or_default() += weight;
            }
        }
        if self.best.is_none_or(|(_, known)| score > known) {
            self.best = Some((picks, score));
        }
    }

    fn settled(&self) -> Settled {
        let Some(([net, tax, gross], _)) = self.best else { return Settled::default() };
        let [nets, taxes, grosses] = &self.roles;
        let pick = |role: &HashMap<usize, f64>, pick: Option<usize>| {
            pick.map(|i| (i, role.get(&i).copied().unwrap_or(0.0) / self.total))
        };
        Settled { net: pick(nets, net), tax: pick(taxes, tax), gross: pick(grosses, gross) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(value: i64, net: f64, tax: f64, gross: f64) -> Option3 {
        Option3 { value: Decimal::new(value, 2), net, tax, gross }
    }

    #[test]
    fn arithmetic_picks_the_tax_among_equally_labelled_amounts() {
        // "zzgl. 19,0 % MwSt. aus 100,00   19,00" announces both as tax.
        let options = [
            option(10_000, 1.0, 2.0, -2.0),
            option(1_900, -3.0, 1.0, -3.0),
            option(11_900, -3.0, -3.0, 2.0),
        ];
        let settled = settle(&options, Decimal::ZERO, &[], |_, _| ());
        let picks = [settled.net, settled.tax, settled.gross].map(|p| p.map(|(i, _)| i));
        assert_eq!(picks, [Some(0), Some(1), Some(2)]);
        assert!(settled.gross.unwrap().1 > 0.9);
    }

    #[test]
    fn an_unlabelled_net_is_found_by_the_sum() {
        let options = [
            option(7_333, -3.0, -3.0, -3.0),
            option(1_467, -3.0, 2.0, -3.0),
            option(8_800, -3.0, -3.0, 2.0),
        ];
        let settled = settle(&options, Decimal::ZERO, &[Decimal::from(20)], |_, _| ());
        assert_eq!(settled.net.map(|p| p.0), Some(0));
    }

    #[test]
    fn totals_that_do_not_add_up_are_not_all_believed() {
        let options = [
            option(100, 1.0, -3.0, -3.0),
            option(20, -3.0, 1.0, -3.0),
            option(500, -3.0, -3.0, 3.0),
        ];
        let settled = settle(&options, Decimal::ZERO, &[], |_, _| ());
        assert_eq!(settled.gross.map(|p| p.0), Some(2));
        assert!(settled.net.is_none() || settled.tax.is_none());
    }

    #[test]
    fn a_charge_outside_vat_belongs_to_the_sum() {
        let options = [
            option(1_000, 1.0, -3.0, -3.0),
            option(190, -3.0, 1.0, -3.0),
            option(1_290, -3.0, -3.0, 1.0),
        ];
        let settled = settle(&options, Decimal::ONE, &[], |_, _| ());
        assert_eq!(settled.net.map(|p| p.0), Some(0));
        assert_eq!(settled.tax.map(|p| p.0), Some(1));
    }

    #[test]
    fn nothing_to_choose_from_gives_nothing() {
        assert_eq!(settle(&[], Decimal::ZERO, &[], |_, _| ()), Settled::default());
    }
}
