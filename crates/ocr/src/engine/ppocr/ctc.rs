//! Probabilities to characters: greedy decoding of connectionist temporal classification
//! (Graves et al. 2006), with what else each character may be. Pure.

use crate::engine::ppocr::alphabet::{Alphabet, BLANK};

/// A character less probable than this is not worth keeping beside the one taken.
const LEAST_ALTERNATIVE: f32 = 0.05;

/// One character of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Letter {
    /// What it is; a space between words.
    pub(crate) text: char,
    /// Probability, 0 to 1.
    pub(crate) probability: f32,
    /// What it is otherwise, and the probability of that.
    pub(crate) alternative: Option<(char, f32)>,
    /// Its place along the line, 0 to 1: the middle of the step at which it is surest.
    pub(crate) at: f32,
}

/// Decodes `steps` rows of [`Alphabet::classes`] probabilities.
pub(crate) fn decode(probabilities: &[f32], alphabet: &Alphabet) -> Vec<Letter> {
    let rows = probabilities.chunks_exact(alphabet.classes());
    let steps = rows.len().max(1) as f32;
    let mut letters: Vec<Letter> = Vec::new();
    let mut before = BLANK;
    for (step, row) in rows.enumerate() {
        let seen = best(row, alphabet);
        if let Some((class, letter)) = seen {
            let letter = Letter { at: (step as f32 + 0.5) / steps, ..letter };
            if class != before {
                letters.push(letter);
            } else if let Some(last) = letters.last_mut()
                && letter.probability > last.probability
            {
                // Seen over several steps: where it is surest.
                *last = letter;
            }
        }
        before = seen.map_or(BLANK, |(class, _)| class);
    }
    letters
}

/// The most probable class and its character, `None` for the blank.
fn best(row: &[f32], alphabet: &Alphabet) -> Option<(usize, Letter)> {
    let (&blank, letters) = row.split_first()?;
    let mut first = (BLANK, '\0', 0.0);
    let mut second = ('\0', 0.0);
    for (at, (&probability, &text)) in letters.iter().zip(alphabet.characters()).enumerate() {
        if probability > first.2 {
            second = (first.1, first.2);
            first = (at + 1, text, probability);
        } else if probability > second.1 {
            second = (text, probability);
        }
    }
    let (class, text, probability) = first;
    if probability <= blank {
        return None;
    }
    let alternative = (second.1 >= LEAST_ALTERNATIVE).then_some(second);
    Some((class, Letter { text, probability, alternative, at: 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alphabet() -> Alphabet {
        Alphabet::parse("a\nb\n")
    }

    fn text(rows: &[[f32; 4]]) -> String {
        decode(rows.as_flattened(), &alphabet()).iter().map(|letter| letter.text).collect()
    }

    const NONE: [f32; 4] = [0.9, 0.05, 0.03, 0.02];
    const A: [f32; 4] = [0.1, 0.8, 0.06, 0.04];
    const B: [f32; 4] = [0.1, 0.2, 0.6, 0.1];
    const SPACE: [f32; 4] = [0.1, 0.1, 0.1, 0.7];

    #[test]
    fn repeats_are_one_character_unless_a_blank_parts_them() {
        assert_eq!(text(&[A, A, NONE, A, B, SPACE, B]), "aab b");
        assert_eq!(text(&[NONE, NONE]), "");
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn a_character_stands_where_it_is_surest_and_keeps_its_alternative() {
        let weak = [0.3, 0.4, 0.2, 0.1];
        let letters = decode([weak, A, weak, B].as_flattened(), &alphabet());
        assert_eq!(letters.len(), 2);
        assert_eq!((letters[0].probability, letters[0].at), (0.8, 1.5 / 4.0));
        assert_eq!(letters[0].alternative, Some(('b', 0.06)));
        assert_eq!(letters[1].alternative, Some(('a', 0.2)));
    }
}
