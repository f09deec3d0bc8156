//! The pixels of a page, out of the PNG they travel in.

use std::io::Cursor;

use common::config::MAX_PAGE_SIDE_PX;
use png::{BitDepth, ColorType, Decoder, DecodingError};

use crate::error::OcrError;

/// Bytes that the decoder may take beside the pixels: rows, and chunks nobody asked for.
const MAX_SCRATCH_BYTES: usize = 8 * 1024 * 1024;

/// An upright page in grey.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Raster {
    /// 1 to [`MAX_PAGE_SIDE_PX`].
    pub(crate) width_px: u32,
    /// 1 to [`MAX_PAGE_SIDE_PX`].
    pub(crate) height_px: u32,
    /// Pixels per inch.
    pub(crate) dpi: f32,
    /// Row by row from the top, one byte a pixel, 0 black: `width_px * height_px` of them.
    pub(crate) grey: Vec<u8>,
}

impl Raster {
    /// Decodes an 8-bit grey PNG; sizes are checked before there is room for any pixel.
    ///
    /// # Errors
    /// [`OcrError::RasterTooLarge`], [`OcrError::UnreadableRaster`].
    pub(crate) fn from_png(bytes: &[u8], dpi: f32, max_pixels: u64) -> Result<Self, OcrError> {
        let limits = png::Limits { bytes: MAX_SCRATCH_BYTES };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        let header = decoder.read_header_info().map_err(unreadable)?;
        let (width_px, height_px) = (header.width, header.height);
        let pixels = u64::from(width_px) * u64::from(height_px);
        if width_px > MAX_PAGE_SIDE_PX || height_px > MAX_PAGE_SIDE_PX || pixels > max_pixels {
            return Err(OcrError::RasterTooLarge { width_px, height_px, max_pixels });
        }
        if (header.color_type, header.bit_depth) != (ColorType::Grayscale, BitDepth::Eight) {
            return Err(OcrError::UnreadableRaster("it has another colour type or depth"));
        }
        let mut reader = decoder.read_info().map_err(unreadable)?;
        let size = reader.output_buffer_size();
        let size = size.ok_or(OcrError::UnreadableRaster("its size overflows"))?;
        let mut grey = vec![0; size];
        reader.next_frame(&mut grey).map_err(unreadable)?;
        Ok(Self { width_px, height_px, dpi, grey })
    }

    /// As an 8-bit grey PNG.
    ///
    /// # Errors
    /// [`OcrError::UnreadableRaster`] when there are more or fewer pixels than the sides say.
    pub(crate) fn to_png(&self) -> Result<Vec<u8>, OcrError> {
        let failed = |_| OcrError::UnreadableRaster("it has another number of pixels");
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width_px, self.height_px);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.grey).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(bytes)
    }

    /// The pixels from `left`, `top` to `right`, `bottom` (excluded), as far as they exist.
    pub(crate) fn part(&self, [left, top, right, bottom]: [u32; 4]) -> Self {
        let (right, bottom) = (right.min(self.width_px), bottom.min(self.height_px));
        let (left, top) = (left.min(right), top.min(bottom));
        let rows = self.grey.chunks_exact(self.width_px.max(1) as usize);
        let rows = rows.skip(top as usize).take((bottom - top) as usize);
        let parts = rows.filter_map(|row| row.get(left as usize..right as usize));
        let grey = parts.flatten().copied().collect();
        Self { width_px: right - left, height_px: bottom - top, dpi: self.dpi, grey }
    }

    /// The darkest pixel made black and the lightest one white.
    pub(crate) fn spread(mut self) -> Self {
        let ends = self
            .grey
            .iter()
            .fold((u8::MAX, u8::MIN), |(least, most), grey| (least.min(*grey), most.max(*grey)));
        let (least, range) = (ends.0, f32::from(ends.1.saturating_sub(ends.0).max(1)));
        for grey in &mut self.grey {
            *grey = (f32::from(grey.saturating_sub(least)) / range * f32::from(u8::MAX)) as u8;
        }
        self
    }

    /// The page a quarter turn clockwise.
    pub(crate) fn turned_right(self) -> Self {
        let width = self.width_px as usize;
        let mut grey = Vec::with_capacity(self.grey.len());
        // The leftmost column, from below, becomes the first row.
        for column in 0..width {
            let upwards = self.grey.chunks_exact(width).rev();
            grey.extend(upwards.filter_map(|row| row.get(column)));
        }
        Self { width_px: self.height_px, height_px: self.width_px, dpi: self.dpi, grey }
    }
}

