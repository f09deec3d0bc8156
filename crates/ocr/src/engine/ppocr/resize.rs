//! Grey pixels at another size.

use fast_image_resize as fir;
use fir::images::{TypedImage, TypedImageRef};
use fir::pixels::U8;
use fir::{FilterType, ResizeAlg, ResizeOptions};

use crate::error::OcrError;
use crate::raster::Raster;

/// Resizes; keeps its buffers.
#[derive(Default)]
pub(super) struct Resizer {
    inner: fir::Resizer,
}

/// A rectangle of a page, pixels and parts of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crop {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Resizer {
    /// The whole page at `width` x `height`, averaged where it becomes smaller.
    ///
    /// # Errors
    /// [`OcrError::Network`] when the page has no pixels.
    pub(super) fn whole(
        &mut self,
        page: &Raster,
        width: u32,
        height: u32,
    ) -> Result<Vec<u8>, OcrError> {
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.run(page.width_px, page.height_px, &page.grey, (width, height), &options)
    }

    /// A part of a `columns` x `rows` image at `width` x `height`.
    ///
    /// # Errors
    /// [`OcrError::Network`] when the part is not inside.
    pub(super) fn part(
        &mut self,
        (columns, rows, grey): (u32, u32, &[u8]),
        crop: Crop,
        width: u32,
        height: u32,
    ) -> Result<Vec<u8>, OcrError> {
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
            .crop(crop.left, crop.top, crop.width, crop.height);
        self.run(columns, rows, grey, (width, height), &options)
    }

    fn run(
        &mut self,
        columns: u32,
        rows: u32,
        grey: &[u8],
        (width, height): (u32, u32),
        options: &ResizeOptions,
    ) -> Result<Vec<u8>, OcrError> {
        // Of one type of pixel: otherwise the compiler makes the resizing of all there are, which takes it 80 s.
        let source = TypedImageRef::<U8>::from_buffer(columns, rows, grey);
        let source = source.map_err(|_| OcrError::Network("a raster has another size"))?;
        let mut resized = vec![0; width as usize * height as usize];
        let target = TypedImage::<U8>::from_buffer(width, height, &mut resized);
        let mut target = target.map_err(|_| OcrError::Network("a raster has another size"))?;
        let done = self.inner.resize_typed(&source, &mut target, options);
        done.map_err(|_| OcrError::Network("a raster could not be resized"))?;
        Ok(resized)
    }
}
