//! A page with its values drawn on it.

use std::io::Cursor;

use font8x8::{BASIC_FONTS, UnicodeFonts};
use png::{BitDepth, ColorType, Decoder, Encoder, Transformations};

use common::page::BoundingBox;

use super::fields::{Shown, percent};

/// Red, green, blue.
type Colour = [u8; 3];

/// What is in the result.
const CHOSEN: Colour = [0, 128, 40];

/// What was considered and is not in it.
const REJECTED: Colour = [225, 110, 0];

const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];

/// Side of a character before it is enlarged, pixels.
const GLYPH_PX: i32 = 8;

/// Pages as wide as this (pixels) have characters of one pixel a dot, wider ones larger ones.
const DOT_PAGE_PX: i32 = 800;

/// Distance between a box and its text, dots.
const GAP: i32 = 1;

/// Most pixels of a page that is drawn on: what the limits of the service allow is far below.
const MAX_PIXELS: usize = 200_000_000;

const LEGEND: [(Colour, &str); 2] = [
    (CHOSEN, "in the result, with its probability"),
    (REJECTED, "considered, with its score (0: as likely as not shown)"),
];

/// A picture that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    #[error("the page's picture cannot be read: {0}")]
    Unreadable(#[from] png::DecodingError),
    #[error("the page's picture is not 8-bit grey or too large")]
    Unexpected,
    #[error("the picture cannot be written: {0}")]
    Unwritable(#[from] png::EncodingError),
}

/// The page of `png` (8-bit grey) with the values of `shown` that stand on it, and a legend below, as
/// PNG.
///
/// # Errors
/// [`PictureError`].
pub(super) fn with_values(png: &[u8], shown: &[&Shown]) -> Result<Vec<u8>, PictureError> {
    let mut canvas = Canvas::of(png)?;
    let placed = shown.iter().filter_map(|s| Some((*s, canvas.frame(&s.place?.bbox))));
    let (chosen, rejected): (Vec<_>, Vec<_>) = placed.partition(|(s, _)| s.confidence.is_some());
    // What was chosen lies over what was not, and its texts get the better places.
    for (value, frame) in rejected.iter().chain(&chosen) {
        let (colour, thick) = match value.confidence {
            Some(_) if !value.is_listed() => (CHOSEN, 2 * canvas.dot),
            Some(_) => (CHOSEN, 1),
            None => (REJECTED, canvas.dot),
        };
        canvas.outline(*frame, thick, colour);
    }
    let frames = chosen.iter().chain(&rejected).map(|(_, frame)| *frame).collect();
    let mut texts = Texts { frames, texts: Vec::new() };
    // Cells of a table explain themselves, and their texts would lie on each other.
    for (value, frame) in chosen.iter().chain(&rejected).filter(|(value, _)| !value.is_listed()) {
        let (colour, note) = match (value.confidence, value.score) {
            (Some(probability), _) => (CHOSEN, percent(probability)),
            (None, score) => (REJECTED, format!("{:.1}", score.unwrap_or(0.0))),
        };
        let text = format!("{} {note}", value.field);
        let at = texts.place(&canvas, *frame, &text);
        canvas.text(at, &text, colour);
    }
    canvas.legend();
    canvas.into_png()
}

/// Pixels: left, top, right, bottom; right and bottom are outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    x0: i32,
    y0: i32,
    x1: i32,
    y1: i32,
}

impl Frame {
    fn meets(&self, other: &Self) -> bool {
        self.x0 < other.x1 && other.x0 < self.x1 && self.y0 < other.y1 && other.y0 < self.y1
    }
}

/// What texts must not cover.
#[derive(Debug, Default)]
struct Texts {
    /// Values.
    frames: Vec<Frame>,
    /// Texts that stand already.
    texts: Vec<Frame>,
}

