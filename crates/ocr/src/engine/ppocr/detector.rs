//! The detector: a page in, the regions of its text lines out.

use std::path::Path;

use crate::engine::ppocr::regions::{self, Map, Region};
use crate::engine::ppocr::resize::Resizer;
use crate::engine::ppocr::session::{self, Memory, Network};
use crate::error::OcrError;
use crate::raster::Raster;

/// Longest side that the network sees, pixels. Its time grows with the area: A4 at this size takes
/// a quarter of a second, and print of 6 points is still 6 pixels high.
const LONGEST_SIDE: f32 = 1_280.0;

/// The network halves its image five times.
const STRIDE: f32 = 32.0;

/// Mean and deviation of the three planes that the network was trained with (ImageNet's).
const PLANES: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

/// Finds text lines.
pub(super) struct Detector {
    network: Network,
}

impl Detector {
    /// Loads the network `file`.
    ///
    /// # Errors
    /// [`OcrError::MissingEngine`].
    pub(super) fn load(file: &Path) -> Result<Self, OcrError> {
        Ok(Self { network: Network::load(&session::content(file)?, file, Memory::Kept)? })
    }

    /// The text lines of `page`, in its pixels and in no particular order.
    ///
    /// # Errors
    /// [`OcrError::Network`].
    pub(super) fn find(
        &mut self,
        page: &Raster,
        resizer: &mut Resizer,
    ) -> Result<Vec<Region>, OcrError> {
        let (width, height) = size(page);
        let small = resizer.whole(page, width, height)?;
        let mut planes = Vec::with_capacity(small.len() * PLANES.len());
        for (mean, deviation) in PLANES {
            let (factor, offset) = (1.0 / (255.0 * deviation), mean / deviation);
            planes.extend(small.iter().map(|&grey| f32::from(grey) * factor - offset));
        }
        let by = (page.width_px as f32 / width as f32, page.height_px as f32 / height as f32);
        let (width, height) = (width as usize, height as usize);
        self.network.run(&planes, height, width, |_, values| {
            if values.len() != width * height {
                return Err(OcrError::Network("its map has another size than the page"));
            }
            let found = regions::find(Map { width, values });
            Ok(found.iter().map(|region| region.scaled(by)).collect())
        })
    }
}

/// Size of the network's image: the page's or less, in multiples of its stride.
fn size(page: &Raster) -> (u32, u32) {
    let longest = page.width_px.max(page.height_px) as f32;
    let factor = (LONGEST_SIDE / longest).min(1.0);
    let side = |pixels: u32| ((pixels as f32 * factor / STRIDE).round().max(1.0) * STRIDE) as u32;
    (side(page.width_px), side(page.height_px))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_multiples_of_the_stride_and_bounded() {
        let of = |width_px, height_px| {
            size(&Raster { width_px, height_px, dpi: 200.0, grey: Vec::new() })
        };
        assert_eq!(of(1654, 2339), (896, 1280));
        assert_eq!(of(600, 400), (608, 416), "a small page is not enlarged");
        assert_eq!(of(10, 32_000), (32, 1280));
    }
}
