//! What a JPEG says before its pixels, as far as the decoder does not tell.

/// Start of scan: the pixels follow.
const START_OF_SCAN: u8 = 0xDA;

/// Start-of-frame markers of the coding processes that are decoded.
const FRAMES: [u8; 3] = [0xC0, 0xC1, 0xC2];

/// Application segment that Adobe's software writes.
const APP14: u8 = 0xEE;

/// Marker that ends a JPEG. Pixels cannot contain it: their 0xFF bytes are escaped.
const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

/// Facts from the segments before the pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Adobe's segment is there: ink is stored inverted.
    pub(super) adobe: bool,
    /// The components are named R, G and B.
    pub(super) rgb: bool,
    /// An end mark follows the start of the pixels, however much a camera has put behind it.
    pub(super) ends: bool,
}

impl Header {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut header = Self::default();
        // Behind the mark that starts the file.
        let mut rest = bytes.get(2..).unwrap_or_default();
        while let [0xFF, marker, tail @ ..] = rest {
            match (*marker, tail) {
                // Filling before a marker.
                (0xFF, _) => rest = rest.get(1..).unwrap_or_default(),
                (START_OF_SCAN, pixels) => {
                    header.ends = pixels.windows(2).any(|pair| pair == END_OF_IMAGE);
                    break;
                }
                (marker, [high, low, ..]) => {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    let Some((segment, next)) = tail.split_at_checked(length) else { break };
                    header.note(marker, segment);
                    rest = next;
                }
                _ => break,
            }
            if rest.len() < 2 {
                break;
            }
        }
        header
    }

    /// `segment` starts with its own length.
    fn note(&mut self, marker: u8, segment: &[u8]) {
        match segment {
            [_, _, b'A', b'd', b'o', b'b', b'e', ..] if marker == APP14 => self.adobe = true,
            // Length, precision, height, width, count, and three bytes for each component.
            [_, _, _, _, _, _, _, 3, a, _, _, b, _, _, c, ..] if FRAMES.contains(&marker) => {
                self.rgb = [*a, *b, *c] == *b"RGB";
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RGB: &[u8] = include_bytes!("../../../tests/fixtures/rgb.jpg");
    const CMYK: &[u8] = include_bytes!("../../../tests/fixtures/cmyk.jpg");
    const GREY: &[u8] = include_bytes!("../../../tests/fixtures/grey.jpg");

    #[test]
    fn colour_models_are_told_apart() {
        assert!(Header::of(RGB).rgb && !Header::of(GREY).rgb && !Header::of(CMYK).rgb);
        assert!(Header::of(CMYK).adobe && !Header::of(GREY).adobe);
    }

    #[test]
    fn the_end_mark_counts_behind_the_pixels_only() {
        assert!(Header::of(GREY).ends);
        assert!(!Header::of(&GREY[..GREY.len() - 2]).ends);
        let trailer = [GREY, &[7; 10_000]].concat();
        assert!(Header::of(&trailer).ends);
        // A preview inside a segment has an end of its own.
        let preview = [&GREY[..2], &[0xFF, 0xE1, 0, 4, 0xFF, 0xD9], &GREY[2..GREY.len() - 2]];
        assert!(!Header::of(&preview.concat()).ends);
    }

    #[test]
    fn garbage_has_no_header() {
        for bytes in [&b""[..], b"\xFF", b"\xFF\xD8\xFF", b"\xFF\xD8\xFF\xE1\xFF\xFF", b"abcdef"] {
            assert_eq!(Header::of(bytes), Header::default());
        }
    }
}
