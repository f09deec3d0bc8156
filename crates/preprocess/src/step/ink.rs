//! The reduced page with its ink and the blobs that may be letters: made once, measured by several
//! steps.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Rect, Size, ToInputArray};
use opencv::imgproc;

use crate::error::PreprocessError;
use crate::mat;
use crate::raster::Raster;

/// About how many pixels the reduced page has: A4 at 100 DPI. Print of ten points has letters of
/// seven pixels there, which is enough to find lines by, and blobs are cheap to label.
const MEASURED_PIXELS: f64 = 1_000_000.0;

/// Side of the neighbourhood that ink is darker than, reduced pixels, and by how much (of 255).
const INK_NEIGHBOURHOOD_PX: i32 = 31;
const INK_CONTRAST: f64 = 20.0;

/// Longer sides of blobs that can be letters or words run together, reduced pixels.
const LETTER_SIDES_PX: std::ops::RangeInclusive<i32> = 4..=150;

/// Longest letter in its short side; rules and underlines are longer. The same either way, since
/// the page may lie on its side.
const MAX_LETTER_ASPECT: i32 = 4;

/// Least share of a letter's box that is ink; frames of tables have less.
const MIN_LETTER_FILL: f32 = 0.15;

/// A connected piece of ink of letter shape, reduced pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) area: i32,
}

/// What measurements look at.
pub(crate) struct InkMap {
    /// Reduced size.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Pixels of the page for one reduced pixel, 1 or more.
    pub(crate) reduction: u32,
    /// Places of dark pixels.
    pub(crate) points: Vec<(f32, f32)>,
    /// Blobs of letter shape.
    pub(crate) letters: Vec<Blob>,
}

impl InkMap {
    /// Reduces `raster` and finds its ink.
    ///
    /// # Errors
    /// [`PreprocessError::Native`].
    pub(crate) fn of(raster: &Raster) -> Result<Self, PreprocessError> {
        let (small, reduction) = reduced(raster)?;
        let mut dark = Mat::default();
        imgproc::adaptive_threshold(
            &small,
            &mut dark,
            255.0,
            imgproc::ADAPTIVE_THRESH_MEAN_C,
            imgproc::THRESH_BINARY_INV,
            INK_NEIGHBOURHOOD_PX,
            INK_CONTRAST,
        )
        .map_err(mat::failed)?;
        let width = dark.cols().unsigned_abs();
        let pixels = dark.data_bytes().map_err(mat::failed)?;
        let rows = pixels.chunks_exact(width.max(1) as usize).enumerate();
        let points = rows
            .flat_map(|(y, row)| {
                let inked = row.iter().enumerate().filter(|(_, pixel)| **pixel > 0);
                inked.map(move |(x, _)| (x as f32, y as f32))
            })
            .collect();
        let height = dark.rows().unsigned_abs();
        Ok(Self { width, height, reduction, points, letters: letters(&dark)? })
    }

    /// The map of the page after a quarter turn to the right.
    pub(crate) fn turned_right(self) -> Self {
        let last = self.height.saturating_sub(1) as f32;
        let height = self.height as i32;
        let turn = |blob: Blob| Blob {
            left: height - blob.top - blob.height,
            top: blob.left,
            width: blob.height,
            height: blob.width,
            area: blob.area,
        };
        Self {
            width: self.height,
            height: self.width,
            reduction: self.reduction,
            points: self.points.into_iter().map(|(x, y)| (last - y, x)).collect(),
            letters: self.letters.into_iter().map(turn).collect(),
        }
    }
}

/// The page at a whole fraction of its size, which OpenCV averages several times faster than any
/// other.
pub(crate) fn reduced(raster: &Raster) -> Result<(Mat, u32), PreprocessError> {
    let pixels = f64::from(raster.width_px()) * f64::from(raster.height_px());
    let shorter = raster.width_px().min(raster.height_px());
    let reduction = ((pixels / MEASURED_PIXELS).sqrt().round() as u32).clamp(1, shorter);
    Ok((averaged(raster, reduction)?, reduction))
}

/// The mean of each square of `reduction` x `reduction` pixels; what is left at the right and lower
/// edge is dropped.
pub(crate) fn averaged(raster: &Raster, reduction: u32) -> Result<Mat, PreprocessError> {
    let source = mat::view(raster)?;
    let step = i32::try_from(reduction).unwrap_or(i32::MAX).max(1);
    let size = Size::new((source.cols() / step).max(1), (source.rows() / step).max(1));
    let whole = Rect::new(
        0,
        0,
        (size.width * step).min(source.cols()),
        (size.height * step).min(source.rows()),
    );
    let whole = source.roi(whole).map_err(mat::failed)?;
    // OpenCV averages squares of two pixels four times as fast as larger ones.
    if step > 2 && step % 2 == 0 {
        let half = area(&whole, Size::new(size.width * step / 2, size.height * step / 2))?;
        return area(&half, size);
    }
    area(&whole, size)
}

fn area(source: &impl ToInputArray, size: Size) -> Result<Mat, PreprocessError> {
    let mut small = Mat::default();
    imgproc::resize(source, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)
        .map_err(mat::failed)?;
    Ok(small)
}

fn letters(dark: &Mat) -> Result<Vec<Blob>, PreprocessError> {
    let (mut labels, mut stats, mut centres) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::connected_components_with_stats_def(dark, &mut labels, &mut stats, &mut centres)
        .map_err(mat::failed)?;
    let mut letters = Vec::new();
    // Row 0 is the background.
    for row in 1..stats.rows() {
        let blob = stats.at_row::<i32>(row).map_err(mat::failed)?;
        let [left, top, width, height, area] = *blob else { continue };
        let (longer, shorter) = (width.max(height), width.min(height));
        let filled = area as f32 >= MIN_LETTER_FILL * (width * height) as f32;
        if LETTER_SIDES_PX.contains(&longer) && longer <= MAX_LETTER_ASPECT * shorter && filled {
            letters.push(Blob { left, top, width, height, area });
        }
    }
    Ok(letters)
}
