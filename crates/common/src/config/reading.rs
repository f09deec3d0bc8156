//! How pages are read: engines, and how Tesseract takes a page apart.

use serde::{Deserialize, Serialize};

/// Tesseract's `--psm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PageSegmentation {
    /// One mode for all pages, 0 to [`PageSegmentation::LAST_MODE`].
    Mode(u8),
    /// Chosen for each page.
    Chosen(Choice),
}

/// How a mode is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// By the shape of the page.
    Auto,
}

impl PageSegmentation {
    /// Tesseract's last mode.
    pub const LAST_MODE: u8 = 13;
}

/// What reads pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engines {
    /// Tesseract alone.
    Tesseract,
    /// PP-OCR's fast networks alone.
    Ppocr,
    /// PP-OCR, its accurate recogniser for doubtful lines, and Tesseract for what PP-OCR cannot
    /// read.
    Auto,
}
