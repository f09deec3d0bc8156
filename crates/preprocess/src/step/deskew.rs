//! Skew: the angle at which the lines of print are sharpest, taken out where it matters.

use opencv::core::{BORDER_CONSTANT, Mat, Point2f, Scalar, Size};
use opencv::imgproc;

use crate::error::PreprocessError;
use crate::mat;
use crate::params::Params;
use crate::raster::Raster;
use crate::step::ink::InkMap;
use crate::step::shear;

/// Angles tried, degrees either way. More is a page lying askew, not fed askew.
const MAX_ANGLE: f32 = 10.5;

/// Steps of the search, degrees: coarse over the whole range, then around the best so far.
const COARSE_STEP: f32 = 0.5;
const FINE_STEPS: [f32; 2] = [0.1, 0.02];

/// Smaller angles are left: turning blurs a little, and lines of print still are separate.
const WORTH_TURNING: f32 = 0.3;

/// Dark pixels that the coarse search looks at, spread over the page; the fine one takes them all.
const COARSE_INK_PIXELS: usize = 20_000;

/// Fewer dark pixels than this make no lines.
const FEWEST_INK_PIXELS: usize = 500;

/// How many times sharper than at the average angle the lines have to be at the best one. Print
/// reaches 2 and more; pictures and noise stay near 1.
const LEAST_SHARPNESS_RATIO: f64 = 1.3;

/// Fewer lines than this are the edges of a picture or a few rules, which may run at any angle.
const FEWEST_LINES: usize = 6;

/// Levels the page; it grows so that no corner is lost. `None` where that would lead over a limit.
///
/// # Errors
/// [`PreprocessError::Native`].
pub fn run(
    raster: &Raster,
    angle_degrees: f32,
    params: &Params,
) -> Result<Option<Raster>, PreprocessError> {
    let (width, height) = (raster.width_px() as f32, raster.height_px() as f32);
    let radians = angle_degrees.abs().to_radians();
    let (sin, cos) = (radians.sin(), radians.cos());
    let new_width = (width * cos + height * sin).ceil();
    let new_height = (width * sin + height * cos).ceil();
    if params.check_pixels(1, new_width as u64, new_height as u64).is_err() {
        return Ok(None);
    }
    if angle_degrees.abs() <= shear::MAX_ANGLE {
        return Ok(shear::level(raster, angle_degrees, new_width as u32, new_height as u32));
    }
    // OpenCV turns against the clock for positive angles, which takes a clockwise skew out.
    let around = Point2f::new((width - 1.0) / 2.0, (height - 1.0) / 2.0);
    let mut turn = imgproc::get_rotation_matrix_2d(around, f64::from(angle_degrees), 1.0)
        .map_err(mat::failed)?;
    shift(&mut turn, f64::from(new_width - width) / 2.0, f64::from(new_height - height) / 2.0)?;
    let source = mat::view(raster)?;
    let mut level = Mat::default();
    imgproc::warp_affine(
        &source,
        &mut level,
        &turn,
        Size::new(new_width as i32, new_height as i32),
        imgproc::INTER_LINEAR,
        BORDER_CONSTANT,
        Scalar::all(255.0),
    )
    .map_err(mat::failed)?;
    Ok(Some(mat::raster(&level)?))
}

/// Whether a skew is worth the blur of taking it out.
pub(crate) fn is_worth_turning(angle_degrees: f32) -> bool {
    angle_degrees.abs() >= WORTH_TURNING
}

/// Angle of the lines of print, degrees, clockwise positive; `None` where there are no lines.
pub(crate) fn skew(map: &InkMap) -> Option<f32> {
    let page = Lines::of(map);
    if map.points.len() < FEWEST_INK_PIXELS {
        return None;
    }
    let every = map.points.len().div_ceil(COARSE_INK_PIXELS);
    let few: Vec<(f32, f32)> = map.points.iter().step_by(every).copied().collect();
    let steps = (MAX_ANGLE / COARSE_STEP) as i32;
    let coarse: Vec<(f32, f64)> = (-steps..=steps)
        .map(|step| step as f32 * COARSE_STEP)
        .map(|angle| (angle, page.sharpness(&few, angle)))
        .collect();
    let average = coarse.iter().map(|(_, s)| s).sum::<f64>() / coarse.len() as f64;
    let mut best = sharpest(coarse)?;
    let is_print = best.1 >= LEAST_SHARPNESS_RATIO * average;
    let mut reach = COARSE_STEP;
    for step in FINE_STEPS {
        let steps = (reach / step).round() as i32;
        let centre = best.0;
        let near = (-steps..=steps).map(|i| centre + i as f32 * step);
        let sharp = near.map(|angle| (angle, page.sharpness(&map.points, angle)));
        best = sharpest(sharp).unwrap_or(best);
        reach = step;
    }
    let angle = best.0;
    let is_print = is_print && angle.abs() <= MAX_ANGLE;
    (is_print && runs(&page.profile(&map.points, angle)) >= FEWEST_LINES).then_some(angle)
}

