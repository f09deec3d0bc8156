//! The characters that a recogniser knows, and which of them an invoice is written with.

use std::path::Path;

use crate::engine::ppocr::session;
use crate::error::OcrError;

/// Letters with diacritics end here (Latin Extended-B): what European languages are written with.
const LAST_LETTER: char = '\u{24F}';

/// What else is printed on invoices.
const SIGNS: &str = "€£‘’‚“”„–—•…°№™‐‑§«»²³½¼¾";

/// Class of "no character here" in connectionist temporal classification.
pub(crate) const BLANK: usize = 0;

/// The characters in use, as classes from 1; the blank is class 0.
#[derive(Clone, Debug)]
pub(crate) struct Alphabet {
    characters: Vec<char>,
    /// Classes of the recogniser's own that these and the blank are, in the same order.
    of_network: Vec<usize>,
    /// All classes of the recogniser, the blank included.
    known: usize,
}

impl Alphabet {
    /// Reads PaddleOCR's dictionary: one character a line, for the recogniser's classes from 1; its last
    /// class is the space, which the file does not have.
    ///
    /// The networks know thousands of ideographs, which invoices in Latin script do not hold:
    /// leaving them out takes away confusions, and time.
    ///
    /// # Errors
    /// [`OcrError::MissingEngine`] when the file cannot be read or holds nothing.
    pub(crate) fn load(file: &Path) -> Result<Self, OcrError> {
        let text = String::from_utf8(session::content(file)?)
            .map_err(|error| session::missing(file, error.to_string()))?;
        let alphabet = Self::parse(&text);
        if alphabet.characters.len() < 2 {
            return Err(session::missing(file, "it holds no characters".to_owned()));
        }
        Ok(alphabet)
    }

    /// The classes of the dictionary `text`.
    pub(crate) fn parse(text: &str) -> Self {
        let (mut characters, mut of_network) = (Vec::new(), vec![BLANK]);
        let mut known = 1;
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let mut only = line.chars();
            if let (Some(character), None) = (only.next(), only.next())
                && is_used(character)
            {
                characters.push(character);
                of_network.push(known);
            }
            known += 1;
        }
        characters.push(' ');
        of_network.push(known);
        Self { characters, of_network, known: known + 1 }
    }

    /// Number of classes that the recogniser's file knows, the blank included.
    pub(crate) fn known(&self) -> usize {
        self.known
    }

    /// Which of them are in use, the blank first.
    pub(crate) fn of_network(&self) -> &[usize] {
        &self.of_network
    }

    /// The characters of the classes from 1.
    pub(crate) fn characters(&self) -> &[char] {
        &self.characters
    }

    /// Number of classes in use, the blank included.
    pub(crate) fn classes(&self) -> usize {
        self.of_network.len()
    }
}

fn is_used(character: char) -> bool {
    let latin = character > ' ' && character <= LAST_LETTER && !character.is_control();
    latin || SIGNS.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_counted_over_all_lines_and_latin_ones_are_used() {
        let alphabet = Alphabet::parse("a\r\n発\r\né\r\n€\r\n\u{3000}\r\n");
        assert_eq!((alphabet.known(), alphabet.classes()), (7, 5));
        assert_eq!(alphabet.of_network(), [BLANK, 1, 3, 4, 6]);
        assert_eq!(alphabet.characters(), ['a', 'é', '€', ' ']);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Alphabet::load(Path::new("/nonexistent/dict.txt")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/dict.txt"), "{error}");
    }
}
