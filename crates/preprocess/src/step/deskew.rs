//! Skew: the angle at which the lines of print are sharpest, taken out where it matters.

use opencv::core::{
    BORDER_CONSTANT, Mat, MatTraitConst, MatTraitConstManual, Point2f, Scalar, Size,
};
use opencv::imgproc;

use crate::error::PreprocessError;
use crate::mat;
use crate::params::Params;
use crate::raster::Raster;

/// Angles tried, degrees either way. More is a page lying askew, not fed askew.
const MAX_ANGLE: f32 = 7.0;

/// Steps of the search, degrees: coarse over the whole range, then around the best so far.
const COARSE_STEP: f32 = 0.5;
const FINE_STEPS: [f32; 2] = [0.1, 0.02];

/// Smaller angles are left: turning blurs a little, and lines of print still are separate.
const WORTH_TURNING: f32 = 0.3;

/// Longer side that the search looks at, pixels: 0.1 degrees move its ends by a pixel or two.
const SEARCH_SIDE_PX: f32 = 1_000.0;

/// Side of the neighbourhood that ink is darker than, pixels, and by how much (of 255).
const INK_NEIGHBOURHOOD_PX: i32 = 25;
const INK_CONTRAST: f64 = 20.0;

/// Fewer dark pixels than this make no lines.
const FEWEST_INK_PIXELS: usize = 500;

/// How many times sharper than at the average angle the lines have to be at the best one. Print
/// reaches 2 and more; pictures and noise stay near 1.
const LEAST_SHARPNESS_RATIO: f64 = 1.3;

/// Fewer lines than this are the edges of a picture or a few rules, which may run at any angle.
const FEWEST_LINES: usize = 6;

/// Levels the page where it is askew; returns the angle that was taken out, clockwise positive,
/// 0 when nothing was done. The page grows so that no corner is lost.
///
/// # Errors
/// [`PreprocessError::Native`].
pub fn run(raster: Raster, params: &Params) -> Result<(Raster, f32), PreprocessError> {
    let Some(angle) = skew(&raster)?.filter(|angle| angle.abs() >= WORTH_TURNING) else {
        return Ok((raster, 0.0));
    };
    let (width, height) = (raster.width_px() as f32, raster.height_px() as f32);
    let (sin, cos) = (angle.abs().to_radians().sin(), angle.abs().to_radians().cos());
    let new_width = (width * cos + height * sin).ceil();
    let new_height = (width * sin + height * cos).ceil();
    if params.check_pixels(1, new_width as u64, new_height as u64).is_err() {
        return Ok((raster, 0.0));
    }
    // OpenCV turns against the clock for positive angles, which takes a clockwise skew out.
    let around = Point2f::new((width - 1.0) / 2.0, (height - 1.0) / 2.0);
    let mut turn =
        imgproc::get_rotation_matrix_2d(around, f64::from(angle), 1.0).map_err(mat::failed)?;
    shift(&mut turn, f64::from(new_width - width) / 2.0, f64::from(new_height - height) / 2.0)?;
    let source = mat::view(&raster)?;
    let mut level = Mat::default();
    imgproc::warp_affine(
        &source,
        &mut level,
        &turn,
        Size::new(new_width as i32, new_height as i32),
        imgproc::INTER_CUBIC,
        BORDER_CONSTANT,
        Scalar::all(255.0),
    )
    .map_err(mat::failed)?;
    Ok((mat::raster(&level)?, angle))
}

/// Angle of the lines of print, degrees, clockwise positive; `None` where there are no lines.
///
/// # Errors
/// [`PreprocessError::Native`].
pub fn skew(raster: &Raster) -> Result<Option<f32>, PreprocessError> {
    let ink = ink(raster)?;
    if ink.len() < FEWEST_INK_PIXELS {
        return Ok(None);
    }
    let steps = (MAX_ANGLE / COARSE_STEP) as i32;
    let coarse: Vec<(f32, f64)> = (-steps..=steps)
        .map(|step| step as f32 * COARSE_STEP)
        .map(|angle| (angle, sharpness(&ink, angle)))
        .collect();
    let average = coarse.iter().map(|(_, s)| s).sum::<f64>() / coarse.len() as f64;
    let Some(mut best) = sharpest(coarse) else { return Ok(None) };
    let mut reach = COARSE_STEP;
    for step in FINE_STEPS {
        let steps = (reach / step).round() as i32;
        let centre = best.0;
        let near = (-steps..=steps).map(|i| centre + i as f32 * step);
        best = sharpest(near.map(|angle| (angle, sharpness(&ink, angle)))).unwrap_or(best);
        reach = step;
    }
    let (angle, sharpness) = best;
    let is_print = sharpness >= LEAST_SHARPNESS_RATIO * average && angle.abs() <= MAX_ANGLE;
    Ok((is_print && lines(&profile(&ink, angle)) >= FEWEST_LINES).then_some(angle))
}

/// Places of dark pixels on the reduced page.
fn ink(raster: &Raster) -> Result<Vec<(f32, f32)>, PreprocessError> {
    let source = mat::view(raster)?;
    let longer = raster.width_px().max(raster.height_px()) as f32;
    let factor = (SEARCH_SIDE_PX / longer).min(1.0);
    let side = |pixels: u32| (pixels as f32 * factor).round().max(1.0) as i32;
    let size = Size::new(side(raster.width_px()), side(raster.height_px()));
    let mut small = Mat::default();
    imgproc::resize(&source, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)
        .map_err(mat::failed)?;
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
    let width = dark.cols().unsigned_abs() as usize;
    let pixels = dark.data_bytes().map_err(mat::failed)?;
    let places = pixels.iter().enumerate().filter(|(_, pixel)| **pixel > 0);
    Ok(places.map(|(i, _)| ((i % width) as f32, (i / width) as f32)).collect())
}

