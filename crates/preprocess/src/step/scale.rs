//! Size of print: what recognition cannot read for its smallness is enlarged, what is needlessly
//! large is reduced.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Scalar, Size};
use opencv::imgproc;

use crate::error::PreprocessError;
use crate::mat;
use crate::params::Params;
use crate::raster::Raster;

/// Letters (the height of blobs that hold half of the ink, about that of an x) below this many pixels are
/// lost to recognition, which wants at least 10.
const TOO_SMALL_PX: f32 = 9.0;

/// Letters above this many pixels only cost time; recognition scales lines to 36 pixels or less.
const TOO_LARGE_PX: f32 = 45.0;

/// Height that letters are brought to: 10 point print at 300 DPI.
const TARGET_PX: f32 = 20.0;

/// Beyond this factor enlarging adds blur, not detail.
const MAX_ENLARGEMENT: f32 = 3.0;

/// A page is not enlarged beyond this: A4 at 370 DPI. The time of recognition grows with it.
const MAX_ENLARGED_PIXELS: f64 = 12_000_000.0;

/// Pixels that the measurement looks at; larger pages are measured at half size or less.
const MEASURED_PIXELS: f64 = 3_000_000.0;

/// Fewer blobs of letter shape than this say nothing about the size of print.
const FEWEST_LETTERS: usize = 40;

/// Side of the neighbourhood that ink is darker than, pixels, and by how much (of 255).
const INK_NEIGHBOURHOOD_PX: i32 = 31;
const INK_CONTRAST: f64 = 20.0;

/// Heights of blobs that can be letters, pixels at measured size.
const LETTER_HEIGHTS_PX: std::ops::RangeInclusive<i32> = 4..=150;

/// Widest letter in heights; rules and underlines are wider.
const MAX_LETTER_ASPECT: i32 = 4;

/// Least share of a letter's box that is ink; frames of tables have less.
const MIN_LETTER_FILL: f32 = 0.15;

/// Rescales where the size of print calls for it; returns the factor, 1 when nothing was done.
///
/// # Errors
/// [`PreprocessError::Native`].
pub fn run(raster: Raster, params: &Params) -> Result<(Raster, f32), PreprocessError> {
    let Some(letter_px) = letter_height(&raster)? else { return Ok((raster, 1.0)) };
    let factor = factor(letter_px).min(largest_factor(&raster, params));
    if (factor - 1.0).abs() < f32::EPSILON {
        return Ok((raster, 1.0));
    }
    let method = if factor > 1.0 { imgproc::INTER_CUBIC } else { imgproc::INTER_AREA };
    let scaled = resized(&mat::view(&raster)?, f64::from(factor), method)?;
    Ok((mat::raster(&scaled)?, factor))
}

/// Height of the print, pixels; `None` where there are too few blobs of letter shape.
///
/// # Errors
/// [`PreprocessError::Native`].
pub fn letter_height(raster: &Raster) -> Result<Option<f32>, PreprocessError> {
    let source = mat::view(raster)?;
    let pixels = source.total() as f64;
    let reduction = (MEASURED_PIXELS / pixels).sqrt().min(1.0);
    let small = resized(&source, reduction, imgproc::INTER_AREA)?;

    let mut ink = Mat::default();
    imgproc::adaptive_threshold(
        &small,
        &mut ink,
        255.0,
        imgproc::ADAPTIVE_THRESH_MEAN_C,
        imgproc::THRESH_BINARY_INV,
        INK_NEIGHBOURHOOD_PX,
        INK_CONTRAST,
    )
    .map_err(mat::failed)?;
    let (mut labels, mut stats, mut centres) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::connected_components_with_stats_def(&ink, &mut labels, &mut stats, &mut centres)
        .map_err(mat::failed)?;

    let mut blobs = Vec::new();
    // Row 0 is the background.
    for row in 1..stats.rows() {
        let blob = stats.at_row::<i32>(row).map_err(mat::failed)?;
        let [_, _, width, height, area] = *blob else { continue };
        let filled = area as f32 >= MIN_LETTER_FILL * (width * height) as f32;
        if LETTER_HEIGHTS_PX.contains(&height) && width <= MAX_LETTER_ASPECT * height && filled {
            blobs.push((height, i64::from(area)));
        }
    }
    if blobs.len() < FEWEST_LETTERS {
        return Ok(None);
    }
    Ok(weighted_median(blobs).map(|height| height as f32 / reduction as f32))
}

