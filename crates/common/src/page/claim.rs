//! What a worker says of a page, before anybody believes it: it has parsed hostile bytes, and may speak
//! for them. Pure.

use thiserror::Error;

use crate::error::StageError;
use crate::page::{Alternative, BoundingBox, PageGeometry, Preparation, Word};

/// Most words of a page. Dense small print on A4 is about 3 000; what has thirty times as many is no
/// page that anybody reads, and every later step takes time for each of them.
pub const MAX_WORDS: usize = 100_000;

/// Longest word, characters. IBANs and web addresses are below 200; whole lines without a space, as in
/// Chinese, below 500.
const MAX_WORD_CHARS: usize = 1000;

/// Most entries of a preparation: there are a dozen steps and about as many measurements.
const MAX_ENTRIES: usize = 100;

/// Longest name of a step or a measurement, bytes.
const MAX_NAME_BYTES: usize = 64;

/// Largest skew, degrees: beyond half a quarter turn it would be another turn.
const MAX_SKEW_DEGREES: f32 = 45.0;

/// First bytes of an 8-bit grey PNG: signature and header up to the colour type.
const PNG_HEAD: [u8; 16] = *b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

/// Something that no page has.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Unbelievable {
    /// More words than [`MAX_WORDS`]: the document is at fault, whoever made them up.
    #[error("a page has {seen} words, the limit is {MAX_WORDS}")]
    TooManyWords {
        /// Words of the page.
        seen: usize,
    },
    /// Another page than was asked for.
    #[error("the worker answered page {seen}, asked for {asked}")]
    AnotherPage {
        /// Its number.
        seen: u32,
        /// The number asked for.
        asked: u32,
    },
    /// A turn, skew or resolution that no page has.
    #[error("the worker said what no page has: {what}")]
    Geometry {
        /// What; from a fixed set.
        what: &'static str,
    },
    /// A raster that is no 8-bit grey PNG of the size that was said.
    #[error("the worker's raster is no grey PNG of {width_px} x {height_px} pixels")]
    Raster {
        /// Width that was said, pixels.
        width_px: u32,
        /// Height that was said, pixels.
        height_px: u32,
    },
    /// A step or measurement with a name that none has, or too many of them.
    #[error("the worker named steps or measurements that there are not")]
    Preparation,
}

impl From<Unbelievable> for StageError {
    fn from(error: Unbelievable) -> Self {
        match error {
            Unbelievable::TooManyWords { .. } => {
                Self::rejected("too_many_words", error.to_string())
            }
            Unbelievable::AnotherPage { .. }
            | Unbelievable::Geometry { .. }
            | Unbelievable::Raster { .. }
            | Unbelievable::Preparation => Self::internal("worker_protocol", error.to_string()),
        }
    }
}

/// `said` as a worker may say it: legal boxes and confidences, text without control characters,
/// alternatives to characters that are there. A word without any text is left out.
///
/// # Errors
/// [`Unbelievable::TooManyWords`].
pub fn words(said: Vec<Word>) -> Result<Vec<Word>, Unbelievable> {
    let seen = said.len();
    if seen > MAX_WORDS {
        return Err(Unbelievable::TooManyWords { seen });
    }
    Ok(said.into_iter().filter_map(word).collect())
}

fn word(said: Word) -> Option<Word> {
    let Word {
        text: as_said, bbox: BoundingBox([x0, y0, x1, y1]), confidence, alternatives, ..
    } = said;
    let text: String = as_said.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    let characters = text.chars().count();
    if characters == 0 || characters > MAX_WORD_CHARS || !confidence.is_finite() {
        return None;
    }
    let word = Word::new(text, BoundingBox::new(x0, y0, x1, y1), confidence.clamp(0.0, 1.0));
    if text != as_said {
        // They counted characters that are gone.
        return Some(word);
    }
    let is_legal = |other: &Alternative| {
        (other.at as usize) < characters
            && !other.text.is_control()
            && (0.0..=1.0).contains(&other.probability)
    };
    let alternatives = alternatives.into_iter().filter(is_legal).take(characters).collect();
    Some(Word { alternatives, ..word })
}

