//! One page: its text compared with its picture, and what comes of it.

use std::collections::BTreeMap;

use common::page::{PageGeometry, Word};

use crate::error::PreprocessError;
use crate::geometry::{Rect, Turn};
use crate::params::Params;
use crate::pdf::Frame;
use crate::pdf::ffi::{Document, Drawing, Page, PlacedImage};
use crate::pdf::render::{self, Extent};
use crate::pdf::scan::Scan;
use crate::pdf::text;
use crate::raster::Raster;
use crate::step::turn::Orientation;
use crate::text_layer::{
    self, Character, Doubt, Evidence, Findings, Overview, SCAN_SHARE, Verdict,
};

/// Cells a side of the grid on which the area under images is measured.
const COVERAGE_CELLS: usize = 32;

/// Where more than this share of the text lies on images or shadings, a small picture alone does
/// not tell print from what is around it.
const TEXT_ON_PICTURES_SHARE: f32 = 0.01;

/// Resolution that the size of a page is given at where no raster is made.
const NOMINAL_DPI: f32 = 300.0;

/// A page as it leaves PDFium.
#[derive(Debug)]
pub(crate) struct PdfPage {
    pub(crate) geometry: PageGeometry,
    /// Of a sound text layer.
    pub(crate) words: Vec<Word>,
    /// Of a text layer that a reading has to confirm.
    pub(crate) doubted: Vec<Word>,
    /// Where more than the text layer has to be read.
    pub(crate) raster: Option<Raster>,
    /// Whether the raster shows a scan: only scans are skewed or unevenly lit.
    pub(crate) is_scan: bool,
    /// Why the text layer is not used.
    pub(crate) doubt: Option<Doubt>,
    pub(crate) measurements: BTreeMap<String, f32>,
}

/// A page that is being read.
pub(super) struct Sheet<'p> {
    pub(super) number: u32,
    pub(super) params: &'p Params,
    pub(super) page: &'p Page<'p>,
    pub(super) frame: Frame,
    pub(super) drawing: &'p Drawing<'p>,
}

