//! Rasters as OpenCV matrices and back: the only file that converts between them.

use opencv::boxed_ref::BoxedRef;
use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};

use crate::error::PreprocessError;
use crate::raster::Raster;

/// OpenCV as this stage uses it: sequential, since one worker runs on each core already.
///
/// # Errors
/// [`PreprocessError::Native`].
pub(crate) fn configure() -> Result<(), PreprocessError> {
    opencv::core::set_num_threads(0).map_err(failed)
}

/// Looks at the pixels of `raster` as a matrix of one channel, without a copy.
///
/// # Errors
/// [`PreprocessError::Native`] when a side exceeds OpenCV's integers.
pub(crate) fn view(raster: &Raster) -> Result<BoxedRef<'_, Mat>, PreprocessError> {
    let (rows, columns) = (side(raster.height_px())?, side(raster.width_px())?);
    Mat::new_rows_cols_with_data(rows, columns, raster.grey()).map_err(failed)
}

/// Copies a matrix of one 8-bit channel.
///
/// # Errors
/// [`PreprocessError::Native`] when it is empty or of another type.
pub(crate) fn raster(matrix: &impl MatTraitConst) -> Result<Raster, PreprocessError> {
    let mut grey = Vec::with_capacity(matrix.total());
    for row in 0..matrix.rows() {
        grey.extend_from_slice(matrix.at_row::<u8>(row).map_err(failed)?);
    }
    let (width, height) = (matrix.cols().unsigned_abs(), matrix.rows().unsigned_abs());
    Raster::new(width, height, grey)
        .ok_or(PreprocessError::Native { library: "opencv", reason: "an empty matrix".to_owned() })
}

/// An error of OpenCV. It talks about sizes and types of matrices, never about their values.
#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err takes")]
pub(crate) fn failed(error: opencv::Error) -> PreprocessError {
    PreprocessError::Native { library: "opencv", reason: error.to_string() }
}

fn side(pixels: u32) -> Result<i32, PreprocessError> {
    let reason = || format!("a side of {pixels} pixels");
    i32::try_from(pixels)
        .map_err(|_| PreprocessError::Native { library: "opencv", reason: reason() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_survive_the_way_into_a_matrix_and_back() {
        let grey: Vec<u8> = (0..35).collect();
        let there = Raster::new(7, 5, grey).unwrap();
        let back = raster(&view(&there).unwrap()).unwrap();
        assert_eq!(back, there);
    }
}
