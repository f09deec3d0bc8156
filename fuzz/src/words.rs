//! A few bytes as a document: words of the vocabulary or any others, set as on a typewriter or
//! anywhere at all.
//!
//! The first two bytes say how the page was read and what else came with it. Each word is one byte
//! for where it stands, then what it is:
//!
//! | place | the word |
//! |---|---|
//! | 0 to 99 | follows in the line, after so many characters and one |
//! | 100 to 199 | begins the next line, so many characters from the left |
//! | 200 to 239 | begins a line further down, by so many lines |
//! | 240 to 249 | on the next page |
//! | 250 to 255 | anywhere: four coordinates, a confidence and a line of their own |
//!
//! What it is, is one byte: below 253 a piece of the vocabulary; with 253 and 254 the next byte goes
//! on counting; 255 is a length and a text of its own.

use arbitrary::{Result, Unstructured};

use common::page::{
    Alternative, BoundingBox, PageGeometry, PageSource, Preparation, ReadDocument, ReadPage, Word,
};

use crate::vocabulary::piece;

/// Characters that fit a line, and lines that fit a page.
const COLUMNS: f32 = 120.0;
const LINES: f32 = 80.0;

/// Values of the second byte that begin a number of two bytes.
const FAR_PIECES: u8 = 2;

/// What marks a text of its own.
const OWN_TEXT: u8 = u8::MAX;

/// Longest text of its own, bytes.
const MAX_TEXT: usize = 60;

/// Most words: more only take longer, and a real page has about 500.
const MAX_WORDS: usize = 400;

/// What came with the words.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Which e-invoice is attached, from a few; none for most.
    pub attached: u8,
    /// Whether the operator has said who we are, and what suppliers print where.
    pub known: bool,
    /// Whether decisions are explained, too.
    pub explained: bool,
}

/// The document that `bytes` say.
///
/// # Errors
/// Too few bytes.
pub fn document(bytes: &[u8]) -> Result<(ReadDocument, Circumstances)> {
    let mut u = Unstructured::new(bytes);
    let [how, with] = [u.arbitrary::<u8>()?, u.arbitrary::<u8>()?];
    let circumstances = Circumstances {
        attached: with >> 4,
        known: with & 1 == 1,
        explained: with & 0b1110 == 0b1110,
    };
    let mut pages = vec![page(1, how)];
    let (mut column, mut line, mut count) = (0_u16, 0_u16, 0);
    while !u.is_empty() && count < MAX_WORDS {
        count += 1;
        let place = u.arbitrary::<u8>()?;
        match place {
            0..=99 => column = column.saturating_add(u16::from(place) + 1),
            100..=199 => (column, line) = (u16::from(place - 100), line.saturating_add(1)),
            200..=239 => (column, line) = (0, line.saturating_add(u16::from(place - 198))),
            240..=249 => {
                (column, line) = (0, 0);
                pages.push(page(pages.len() as u32 + 1, how));
            }
            250.. => {}
        }
        let Ok(text) = text(&mut u) else { break };
        let wide = text.chars().count() as u16;
        let (x0, y0) = (f32::from(column) / COLUMNS, f32::from(line) / LINES);
        let x1 = f32::from(column.saturating_add(wide)) / COLUMNS;
        let mut word = Word::new(text, BoundingBox([x0, y0, x1, y0 + 0.8 / LINES]), 1.0);
        word.line = line.into();
        column = column.saturating_add(wide);
        if place >= 250 {
            let Ok(corners) = u.arbitrary::<[f32; 4]>() else { break };
            let (confidence, line) = (u.arbitrary::<f32>(), u.arbitrary::<u8>());
            let (Ok(confidence), Ok(line)) = (confidence, line) else { break };
            (word.bbox, word.confidence) = (BoundingBox(corners), confidence);
            word.line = line.into();
        } else if how & 1 == 1 {
            // Read from a picture, with doubts.
            word.confidence = f32::from(place % 50) / 49.0;
            let at = u32::from(place % 5);
            let probability = 1.0 - word.confidence;
            word.alternatives =
                vec![Alternative { at, text: char::from(b'0' + place % 10), probability }];
        }
        if let Some(page) = pages.last_mut() {
            page.words.push(word);
        }
    }
    Ok((ReadDocument { pages, embedded_xml: Vec::new() }, circumstances))
}

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let first = u.arbitrary::<u8>()?;
    let near = u8::MAX - FAR_PIECES;
    if first == OWN_TEXT {
        let length = usize::from(u.arbitrary::<u8>()?) % MAX_TEXT;
        let own = String::from_utf8_lossy(u.bytes(length.min(u.len()))?).into_owned();
        // No reader hands over a word of nothing.
        return Ok(if own.trim().is_empty() { "·".to_owned() } else { own.trim().to_owned() });
    }
    let number = if first < near {
        u16::from(first)
    } else {
        u16::from(near) + (u16::from(first - near) << 8) + u16::from(u.arbitrary::<u8>()?)
    };
    Ok(piece(number).to_owned())
}

/// The bytes of a word that [`document`] reads back; for seeds.
#[must_use]
pub fn spell(place: u8, text: &str) -> Vec<u8> {
    let near = u16::from(u8::MAX - FAR_PIECES);
    match crate::vocabulary::number_of(text) {
        Some(number) if number < near => vec![place, number as u8],
        Some(number) => {
            let [high, low] = (number - near).to_be_bytes();
            vec![place, (near as u8) + high, low]
        }
        None => [&[place, OWN_TEXT, text.len() as u8], text.as_bytes()].concat(),
    }
}

fn page(number: u32, how: u8) -> ReadPage {
    // A narrow slip, a page on its side, a sheet of A4.
    let (width_px, height_px) =
        [(1654, 2339), (600, 2400), (2339, 1654), (1, 1)][usize::from(how >> 6)];
    let read = how & 1 == 1;
    ReadPage {
        geometry: PageGeometry {
            number,
            width_px,
            height_px,
            dpi: 200.0,
            rotation_degrees: 0,
            skew_degrees: 0.0,
        },
        source: if read { PageSource::Ocr } else { PageSource::TextLayer },
        confidence: 1.0,
        attempts: u32::from(read),
        languages: Vec::new(),
        words: Vec::new(),
        raster: None,
        preparation: Preparation::default(),
    }
}