/// Rows that run across a page at an angle.
struct Lines {
    /// Rows may begin above the page by what the slope lifts its right end.
    lift: f32,
    rows: usize,
}

impl Lines {
    fn of(map: &InkMap) -> Self {
        let lift = map.width as f32 * (MAX_ANGLE + 1.0).to_radians().tan() + 2.0;
        Self { lift, rows: (map.height as f32 + 2.0 * lift) as usize + 2 }
    }

    /// How unevenly ink falls on rows that run at `angle`: the sum of squared differences between
    /// neighbouring rows, which is largest when rows run along the lines of print.
    fn sharpness(&self, ink: &[(f32, f32)], angle: f32) -> f64 {
        let profile = self.profile(ink, angle);
        let next = profile.iter().skip(1);
        profile.iter().zip(next).map(|(a, b)| f64::from(b - a) * f64::from(b - a)).sum()
    }

    /// Ink on each row that runs at `angle`.
    fn profile(&self, ink: &[(f32, f32)], angle: f32) -> Vec<i32> {
        let slope = angle.to_radians().tan();
        let mut profile = vec![0_i32; self.rows];
        for (x, y) in ink {
            let row = (y - x * slope + self.lift) as usize;
            if let Some(count) = profile.get_mut(row) {
                *count += 1;
            }
        }
        profile
    }
}

/// Runs of rows with more ink than an inked row has on average.
fn runs(profile: &[i32]) -> usize {
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

    fn skew_of(raster: &Raster) -> Option<f32> {
        skew(&InkMap::of(raster).unwrap())
    }

    #[test]
    fn a_known_angle_is_found_to_a_fifth_of_a_degree() {
        for degrees in [-9.8, -6.5, -3.0, -0.7, 0.0, 0.4, 2.2, 6.8, 9.5] {
            let found = skew_of(&page(degrees)).unwrap();
            assert!((found - degrees).abs() <= 0.2, "{degrees}: {found}");
        }
    }

    #[test]
    fn a_skewed_page_comes_out_level_and_whole() {
        let params = Params::from_config(&Config::defaults().unwrap());
        for degrees in [-4.0, -1.5, 0.5, 4.0] {
            let level = run(&page(degrees), degrees, &params).unwrap().unwrap();
            assert!(level.width_px() > WIDTH as u32 && level.height_px() > HEIGHT as u32);
            assert!(skew_of(&level).unwrap().abs() <= 0.2, "{degrees}");
        }
    }

    #[test]
    fn a_page_that_would_grow_over_a_limit_is_left_alone() {
        let config = Config::defaults().unwrap();
        let params = Params { max_page_side_px: HEIGHT as u32, ..Params::from_config(&config) };
        assert_eq!(run(&page(4.0), 4.0, &params).unwrap(), None);
    }

    #[test]
    fn the_edges_of_a_picture_are_no_lines_of_print() {
        for degrees in [0.0_f32, 4.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let pixel = |i: usize| {
                let (x, y) = ((i % WIDTH) as f32 - 450.0, (i / WIDTH) as f32 - 600.0);
                if x * cos + y * sin < 50.0 && y * cos - x * sin < 90.0 { 40 } else { 235 }
            };
            let grey = (0..WIDTH * HEIGHT).map(pixel).collect();
            let picture = Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap();
            assert_eq!(skew_of(&picture), None, "{degrees}");
        }
    }

    #[test]
    fn a_picture_without_lines_has_no_skew() {
        // A fixed pseudo-random pattern: dark spots without rows.
        let mut state = 12_345_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 28 == 0 { 20 } else { 230 }
        };
        let grey = (0..WIDTH * HEIGHT).map(|_| noise()).collect();
        let picture = Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap();
        assert_eq!(skew_of(&picture), None);
    }
}
