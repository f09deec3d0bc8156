//! A total that recognition made unreadable, told by the other two.

use rust_decimal::Decimal;

use super::{Money, merge};
use crate::fields::joint::{Option3, Pick, settle};
use crate::lexicon::Label;

/// Misread amounts that are tried; a page with more behind labels is too badly read to be put right.
const MAX_MISREAD: usize = 8;

/// The one of `misread` that the other two totals demand: with it net, tax and gross add up, and no
/// other combination with one does.
pub(super) fn demanded<'a>(
    misread: Vec<Money<'a>>,
    money: &[Money<'a>],
    outside: Decimal,
    rates: &[Decimal],
) -> Option<Money<'a>> {
    if misread.is_empty() || misread.len() > MAX_MISREAD {
        return None;
    }
    let (_, options) = merge(money);
    let mut fitting: Vec<Money<'a>> = misread
        .into_iter()
        .filter(|m| {
            let value = m.candidate.value;
            if options.iter().any(|o| o.value == value) {
                return false;
            }
            let logit = |label, section| m.logit(label, section);
            let mut with = options.clone();
            with.push(Option3 {
                value,
                net: logit(Label::Net, "net"),
                tax: logit(Label::Tax, "tax"),
                gross: logit(Label::Gross, "gross"),
            });
            let settled = settle(&with, outside, rates, |_, _| ());
            let amount = |pick: Pick| Some(with.get(pick?.0)?.value);
            let picks = (amount(settled.net), amount(settled.tax), amount(settled.gross));
            let (Some(net), Some(tax), Some(gross)) = picks else { return false };
            [net, tax, gross].contains(&value) && !tax.is_zero() && net + tax + outside == gross
        })
        .collect();
    fitting.pop().filter(|_| fitting.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::find_money;
    use crate::fields::Reading;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::sample;
    use crate::trace::Tracer;

    #[test]
    fn a_misread_total_is_what_the_others_demand() {
        let gross = |confidence: f32, last: &str| {
            let mut document =
                sample::document(&["Total HT            18,00", "TVA 20 %             3,60", last]);
            for word in document.pages.iter_mut().flat_map(|p| &mut p.words) {
                word.confidence = confidence;
            }
            let layout = Layout::of(&document);
            let locale = Locale::of(&layout, |_| true);
            let tracer = Tracer::default();
            let totals = find_money(&Reading::new(&layout, &locale, 1, &tracer), None).totals;
            totals.gross.map(|f| (f.value.0.to_string(), f.raw.unwrap_or_default()))
        };
        for printed in ["21-60", "2l,6O", "21. 60"] {
            let found = gross(0.98, &format!("Total TTC           {printed}"));
            assert_eq!(found, Some(("21.60".to_owned(), printed.to_owned())));
        }
        let other = gross(0.98, "Total TTC           21-70").map(|(value, _)| value);
        assert_ne!(other.as_deref(), Some("21.70"), "the sum does not demand it");
        let written = gross(1.0, "Total TTC           21-60").map(|(value, _)| value);
        assert_ne!(written.as_deref(), Some("21.60"), "a text layer says what it means");
    }
}
