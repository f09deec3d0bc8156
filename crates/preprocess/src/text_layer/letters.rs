//! Connected spots of ink on a small picture.

use crate::raster::Raster;

/// Pixels that are looked at together where no ink is expected: a vector register's worth.
const STEP_PX: usize = 32;

/// The box around a connected spot of ink, pixels; the ends are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) x0: u32,
    pub(super) y0: u32,
    pub(super) x1: u32,
    pub(super) y1: u32,
}

impl Blob {
    pub(super) fn width(&self) -> f32 {
        (self.x1 - self.x0) as f32
    }

    pub(super) fn height(&self) -> f32 {
        (self.y1 - self.y0) as f32
    }

    fn grow(&mut self, other: &Self) {
        self.x0 = self.x0.min(other.x0);
        self.y0 = self.y0.min(other.y0);
        self.x1 = self.x1.max(other.x1);
        self.y1 = self.y1.max(other.y1);
    }
}

/// Spots of pixels darker than `paper`, corners touching; in no particular order.
pub(super) fn blobs(picture: &Raster, paper: u8) -> Vec<Blob> {
    let mut forest = Forest::default();
    let mut above: Vec<(u32, u32, usize)> = Vec::new();
    for (y, row) in picture.rows().enumerate() {
        let mut here = Vec::with_capacity(above.len());
        // Runs end before those that begin further right, so one pass over both rows finds all
        // that touch.
        let mut first = 0;
        for (x0, x1) in runs(row, paper) {
            let y = y as u32;
            let run = forest.add(Blob { x0, y0: y, x1, y1: y + 1 });
            while above.get(first).is_some_and(|(_, end, _)| *end < x0) {
                first += 1;
            }
            for (_, _, other) in above.iter().skip(first).take_while(|(start, _, _)| *start <= x1) {
                forest.join(run, *other);
            }
            here.push((x0, x1, run));
        }
        above = here;
    }
    forest.roots()
}

/// Stretches of ink in a row: first pixel, and the first one behind it.
fn runs(row: &[u8], paper: u8) -> impl Iterator<Item = (u32, u32)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = row.get(at..)?;
        // Paper is most of a row: the darkest of many pixels is found by one instruction.
        let has_ink = |part: &[u8]| part.iter().copied().fold(u8::MAX, u8::min) < paper;
        let start = rest.chunks(STEP_PX).position(has_ink)? * STEP_PX;
        let x0 = at + start + rest.get(start..)?.iter().position(|grey| *grey < paper)?;
        let run = row.get(x0..)?;
        let len = run.iter().position(|grey| *grey >= paper).unwrap_or(run.len());
        at = x0 + len;
        Some((x0 as u32, at as u32))
    })
}

/// Sets of runs that belong together, with the box around each set at its root.
#[derive(Default)]
struct Forest {
    parents: Vec<usize>,
    boxes: Vec<Blob>,
}

impl Forest {
    fn add(&mut self, blob: Blob) -> usize {
        self.parents.push(self.parents.len());
        self.boxes.push(blob);
        self.parents.len() - 1
    }

    fn root(&mut self, mut node: usize) -> usize {
        while let Some(parent) = self.parents.get(node).copied().filter(|parent| *parent != node) {
            // Halving the path keeps trees flat.
            let grandparent = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(node) {
                *slot = grandparent;
            }
            node = grandparent;
        }
        node
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (older, newer) = (a.min(b), a.max(b));
        let Some(grown) = self.boxes.get(newer).copied() else { return };
        if let (Some(parent), Some(blob)) = (self.parents.get_mut(newer), self.boxes.get_mut(older))
        {
            *parent = older;
            blob.grow(&grown);
        }
    }

    fn roots(self) -> Vec<Blob> {
        let pairs = self.parents.iter().zip(self.boxes).enumerate();
        pairs.filter(|(node, (parent, _))| *parent == node).map(|(_, (_, blob))| blob).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(drawn: &[&str]) -> Vec<Blob> {
        let width = drawn[0].len() as u32;
        let grey =
            drawn.iter().flat_map(|row| row.bytes().map(|b| if b == b'#' { 0 } else { 255 }));
        let picture = Raster::new(width, drawn.len() as u32, grey.collect()).unwrap();
        let mut blobs = blobs(&picture, 128);
        blobs.sort_by_key(|blob| (blob.x0, blob.y0));
        blobs
    }

    #[test]
    fn spots_that_touch_are_one() {
        let u = found(&["#..#..", "#..#..", ".##..#"]);
        assert_eq!(u[0], Blob { x0: 0, y0: 0, x1: 4, y1: 3 });
        assert_eq!(u[1], Blob { x0: 5, y0: 2, x1: 6, y1: 3 });
        assert_eq!(u.len(), 2);
    }

    #[test]
    fn branches_that_meet_late_are_one() {
        let comb = found(&["#.#.#.#", "#.#.#.#", "#######"]);
        assert_eq!(comb, [Blob { x0: 0, y0: 0, x1: 7, y1: 3 }]);
        let nothing = found(&["...", "..."]);
        assert!(nothing.is_empty());
    }
}
