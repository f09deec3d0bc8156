//! VAT by rate: rows where base × rate = tax.

use std::collections::{BTreeSet, HashSet};

use rust_decimal::Decimal;

use crate::candidate::Candidate;
use crate::fields::Reading;
use crate::fields::totals::Money;
use crate::lexicon::{Label, usual_rates};
use crate::result::{Amount, Confidence, Field, Source, TaxBreakdown, Totals};
use crate::value::numbers;

/// Tax by rate and tax by line are rounded at different times.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// Probability of a row whose three numbers agree: chance agreement is rarer than 1 in 100.
const AGREES: f64 = 0.93;

/// The same without the total to confirm it.
const UNCONFIRMED: f64 = 0.75;

/// Rates above this are discounts or shares, not taxes.
const MAX_RATE: Decimal = Decimal::from_parts(40, 0, 0, false, 0);

/// Rows whose numbers are compared all with all; more numbers make a table of something else.
const MAX_ROW_AMOUNTS: usize = 10;

/// Rows of `base`, `rate` and `amount`, each rate once, believed when they sum up to the total tax
/// or a tax label stands in the row.
pub(crate) fn find_breakdown(
    reading: &Reading<'_>,
    money: &[Money<'_>],
    total: Option<&Field<Amount>>,
) -> Vec<TaxBreakdown> {
    let mut found: Vec<(Decimal, TaxBreakdown, bool)> = Vec::new();
    let mut rows: Vec<usize> = money.iter().map(|m| m.row).collect();
    rows.sort_unstable();
    rows.dedup();
    for row in rows {
        let amounts: Vec<&Money<'_>> =
            money.iter().filter(|m| m.row == row).take(MAX_ROW_AMOUNTS).collect();
        for rate in rates_of(reading, row) {
            let Some((base, tax)) = agreeing(&amounts, rate.value) else { continue };
            let labelled = tax.strength(Label::Tax) > 0.0;
            let entry = breakdown(&rate, base, tax);
            match found.iter_mut().find(|(known, ..)| *known == rate.value) {
                // The tax table stands below the lines, so the later row of a rate is the sum.
                Some(known) if labelled || !known.2 => *known = (rate.value, entry, labelled),
                Some(_) => {}
                None => found.push((rate.value, entry, labelled)),
            }
        }
    }
    let sum: Decimal = found.iter().filter_map(|(_, b, _)| Some(b.amount.as_ref()?.value.0)).sum();
    let confirmed = total.is_some_and(|t| (t.value.0 - sum).abs() <= TOLERANCE);
    found
        .into_iter()
        .filter(|(_, _, labelled)| confirmed || *labelled)
        .map(|(_, b, _)| if confirmed { b } else { doubted(b) })
        .collect()
}

/// Rows that hold base, rate and tax of one rate.
pub(crate) fn rated_rows(reading: &Reading<'_>) -> HashSet<usize> {
    let style = reading.locale.numbers;
    let rows: BTreeSet<usize> = reading.segments().map(|(_, s)| s.row).collect();
    let rated = rows.into_iter().filter(|row| {
        let segments = reading.layout.row(*row).take(MAX_ROW_AMOUNTS);
        let all: Vec<_> = segments.flat_map(|(_, s)| numbers(&s.text, style)).collect();
        let amounts: Vec<Decimal> = all
            .iter()
            .filter(|n| !n.percent && n.decimals > 1)
            .map(|n| n.value)
            .take(MAX_ROW_AMOUNTS)
            .collect();
        let rates = all.iter().filter(|n| n.percent || usual_rates(None).contains(&n.value));
        let mut rates = rates.map(|n| n.value).filter(|r| !r.is_zero() && *r <= MAX_RATE);
        rates.any(|rate| {
            let pairs = amounts.iter().flat_map(|a| amounts.iter().map(move |b| (*a, *b)));
            pairs.into_iter().any(|(base, tax)| rate_holds(base, rate, tax))
        })
    });
    rated.collect()
}

fn rate_holds(base: Decimal, rate: Decimal, tax: Decimal) -> bool {
    !base.is_zero() && (base * rate / Decimal::ONE_HUNDRED - tax).abs() < TOLERANCE
}

/// The breakdown of a document with one rate: base is net, amount is tax.
pub(crate) fn single_rate(reading: &Reading<'_>, totals: &Totals) -> Option<TaxBreakdown> {
    let (net, tax) = (totals.net.as_ref()?, totals.tax.as_ref()?);
    let holds = |rate: Decimal| {
        (net.value.0 * rate / Decimal::ONE_HUNDRED - tax.value.0).abs() <= TOLERANCE
    };
    let printed = reading.segments().find_map(|(_, s)| {
        let rates = numbers(&s.text, reading.locale.numbers).into_iter().filter(|n| n.percent);
        let fitting = rates.filter(|n| n.value <= MAX_RATE).find(|n| holds(n.value))?;
        let candidate = Candidate::read(fitting.value, s, &fitting.range);
        Some(candidate.field(AGREES).map(Amount))
    });
    let by_arithmetic = || {
        let usual = usual_rates(None).iter().find(|r| !r.is_zero() && holds(**r))?;
        let confidence = net.confidence.get().min(tax.confidence.get()) * UNCONFIRMED;
        Some(Field {
            value: Amount(*usual),
            confidence: Confidence::new(confidence),
            raw: None,
            source: Source::derived("BR-CO-17"),
        })
    };
    let zero = tax.value.0.is_zero();
    let rate = printed.or_else(|| if zero { None } else { by_arithmetic() })?;
    Some(TaxBreakdown { rate: Some(rate), base: Some(net.clone()), amount: Some(tax.clone()) })
}

fn rates_of(reading: &Reading<'_>, row: usize) -> Vec<Candidate<Decimal>> {
    let mut found = Vec::new();
    for (_, segment) in reading.layout.row(row).take(MAX_ROW_AMOUNTS) {
        let style = reading.locale.numbers;
        let all = numbers(&segment.text, style);
        // A table may print its rates without the sign; then only usual ones are taken for rates.
        let bare = |v: &Decimal| usual_rates(None).contains(v);
        let rates = all.iter().filter(|n| {
            !n.value.is_sign_negative()
                && n.value <= MAX_RATE
                && (n.percent || n.currency.is_none() && bare(&n.value.normalize()))
        });
        found.extend(rates.map(|n| Candidate::read(n.value, segment, &n.range)));
    }
    found
}

/// Two amounts of a row, base and tax, that the rate connects.
fn agreeing<'m, 'a>(
    amounts: &[&'m Money<'a>],
    rate: Decimal,
) -> Option<(&'m Money<'a>, &'m Money<'a>)> {
    let fits = |base: Decimal, tax: Decimal| rate_holds(base, rate, tax);
    amounts.iter().find_map(|base| {
        let mut others = amounts.iter().filter(|tax| {
            (tax.segment, tax.candidate.place.bbox) != (base.segment, base.candidate.place.bbox)
        });
        let tax = others.find(|tax| fits(base.candidate.value, tax.candidate.value))?;
        // A number that equals its own rate ("20 %  100  20") proves nothing by being there once.
        Some((*base, *tax))
    })
}

fn breakdown(rate: &Candidate<Decimal>, base: &Money<'_>, tax: &Money<'_>) -> TaxBreakdown {
    TaxBreakdown {
        rate: Some(rate.field(AGREES).map(Amount)),
        base: Some(base.candidate.field(AGREES).map(Amount)),
        amount: Some(tax.candidate.field(AGREES).map(Amount)),
    }
}

fn doubted(sure: TaxBreakdown) -> TaxBreakdown {
    let lower = |f: Option<Field<Amount>>| {
        f.map(|f| Field {
            confidence: Confidence::new(f.confidence.get() / AGREES * UNCONFIRMED),
            ..f
        })
    };
    TaxBreakdown { rate: lower(sure.rate), base: lower(sure.base), amount: lower(sure.amount) }
}
