//! The reading of Tesseract's answer by itself, for the target in `fuzz/`.

use common::page::Word;

/// The words in `table`, of a page of `width_px` by `height_px`.
#[must_use]
pub fn words(table: &str, width_px: u32, height_px: u32) -> Vec<Word> {
    crate::tsv::words(table, width_px, height_px)
}
