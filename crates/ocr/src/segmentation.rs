//! Tesseract's page segmentation mode for a page. Pure.

use common::config::PageSegmentation;

use crate::raster::Raster;

/// Fully automatic, without finding out which way up the page is.
const AUTOMATIC: u8 = 3;

/// A single column of text of variable sizes.
const SINGLE_COLUMN: u8 = 4;

/// A single block of text.
pub(crate) const SINGLE_BLOCK: u8 = 6;

/// Slips are this many times as high as wide; A4 has 1.41, legal paper 1.65. On 40 receipts of SROIE,
/// three in four of which are slips, Tesseract's text holds .763 of the printed fields with mode 4 and
/// .725 with mode 3; on 34 pages of A4 its word F1 is .947 and .950.
const SLIP_ASPECT: f32 = 1.7;

/// The mode, 0 to 13.
pub(crate) fn mode(setting: PageSegmentation, page: &Raster) -> u8 {
    match setting {
        PageSegmentation::Mode(mode) => mode,
        PageSegmentation::Chosen(_) => {
            let is_slip = page.height_px as f32 >= SLIP_ASPECT * page.width_px as f32;
            if is_slip { SINGLE_COLUMN } else { AUTOMATIC }
        }
    }
}

#[cfg(test)]
mod tests {
    use common::config::Choice;

    use super::*;

    #[test]
    fn receipts_are_one_column_and_a_mode_that_is_set_counts() {
        let page =
            |width_px, height_px| Raster { width_px, height_px, dpi: 200.0, grey: Vec::new() };
        let auto = PageSegmentation::Chosen(Choice::Auto);
        assert_eq!(mode(auto, &page(1654, 2339)), AUTOMATIC);
        assert_eq!(mode(auto, &page(600, 1500)), SINGLE_COLUMN);
        assert_eq!(mode(PageSegmentation::Mode(11), &page(600, 1500)), 11);
    }
}
