//! Sums that an e-invoice states and the result has no field for, and the rules they must fulfil.

use rust_decimal::Decimal;

use crate::checks;
use crate::result::{Amount, Check, Field, Invoice};

/// Totals of lines, allowances and charges on document level. The result has no field for them:
/// they are inside the total without VAT, charges outside VAT are not known to EN 16931.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sums {
    /// BT-106.
    pub(super) lines: Option<Field<Amount>>,
    /// BT-107.
    pub(super) allowances: Option<Field<Amount>>,
    /// BT-108.
    pub(super) charges: Option<Field<Amount>>,
}

impl Sums {
    /// BR-CO-10: the lines add up to their total. BR-CO-13: that total less allowances plus charges
    /// is the total without VAT.
    pub(super) fn check(&self, invoice: &Invoice) -> Vec<Check> {
        let value = |field: &Option<Field<Amount>>| field.as_ref().map(|f| f.value.0);
        let amounts = invoice.lines.iter().map(|line| value(&line.net_amount));
        let sum: Option<Decimal> = amounts.collect::<Option<Vec<_>>>().map(|a| a.iter().sum());
        let sum = sum.filter(|_| !invoice.lines.is_empty());
        let basis = value(&self.lines).map(|lines| {
            lines - value(&self.allowances).unwrap_or_default()
                + value(&self.charges).unwrap_or_default()
        });
        vec![
            checks::equal("BR-CO-10", "sum of the lines", sum, value(&self.lines)),
            checks::equal(
                "BR-CO-13",
                "lines - allowances + charges",
                basis,
                value(&invoice.totals.net),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::einvoice::terms::stated;
    use crate::result::{CheckStatus, Line};

    fn amount(cents: i64) -> Option<Field<Amount>> {
        Some(stated(Amount(Decimal::new(cents, 2)), "", "BT-0"))
    }

    fn statuses(sums: &Sums, invoice: &Invoice) -> [CheckStatus; 2] {
        let checks = sums.check(invoice);
        [checks[0].status, checks[1].status]
    }

    #[test]
    fn allowances_and_charges_lie_between_the_lines_and_the_total() {
        use CheckStatus::{Failed, NotApplicable, Passed};
        let mut invoice = Invoice::default();
        let mut sums = Sums::default();
        assert_eq!(statuses(&sums, &invoice), [NotApplicable, NotApplicable]);
        invoice.lines = vec![Line { net_amount: amount(10_000), ..Line::default() }];
        invoice.totals.net = amount(9_500);
        sums.lines = amount(10_000);
        assert_eq!(statuses(&sums, &invoice), [Passed, Failed]);
        sums.allowances = amount(1_000);
        sums.charges = amount(500);
        assert_eq!(statuses(&sums, &invoice), [Passed, Passed]);
        invoice.lines.push(Line::default());
        assert_eq!(statuses(&sums, &invoice), [NotApplicable, Passed]);
    }
}
