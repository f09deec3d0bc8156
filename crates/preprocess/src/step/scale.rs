//! Size of print: what recognition cannot read for its smallness is enlarged, what is needlessly
//! large is reduced.

use opencv::core::{Mat, MatTraitConst, Size};
use opencv::imgproc;

use crate::error::PreprocessError;
use crate::mat;
use crate::params::Params;
use crate::raster::Raster;
use crate::step::ink::InkMap;

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

/// Fewer blobs of letter shape than this say nothing about the size of print.
const FEWEST_LETTERS: usize = 40;

/// Rescales by `factor`, 1 or not.
///
/// # Errors
/// [`PreprocessError::Native`].
pub(crate) fn run(raster: &Raster, factor: f32) -> Result<Raster, PreprocessError> {
    let method = if factor > 1.0 { imgproc::INTER_CUBIC } else { imgproc::INTER_AREA };
    let source = mat::view(raster)?;
    let side = |pixels: i32| (f64::from(pixels) * f64::from(factor)).round().max(1.0) as i32;
    let size = Size::new(side(source.cols()), side(source.rows()));
    let mut scaled = Mat::default();
    imgproc::resize(&source, &mut scaled, size, 0.0, 0.0, method).map_err(mat::failed)?;
    mat::raster(&scaled)
}

/// The factor that the size of print calls for, within the limits of a page; `None` for none.
pub(crate) fn needed(letter_px: f32, raster: &Raster, params: &Params) -> Option<f32> {
    let factor = factor(letter_px).min(largest_factor(raster, params));
    ((factor - 1.0).abs() > f32::EPSILON).then_some(factor)
}

/// Height of the print, pixels; `None` where there are too few blobs of letter shape.
pub(crate) fn letter_height(map: &InkMap) -> Option<f32> {
    if map.letters.len() < FEWEST_LETTERS {
        return None;
    }
    let blobs = map.letters.iter().map(|blob| (blob.height, i64::from(blob.area))).collect();
    weighted_median(blobs).map(|height| (height * map.reduction as i32) as f32)
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

    fn height_of(raster: &Raster) -> Option<f32> {
        letter_height(&InkMap::of(raster).unwrap())
    }

    fn needed_for(raster: &Raster, params: &Params) -> Option<f32> {
        needed(height_of(raster).unwrap(), raster, params)
    }

    #[test]
    fn print_of_ordinary_size_is_left_alone() {
        let params = Params::from_config(&Config::defaults().unwrap());
        assert_eq!(needed_for(&page(20), &params), None);
    }

    #[test]
    fn small_print_is_enlarged_to_the_target() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let factor = needed_for(&page(7), &params).unwrap();
        assert!((factor - TARGET_PX / 7.0).abs() < 0.3, "{factor}");
        let enlarged = run(&page(7), factor).unwrap();
        assert!((height_of(&enlarged).unwrap() - TARGET_PX).abs() <= 1.5);
    }

    #[test]
    fn large_print_is_reduced_and_limits_hold() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let factor = needed_for(&page(60), &params).unwrap();
        assert!(factor < 0.5, "{factor}");
        assert!(run(&page(60), factor).unwrap().width_px() < 1800);
        let narrow = Params { max_page_side_px: 500, ..params };
        let factor = needed_for(&page(7), &narrow).unwrap();
        assert!(run(&page(7), factor).unwrap().width_px() <= 500);
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
        assert!((height_of(&raster).unwrap() - 20.0).abs() <= 1.0);
    }

    #[test]
    fn a_page_without_letters_has_no_size_of_print() {
        let empty = Raster::new(300, 300, vec![255; 90_000]).unwrap();
        assert_eq!(height_of(&empty), None);
    }
}