impl Texts {
    /// A place for `text` beside `frame`, above, below, right or left of it: the first that covers
    /// nothing, or else no text.
    fn place(&mut self, canvas: &Canvas, frame: Frame, text: &str) -> Frame {
        let (width, height) = canvas.extent(text);
        let gap = GAP * canvas.dot;
        let at = |x: i32, y: i32| {
            // Kept on the page.
            let x0 = x.min(canvas.width - width).max(0);
            let y0 = y.min(canvas.height - height).max(0);
            Frame { x0, y0, x1: x0 + width, y1: y0 + height }
        };
        let places = [
            at(frame.x0, frame.y0 - height - gap),
            at(frame.x0, frame.y1 + gap),
            at(frame.x1 + gap, frame.y0),
            at(frame.x0 - width - gap, frame.y0),
            at(frame.x1 - width, frame.y0 - height - gap),
            at(frame.x1 - width, frame.y1 + gap),
        ];
        let covers = |place: &Frame, some: &[Frame]| some.iter().any(|other| other.meets(place));
        let bare = places.iter().find(|p| !covers(p, &self.texts) && !covers(p, &self.frames));
        let free = bare.or_else(|| places.iter().find(|place| !covers(place, &self.texts)));
        let chosen = *free.unwrap_or(&places[0]);
        self.texts.push(chosen);
        chosen
    }
}

/// RGB pixels, row by row.
struct Canvas {
    width: i32,
    height: i32,
    /// Pixels of a dot of the font.
    dot: i32,
    rgb: Vec<u8>,
}

impl Canvas {
    /// A page of 8-bit grey pixels.
    fn of(png: &[u8]) -> Result<Self, PictureError> {
        let mut decoder = Decoder::new(Cursor::new(png));
        decoder.set_transformations(Transformations::IDENTITY);
        let mut reader = decoder.read_info()?;
        let len = reader.output_buffer_size().filter(|len| *len <= MAX_PIXELS);
        let mut grey = vec![0; len.ok_or(PictureError::Unexpected)?];
        let info = reader.next_frame(&mut grey)?;
        if (info.color_type, info.bit_depth) != (ColorType::Grayscale, BitDepth::Eight) {
            return Err(PictureError::Unexpected);
        }
        let side = |px: u32| i32::try_from(px).map_err(|_| PictureError::Unexpected);
        let (width, height) = (side(info.width)?, side(info.height)?);
        let rgb = grey.into_iter().flat_map(|grey| [grey; 3]).collect();
        Ok(Self { width, height, dot: (width / DOT_PAGE_PX).max(1), rgb })
    }

    /// Pixels around a box: it does not cover what it is about.
    fn frame(&self, bbox: &BoundingBox) -> Frame {
        let at = |share: f32, side: i32| (share * side as f32).round() as i32;
        Frame {
            x0: at(bbox.x0(), self.width) - self.dot,
            y0: at(bbox.y0(), self.height) - self.dot,
            x1: at(bbox.x1(), self.width) + self.dot,
            y1: at(bbox.y1(), self.height) + self.dot,
        }
    }

