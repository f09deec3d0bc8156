//! Salt and pepper: single pixels unlike all around them, from dust, bad sensors and old faxes.

use opencv::core::Mat;
use opencv::imgproc;

use crate::error::PreprocessError;
use crate::mat;
use crate::raster::Raster;

/// How much a pixel has to lie above or below all of its eight neighbours, of 255. Noise of a
/// standard deviation of 25 hardly ever does.
const CONTRAST: u8 = 50;

/// Share of such pixels from which the page is cleaned. Print has fewer than one in a thousand.
const LEAST_SHARE: f32 = 0.003;

/// Every so many rows are looked at: a share is as good from some of them.
const ROW_STEP: usize = 8;

/// Whether so large a share of specks calls for cleaning.
pub(crate) fn are_many(share: f32) -> bool {
    share >= LEAST_SHARE
}

/// Share of pixels unlike all of their neighbours, 0 to 1.
pub(crate) fn share(raster: &Raster) -> f32 {
    let width = raster.width_px() as usize;
    let (mut specks, mut seen) = (0_usize, 0_usize);
    for three in raster.grey().chunks(width * ROW_STEP).filter_map(|rows| rows.get(..3 * width)) {
        let (above, rest) = three.split_at(width);
        let (here, below) = rest.split_at(width);
        // Few pixels are unlike the one above them, so the other neighbours are seldom looked at.
        let unlike_above = above.iter().zip(here).map(|(above, here)| here.abs_diff(*above));
        let candidates = unlike_above.enumerate().filter(|(_, by)| *by > CONTRAST);
        for (x, _) in candidates {
            let around = |row: &[u8]| row.get(x.checked_sub(1)?..=x + 1)?.try_into().ok();
            let (Some(above), Some(here), Some(below)) =
                (around(above), around(here), around(below))
            else {
                continue;
            };
            specks += usize::from(is_speck(above, here, below));
        }
        seen += width.saturating_sub(2);
    }
    specks as f32 / seen.max(1) as f32
}

fn is_speck(above: [u8; 3], [left, centre, right]: [u8; 3], below: [u8; 3]) -> bool {
    let around = || above.into_iter().chain(below).chain([left, right]);
    around().all(|v| centre.saturating_sub(v) > CONTRAST)
        || around().all(|v| v.saturating_sub(centre) > CONTRAST)
}

/// Takes specks out: a median over three by three pixels.
///
/// # Errors
/// [`PreprocessError::Native`].
pub(crate) fn run(raster: &Raster) -> Result<Raster, PreprocessError> {
    let source = mat::view(raster)?;
    let mut clean = Mat::default();
    imgproc::median_blur(&source, &mut clean, 3).map_err(mat::failed)?;
    mat::raster(&clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 400;

    /// Lines of print, with every `every`-th pixel flipped.
    fn page(every: usize) -> Raster {
        let pixel = |i: usize| {
            let (x, y) = (i % SIDE, i / SIDE);
            let ink = y % 24 < 10 && x % 11 < 3;
            let grey = if ink { 30_u8 } else { 235 };
            if i % every == every - 1 { u8::MAX - grey } else { grey }
        };
        Raster::new(SIDE as u32, SIDE as u32, (0..SIDE * SIDE).map(pixel).collect()).unwrap()
    }

    #[test]
    fn print_alone_has_no_specks() {
        assert!(!are_many(share(&page(usize::MAX))));
    }

    #[test]
    fn one_speck_in_a_hundred_pixels_is_found_and_taken_out() {
        let specked = page(97);
        let found = share(&specked);
        assert!(are_many(found) && found < 0.012, "{found}");
        let clean = run(&specked).unwrap();
        assert!(!are_many(share(&clean)), "{}", share(&clean));
        let print = page(usize::MAX);
        let differing = clean.grey().iter().zip(print.grey()).filter(|(a, b)| a != b);
        // Only corners of letters are lost.
        assert!(differing.count() < SIDE * SIDE / 50);
    }
}
