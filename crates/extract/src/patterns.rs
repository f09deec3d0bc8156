//! All regular expressions, compiled once, each with an example it finds and one it must not.
//!
//! The engine takes linear time, so no text can make them slow. It has no look-around either:
//! what may stand beside a match is decided by the code that uses it.

use std::sync::LazyLock;

use regex::{Captures, Match, Regex, Split};

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $regex:literal finds $yes:literal not $no:literal;)*) => {
        $($(#[$doc])* pub(crate) static $name: LazyLock<Pattern> = LazyLock::new(|| Pattern::new($regex));)*

        #[cfg(any(test, feature = "fuzzing"))]
        const EXAMPLES: &[(&str, &LazyLock<Pattern>, &str, &str)] =
            &[$((stringify!($name), &$name, $yes, $no)),*];
    };
}

patterns! {
    /// A number with its group and decimal signs; one group sign throughout is checked in code.
    NUMBER = r"(?:\d{1,3}(?:[ \u{a0}\u{202f}'’.,]\d{3})+(?:[.,]\d{1,4})?|\d+(?:[.,]\d{1,4})?)"
        finds "1 234,56" not "abc";
    /// Day, month and year in any order, one kind of sign or spaces around it.
    DATE_NUMERIC = r"(\d{1,4}) ?([./\-]) ?(\d{1,2}) ?[./\-] ?(\d{2,4})"
        finds "28-06-2017" not "28062017";
    /// ISO basic format, as e-invoice viewers print it.
    DATE_COMPACT = r"\b((?:19|20)\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])\b"
        finds "20181230" not "20181330";
    /// `1. Oktober 2023`, `02 Juillet 2015`, `19-Apr-14`.
    DATE_DAY_MONTH = r"(\d{1,2})(?:er|st|nd|rd|th|[.ºª])?[ \-/]{0,2}(?:de )?(\p{L}{3,10})[.,]?[ \-/]{0,2}(?:de )?'?(\d{4}|\d{2})\b"
        finds "1. Oktober 2023" not "October 1";
    /// `October 1, 2023`, `Jan 1 , 2022`.
    DATE_MONTH_DAY = r"(\p{L}{3,10})[.]? ?(\d{1,2})(?:st|nd|rd|th)? ?[,.]? ?(\d{4})\b"
        finds "August 3 , 2014" not "3 August";
    /// A word that can be a number of something: starts with a letter or digit, holds a digit.
    IDENTIFIER = r"[A-Za-z0-9][A-Za-z0-9_/.\-]*\d[A-Za-z0-9_/.\-]*|\d[A-Za-z0-9_/.\-]+"
        finds "RE-20171118/506" not "Nummer";
    /// An IBAN, in groups or not; length and check digits are decided in code.
    IBAN = r"\b[A-Z]{2} ?\d{2}(?: {0,2}[A-Z0-9]){10,32}"
        finds "FR76 3000 6000 0112 3456 7890 189" not "FR7 3000";
    /// A BIC; only trusted beside its label.
    BIC = r"\b[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b"
        finds "COBADEFFXXX" not "COBA1";
    /// Two letters and what may be a VAT number; the country's own form is decided in code.
    VAT_ID = r"\b([A-Z]{2})[ .\-]?((?:[A-Z0-9][ .\-]?){6,13}[A-Z0-9])"
        finds "FR 13 303 376 586" not "FRANCE";
    /// A tax number in its national form, without the country before it; only trusted behind its
    /// label.
    TAX_NUMBER = r"\b(?:[A-Z]{1,3}[ .\-]?)?\d(?:[ .\-/]?[A-Z0-9]){6,14}\b"
        finds "99828-3617" not "12 rue";
    /// 14 digits as SIRETs are printed.
    SIRET = r"\b\d{3}[ .]?\d{3}[ .]?\d{3}[ .]?\d{5}\b"
        finds "403 554 181 00145" not "403 554 181";
    /// Nine digits as SIRENs are printed.
    SIREN = r"\b\d{3}[ .]?\d{3}[ .]?\d{3}\b"
        finds "403 554 181" not "403 554";
    /// Tunisian matricule fiscal: seven digits, key letter (sometimes left out), VAT code,
    /// category, establishment.
    MATRICULE_FISCAL = r"\b(\d{5,7}) ?/? ?([A-HJ-NP-TV-Z])(?: ?/? ?([ABDNP]))?(?: ?/? ?([CMNPE]) ?/? ?(\d{3}))?\b"
        finds "1234567/A/M/000" not "1234567/I";
    /// German register entry.
    HANDELSREGISTER = r"\bHR[AB] ?:? ?(?:Nr\.? ?)?\d{1,7}(?: [A-Z])?\b"
        finds "HRB 35148" not "HRC 1";
    /// An e-mail address.
    EMAIL = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"
        finds "info@ccm19.de" not "info@";
    /// A web address.
    WEB = r"(?i)\b(?:https?://)?www\.([a-z0-9\-]+)\.[a-z.]{2,}|https?://([a-z0-9\-]+)\.[a-z]{2,}"
        finds "www.bax-shop.fr" not "bax shop";
    /// A telephone number; only trusted beside its label or with a leading `+`.
    PHONE = r"(?:\+|00)?\(?\d[\d ()./\-]{6,18}\d"
        finds "+44 161 496 0101" not "12-34";
    /// A postal code with its town behind it, a country before it allowed.
    POSTAL_CODE = r"^(?:.*, ?)?(?:([A-Z]{1,2})[ \-])?(\d{4,6}|\d{2}-\d{3}|\d{4} [A-Z]{2}|\d{3} \d{2}) ?[\-–,]? ?(\p{Lu}[\p{L}.'’\-]{1,})"
        finds "54520 LAXOU" not "6 Rue Paul Bert";
    /// British, Irish, Canadian or US code, wherever it stands in the line.
    POSTAL_CODE_ALPHA = r"\b(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] \d[A-Z]\d|[A-Z]\d{2} [A-Z0-9]{4}|[A-Z]{2},? \d{5}(?:-\d{4})?)\b"
        finds "EC1A 1BB London" not "54520 LAXOU";
    /// House number and street, or street and house number.
    STREET = r"(?i)^\d{1,5}(?: ?(?:bis|ter|[a-c]))?[ ,]+\p{L}{2,}|\p{L}{3,}\.? \d{1,4} ?[a-z]?$|\b(?:rue|avenue|boulevard|chemin|allee|route|street|road|str\.|strasse|straße|weg|platz|laan|straat|calle|via|rua|lot|jalan)\b"
        finds "6 Rue Paul Bert" not "FACTURE";
    /// A registration or branch number behind a name.
    REGISTRATION_BEHIND = r" *\(?[A-Z]{0,3}[0-9][0-9A-Z\-]{4,}.*$|(?i: *\((?:co|company)[. ]*(?:reg|no).*$)"
        finds "Golden Spoon Ltd (169609-A)" not "Studio 54 Ltd";
    /// Signs that firms put between name and address in a one-line sender.
    SEPARATORS = r" [\-–—−·•●|*] |[·•●|]|, |(?i: au capital )"
        finds "Bei Spiel GmbH ● Ecke 12" not "Bei Spiel GmbH";
}

/// A regular expression that says quickly where it finds nothing, which is nearly everywhere.
///
/// On text with accents a word boundary takes the engine's slow path. Without its boundaries an
/// expression finds at least as much, on the fast one.
#[derive(Debug)]
pub(crate) struct Pattern {
    exact: Regex,
    /// Without word boundaries; `None` where `exact` has none.
    screen: Option<Regex>,
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        let screen = pattern.contains(BOUNDARY).then(|| compile(&pattern.replace(BOUNDARY, "")));
        Self { exact: compile(pattern), screen }
    }

    fn may_match(&self, text: &str, start: usize) -> bool {
        self.screen.as_ref().is_none_or(|screen| screen.is_match_at(text, start))
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.may_match(text, 0) && self.exact.is_match(text)
    }

    pub(crate) fn find<'t>(&self, text: &'t str) -> Option<Match<'t>> {
        self.may_match(text, 0).then(|| self.exact.find(text)).flatten()
    }

    pub(crate) fn find_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Match<'t>> {
        self.may_match(text, 0).then(|| self.exact.find_iter(text)).into_iter().flatten()
    }

    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.captures_at(text, 0)
    }

    /// Looks from byte `start` on, which is no start of a text.
    pub(crate) fn captures_at<'t>(&self, text: &'t str, start: usize) -> Option<Captures<'t>> {
        self.may_match(text, start).then(|| self.exact.captures_at(text, start)).flatten()
    }

    pub(crate) fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        self.may_match(text, 0).then(|| self.exact.captures_iter(text)).into_iter().flatten()
    }

    pub(crate) fn split<'t>(&self, text: &'t str) -> Split<'_, 't> {
        self.exact.split(text)
    }
}

