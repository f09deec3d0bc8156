//! Text made comparable: case, accents and ligatures folded, split into terms that keep their place.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A run of letters and digits, folded, with the bytes of the original that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) text: String,
    /// First byte in the original text.
    pub(crate) start: usize,
    /// Byte after the last one.
    pub(crate) end: usize,
}

/// Lower case without accents; `ß` becomes `ss`, `œ` becomes `oe`, full-width forms narrow.
pub(crate) fn fold(text: &str) -> String {
    // Most words: nothing to take apart.
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            _ => folded.push(c),
        }
    }
    folded
}

/// The terms of `text`. `#` and `%` are terms of their own, because labels are made of them.
pub(crate) fn terms(text: &str) -> Vec<Term> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() || is_combining_mark(c) {
            open.get_or_insert(at);
            continue;
        }
        close(&mut found, text, open.take(), at);
        if c == '#' || c == '%' {
            found.push(Term { text: c.to_string(), start: at, end: at + c.len_utf8() });
        }
    }
    close(&mut found, text, open, text.len());
    found
}

/// Adds the term of `text` that began at `start`, if one did, and ends before `end`.
fn close(found: &mut Vec<Term>, text: &str, start: Option<usize>, end: usize) {
    let Some(start) = start else { return };
    let text = fold(text.get(start..end).unwrap_or(""));
    if !text.is_empty() {
        found.push(Term { text, start, end });
    }
}

/// Whether two ranges of bytes share one.
pub(crate) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Letters and digits only, upper case: how codes are compared and published.
pub(crate) fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        terms(text).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn accents_case_and_ligatures_do_not_matter() {
        assert_eq!(fold("Échéance Straße ŒUVRE"), "echeance strasse oeuvre");
        assert_eq!(fold("e\u{301}mis"), "emis");
    }

    #[test]
    fn labels_glued_to_values_come_apart() {
        assert_eq!(texts("N°12572277"), ["n", "12572277"]);
        assert_eq!(texts("Date d’échéance :"), ["date", "d", "echeance"]);
        assert_eq!(texts("Tax(%)"), ["tax", "%"]);
    }

    #[test]
    fn a_term_knows_its_bytes() {
        let found = terms("Été 2024");
        let bytes: Vec<_> = found.iter().map(|t| (t.start, t.end)).collect();
        assert_eq!(bytes, [(0, 5), (6, 10)]);
    }
}
