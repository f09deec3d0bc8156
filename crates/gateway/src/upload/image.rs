//! Pixels of an image, from its header alone: nothing is decoded at the door.

use common::config::Limits;

use crate::error::ApiError;

/// Holds the image's declared size against the limits.
///
/// # Errors
/// `ImageDamaged`, `SideTooLong`, `TooManyPixels`.
pub(crate) fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), ApiError> {
    let size = imagesize::blob_size(bytes).map_err(|_| ApiError::ImageDamaged)?;
    let (width, height) = (size.width as u64, size.height as u64);
    if width == 0 || height == 0 {
        return Err(ApiError::ImageDamaged);
    }
    let (side, longest) = (width.max(height), u64::from(limits.max_page_side_px));
    if side > longest {
        return Err(ApiError::SideTooLong { limit: longest, seen: side });
    }
    let pixels = width.saturating_mul(height);
    if pixels > limits.max_page_pixels {
        return Err(ApiError::TooManyPixels { limit: limits.max_page_pixels, seen: pixels });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use common::config::Config;

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn limits_are_inclusive_and_the_longer_side_counts() {
        let mut limits = Config::defaults().unwrap().limits;
        (limits.max_page_side_px, limits.max_page_pixels) = (400, 1200);
        assert_eq!(check_size(&png(400, 3), &limits), Ok(()));
        let side = ApiError::SideTooLong { limit: 400, seen: 401 };
        assert_eq!(check_size(&png(2, 401), &limits), Err(side));
        let pixels = ApiError::TooManyPixels { limit: 1200, seen: 1201 };
        assert_eq!(
            check_size(&png(1, 1201), &limits),
            Err(ApiError::SideTooLong { limit: 400, seen: 1201 })
        );
        limits.max_page_side_px = 2000;
        assert_eq!(check_size(&png(1, 1201), &limits), Err(pixels));
    }

    #[test]
    fn the_largest_size_a_header_can_declare_is_refused_not_multiplied_out() {
        let limits = Config::defaults().unwrap().limits;
        let seen = u64::from(u32::MAX);
        let refused = check_size(&png(u32::MAX, u32::MAX), &limits);
        assert_eq!(refused, Err(ApiError::SideTooLong { limit: 20_000, seen }));
    }

    #[test]
    fn a_header_without_a_size_is_damage() {
        let limits = Config::defaults().unwrap().limits;
        for bad in [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", &png(0, 10), &png(10, 0)] {
            assert_eq!(check_size(bad, &limits), Err(ApiError::ImageDamaged));
        }
    }
}