/// Names of the patterns whose screen hides what they find in `text`: none, for any text.
#[cfg(feature = "fuzzing")]
pub(crate) fn hidden_by_screens(text: &str) -> Vec<&'static str> {
    let hides = |pattern: &Pattern| !pattern.may_match(text, 0) && pattern.exact.is_match(text);
    EXAMPLES.iter().filter(|(_, pattern, ..)| hides(pattern)).map(|(name, ..)| *name).collect()
}

/// A word boundary, as expressions write it.
const BOUNDARY: &str = r"\b";

/// Digits are the ten of ASCII: those of other scripts are no part of any code or amount here, and
/// the engine is faster without them.
#[expect(clippy::expect_used, reason = "Invariant: every pattern is compiled by a test")]
fn compile(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\d", "[0-9]")).expect("a pattern of this file is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_finds_its_example_and_not_its_counterexample() {
        for (name, regex, yes, no) in EXAMPLES {
            assert!(regex.is_match(yes), "{name} misses {yes:?}");
            assert!(!regex.is_match(no), "{name} takes {no:?}");
        }
    }

    #[test]
    fn a_screen_lets_everything_through_that_matches() {
        for (name, regex, yes, _) in EXAMPLES {
            for text in [(*yes).to_owned(), format!("é {yes} à"), format!("({yes})")] {
                assert_eq!(regex.is_match(&text), regex.exact.is_match(&text), "{name}: {text:?}");
            }
        }
        assert!(IDENTIFIER.find("೦- ١٢٣").is_none(), "digits of other scripts");
        assert!(IBAN.find("éFR76 3000 6000 0112 3456 7890 189").is_none(), "no boundary after é");
    }
}
