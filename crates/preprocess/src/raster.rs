//! Pixels of a page.

use std::io::Cursor;
use std::ops::Range;

use crate::error::PreprocessError;

/// 8-bit grey pixels, row by row without padding; 0 is black, 255 is white.
#[derive(Clone, PartialEq, Eq)]
pub struct Raster {
    width_px: u32,
    height_px: u32,
    grey: Vec<u8>,
}

impl Raster {
    /// Wraps `width_px` x `height_px` pixels; `None` when there is none or `grey` has another length.
    #[must_use]
    pub fn new(width_px: u32, height_px: u32, grey: Vec<u8>) -> Option<Self> {
        let len = (width_px as usize).checked_mul(height_px as usize)?;
        (len > 0 && grey.len() == len).then_some(Self { width_px, height_px, grey })
    }

    /// Pixels a row.
    #[must_use]
    pub fn width_px(&self) -> u32 {
        self.width_px
    }

    /// Rows.
    #[must_use]
    pub fn height_px(&self) -> u32 {
        self.height_px
    }

    /// The pixels.
    #[must_use]
    pub fn grey(&self) -> &[u8] {
        &self.grey
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.grey.chunks_exact(self.width_px.max(1) as usize)
    }

    /// Paints the pixels in `columns` and `rows` as far as they exist.
    pub(crate) fn fill(&mut self, columns: Range<u32>, rows: Range<u32>, grey: u8) {
        let width = self.width_px.max(1) as usize;
        let (x0, x1) = (columns.start as usize, (columns.end as usize).min(width));
        let count = rows.end.saturating_sub(rows.start) as usize;
        for row in self.grey.chunks_exact_mut(width).skip(rows.start as usize).take(count) {
            if let Some(pixels) = row.get_mut(x0..x1) {
                pixels.fill(grey);
            }
        }
    }

    /// Encodes as 8-bit grey PNG. Equal rasters give equal bytes.
    ///
    /// # Errors
    /// [`PreprocessError::Native`], which would be a bug of the encoder.
    pub fn to_png(&self) -> Result<Vec<u8>, PreprocessError> {
        let failed = |e: png::EncodingError| PreprocessError::Native {
            library: "png",
            reason: e.to_string(),
        };
        let mut bytes = Vec::with_capacity(self.grey.len() / 8);
        let mut encoder = png::Encoder::new(Cursor::new(&mut bytes), self.width_px, self.height_px);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        // The image lives for hours and is read once: time matters more than size.
        encoder.set_compression(png::Compression::Fast);
        // Choosing a filter row by row takes longer than compression itself.
        encoder.set_filter(png::Filter::Up);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.grey).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(bytes)
    }
}

impl std::fmt::Debug for Raster {
    /// Sizes only: the pixels are document content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Raster({} x {})", self.width_px, self.height_px)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raster_has_as_many_pixels_as_its_size_says() {
        assert!(Raster::new(2, 3, vec![0; 6]).is_some());
        assert!(Raster::new(2, 3, vec![0; 5]).is_none());
        assert!(Raster::new(0, 3, Vec::new()).is_none());
    }

    #[test]
    fn png_keeps_every_pixel_and_is_the_same_each_time() {
        let grey: Vec<u8> = (0..=255).cycle().take(37 * 21).collect();
        let raster = Raster::new(37, 21, grey.clone()).unwrap();
        let png = raster.to_png().unwrap();
        assert_eq!(png, raster.to_png().unwrap());
        let mut reader = png::Decoder::new(Cursor::new(&png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, grey);
    }
}
