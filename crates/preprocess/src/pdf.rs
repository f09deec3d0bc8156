//! PDF through PDFium. Only files of this module name `pdfium_render`.

mod attachments;
mod ffi;
mod library;
mod render;
mod text;

use common::page::{PageGeometry, Word};

use crate::error::PreprocessError;
use crate::geometry::{Rect, Size, Turn};
use crate::params::Params;
use crate::raster::Raster;
use crate::text_layer::{self, Evidence, Verdict};
use ffi::{Document, OpenError, Page, PlacedImage};

pub(crate) use attachments::Attached;
pub(crate) use library::Library;

/// Largest side of a page, points: what the format allows (200 inches).
const MAX_PAPER_PT: f32 = 14_400.0;

/// Objects looked at to find images. Real pages have hundreds; what hides behind so many more
/// cannot be told apart from outlines.
const MAX_OBJECTS: usize = 20_000;

/// Cells a side of the grid on which the area under images is measured.
const COVERAGE_CELLS: usize = 32;

/// An open PDF.
pub(crate) struct Pdf {
    document: Document,
    pages: u32,
}

/// A page as it leaves PDFium.
#[derive(Debug)]
pub(crate) struct PdfPage {
    pub(crate) geometry: PageGeometry,
    /// Of a sound text layer.
    pub(crate) words: Vec<Word>,
    /// Where the text layer is not sound.
    pub(crate) raster: Option<Raster>,
    /// Whether the raster shows a scan: only scans are skewed or unevenly lit.
    pub(crate) is_scan: bool,
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
        let image_share = coverage(&drawing.images, &frame);
        let characters = text::characters(&page, &frame);
        let evidence = Evidence::gather(&characters, image_share, drawing.objects);
        let is_scan = image_share > text_layer::SCAN_SHARE;

        let (dpi, width_px, height_px) = render::size(&frame, &drawing.images, is_scan);
        let mut geometry = PageGeometry {
            number,
            width_px,
            height_px,
            dpi,
            rotation_degrees: frame.turn.degrees(),
            skew_degrees: 0.0,
        };
        match text_layer::judge(&evidence) {
            Verdict::Blank => Ok(PdfPage { geometry, words: Vec::new(), raster: None, is_scan }),
            Verdict::Sound => {
                let upright = text_layer::reading_turn(&characters);
                let words = text_layer::words(&characters, frame.size, upright);
                if matches!(upright, Turn::Right | Turn::Left) {
                    (geometry.width_px, geometry.height_px) = (height_px, width_px);
                }
                geometry.rotation_degrees = frame.turn.then(upright).degrees();
                Ok(PdfPage { geometry, words, raster: None, is_scan })
            }
            Verdict::Doubtful(_) => {
                params.check_pixels(number, width_px.into(), height_px.into())?;
                for image in &drawing.images {
                    render::check_image(number, image, params)?;
                }
                let raster = page
                    .render(width_px, height_px)
                    .and_then(|grey| Raster::new(width_px, height_px, grey))
                    .ok_or(PreprocessError::PageDamaged {
                        page: number,
                        reason: "it cannot be drawn",
                    })?;
                Ok(PdfPage { geometry, words: Vec::new(), raster: Some(raster), is_scan })
            }
        }
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

/// Share of the page under images, overlaps counted once: scanners cut pages into strips.
fn coverage(images: &[PlacedImage], frame: &Frame) -> f32 {
    let mut covered = [[false; COVERAGE_CELLS]; COVERAGE_CELLS];
    for image in images {
        let place = render::place(image, frame);
        if !place.is_finite() {
            continue;
        }
        for (row, cells) in covered.iter_mut().enumerate() {
            for (column, cell) in cells.iter_mut().enumerate() {
                let centre = |i: usize, side: f32| (i as f32 + 0.5) / COVERAGE_CELLS as f32 * side;
                let (x, y) = (centre(column, frame.size.width), centre(row, frame.size.height));
                *cell |= place.x0 <= x && x <= place.x1 && place.y0 <= y && y <= place.y1;
            }
        }
    }
    let cells = covered.iter().flatten().filter(|cell| **cell).count();
    cells as f32 / (COVERAGE_CELLS * COVERAGE_CELLS) as f32
}
