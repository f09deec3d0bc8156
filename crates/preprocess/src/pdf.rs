//! PDF through PDFium. Only files of this module name `pdfium_render`.

mod attachments;
mod ffi;
mod library;
mod render;
mod scan;
mod sheet;
mod text;

use crate::error::PreprocessError;
use crate::geometry::{Rect, Size, Turn};
use crate::params::Params;
use crate::raster::Raster;
use ffi::{Document, OpenError, Page};
use sheet::Sheet;

pub(crate) use attachments::{Attached, MAX_XML_FILES};
pub(crate) use library::Library;
pub(crate) use sheet::PdfPage;

/// Largest side of a page, points: what the format allows (200 inches).
const MAX_PAPER_PT: f32 = 14_400.0;

/// Objects looked at to find images. Real pages have hundreds; what hides behind so many more
/// cannot be told apart from outlines.
const MAX_OBJECTS: usize = 20_000;

/// An open PDF.
pub(crate) struct Pdf {
    document: Document,
    pages: u32,
}

impl Pdf {
    /// Opens a document and checks its number of pages.
    ///
    /// # Errors
    /// Encrypted, damaged, empty, too many pages.
    pub(crate) fn open(
        library: Library,
        bytes: Vec<u8>,
        params: &Params,
    ) -> Result<Self, PreprocessError> {
        let document = Document::open(library, bytes).map_err(|error| match error {
            OpenError::Encrypted => PreprocessError::DocumentEncrypted,
            OpenError::Damaged => {
                PreprocessError::DocumentDamaged { reason: "it cannot be opened as PDF" }
            }
        })?;
        let pages = document.page_count();
        if pages == 0 {
            return Err(PreprocessError::NoPages);
        }
        if pages > params.max_pages {
            return Err(PreprocessError::TooManyPages { limit: params.max_pages, seen: pages });
        }
        Ok(Self { document, pages })
    }

    /// Number of pages, at least 1.
    pub(crate) fn page_count(&self) -> u32 {
        self.pages
    }

    /// XML files attached to the document.
    ///
    /// # Errors
    /// One of them is above the limit.
    pub(crate) fn embedded_xml(&self, params: &Params) -> Result<Vec<Attached>, PreprocessError> {
        attachments::embedded_xml(&self.document, params.max_embedded_xml_bytes)
    }

    /// Reads page `number`, counted from 1: its words where its text is sound, else its pixels.
    ///
    /// # Errors
    /// The page is damaged or too large to be drawn.
    pub(crate) fn page(&self, number: u32, params: &Params) -> Result<PdfPage, PreprocessError> {
        let page = load(&self.document, number)?;
        let frame = Frame::of(&page, number)?;
        let drawing = page.drawing(MAX_OBJECTS);
        let sheet = Sheet { number, params, page: &page, frame, drawing: &drawing };
        sheet.read(&self.document)
    }

    /// What page `number` looks like, at [`render::PICTURE_DPI`]; `degrees` is the turn that makes it
    /// upright, as reading it found. For people to look at.
    ///
    /// # Errors
    /// The page is damaged or too large to be drawn.
    pub(crate) fn picture(
        &self,
        number: u32,
        degrees: u16,
        params: &Params,
    ) -> Result<Raster, PreprocessError> {
        let page = load(&self.document, number)?;
        let frame = Frame::of(&page, number)?;
        let drawing = page.drawing(MAX_OBJECTS);
        let sheet = Sheet { number, params, page: &page, frame, drawing: &drawing };
        sheet.picture(degrees)
    }
}

/// Loads a page with its form fields and notes as part of it.
fn load(document: &Document, number: u32) -> Result<Page<'_>, PreprocessError> {
    let unreadable = PreprocessError::PageDamaged { page: number, reason: "it cannot be loaded" };
    let index = number.saturating_sub(1);
    let page = document.page(index).ok_or(unreadable.clone())?;
    if page.annotation_count() == 0 || !page.flatten() {
        return Ok(page);
    }
    drop(page);
    document.page(index).ok_or(unreadable)
}

/// How PDF's coordinates lie on the page that a viewer shows.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Left and upper edge of the visible part, PDF coordinates.
    left: f32,
    top: f32,
    /// Size before /Rotate, points.
    unturned: Size,
    /// /Rotate.
    turn: Turn,
    /// Size after /Rotate, points.
    size: Size,
}

impl Frame {
    fn of(page: &Page<'_>, number: u32) -> Result<Self, PreprocessError> {
        let (width, height) = page.size();
        let legal = |side: f32| side.is_finite() && side > 0.0;
        if !legal(width) || !legal(height) {
            let reason = "it has no size";
            return Err(PreprocessError::PageDamaged { page: number, reason });
        }
        if width > MAX_PAPER_PT || height > MAX_PAPER_PT {
            return Err(PreprocessError::PaperTooLarge {
                page: number,
                width_pt: width,
                height_pt: height,
                limit_pt: MAX_PAPER_PT,
            });
        }
        let turn = Turn::from_quarters(page.quarters());
        let size = Size { width, height };
        let unturned = size.turned(turn);
        let visible = page.visible();
        let left = visible.map_or(0.0, |rect| rect.left);
        let top = visible.map_or(unturned.height, |rect| rect.top);
        Ok(Self { left, top, unturned, turn, size })
    }

    /// A rectangle of PDF's coordinates on the page as shown.
    fn place(&self, left: f32, bottom: f32, right: f32, top: f32) -> Rect {
        Rect::between(left - self.left, self.top - top, right - self.left, self.top - bottom)
            .turned(self.turn, self.unturned)
    }
}