/// Checks the geometry of page `asked`.
///
/// # Errors
/// [`Unbelievable::AnotherPage`], [`Unbelievable::Geometry`].
pub fn check_geometry(said: &PageGeometry, asked: u32) -> Result<(), Unbelievable> {
    if said.number != asked {
        return Err(Unbelievable::AnotherPage { seen: said.number, asked });
    }
    check_turn(said.rotation_degrees)?;
    if !said.dpi.is_finite() || said.dpi <= 0.0 {
        return Err(Unbelievable::Geometry { what: "its resolution" });
    }
    if !(-MAX_SKEW_DEGREES..=MAX_SKEW_DEGREES).contains(&said.skew_degrees) {
        return Err(Unbelievable::Geometry { what: "its skew" });
    }
    Ok(())
}

/// Checks that a page was turned by quarters, and less than once around.
///
/// # Errors
/// [`Unbelievable::Geometry`].
pub fn check_turn(degrees: u16) -> Result<(), Unbelievable> {
    if degrees.is_multiple_of(90) && degrees < 360 {
        return Ok(());
    }
    Err(Unbelievable::Geometry { what: "a turn by other than quarters" })
}

/// Checks that `png` begins as an 8-bit grey PNG of this size, which is what its readers check again
/// before they decode a pixel.
///
/// # Errors
/// [`Unbelievable::Raster`].
pub fn check_raster(png: &[u8], width_px: u32, height_px: u32) -> Result<(), Unbelievable> {
    let [w0, w1, w2, w3] = width_px.to_be_bytes();
    let [h0, h1, h2, h3] = height_px.to_be_bytes();
    // Eight bits, grey.
    let size = [w0, w1, w2, w3, h0, h1, h2, h3, 8, 0];
    let rest = png.strip_prefix(&PNG_HEAD);
    if width_px > 0 && height_px > 0 && rest.is_some_and(|rest| rest.starts_with(&size)) {
        return Ok(());
    }
    Err(Unbelievable::Raster { width_px, height_px })
}

/// `said` without what is no number.
///
/// # Errors
/// [`Unbelievable::Preparation`] for names that are none: they become keys of results and names of files.
pub fn preparation(said: Preparation) -> Result<Preparation, Unbelievable> {
    let Preparation { doubt, mut measurements, mut steps } = said;
    let names = measurements.keys().chain(steps.iter().map(|step| &step.name)).chain(&doubt);
    if !names.into_iter().all(|name| is_name(name))
        || measurements.len() > MAX_ENTRIES
        || steps.len() > MAX_ENTRIES
    {
        return Err(Unbelievable::Preparation);
    }
    measurements.retain(|_, value| value.is_finite());
    for step in &mut steps {
        step.amount = step.amount.filter(|amount| amount.is_finite());
    }
    Ok(Preparation { doubt, measurements, steps })
}

