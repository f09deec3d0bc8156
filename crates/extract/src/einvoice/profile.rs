//! How much an e-invoice is able to say.

/// A profile of Factur-X and ZUGFeRD. Invoices in plain EN 16931 and its national uses, such as
/// XRechnung, are of [`Profile::En16931`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Number, date, parties, totals.
    Minimum,
    /// What a booking needs: no lines.
    BasicWl,
    /// Lines with few details.
    Basic,
    /// All of EN 16931; COMFORT in ZUGFeRD.
    En16931,
    /// And more.
    Extended,
    /// ZUGFeRD 1, BASIC: most details are free text.
    Zugferd1Basic,
    /// ZUGFeRD 1, COMFORT and EXTENDED.
    Zugferd1,
}

/// Fields that profiles differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Purchase order and customer number.
    References,
    /// Due date, terms of payment, what was paid before.
    Terms,
    /// What remains to be paid.
    Due,
    /// Postal addresses, the buyer's VAT identifier, delivery date, account, VAT by rate.
    Booking,
    /// Bank, rounding, whom to call.
    Details,
    /// Entries in registers of companies.
    Registers,
    /// Invoice lines.
    Lines,
}

impl Profile {
    /// The profile named by BT-24, the specification that a file follows.
    pub(super) fn of_guideline(guideline: &str, is_zugferd1: bool) -> Self {
        let id = guideline.to_ascii_lowercase();
        let basic = id.contains(":basic") || id.contains("#basic");
        match () {
            () if is_zugferd1 && basic => Self::Zugferd1Basic,
            () if is_zugferd1 => Self::Zugferd1,
            () if id.contains("minimum") => Self::Minimum,
            () if id.contains("basicwl") || id.contains("basic-wl") => Self::BasicWl,
            () if basic => Self::Basic,
            () if id.contains("extended") => Self::Extended,
            () => Self::En16931,
        }
    }

    /// Whether files of this profile have no place for `group`.
    pub(super) fn lacks(self, group: Group) -> bool {
        match group {
            Group::References => matches!(self, Self::Zugferd1Basic),
            Group::Terms => matches!(self, Self::Minimum | Self::Zugferd1Basic),
            Group::Due => matches!(self, Self::Zugferd1Basic),
            Group::Booking => matches!(self, Self::Minimum),
            Group::Details => {
                matches!(self, Self::Minimum | Self::BasicWl | Self::Basic | Self::Zugferd1Basic)
            }
            Group::Registers => matches!(self, Self::Zugferd1Basic | Self::Zugferd1),
            Group::Lines => matches!(self, Self::Minimum | Self::BasicWl),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guideline_names_its_profile() {
        for (guideline, profile) in [
            ("urn:factur-x.eu:1p0:minimum", Profile::Minimum),
            ("urn:zugferd.de:2p0:minimum", Profile::Minimum),
            ("urn:factur-x.eu:1p0:basicwl", Profile::BasicWl),
            ("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", Profile::Basic),
            ("urn:cen.eu:en16931:2017#compliant#urn:zugferd.de:2p0:basic", Profile::Basic),
            ("urn:cen.eu:en16931:2017", Profile::En16931),
            ("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", Profile::Extended),
            (
                "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
                Profile::En16931,
            ),
            ("", Profile::En16931),
        ] {
            assert_eq!(Profile::of_guideline(guideline, false), profile, "{guideline}");
        }
        let former = |level| format!("urn:ferd:CrossIndustryDocument:invoice:1p0:{level}");
        assert_eq!(Profile::of_guideline(&former("basic"), true), Profile::Zugferd1Basic);
        assert_eq!(Profile::of_guideline(&former("extended"), true), Profile::Zugferd1);
    }
}
