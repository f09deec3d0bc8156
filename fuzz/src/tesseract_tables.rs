//! Any table, read as Tesseract's answer.
//!
//! The first two bytes are the page's width and height in steps of 64 pixels, the rest is the table.

use ocr::fuzzing::words;

/// Pixels for each step of a byte.
const STEP: u32 = 64;

/// Whatever a table says, its words have text, a box on the page and a probability.
pub fn tesseract_tables(bytes: &[u8]) {
    let [wide, high, table @ ..] = bytes else { return };
    let Ok(table) = std::str::from_utf8(table) else { return };
    let pixels = |steps: u8| STEP * (u32::from(steps) + 1);
    for word in words(table, pixels(*wide), pixels(*high)) {
        assert!(!word.text.trim().is_empty());
        assert!((0.0..=1.0).contains(&word.confidence), "{}", word.confidence);
        let [left, top, right, bottom] = word.bbox.0;
        assert!(0.0 <= left && left <= right && right <= 1.0, "{left} {right}");
        assert!(0.0 <= top && top <= bottom && bottom <= 1.0, "{top} {bottom}");
    }
}
