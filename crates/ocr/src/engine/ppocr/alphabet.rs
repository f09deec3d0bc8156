//! The characters that a recogniser knows, and which of them an invoice is written with.

use std::path::Path;

use crate::error::OcrError;

/// Letters with diacritics end here (Latin Extended-B): what European languages are written with.
const LAST_LETTER: char = '\u{24F}';

/// What else is printed on invoices.
const SIGNS: &str = "€£‘’‚“”„–—•…°№™‐‑§«»²³½¼¾";

/// Class of "no character here" in connectionist temporal classification.
pub(crate) const BLANK: usize = 0;

/// The classes of a recogniser.
#[derive(Clone, Debug)]
pub(crate) struct Alphabet {
    /// Classes in use, with their characters, in rising order; without the blank.
    used: Vec<(usize, char)>,
    /// All classes, the blank included.
    classes: usize,
}

impl Alphabet {
    /// Reads PaddleOCR's dictionary: one character a line, for classes from 1; the last class is
    /// the space, which the file does not have.
    ///
    /// The networks know thousands of ideographs, which invoices in Latin script do not hold:
    /// leaving them out takes away confusions.
    ///
    /// # Errors
    /// [`OcrError::MissingEngine`] when the file cannot be read or holds nothing.
    pub(crate) fn load(file: &Path) -> Result<Self, OcrError> {
        let missing =
            |reason: String| OcrError::MissingEngine { file: file.display().to_string(), reason };
        let text = std::fs::read_to_string(file).map_err(|error| missing(error.to_string()))?;
        let alphabet = Self::parse(&text);
        if alphabet.used.len() < 2 {
            return Err(missing("it holds no characters".to_owned()));
        }
        Ok(alphabet)
    }

    /// The classes of the dictionary `text`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut used = Vec::new();
        let mut classes = 1;
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let mut characters = line.chars();
            if let (Some(character), None) = (characters.next(), characters.next())
                && is_used(character)
            {
                used.push((classes, character));
            }
            classes += 1;
        }
        used.push((classes, ' '));
        Self { used, classes: classes + 1 }
    }

    /// Number of classes, the blank included.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// Classes in use with their characters.
    pub(crate) fn used(&self) -> &[(usize, char)] {
        &self.used
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
        assert_eq!(alphabet.classes(), 7);
        assert_eq!(alphabet.used(), [(1, 'a'), (3, 'é'), (4, '€'), (6, ' ')]);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Alphabet::load(Path::new("/nonexistent/dict.txt")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/dict.txt"), "{error}");
    }
}