    /// Width and height of a text with its margin, pixels.
    fn extent(&self, text: &str) -> (i32, i32) {
        let characters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX / GLYPH_PX);
        let side = GLYPH_PX * self.dot;
        (characters.saturating_mul(side).saturating_add(2 * self.dot), side + 2 * self.dot)
    }

    fn fill(&mut self, frame: Frame, colour: Colour) {
        let (x0, x1) = (frame.x0.clamp(0, self.width), frame.x1.clamp(0, self.width));
        let (y0, y1) = (frame.y0.clamp(0, self.height), frame.y1.clamp(0, self.height));
        let stride = self.width.max(1) as usize * 3;
        let rows = self.rgb.chunks_exact_mut(stride).take(y1 as usize).skip(y0 as usize);
        for row in rows {
            let pixels = row.get_mut(x0 as usize * 3..x1.max(x0) as usize * 3);
            for pixel in pixels.unwrap_or_default().chunks_exact_mut(3) {
                pixel.copy_from_slice(&colour);
            }
        }
    }

    /// A rectangle of lines `thick` pixels wide, outside `frame`.
    fn outline(&mut self, frame: Frame, thick: i32, colour: Colour) {
        let Frame { x0, y0, x1, y1 } = frame;
        let (left, top, right, bottom) = (x0 - thick, y0 - thick, x1 + thick, y1 + thick);
        for (x0, y0, x1, y1) in [
            (left, top, right, y0),
            (left, y1, right, bottom),
            (left, top, x0, bottom),
            (x1, top, right, bottom),
        ] {
            self.fill(Frame { x0, y0, x1, y1 }, colour);
        }
    }

    /// Writes `text` on white; what is not ASCII is shown as a question mark.
    fn text(&mut self, at: Frame, text: &str, colour: Colour) {
        self.fill(at, WHITE);
        let (dot, mut x) = (self.dot, at.x0 + self.dot);
        for character in text.chars() {
            let glyph = BASIC_FONTS.get(character).or_else(|| BASIC_FONTS.get('?'));
            for (row, bits) in (0..).zip(glyph.unwrap_or_default()) {
                for column in (0..GLYPH_PX).filter(|column| bits >> column & 1 == 1) {
                    let (x0, y0) = (x + column * dot, at.y0 + dot + row * dot);
                    self.fill(Frame { x0, y0, x1: x0 + dot, y1: y0 + dot }, colour);
                }
            }
            x += GLYPH_PX * dot;
        }
    }

    /// Adds a strip below the page that says what the colours mean.
    fn legend(&mut self) {
        let line = (GLYPH_PX + 4) * self.dot;
        let top = self.height;
        self.height += line * LEGEND.len() as i32 + 2 * self.dot;
        let len = self.width.max(0) as usize * self.height.max(0) as usize * 3;
        self.rgb.resize(len, u8::MAX);
        self.fill(Frame { x0: 0, y0: top, x1: self.width, y1: top + self.dot }, BLACK);
        for (index, (colour, said)) in (0..).zip(LEGEND) {
            let (x0, y0) = (4 * self.dot, top + 4 * self.dot + index * line);
            let side = GLYPH_PX * self.dot;
            self.fill(Frame { x0, y0, x1: x0 + side, y1: y0 + side }, colour);
            let x0 = x0 + 2 * side;
            let (width, height) = self.extent(said);
            self.text(
                Frame { x0, y0: y0 - self.dot, x1: x0 + width, y1: y0 + height },
                said,
                BLACK,
            );
        }
    }

    fn into_png(self) -> Result<Vec<u8>, PictureError> {
        let mut bytes = Vec::new();
        let (width, height) = (self.width.max(0) as u32, self.height.max(0) as u32);
        let mut encoder = Encoder::new(&mut bytes, width, height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Place;
    use super::*;

    fn page(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, width, height);
        encoder.set_color(ColorType::Grayscale);
        let pixels = vec![200; (width * height) as usize];
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        bytes
    }

    fn value(field: &str, confidence: Option<f64>, x0: f32) -> Shown {
        let place = Some(Place { page: 1, bbox: BoundingBox::new(x0, 0.5, x0 + 0.1, 0.52) });
        Shown { field: field.into(), value: "v".into(), place, confidence, score: Some(-1.0) }
    }

    fn pixels(png: &[u8]) -> (u32, u32, Vec<Colour>) {
        let mut reader = Decoder::new(Cursor::new(png)).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut rgb).unwrap();
        let pixels = rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        (info.width, info.height, pixels)
    }

    #[test]
    fn chosen_and_rejected_values_have_their_colours_around_their_boxes() {
        let (chosen, rejected) = (value("number", Some(0.9), 0.2), value("number", None, 0.6));
        let drawn = with_values(&page(1000, 500), &[&chosen, &rejected]).unwrap();
        let (width, height, pixels) = pixels(&drawn);
        assert!(width == 1000 && height > 500);
        let at = |x: usize, y: usize| pixels[y * 1000 + x];
        assert_eq!((at(250, 248), at(650, 248)), (CHOSEN, REJECTED), "the upper lines");
        assert_eq!((at(250, 255), at(650, 255)), ([200; 3], [200; 3]), "what they are about");
        assert!(pixels[500 * 1000..].contains(&CHOSEN), "the legend");
    }

    #[test]
    fn texts_do_not_lie_on_each_other_where_there_is_room() {
        let canvas = Canvas::of(&page(1000, 500)).unwrap();
        let frame = Frame { x0: 300, y0: 200, x1: 400, y1: 220 };
        let mut texts = Texts::default();
        let places: Vec<Frame> = (0..4).map(|_| texts.place(&canvas, frame, "number")).collect();
        for (index, place) in places.iter().enumerate() {
            assert!(!places[..index].iter().any(|other| other.meets(place)), "{places:?}");
        }
        let corner = Frame { x0: 990, y0: 0, x1: 1010, y1: 10 };
        let place = Texts::default().place(&canvas, corner, "number");
        assert!(place.x1 <= 1000 && place.y0 >= 0, "{place:?}");
    }

    #[test]
    fn what_is_no_grey_page_is_refused() {
        assert!(matches!(with_values(b"no png", &[]), Err(PictureError::Unreadable(_))));
        let drawn = with_values(&page(10, 10), &[]).unwrap();
        assert!(matches!(with_values(&drawn, &[]), Err(PictureError::Unexpected)));
    }
}
