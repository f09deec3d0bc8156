//! Faint print: the range between ink and paper is spread over all of grey.

use crate::raster::Raster;

/// Share of pixels that are darker than what is taken for the ink: strokes' cores on a page with a few
/// lines of print.
const INK_SHARE: f32 = 0.002;

/// Half of a page and more is paper.
const PAPER_SHARE: f32 = 0.5;

/// Print that differs from its paper by less than this, of 255, is faint. At a difference of 40 the
/// detector of text lines misses one word in 80, at 64 it reads digits a little worse, beyond 100 there
/// is no difference (12 pages of dev with their range reduced: word F1 .970 and .983, clean .985).
const FAINT: u8 = 90;

/// Print that differs by less than this is the grain of an empty page.
const GRAIN: u8 = 16;

/// What ink and paper become: some of the range is left to what is darker and lighter.
const INK: f32 = 20.0;
const PAPER: f32 = 240.0;

/// Every so many rows are looked at: a histogram is as good from some of them.
const ROW_STEP: usize = 4;

/// The grey of a page's ink and of its paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    ink: u8,
    paper: u8,
}

impl Range {
    /// Difference of the two, 0 to 255.
    pub(crate) fn contrast(self) -> u8 {
        self.paper.saturating_sub(self.ink)
    }

    /// Whether the print is faint.
    pub(crate) fn is_faint(self) -> bool {
        (GRAIN..FAINT).contains(&self.contrast())
    }
}

/// Measures the page.
pub(crate) fn range(raster: &Raster) -> Range {
    let mut counts = [0_u32; 256];
    for row in raster.rows().step_by(ROW_STEP) {
        for &grey in row {
            if let Some(count) = counts.get_mut(usize::from(grey)) {
                *count += 1;
            }
        }
    }
    let seen = counts.iter().sum::<u32>();
    let quantile = |share: f32| {
        let (rank, mut sum) = ((seen as f32 * share) as u32, 0);
        let mut levels = (0_u8..=u8::MAX).zip(counts);
        let level = levels.find(|(_, count)| {
            sum += count;
            sum > rank
        });
        level.map_or(u8::MAX, |(level, _)| level)
    };
    Range { ink: quantile(INK_SHARE), paper: quantile(PAPER_SHARE) }
}

/// Spreads the range.
pub(crate) fn run(raster: &Raster, range: Range) -> Option<Raster> {
    let factor = (PAPER - INK) / f32::from(range.contrast().max(1));
    let spread = |grey: u8| INK + (f32::from(grey) - f32::from(range.ink)) * factor;
    let table: Vec<u8> =
        (0..=u8::MAX).map(|grey| spread(grey).round().clamp(0.0, 255.0) as u8).collect();
    let look_up = |grey: &u8| table.get(usize::from(*grey)).copied().unwrap_or(*grey);
    let grey = raster.grey().iter().map(look_up).collect();
    Raster::new(raster.width_px(), raster.height_px(), grey)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters of `ink` on `paper`, with grain of a few levels.
    fn page(ink: u8, paper: u8) -> Raster {
        let pixel = |i: usize| {
            let (x, y) = (i % 200, i / 200);
            let is_ink = y % 20 < 8 && x % 9 < 3;
            (if is_ink { ink } else { paper }).saturating_add((i % 5) as u8)
        };
        Raster::new(200, 200, (0..200 * 200).map(pixel).collect()).unwrap()
    }

    #[test]
    fn faint_print_is_spread_and_dark_print_is_left_alone() {
        assert!(!range(&page(30, 235)).is_faint());
        let faint = page(180, 220);
        let measured = range(&faint);
        assert!(measured.is_faint(), "{measured:?}");
        let spread = range(&run(&faint, measured).unwrap());
        assert!(spread.contrast() > 190 && !spread.is_faint(), "{spread:?}");
    }

    #[test]
    fn an_empty_page_is_not_faint() {
        assert!(!range(&page(230, 230)).is_faint());
        assert!(!range(&page(255, 255)).is_faint());
    }
}
