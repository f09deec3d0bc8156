//! What a worker is told once, at its start.

use common::config::Config;
use common::vendored;
use serde::{Deserialize, Serialize};

use crate::error::PreprocessError;

/// Limits and the place of PDFium, as the configuration has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// Absolute path of libpdfium.so; empty for the system's.
    pub pdfium_library: String,
    /// Most pages of a document.
    pub max_pages: u32,
    /// Most pixels of a page.
    pub max_page_pixels: u64,
    /// Most pixels of all pages that are rasters together.
    pub max_document_pixels: u64,
    /// Longest side of a page, pixels.
    pub max_page_side_px: u32,
    /// Largest embedded e-invoice, bytes.
    pub max_embedded_xml_bytes: u64,
}

impl Params {
    /// Takes what concerns this stage from the configuration, and looks for PDFium: a worker has
    /// neither this process's folder nor its environment.
    #[must_use]
    pub fn from_config(config: &Config) -> Self {
        Self {
            pdfium_library: vendored::library(&config.worker.pdfium_library, "libpdfium.so"),
            max_pages: config.limits.max_pages,
            max_page_pixels: config.limits.max_page_pixels,
            max_document_pixels: config.limits.max_document_pixels,
            max_page_side_px: config.limits.max_page_side_px,
            max_embedded_xml_bytes: config.limits.max_embedded_xml_bytes,
        }
    }

    /// Says whether a raster of page `page` may have this many pixels; its sides were checked before
    /// it was made.
    ///
    /// # Errors
    /// [`PreprocessError::PageTooLarge`].
    pub(crate) fn check_area(
        &self,
        page: u32,
        width_px: u64,
        height_px: u64,
    ) -> Result<(), PreprocessError> {
        let sides = Self { max_page_side_px: u32::MAX, ..self.clone() };
        sides.check_pixels(page, width_px, height_px)
    }

    /// Says whether page `page` may have `width_px` x `height_px` pixels.
    ///
    /// # Errors
    /// [`PreprocessError::PageTooLarge`] naming both limits and what was seen.
    pub fn check_pixels(
        &self,
        page: u32,
        width_px: u64,
        height_px: u64,
    ) -> Result<(), PreprocessError> {
        let side = u64::from(self.max_page_side_px);
        let pixels = width_px.saturating_mul(height_px);
        if pixels <= self.max_page_pixels && width_px <= side && height_px <= side {
            return Ok(());
        }
        Err(PreprocessError::PageTooLarge {
            page,
            width_px,
            height_px,
            max_pixels: self.max_page_pixels,
            max_side_px: self.max_page_side_px,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_limit_refuses_a_page() {
        let params = Params::from_config(&Config::defaults().unwrap());
        assert!(params.check_pixels(1, 2480, 3508).is_ok());
        assert!(params.check_pixels(1, 60_000, 60_000).is_err());
        assert!(params.check_pixels(1, 20_001, 10).is_err());
        assert!(params.check_pixels(1, 10_000, 10_000).is_err());
        assert!(params.check_pixels(1, u64::MAX, u64::MAX).is_err());
    }
}
