//! The joint choice of net, tax and gross: the assignment that the labels and the arithmetic of
//! EN 16931 make most probable together.

use std::collections::HashMap;

use rust_decimal::Decimal;

/// Candidates of each role that are tried in all combinations; an invoice has a handful.
const TRIED: usize = 12;

/// Log-odds for net + tax = gross with a tax that is not zero: 1 in about 200 triples of amounts
/// does so by chance.
const SUM_HOLDS: f64 = 5.0;

/// The same with no tax, which any amount printed twice fulfils.
const SUM_HOLDS_UNTAXED: f64 = 1.5;

/// All three are there and do not add up: one of them is wrong, or there is a charge we do not see.
const SUM_FAILS: f64 = -5.0;

/// Tax is a usual rate of net.
const RATE_HOLDS: f64 = 1.5;

/// Tax larger than net, or net larger than gross.
const ABSURD: f64 = -4.0;

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
/// the usual rates, per cent. Options with equal values must have been merged.
pub(crate) fn settle(options: &[Option3], outside: Decimal, rates: &[Decimal]) -> Settled {
    let by_value: HashMap<Decimal, usize> =
        options.iter().enumerate().map(|(i, o)| (o.value.normalize(), i)).collect();
    let grosses = best(options, |o| o.gross);
    let taxes = best(options, |o| o.tax);
    let nets = best(options, |o| o.net);
    let pair = |net: &Option<usize>, tax: &Option<usize>| rate_score(options, *net, *tax, rates);
    // Rates are tried for each pair once, not for each triple: they take most of the time.
    let pairs: Vec<Vec<f64>> =
        taxes.iter().map(|tax| nets.iter().map(|net| pair(net, tax)).collect()).collect();
    let mut sum = Marginals::default();
    for gross in &grosses {
        for (tax, pairs) in taxes.iter().zip(&pairs) {
            for (net, pair) in nets.iter().zip(pairs) {
                let picks = [*net, *tax, *gross];
                sum.add(picks, score(options, picks, outside) + pair);
            }
            let value = |pick: &Option<usize>| pick.and_then(|i| options.get(i)).map(|o| o.value);
            let (Some(g), Some(t)) = (value(gross), value(tax)) else { continue };
            let exact = by_value.get(&(g - t - outside).normalize()).copied();
            if exact.is_some() && !nets.contains(&exact) {
                let picks = [exact, *tax, *gross];
                sum.add(picks, score(options, picks, outside) + pair(&exact, tax));
            }
        }
        // An amount nobody labelled can be the tax when net and gross say so.
        for net in &nets {
            let value = |pick: &Option<usize>| pick.and_then(|i| options.get(i)).map(|o| o.value);
            let (Some(g), Some(n)) = (value(gross), value(net)) else { continue };
            let exact = by_value.get(&(g - n - outside).normalize()).copied();
            if exact.is_some() && !taxes.contains(&exact) {
                let picks = [*net, exact, *gross];
                sum.add(picks, score(options, picks, outside) + pair(net, &exact));
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

/// What labels and sums say of three picks.
fn score(options: &[Option3], [net, tax, gross]: [Option<usize>; 3], outside: Decimal) -> f64 {
    let of = |pick: Option<usize>| pick.and_then(|i| options.get(i));
    let (net, tax, gross) = (of(net), of(tax), of(gross));
    let labels =
        net.map_or(0.0, |o| o.net) + tax.map_or(0.0, |o| o.tax) + gross.map_or(0.0, |o| o.gross);
    let value = |o: Option<&Option3>| o.map(|o| o.value);
    let mut arithmetic = 0.0;
    if let (Some(n), Some(t), Some(g)) = (value(net), value(tax), value(gross)) {
        arithmetic += match n + t + outside == g {
            true if t.is_zero() => SUM_HOLDS_UNTAXED,
            true => SUM_HOLDS,
            false => SUM_FAILS,
        };
    }
    if value(net).zip(value(gross)).is_some_and(|(n, g)| n.abs() > g.abs()) {
        arithmetic += ABSURD;
    }
    labels + arithmetic
}

/// What the usual rates say of net and tax.
fn rate_score(
    options: &[Option3],
    net: Option<usize>,
    tax: Option<usize>,
    rates: &[Decimal],
) -> f64 {
    let value = |pick: Option<usize>| pick.and_then(|i| options.get(i)).map(|o| o.value);
    let (Some(n), Some(t)) = (value(net), value(tax)) else { return 0.0 };
    let usual =
        |rate: &Decimal| !rate.is_zero() && (n * rate / Decimal::ONE_HUNDRED - t).abs() <= CENT;
    let holds = !t.is_zero() && rates.iter().any(usual);
    let (holds, absurd) = (if holds { RATE_HOLDS } else { 0.0 }, t.abs() > n.abs());
    holds + if absurd { ABSURD } else { 0.0 }
}

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
        let settled = settle(&options, Decimal::ZERO, &[]);
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
        let settled = settle(&options, Decimal::ZERO, &[Decimal::from(20)]);
        assert_eq!(settled.net.map(|p| p.0), Some(0));
    }

    #[test]
    fn totals_that_do_not_add_up_are_not_all_believed() {
        let options = [
            option(100, 1.0, -3.0, -3.0),
            option(20, -3.0, 1.0, -3.0),
            option(500, -3.0, -3.0, 3.0),
        ];
        let settled = settle(&options, Decimal::ZERO, &[]);
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
        let settled = settle(&options, Decimal::ONE, &[]);
        assert_eq!(settled.net.map(|p| p.0), Some(0));
        assert_eq!(settled.tax.map(|p| p.0), Some(1));
    }

    #[test]
    fn nothing_to_choose_from_gives_nothing() {
        assert_eq!(settle(&[], Decimal::ZERO, &[]), Settled::default());
    }
}
