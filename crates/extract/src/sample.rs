//! Pages for tests, set from text as on a typewriter: a column of text is a column on the page.

use common::page::{
    BoundingBox, PageGeometry, PageSource, Preparation, ReadDocument, ReadPage, Word,
};

/// Characters that fit a line.
const COLUMNS: f32 = 160.0;

/// Lines that fit a page.
const LINES: f32 = 80.0;

/// One A4 page with these lines.
pub(crate) fn document(lines: &[&str]) -> ReadDocument {
    ReadDocument { pages: vec![page(1, lines)], embedded_xml: Vec::new() }
}

/// One A4 page with these lines.
pub(crate) fn page(number: u32, lines: &[&str]) -> ReadPage {
    let mut words = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        let mut column = 0;
        for piece in text.split(' ') {
            let wide = piece.chars().count();
            if wide > 0 {
                let (x0, x1) = (column as f32 / COLUMNS, (column + wide) as f32 / COLUMNS);
                let y0 = line as f32 / LINES;
                let bbox = BoundingBox::new(x0, y0, x1, y0 + 0.8 / LINES);
                words.push(Word { line: line as u32, ..Word::new(piece, bbox, 1.0) });
            }
            column += wide + 1;
        }
    }
    ReadPage {
        geometry: PageGeometry {
            number,
            width_px: 1654,
            height_px: 2339,
            dpi: 200.0,
            rotation_degrees: 0,
            skew_degrees: 0.0,
        },
        source: PageSource::TextLayer,
        confidence: 1.0,
        attempts: 0,
        languages: Vec::new(),
        words,
        raster: None,
        preparation: Preparation::default(),
    }
}
