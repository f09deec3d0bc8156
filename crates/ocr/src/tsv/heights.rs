//! Word boxes that Tesseract made too high.
//!
//! Where rows stand close, its recogniser gives short words ("de", "la", ":") the height of the
//! whole band between the rows above and below. Such a box reaches into three lines; its
//! neighbours say how high it really is.

use crate::tsv::Row;

/// A box is suspicious when it is this much higher than the usual word of its line. Capitals with
/// accents beside words without ascenders differ by 1.7.
const SUSPICIOUS: f32 = 2.0;

/// And wrong when its letters would be this narrow: width by height. Narrow type has 0.3, a lone
/// "l" or "1" 0.25, but not at twice the height of its neighbours.
const TOO_NARROW: f32 = 0.3;

/// Cuts such boxes in `line`, one line of words from the left, down to where the nearest sound
/// words on either side stand.
pub(super) fn repair(line: &mut [Row]) {
    let mut heights: Vec<f32> = line.iter().map(|row| row.high).collect();
    heights.sort_by(f32::total_cmp);
    let Some(&usual) = heights.get(heights.len() / 2) else { return };
    let is_wrong = |row: &Row| {
        let letters = row.text.chars().count() as f32;
        row.high > SUSPICIOUS * usual && row.wide < TOO_NARROW * letters * row.high
    };
    let sound: Vec<Option<(f32, f32)>> =
        line.iter().map(|row| (!is_wrong(row)).then_some((row.top, row.top + row.high))).collect();
    for (at, row) in line.iter_mut().enumerate() {
        if !is_wrong(row) {
            continue;
        }
        let before = sound.iter().take(at).rev().find_map(|extent| *extent);
        let after = sound.iter().skip(at).find_map(|extent| *extent);
        let (top, bottom) = match (before, after) {
            (Some(a), Some(b)) => (a.0.min(b.0), a.1.max(b.1)),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => continue,
        };
        let (top, bottom) = (top.max(row.top), bottom.min(row.top + row.high));
        if top < bottom {
            (row.top, row.high) = (top, bottom - top);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, left: f32, wide: f32, top: f32, high: f32) -> Row {
        Row { line: [1; 3], left, top, wide, high, confidence: 90.0, text: text.to_owned() }
    }

    fn extents(mut line: Vec<Row>) -> Vec<(f32, f32)> {
        repair(&mut line);
        line.iter().map(|row| (row.top, row.high)).collect()
    }

    #[test]
    fn a_short_word_as_high_as_three_rows_gets_the_height_of_its_neighbours() {
        let line = vec![
            row("échéance", 0.0, 60.0, 100.0, 12.0),
            row("de", 65.0, 12.0, 87.0, 33.0),
            row("sur", 80.0, 17.0, 87.0, 33.0),
            row("base", 100.0, 27.0, 103.0, 8.0),
            row("calcul", 130.0, 50.0, 102.0, 9.0),
        ];
        let cut = (100.0, 12.0);
        assert_eq!(extents(line), [cut, cut, cut, (103.0, 8.0), (102.0, 9.0)]);
    }

    #[test]
    fn large_type_keeps_its_height() {
        let line = vec![
            row("TOTAL", 0.0, 150.0, 90.0, 40.0),
            row("incl.", 160.0, 30.0, 118.0, 12.0),
            row("tax", 200.0, 20.0, 118.0, 12.0),
        ];
        assert_eq!(extents(line), [(90.0, 40.0), (118.0, 12.0), (118.0, 12.0)]);
    }

    #[test]
    fn a_word_on_its_own_keeps_its_height() {
        assert_eq!(extents(vec![row("|", 0.0, 2.0, 10.0, 300.0)]), [(10.0, 300.0)]);
        assert_eq!(extents(Vec::new()), []);
    }
}