impl Sheet<'_> {
    /// Reads the page.
    ///
    /// # Errors
    /// It is damaged or too large to be drawn.
    pub(super) fn read(&self, document: &Document) -> Result<PdfPage, PreprocessError> {
        let image_share = coverage(&self.drawing.images, &self.frame);
        let mut characters = text::characters(self.page, &self.frame);
        let findings = self.findings(&mut characters, image_share)?;
        let evidence = Evidence::gather(&characters, findings, image_share, self.drawing.objects);
        let verdict = text_layer::judge(&evidence);

        let mut read = PdfPage {
            geometry: self.geometry(Extent::at(NOMINAL_DPI, self.frame.size)),
            words: Vec::new(),
            doubted: Vec::new(),
            raster: None,
            is_scan: image_share > SCAN_SHARE,
            doubt: None,
            measurements: named(&evidence),
        };
        let upright = text_layer::reading_turn(&characters);
        let words = || text_layer::words(&characters, self.frame.size, upright);
        match verdict {
            Verdict::Blank => return Ok(read),
            Verdict::Sound => {
                read.words = words();
                read.geometry =
                    self.geometry(Extent::at(NOMINAL_DPI, self.frame.size).turned(upright));
                read.geometry.rotation_degrees = self.frame.turn.then(upright).degrees();
                return Ok(read);
            }
            Verdict::Partial => {
                read.words = words();
                // Words and pixels share one geometry; a scan's would be changed by its steps.
                read.is_scan = false;
            }
            Verdict::Doubtful(doubt) => {
                read.doubted = words();
                read.doubt = Some(doubt);
            }
        }
        let may_take = evidence.seen() == 0 && !document.may_mask();
        let (raster, dpi) = self.raster(&characters, may_take, read.is_scan)?;
        let raster = quarter(upright).apply(raster);
        let (width_px, height_px) = (raster.width_px(), raster.height_px());
        read.geometry = self.geometry(Extent { dpi, width_px, height_px });
        read.geometry.rotation_degrees = self.frame.turn.then(upright).degrees();
        read.measurements.insert("raster_dpi".to_owned(), dpi);
        read.raster = Some(raster);
        Ok(read)
    }

    /// The page as it is shown, turned so that all in all it is turned by `degrees`.
    ///
    /// # Errors
    /// It is damaged or too large to be drawn.
    pub(super) fn picture(&self, degrees: u16) -> Result<Raster, PreprocessError> {
        self.check_images()?;
        let raster = self.drawn(Extent::at(render::PICTURE_DPI, self.frame.size))?;
        // PDFium has drawn the page's own turn.
        let quarters = i32::from(degrees) / 90 - self.frame.turn.quarters();
        Ok(quarter(Turn::from_quarters(quarters)).apply(raster))
    }

    fn geometry(&self, extent: Extent) -> PageGeometry {
        PageGeometry {
            number: self.number,
            width_px: extent.width_px,
            height_px: extent.height_px,
            dpi: extent.dpi,
            rotation_degrees: self.frame.turn.degrees(),
            skew_degrees: 0.0,
        }
    }

    /// Compares the text with the picture of the page, where that can tell anything.
    fn findings(
        &self,
        characters: &mut [Character],
        image_share: f32,
    ) -> Result<Findings, PreprocessError> {
        let is_visible = |c: &Character| c.is_seen();
        let seen = characters.iter().filter(|c| is_visible(c)).count();
        // A scan with nothing but invisible text: its picture changes nothing. Nor does that of
        // an empty page.
        if self.drawing.objects == 0 || seen == 0 && image_share > SCAN_SHARE {
            return Ok(Findings::default());
        }
        self.check_images()?;
        let (px_per_pt, width_px, height_px) = render::overview(self.frame.size);
        let picture = |grey: Option<Vec<u8>>| {
            grey.and_then(|grey| Raster::new(width_px, height_px, grey)).ok_or(self.undrawable())
        };
        let on_pictures = characters.iter().filter(|c| is_visible(c) && self.on_picture(c)).count();
        let beneath = if on_pictures as f32 > TEXT_ON_PICTURES_SHARE * seen as f32 {
            Some(picture(self.page.render_without_text(self.drawing, width_px, height_px))?)
        } else {
            None
        };
        let shown = picture(self.page.render(width_px, height_px))?;
        let overview = Overview { shown, beneath, px_per_pt };
        Ok(text_layer::compare(characters, self.frame.size, &overview))
    }

    fn on_picture(&self, character: &Character) -> bool {
        let (x, y) = (character.place.middle_x(), character.place.middle_y());
        let holds = |place: Rect| place.x0 <= x && x <= place.x1 && place.y0 <= y && y <= place.y1;
        let shadings = self.drawing.shadings.iter();
        let mut shadings = shadings.map(|s| self.frame.place(s.left, s.bottom, s.right, s.top));
        self.drawing.images.iter().any(|image| holds(render::place(image, &self.frame)))
            || shadings.any(holds)
    }

    /// The pixels, and how many there are for an inch.
    fn raster(
        &self,
        characters: &[Character],
        may_take: bool,
        is_scan: bool,
    ) -> Result<(Raster, f32), PreprocessError> {
        self.check_images()?;
        let scan = Scan::find(self.drawing, &self.frame).filter(|_| may_take);
        if let Some(raster) = scan.and_then(|scan| scan.raster(self.page, self.drawing)) {
            let (width_px, height_px) = (raster.width_px(), raster.height_px());
            self.params.check_pixels(self.number, width_px.into(), height_px.into())?;
            let dpi = width_px as f32 / self.frame.size.width * render::POINTS_PER_INCH;
            return Ok((raster, dpi));
        }
        let dpi = if is_scan {
            render::scan_dpi(&self.frame, &self.drawing.images)
        } else {
            render::drawn_dpi(characters)
        };
        let extent = Extent::at(dpi, self.frame.size);
        Ok((self.drawn(extent)?, extent.dpi))
    }

    fn drawn(&self, extent: Extent) -> Result<Raster, PreprocessError> {
        let Extent { width_px, height_px, .. } = extent;
        self.params.check_pixels(self.number, width_px.into(), height_px.into())?;
        self.page
            .render(width_px, height_px)
            .and_then(|grey| Raster::new(width_px, height_px, grey))
            .ok_or(self.undrawable())
    }

    /// Drawing decodes every image.
    fn check_images(&self) -> Result<(), PreprocessError> {
        let mut images = self.drawing.images.iter();
        images.try_for_each(|image| render::check_image(self.number, image, self.params))
    }

    fn undrawable(&self) -> PreprocessError {
        PreprocessError::PageDamaged { page: self.number, reason: "it cannot be drawn" }
    }
}

fn named(evidence: &Evidence) -> BTreeMap<String, f32> {
    let measured = evidence.measurements().into_iter();
    measured.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `turn` for pixels, as EXIF counts.
fn quarter(turn: Turn) -> Orientation {
    Orientation::from_exif(match turn {
        Turn::None => 1,
        Turn::Right => 6,
        Turn::Half => 3,
        Turn::Left => 8,
    })
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
