//! What stages hand to each other: pages, rasters, words. Stored as CBOR objects.

pub mod claim;
mod preparation;
mod xml;

pub use preparation::{AppliedStep, Preparation};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StageError;
use crate::object::ObjectRef;
use crate::versioned;

/// What a document is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaType {
    /// PDF.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// XML: an e-invoice by itself, which has no pages.
    #[serde(rename = "application/xml")]
    Xml,
}

impl MediaType {
    /// The IANA name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Xml => "application/xml",
        }
    }

    /// Recognises a document by its first bytes; never by name or declared type.
    ///
    /// `%PDF-` counts at offset 0 only: readers accept up to 1024 bytes of junk before it, which
    /// is how polyglots pass as something else.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        const PDF: &[u8] = b"%PDF-";
        const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];
        const PNG: &[u8] = &[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
        match bytes {
            b if b.starts_with(PDF) => Some(Self::Pdf),
            b if b.starts_with(JPEG) => Some(Self::Jpeg),
            b if b.starts_with(PNG) => Some(Self::Png),
            b if xml::is_xml(b) => Some(Self::Xml),
            _ => None,
        }
    }
}

/// `(x0, y0, x1, y1)` as fractions (0 to 1) of the upright page, from its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox(pub [f32; 4]);

impl BoundingBox {
    /// Clamps into the page and orders the corners, so that any input gives a legal box.
    #[must_use]
    pub fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        let legal = |v: f32| if v.is_finite() { v.clamp(0.0, 1.0) } else { 0.0 };
        let (x0, y0, x1, y1) = (legal(x0), legal(y0), legal(x1), legal(y1));
        Self([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
    }

    /// Left edge.
    #[must_use]
    pub fn x0(&self) -> f32 {
        self.0[0]
    }

    /// Upper edge.
    #[must_use]
    pub fn y0(&self) -> f32 {
        self.0[1]
    }

    /// Right edge.
    #[must_use]
    pub fn x1(&self) -> f32 {
        self.0[2]
    }

    /// Lower edge.
    #[must_use]
    pub fn y1(&self) -> f32 {
        self.0[3]
    }

    /// Width as a fraction of the page's width.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.x1() - self.x0()
    }

    /// Height as a fraction of the page's height.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.y1() - self.y0()
    }

    /// Vertical centre.
    #[must_use]
    pub fn middle_y(&self) -> f32 {
        f32::midpoint(self.y0(), self.y1())
    }

    /// The smallest box around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self([
            self.x0().min(other.x0()),
            self.y0().min(other.y0()),
            self.x1().max(other.x1()),
            self.y1().max(other.y1()),
        ])
    }
}

/// A word with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The text, without surrounding space; never empty.
    pub text: String,
    /// Where it stands.
    #[serde(rename = "box")]
    pub bbox: BoundingBox,
    /// Probability (0 to 1) that the text is right, as the reader says; 1 from a text layer.
    pub confidence: f32,
    /// Index of its text line on the page, counted in reading order. The `ocr` stage sets it for
    /// text layers and readings alike; 0 before.
    #[serde(default)]
    pub line: u32,
    /// What single characters may be instead, where the reader was not sure; from the left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
}

/// Another reading of one character of a word.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// Which character of the word's text, from 0.
    pub at: u32,
    /// What it may be.
    pub text: char,
    /// The reader's probability of that, 0 to 1.
    pub probability: f32,
}

impl Word {
    /// A word on line 0 without alternatives.
    #[must_use]
    pub fn new(text: impl Into<String>, bbox: BoundingBox, confidence: f32) -> Self {
        Self { text: text.into(), bbox, confidence, line: 0, alternatives: Vec::new() }
    }
}

/// Geometry of an upright page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageGeometry {
    /// 1 for the first page.
    pub number: u32,
    /// Width of the upright raster (or of the page at `dpi`), pixels.
    pub width_px: u32,
    /// Height likewise.
    pub height_px: u32,
    /// Pixels per inch of that raster.
    pub dpi: f32,
    /// Clockwise quarter turn that was applied to make it upright: 0, 90, 180 or 270.
    pub rotation_degrees: u16,
    /// Skew that was taken out, degrees, clockwise positive.
    pub skew_degrees: f32,
}

/// A page as `preprocess` leaves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreparedPage {
    /// Size and turn.
    pub geometry: PageGeometry,
    /// Words of a sound text layer; empty where there is none.
    pub words: Vec<Word>,
    /// Words of a text layer that is not trusted alone: they count only where a reading of the
    /// raster agrees with them.
    #[serde(default)]
    pub doubted: Vec<Word>,
    /// The upright page as 8-bit grey PNG, where it has to be read by OCR.
    pub raster: Option<ObjectRef>,
    /// What was measured and done before.
    #[serde(default)]
    pub preparation: Preparation,
}

/// An e-invoice found inside a PDF (Factur-X, ZUGFeRD, …), as it was attached; or the document itself
/// where that is XML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddedXml {
    /// The attachment's name, e.g. `factur-x.xml`.
    pub name: String,
    /// Its bytes.
    pub object: ObjectRef,
}

/// Output of `preprocess`, input of `ocr`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreparedDocument {
    /// In order, numbered from 1; none where the document is XML.
    pub pages: Vec<PreparedPage>,
    /// E-invoices inside.
    pub embedded_xml: Vec<EmbeddedXml>,
}

/// Where the words of a page come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageSource {
    /// The PDF's own text.
    TextLayer,
    /// Recognition.
    Ocr,
    /// Both.
    Mixed,
}

/// A page as `ocr` leaves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadPage {
    /// Size and turn.
    pub geometry: PageGeometry,
    /// Where the words come from.
    pub source: PageSource,
    /// Mean word confidence, 0 to 1; 1 for a text layer, 0 for a page without words.
    pub confidence: f32,
    /// Recognition passes made.
    pub attempts: u32,
    /// Tesseract language codes used; empty for a text layer.
    pub languages: Vec<String>,
    /// In reading order.
    pub words: Vec<Word>,
    /// The upright page as 8-bit grey PNG, where one was made.
    #[serde(default)]
    pub raster: Option<ObjectRef>,
    /// Carried along from `preprocess`.
    #[serde(default)]
    pub preparation: Preparation,
}

/// Output of `ocr`, input of `extract`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadDocument {
    /// In order.
    pub pages: Vec<ReadPage>,
    /// Carried along from `preprocess`.
    pub embedded_xml: Vec<EmbeddedXml>,
}

/// Encodes a hand-over as CBOR.
///
/// # Errors
/// `Internal` when a value has no CBOR form, which is a bug.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StageError> {
    versioned::to_cbor(value)
}

/// Decodes a hand-over.
///
/// # Errors
/// `Internal` when the bytes are not such a value: another version wrote them.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StageError> {
    ciborium::from_reader(bytes).map_err(|e| StageError::internal("decode_failed", e.to_string()))
}
