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
        let columns = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
        for ((above, here), below) in columns {
            let &[left, centre, right] = here else { continue };
            let around = above.iter().chain(below).chain([&left, &right]);
            let (least, most) =
                around.fold((u8::MAX, u8::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
            let is_speck =
                centre.saturating_sub(most) > CONTRAST || least.saturating_sub(centre) > CONTRAST;
            specks += usize::from(is_speck);
            seen += 1;
        }
    }
    specks as f32 / seen.max(1) as f32
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
