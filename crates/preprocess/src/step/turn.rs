//! Quarter turns and mirrorings, as EXIF states them.

use crate::raster::Raster;

/// Side of the square tiles a transposition works in: source and target rows of a tile fit into
/// the first-level cache together.
const TILE_PX: usize = 32;

/// How stored pixels have to be turned to stand upright (EXIF tag 0x0112).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    transpose: bool,
    flip_horizontal: bool,
    flip_vertical: bool,
}

impl Orientation {
    /// From an EXIF value; anything but 2 to 8 is upright already.
    #[must_use]
    pub fn from_exif(value: u32) -> Self {
        // Transposed first, then flipped.
        let (transpose, flip_horizontal, flip_vertical) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, flip_horizontal, flip_vertical }
    }

    /// The clockwise quarter turn in it (0, 90, 180 or 270 degrees), mirroring left aside.
    #[must_use]
    pub fn clockwise_degrees(self) -> u16 {
        match (self.transpose, self.flip_horizontal, self.flip_vertical) {
            (false, _, false) => 0,
            (false, _, true) => 180,
            (true, _, false) => 90,
            (true, _, true) => 270,
        }
    }

    /// Turns `raster` upright.
    #[must_use]
    pub fn apply(self, raster: Raster) -> Raster {
        if self == Self::default() {
            return raster;
        }
        let (width, height) = (raster.width_px() as usize, raster.height_px() as usize);
        let (mut grey, new_width, new_height) = if self.transpose {
            (transposed(raster.grey(), width, height), height, width)
        } else {
            (raster.grey().to_vec(), width, height)
        };
        if self.flip_horizontal {
            grey.chunks_exact_mut(new_width).for_each(<[u8]>::reverse);
        }
        if self.flip_vertical {
            let mut rows: Vec<&mut [u8]> = grey.chunks_exact_mut(new_width).collect();
            let half = new_height / 2;
            let (upper, lower) = rows.split_at_mut(half);
            for (a, b) in upper.iter_mut().zip(lower.iter_mut().rev()) {
                a.swap_with_slice(b);
            }
        }
        let (new_width, new_height) = if self.transpose {
            (raster.height_px(), raster.width_px())
        } else {
            (raster.width_px(), raster.height_px())
        };
        // The number of pixels has not changed, so this never falls back.
        Raster::new(new_width, new_height, grey).unwrap_or(raster)
    }
}

/// Rows become columns: pixel (x, y) moves to (y, x).
fn transposed(grey: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut out = vec![0; grey.len()];
    for tile_y in (0..height).step_by(TILE_PX) {
        for tile_x in (0..width).step_by(TILE_PX) {
            for y in tile_y..(tile_y + TILE_PX).min(height) {
                for x in tile_x..(tile_x + TILE_PX).min(width) {
                    let source = grey.get(y * width + x);
                    if let (Some(from), Some(to)) = (source, out.get_mut(x * height + y)) {
                        *to = *from;
                    }
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `abc` over `def`, upright.
    fn upright() -> Raster {
        Raster::new(3, 2, b"abcdef".to_vec()).unwrap()
    }

    #[test]
    fn every_exif_value_leads_back_to_the_upright_page() {
        // What a camera stores for each value, rows separated by '/'.
        let stored: [(u32, &str); 8] = [
            (1, "abc/def"),
            (2, "cba/fed"),
            (3, "fed/cba"),
            (4, "def/abc"),
            (5, "ad/be/cf"),
            (6, "cf/be/ad"),
            (7, "fc/eb/da"),
            (8, "da/eb/fc"),
        ];
        for (value, rows) in stored {
            let height = rows.split('/').count() as u32;
            let grey: Vec<u8> = rows.bytes().filter(|b| *b != b'/').collect();
            let raster = Raster::new(6 / height, height, grey).unwrap();
            assert_eq!(Orientation::from_exif(value).apply(raster).grey(), b"abcdef", "{value}");
        }
    }

    #[test]
    fn four_quarter_turns_are_none() {
        let quarter = Orientation::from_exif(6);
        let mut raster = upright();
        for _ in 0..4 {
            raster = quarter.apply(raster);
        }
        assert_eq!(raster, upright());
    }

    #[test]
    fn a_large_page_is_transposed_across_tiles() {
        let (width, height) = (TILE_PX + 5, 2 * TILE_PX + 3);
        let grey: Vec<u8> = (0..width * height).map(|i| (i % 251) as u8).collect();
        let out = transposed(&grey, width, height);
        assert_eq!(transposed(&out, height, width), grey);
        assert_eq!(out[3], grey[3 * width]);
    }
}