/// The decoder's error without its own words, which may quote the file.
fn unreadable(error: DecodingError) -> OcrError {
    OcrError::UnreadableRaster(match error {
        DecodingError::IoError(_) => "it ends too early",
        DecodingError::Format(_) => "it is damaged",
        DecodingError::LimitsExceeded => "it needs too much memory",
        DecodingError::Parameter(_) => "it was read in the wrong way",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENOUGH: u64 = 1000;

    fn png(width: u32, height: u32, color: ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    }

    #[test]
    fn pixels_come_out_as_they_went_in() {
        let bytes = png(3, 2, ColorType::Grayscale, &[0, 50, 100, 150, 200, 255]);
        let raster = Raster::from_png(&bytes, 200.0, ENOUGH).unwrap();
        assert_eq!((raster.width_px, raster.height_px), (3, 2));
        assert_eq!(raster.grey, [0, 50, 100, 150, 200, 255]);
    }

    #[test]
    fn a_raster_over_a_limit_is_refused_by_its_header() {
        let bytes = png(40, 30, ColorType::Grayscale, &[0; 1200]);
        // Cut after the header: the pixels are never looked at.
        let error = Raster::from_png(&bytes[..40], 200.0, ENOUGH).unwrap_err();
        let expected = OcrError::RasterTooLarge { width_px: 40, height_px: 30, max_pixels: ENOUGH };
        assert_eq!(error, expected);
        let long = png(1, MAX_PAGE_SIDE_PX + 1, ColorType::Grayscale, &[0; 32_768]);
        let error = Raster::from_png(&long, 200.0, u64::MAX).unwrap_err();
        assert!(matches!(error, OcrError::RasterTooLarge { height_px: 32_768, .. }), "{error}");
    }

    #[test]
    fn a_turned_page_comes_back_after_four_turns() {
        let page = Raster { width_px: 3, height_px: 2, dpi: 200.0, grey: b"abcdef".to_vec() };
        let turned = page.clone().turned_right();
        assert_eq!((turned.width_px, turned.grey.as_slice()), (2, b"daebfc".as_slice()));
        let back = turned.turned_right().turned_right().turned_right();
        assert_eq!(back, page);
        assert_eq!(Raster::from_png(&page.to_png().unwrap(), 200.0, ENOUGH).unwrap(), page);
    }

    #[test]
    fn a_part_has_its_own_pixels_spread_over_all_of_grey() {
        let page = Raster { width_px: 3, height_px: 2, dpi: 200.0, grey: vec![1, 2, 3, 4, 5, 7] };
        let part = page.part([1, 0, 9, 2]);
        assert_eq!(
            (part.width_px, part.height_px, part.grey.as_slice()),
            (2, 2, &[2, 3, 5, 7][..])
        );
        assert_eq!(part.spread().grey, [0, 51, 153, 255]);
        assert!(page.part([5, 5, 9, 9]).grey.is_empty());
    }

    #[test]
    fn colour_damage_and_truncation_are_refused() {
        let colour = png(1, 1, ColorType::Rgb, &[1, 2, 3]);
        let whole = png(3, 2, ColorType::Grayscale, &[0; 6]);
        for bad in [colour.as_slice(), &whole[..whole.len() - 20], b"no png", &[]] {
            let error = Raster::from_png(bad, 200.0, ENOUGH).unwrap_err();
            assert!(matches!(error, OcrError::UnreadableRaster(_)), "{error}");
        }
    }
}