/// How unevenly ink falls on rows that run at `angle`: the sum of squared differences between
/// neighbouring rows, which is largest when rows run along the lines of print.
fn sharpness(ink: &[(f32, f32)], angle: f32) -> f64 {
    let profile = profile(ink, angle);
    let next = profile.iter().skip(1);
    profile.iter().zip(next).map(|(a, b)| f64::from(b - a) * f64::from(b - a)).sum()
}

/// Ink on each row that runs at `angle`.
fn profile(ink: &[(f32, f32)], angle: f32) -> Vec<i32> {
    let slope = angle.to_radians().tan();
    // Rows may begin above the page by what the slope lifts its right end.
    let lift = SEARCH_SIDE_PX * MAX_ANGLE.to_radians().tan() + 2.0;
    let rows = (SEARCH_SIDE_PX + 2.0 * lift) as usize + 2;
    let mut profile = vec![0_i32; rows];
    for (x, y) in ink {
        let row = (y - x * slope + lift) as usize;
        if let Some(count) = profile.get_mut(row) {
            *count += 1;
        }
    }
    profile
}

/// Runs of rows with more ink than an inked row has on average.
fn lines(profile: &[i32]) -> usize {
    let inked = profile.iter().filter(|count| **count > 0).count().max(1) as i32;
    let average = profile.iter().sum::<i32>() / inked;
    let above = || profile.iter().map(|count| *count > average);
    above().zip(above().skip(1)).filter(|(before, after)| !before && *after).count()
}

fn sharpest(tried: impl IntoIterator<Item = (f32, f64)>) -> Option<(f32, f64)> {
    tried.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Moves what an affine matrix yields by (x, y).
fn shift(matrix: &mut Mat, x: f64, y: f64) -> Result<(), PreprocessError> {
    use opencv::core::MatTrait;
    *matrix.at_2d_mut::<f64>(0, 2).map_err(mat::failed)? += x;
    *matrix.at_2d_mut::<f64>(1, 2).map_err(mat::failed)? += y;
    Ok(())
}

#[cfg(test)]
mod tests {
    use common::config::Config;

    use super::*;

    const WIDTH: usize = 900;
    const HEIGHT: usize = 1200;

    /// Lines of print with words of different lengths, skewed clockwise by `degrees`.
    fn page(degrees: f32) -> Raster {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let pixel = |i: usize| {
            let (x, y) = ((i % WIDTH) as f32 - 450.0, (i / WIDTH) as f32 - 600.0);
            let (u, v) = (x * cos + y * sin, y * cos - x * sin);
            let line = (v / 24.0).floor();
            let inside = u.abs() < 330.0 && v.abs() < 500.0;
            let word = ((u + line * 37.0) / 11.0).floor() as i32 % 7 != 0;
            let stroke = (u / 3.0).floor() as i32 % 2 == 0;
            if inside && word && stroke && v - line * 24.0 < 11.0 { 30 } else { 235 }
        };
        let grey = (0..WIDTH * HEIGHT).map(pixel).collect();
        Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap()
    }

    #[test]
    fn a_known_angle_is_found_to_a_fifth_of_a_degree() {
        for degrees in [-6.5, -3.0, -0.7, 0.0, 0.4, 2.2, 6.8] {
            let found = skew(&page(degrees)).unwrap().unwrap();
            assert!((found - degrees).abs() <= 0.2, "{degrees}: {found}");
        }
    }

    #[test]
    fn a_skewed_page_comes_out_level_and_whole() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let (level, angle) = run(page(4.0), &params).unwrap();
        assert!((angle - 4.0).abs() <= 0.2, "{angle}");
        assert!(level.width_px() > WIDTH as u32 && level.height_px() > HEIGHT as u32);
        assert!(skew(&level).unwrap().unwrap().abs() <= 0.2);
    }

    #[test]
    fn a_level_page_is_not_touched() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let (same, angle) = run(page(0.1), &params).unwrap();
        assert_eq!((same, angle), (page(0.1), 0.0));
    }

    #[test]
    fn the_edges_of_a_picture_are_no_lines_of_print() {
        let params = Params::from_config(&Config::defaults().unwrap());
        for degrees in [0.0_f32, 4.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let pixel = |i: usize| {
                let (x, y) = ((i % WIDTH) as f32 - 450.0, (i / WIDTH) as f32 - 600.0);
                if x * cos + y * sin < 50.0 && y * cos - x * sin < 90.0 { 40 } else { 235 }
            };
            let grey = (0..WIDTH * HEIGHT).map(pixel).collect();
            let picture = Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap();
            assert!(run(picture, &params).unwrap().1.abs() < f32::EPSILON, "{degrees}");
        }
    }

    #[test]
    fn a_picture_without_lines_is_left_alone() {
        // A fixed pseudo-random pattern: dark spots without rows.
        let mut state = 12_345_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 28 == 0 { 20 } else { 230 }
        };
        let grey = (0..WIDTH * HEIGHT).map(|_| noise()).collect();
        let picture = Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap();
        let params = Params::from_config(&Config::defaults().unwrap());
        assert!(run(picture, &params).unwrap().1.abs() < f32::EPSILON);
    }
}