/// Whether `name` is made as those of steps, measurements and doubts are.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use crate::page::AppliedStep;

    use super::*;

    fn geometry() -> PageGeometry {
        PageGeometry {
            number: 2,
            width_px: 10,
            height_px: 20,
            dpi: 200.0,
            rotation_degrees: 90,
            skew_degrees: -1.5,
        }
    }

    #[test]
    fn words_are_made_legal_or_left_out() {
        let nan = f32::NAN;
        let wild = BoundingBox([nan, 7.0, -3.0, f32::INFINITY]);
        let said = vec![
            Word::new(" to\u{1b}tal\n", wild, 40.0),
            Word::new("\u{0}\u{9}", BoundingBox::default(), 1.0),
            Word::new("unsure", BoundingBox::default(), nan),
            Word::new("x".repeat(MAX_WORD_CHARS + 1), BoundingBox::default(), 1.0),
        ];
        let believed = words(said).unwrap();
        assert_eq!(believed, [Word::new("total", BoundingBox::new(nan, 7.0, -3.0, nan), 1.0)]);
        assert!(believed[0].bbox.0.iter().all(|edge| (0.0..=1.0).contains(edge)));
    }

    #[test]
    fn alternatives_are_to_characters_that_are_there() {
        let other = |at, text, probability| Alternative { at, text, probability };
        let alternatives = vec![
            other(1, 'x', 0.5),
            other(9, 'x', 0.5),
            other(0, '\u{7}', 0.5),
            other(0, 'x', f32::NAN),
            other(0, 'x', 2.0),
        ];
        let said = Word { alternatives, ..Word::new("abc", BoundingBox::default(), 1.0) };
        assert_eq!(words(vec![said]).unwrap()[0].alternatives, [other(1, 'x', 0.5)]);
    }

    #[test]
    fn more_words_than_a_page_has_are_the_documents_fault() {
        let said = vec![Word::new("x", BoundingBox::default(), 1.0); MAX_WORDS + 1];
        let error = StageError::from(words(said).unwrap_err());
        assert_eq!(error.code, "too_many_words");
        assert_eq!(error.kind, crate::error::ErrorKind::Rejected);
    }

    #[test]
    fn a_geometry_that_no_page_has_is_refused() {
        check_geometry(&geometry(), 2).unwrap();
        let another = check_geometry(&geometry(), 1).unwrap_err();
        assert_eq!(another, Unbelievable::AnotherPage { seen: 2, asked: 1 });
        for wrong in [
            PageGeometry { rotation_degrees: 45, ..geometry() },
            PageGeometry { rotation_degrees: 360, ..geometry() },
            PageGeometry { dpi: 0.0, ..geometry() },
            PageGeometry { dpi: f32::NAN, ..geometry() },
            PageGeometry { dpi: f32::INFINITY, ..geometry() },
            PageGeometry { skew_degrees: f32::NAN, ..geometry() },
            PageGeometry { skew_degrees: 46.0, ..geometry() },
        ] {
            let error = StageError::from(check_geometry(&wrong, 2).unwrap_err());
            assert_eq!(error.code, "worker_protocol", "{wrong:?}");
        }
    }

    #[test]
    fn a_raster_has_the_size_that_was_said() {
        let mut png = PNG_HEAD.to_vec();
        png.extend([0, 0, 0, 10, 0, 0, 0, 20, 8, 0, 0, 0, 0]);
        check_raster(&png, 10, 20).unwrap();
        assert!(check_raster(&png, 20, 10).is_err());
        let mut colour = png.clone();
        colour[25] = 2;
        assert!(check_raster(&colour, 10, 20).is_err());
        assert!(check_raster(b"GIF89a", 10, 20).is_err());
        assert!(check_raster(&[], 0, 0).is_err());
    }

    #[test]
    fn names_that_would_lead_elsewhere_are_refused_and_what_is_no_number_is_left_out() {
        let named = |name: &str| Preparation {
            measurements: [(name.to_owned(), f32::NAN), ("ink_share".to_owned(), 0.5)].into(),
            ..Preparation::default()
        };
        let believed = preparation(named("skew_degrees")).unwrap();
        assert_eq!(believed.measurements.keys().collect::<Vec<_>>(), ["ink_share"]);
        for name in ["../../etc/passwd", "Total: 12", "", &"x".repeat(65)] {
            assert_eq!(preparation(named(name)), Err(Unbelievable::Preparation), "{name}");
            let steps = vec![AppliedStep { name: name.to_owned(), amount: None }];
            let step = Preparation { steps, ..Preparation::default() };
            assert_eq!(preparation(step), Err(Unbelievable::Preparation), "{name}");
        }
        let step = AppliedStep { name: "deskew".to_owned(), amount: Some(f32::INFINITY) };
        let many = Preparation { steps: vec![step; MAX_ENTRIES + 1], ..Preparation::default() };
        assert!(preparation(many).is_err());
    }
}