/// The height up to which blobs hold half of all ink: specks are many but hold little.
fn weighted_median(mut blobs: Vec<(i32, i64)>) -> Option<i32> {
    blobs.sort_unstable();
    let half = blobs.iter().map(|(_, area)| area).sum::<i64>() / 2;
    let mut sum = 0;
    blobs.into_iter().find_map(|(height, area)| {
        sum += area;
        (sum >= half).then_some(height)
    })
}

fn factor(letter_px: f32) -> f32 {
    if letter_px < TOO_SMALL_PX {
        (TARGET_PX / letter_px).min(MAX_ENLARGEMENT)
    } else if letter_px > TOO_LARGE_PX {
        TARGET_PX / letter_px
    } else {
        1.0
    }
}

/// The factor at which the page reaches its limits.
fn largest_factor(raster: &Raster, params: &Params) -> f32 {
    let (width, height) = (f64::from(raster.width_px()), f64::from(raster.height_px()));
    let pixels = MAX_ENLARGED_PIXELS.min(params.max_page_pixels as f64);
    let by_area = (pixels / (width * height)).sqrt();
    let by_side = f64::from(params.max_page_side_px) / width.max(height);
    // Rounding of the sides must not lead over the limit.
    (by_area.min(by_side) * 0.999).max(1.0) as f32
}

fn resized(
    source: &(impl MatTraitConst + opencv::core::ToInputArray),
    factor: f64,
    method: i32,
) -> Result<Mat, PreprocessError> {
    let side = |pixels: i32| (f64::from(pixels) * factor).round().max(1.0) as i32;
    let size = Size::new(side(source.cols()), side(source.rows()));
    // Large enough for every pixel type; `resize` allocates what it needs.
    let mut target = Mat::new_size_with_default(Size::new(1, 1), source.typ(), Scalar::all(0.0))
        .map_err(mat::failed)?;
    imgproc::resize(source, &mut target, size, 0.0, 0.0, method).map_err(mat::failed)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use common::config::Config;

    use super::*;

    /// A page of blocks `letter_px` high, as letters.
    fn page(letter_px: usize) -> Raster {
        let side = letter_px * 60;
        let mut grey = vec![240; side * side];
        for (i, pixel) in grey.iter_mut().enumerate() {
            let (x, y) = (i % side, i / side);
            let (column, row) = (x % (letter_px * 2), y % (letter_px * 3));
            if column < letter_px && row < letter_px {
                *pixel = 20;
            }
        }
        Raster::new(side as u32, side as u32, grey).unwrap()
    }

    #[test]
    fn print_of_ordinary_size_is_left_alone() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let (raster, factor) = run(page(20), &params).unwrap();
        assert_eq!((raster.width_px(), factor), (1200, 1.0));
    }

    #[test]
    fn small_print_is_enlarged_to_the_target() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let (raster, factor) = run(page(7), &params).unwrap();
        assert!((factor - TARGET_PX / 7.0).abs() < 0.3, "{factor}");
        assert!((letter_height(&raster).unwrap().unwrap() - TARGET_PX).abs() <= 1.5);
    }

    #[test]
    fn large_print_is_reduced_and_limits_hold() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let (raster, factor) = run(page(60), &params).unwrap();
        assert!(factor < 0.5 && raster.width_px() < 1800, "{factor}");
        let narrow = Params { max_page_side_px: 500, ..params };
        let (raster, _) = run(page(7), &narrow).unwrap();
        assert!(raster.width_px() <= 500);
    }

    #[test]
    fn specks_do_not_make_print_small() {
        let specks = page(20);
        let side = specks.width_px() as usize;
        let mut grey = specks.grey().to_vec();
        for y in (22..side - 8).step_by(60) {
            for x in (1..side - 8).step_by(9) {
                for i in 0..5 {
                    grey[(y + i) * side + x] = 100;
                }
            }
        }
        let raster = Raster::new(side as u32, side as u32, grey).unwrap();
        assert!((letter_height(&raster).unwrap().unwrap() - 20.0).abs() <= 1.0);
    }

    #[test]
    fn a_page_without_letters_is_left_alone() {
        let empty = Raster::new(300, 300, vec![255; 90_000]).unwrap();
        assert_eq!(letter_height(&empty).unwrap(), None);
    }
}
