//! Uneven light: a shadow or the falling light of a lamp is divided out of the page.

use opencv::core::{CV_8U, Mat, MatTraitConst, MatTraitConstManual, Point, Size};
use opencv::imgproc;
use opencv::prelude::MatExprTraitConst;

use crate::error::PreprocessError;
use crate::mat;
use crate::raster::Raster;
use crate::step::ink;

/// The background is estimated at this reduction: light changes slowly, and it costs 1/64.
const REDUCTION: u32 = 8;

/// Side of the window that has to contain some paper beside the print, reduced pixels: wider than
/// a bold heading's strokes.
const PAPER_WINDOW_PX: i32 = 9;

/// Side of the blur over the estimate, reduced pixels.
const BLUR_PX: i32 = 21;

/// Share of the page that may be darker or lighter than what the spread is measured between: dark
/// bars and photographs are no shadow.
const IGNORED_SHARE: f32 = 0.1;

/// A background whose dark part has less than this share of the bright part's light is uneven.
/// Scans stay within a few percent; recognition suffers from about a quarter on.
const EVEN_LIGHT: f32 = 0.75;

/// The same for a page that was cut out of a photograph: its light comes from one lamp or window and
/// falls off to its corners. Recognition loses digits of bold print at less than that.
const EVEN_LIGHT_OF_PHOTOGRAPH: f32 = 0.9;

/// Paper darker than this share of the bright part is not paper but a picture; it is not
/// brightened further.
const DARKEST_PAPER: f32 = 0.35;

/// Smaller pages have no background to speak of, pixels a side.
const SMALLEST_SIDE_PX: u32 = 128;

/// The paper's brightness over the page, reduced, and how even it is.
pub(crate) struct Light {
    background: Mat,
    bright: u8,
    /// Light of the dark part of the paper as a share of that of the bright part, 0 to 1.
    pub(crate) evenness: f32,
}

impl Light {
    /// Whether the page has to be evened out; sooner where it is known to be photographed.
    pub(crate) fn is_uneven(&self, is_photograph: bool) -> bool {
        self.evenness < if is_photograph { EVEN_LIGHT_OF_PHOTOGRAPH } else { EVEN_LIGHT }
    }
}

/// Measures the light; `None` where the page is too small to have a background.
///
/// # Errors
/// [`PreprocessError::Native`].
pub(crate) fn light(raster: &Raster) -> Result<Option<Light>, PreprocessError> {
    if raster.width_px().min(raster.height_px()) < SMALLEST_SIDE_PX {
        return Ok(None);
    }
    let background = background(&ink::averaged(raster, REDUCTION)?)?;
    let (dark, bright) = spread(&background)?;
    let evenness = f32::from(dark) / f32::from(bright.max(1));
    Ok(Some(Light { background, bright, evenness }))
}

/// Evens out the light.
///
/// # Errors
/// [`PreprocessError::Native`].
pub(crate) fn run(raster: &Raster, light: &Light) -> Result<Raster, PreprocessError> {
    let source = mat::view(raster)?;
    let floor = f64::from(f32::from(light.bright) * DARKEST_PAPER);
    let paper = opencv::core::max_mat_f64(&light.background, floor)
        .and_then(|expression| expression.to_mat())
        .map_err(mat::failed)?;
    let mut full = Mat::default();
    imgproc::resize(
        &paper,
        &mut full,
        Size::new(source.cols(), source.rows()),
        0.0,
        0.0,
        imgproc::INTER_LINEAR,
    )
    .map_err(mat::failed)?;
    let mut even = Mat::default();
    opencv::core::divide2(&source, &full, &mut even, f64::from(u8::MAX), CV_8U)
        .map_err(mat::failed)?;
    mat::raster(&even)
}

/// Brightness of the paper, reduced.
fn background(small: &Mat) -> Result<Mat, PreprocessError> {
    let window = imgproc::get_structuring_element(
        imgproc::MORPH_RECT,
        Size::new(PAPER_WINDOW_PX, PAPER_WINDOW_PX),
        Point::new(-1, -1),
    )
    .map_err(mat::failed)?;
    let mut paper = Mat::default();
    imgproc::morphology_ex_def(small, &mut paper, imgproc::MORPH_CLOSE, &window)
        .map_err(mat::failed)?;
    let mut smooth = Mat::default();
    imgproc::gaussian_blur_def(&paper, &mut smooth, Size::new(BLUR_PX, BLUR_PX), 0.0)
        .map_err(mat::failed)?;
    Ok(smooth)
}

/// Light of the dark and of the bright part of the paper. What is too dark to be paper does not
/// count: a picture, a bar, the table that a photographed receipt lies on.
fn spread(background: &Mat) -> Result<(u8, u8), PreprocessError> {
    let mut values = background.data_bytes().map_err(mat::failed)?.to_vec();
    let bright = quantile(&mut values, 1.0 - IGNORED_SHARE);
    let darkest = f32::from(bright) * DARKEST_PAPER;
    values.retain(|value| f32::from(*value) >= darkest);
    let dark = quantile(&mut values, IGNORED_SHARE);
    Ok((dark, bright))
}

/// The value below which `share` of `values` lie; 0 when there are none.
fn quantile(values: &mut [u8], share: f32) -> u8 {
    let Some(last) = values.len().checked_sub(1) else { return 0 };
    *values.select_nth_unstable((last as f32 * share) as usize).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 640;

    /// Lines of print on paper whose light falls from left to right to `darkest` of 240.
    fn page(darkest: f32) -> Raster {
        let pixel = |i: usize| {
            let (x, y) = (i % SIDE, i / SIDE);
            let light = 240.0 * (1.0 - (1.0 - darkest) * x as f32 / SIDE as f32);
            let ink = y % 24 < 8 && x % 12 < 5;
            (light * if ink { 0.2 } else { 1.0 }) as u8
        };
        Raster::new(SIDE as u32, SIDE as u32, (0..SIDE * SIDE).map(pixel).collect()).unwrap()
    }

    #[test]
    fn even_light_is_left_alone() {
        let light = light(&page(0.95)).unwrap().unwrap();
        assert!(!light.is_uneven(false), "{}", light.evenness);
    }

    #[test]
    fn a_photograph_is_evened_out_sooner() {
        let light = light(&page(0.82)).unwrap().unwrap();
        assert!(!light.is_uneven(false) && light.is_uneven(true), "{}", light.evenness);
    }

    #[test]
    fn falling_light_is_divided_out_and_print_stays_dark() {
        let light = light(&page(0.4)).unwrap().unwrap();
        assert!(light.is_uneven(false), "{}", light.evenness);
        let out = run(&page(0.4), &light).unwrap();
        let at = |x: usize, y: usize| out.grey()[y * SIDE + x];
        // Between the lines, left and right.
        assert!(at(11, 20).abs_diff(at(SIDE - 30, 20)) < 30);
        assert!(at(SIDE - 30, 20) > 220);
        // Print, left and right.
        assert!(at(1, 2) < 90 && at(12 * 50 + 1, 2) < 90);
    }

    #[test]
    fn a_dark_picture_is_no_shadow() {
        let mut grey = vec![235; SIDE * SIDE];
        grey[..SIDE * SIDE / 4].fill(30);
        let bar = Raster::new(SIDE as u32, SIDE as u32, grey).unwrap();
        assert!(!light(&bar).unwrap().unwrap().is_uneven(false));
    }
}
