//! One straight edge of a page: where, coming from the border of the picture, it turns brighter
//! along a line.

/// Brightness added before the logarithm, so that steps are ratios of light but noise in the dark
/// is none.
const DARK: f32 = 8.0;

/// Pixels on either side of an edge whose means are compared: wider than what blur smears.
const REACH_PX: usize = 5;

/// Least step, as a difference of logarithms: a fifth brighter. Paper beside paper, folds and
/// shadows stay below.
const LEAST_STEP: f32 = 0.2;

/// Steepest edge, pixels aside for one along: 17 degrees.
const MAX_SLOPE: f32 = 0.3;
const SLOPE_STEP: f32 = 0.01;

/// An edge may lie as deep in the picture as this share of it.
const MAX_DEPTH: f32 = 0.45;

/// Share of the picture's side that an edge has to run along.
const LEAST_LENGTH: f32 = 0.5;

/// Edges with this share of the best one's length count as equals, and the outermost is taken:
/// what lies inside is printed on the page.
const EQUAL: f32 = 0.85;

/// How far a step may lie from the line it belongs to, pixels.
const NEAR_PX: f32 = 1.5;

/// A picture, looked at from any side.
pub(crate) struct Plane<'a> {
    grey: &'a [u8],
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl<'a> Plane<'a> {
    /// `grey` has `width` x `height` pixels.
    pub(crate) fn new(grey: &'a [u8], width: usize, height: usize) -> Self {
        Self { grey, width, height }
    }

    fn at(&self, x: usize, y: usize) -> u8 {
        self.grey.get(y * self.width + x).copied().unwrap_or_default()
    }
}

/// From where an edge is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// A line with the steps that it goes through. For upright edges x = offset + slope * y, for level
/// ones y = offset + slope * x, pixels.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) offset: f32,
    pub(crate) slope: f32,
    /// Positions along the edge where there is a step.
    seen: Vec<bool>,
}

impl Edge {
    /// The outermost long edge from `side`; `None` where there is none.
    pub(crate) fn find(plane: &Plane<'_>, side: Side) -> Option<Self> {
        let (along, across) = match side {
            Side::Left | Side::Right => (plane.height, plane.width),
            Side::Top | Side::Bottom => (plane.width, plane.height),
        };
        let brightness = |position: usize, depth: usize| match side {
            Side::Left => plane.at(depth, position),
            Side::Right => plane.at(across - 1 - depth, position),
            Side::Top => plane.at(position, depth),
            Side::Bottom => plane.at(position, across - 1 - depth),
        };
        let depth = (across as f32 * MAX_DEPTH) as usize;
        let steps = steps(along, depth, brightness);
        let (offset, slope) = line(&steps, along, depth)?;
        let mut seen = vec![false; along];
        for (position, depth) in &steps {
            let expected = offset + slope * *position as f32;
            if let Some(place) = seen.get_mut(*position) {
                *place |= (depth - expected).abs() <= NEAR_PX;
            }
        }
        let last = across.saturating_sub(1) as f32;
        Some(match side {
            Side::Left | Side::Top => Self { offset, slope, seen },
            Side::Right | Side::Bottom => Self { offset: last - offset, slope: -slope, seen },
        })
    }

    /// Share of the positions from `from` to `to` where the edge is seen, 0 to 1.
    pub(crate) fn support(&self, from: f32, to: f32) -> f32 {
        let last = self.seen.len() as f32;
        let (from, to) = (from.clamp(0.0, last) as usize, to.clamp(0.0, last) as usize);
        let part = self.seen.get(from..to).unwrap_or_default();
        part.iter().filter(|seen| **seen).count() as f32 / part.len().max(1) as f32
    }
}

/// Places (position along, depth) where it turns brighter by enough, the sharpest of each
/// neighbourhood.
fn steps(along: usize, depth: usize, brightness: impl Fn(usize, usize) -> u8) -> Vec<(usize, f32)> {
    let logarithms: Vec<f32> = (0..=u8::MAX).map(|v| (f32::from(v) + DARK).ln()).collect();
    let mut found = Vec::new();
    for position in 0..along {
        let mut sums = Vec::with_capacity(depth + 1);
        let mut sum = 0.0_f32;
        sums.push(sum);
        for place in 0..depth {
            sum += logarithms.get(usize::from(brightness(position, place))).copied().unwrap_or(0.0);
            sums.push(sum);
        }
        let rise = |place: usize| {
            let at = |i: usize| sums.get(i).copied().unwrap_or(sum);
            let (before, here) = (at(place.saturating_sub(REACH_PX)), at(place));
            (at(place + REACH_PX) - here - (here - before)) / REACH_PX as f32
        };
        let rises: Vec<f32> = (0..=depth)
            .map(|place| {
                let whole = place >= REACH_PX && place + REACH_PX <= depth;
                if whole { rise(place) } else { 0.0 }
            })
            .collect();
        for (place, window) in rises.windows(2 * REACH_PX + 1).enumerate() {
            let centre = window.get(REACH_PX).copied().unwrap_or(0.0);
            let is_peak = window
                .iter()
                .enumerate()
                .all(|(i, rise)| if i < REACH_PX { *rise < centre } else { *rise <= centre });
            if centre >= LEAST_STEP && is_peak {
                // The step lies between two pixels.
                found.push((position, (place + REACH_PX) as f32 - 0.5));
            }
        }
    }
    found
}

/// The line (offset, slope) through most steps.
fn line(steps: &[(usize, f32)], along: usize, depth: usize) -> Option<(f32, f32)> {
    let middle = along as f32 / 2.0;
    let slopes = (MAX_SLOPE / SLOPE_STEP) as i32;
    // (votes, depth in the middle, slope)
    let mut candidates: Vec<(u32, f32, f32)> = Vec::new();
    for step in -slopes..=slopes {
        let slope = step as f32 * SLOPE_STEP;
        let mut votes = vec![0_u32; depth + 2];
        for (position, place) in steps {
            let at = place - slope * (*position as f32 - middle);
            if let Some(vote) = (at >= 0.0).then(|| votes.get_mut(at as usize)).flatten() {
                *vote += 1;
            }
        }
        let pairs = votes.windows(2).enumerate();
        candidates.extend(pairs.map(|(i, pair)| (pair.iter().sum(), (i + 1) as f32, slope)));
    }
    let most = candidates.iter().map(|(votes, ..)| *votes).max()?;
    if (most as f32) < LEAST_LENGTH * along as f32 {
        return None;
    }
    let equal = |votes: u32| votes as f32 >= EQUAL * most as f32;
    let outermost =
        candidates.iter().filter(|(votes, ..)| equal(*votes)).min_by(|a, b| a.1.total_cmp(&b.1))?.1;
    // Of the lines around there the one with most votes.
    let best = candidates
        .iter()
        .filter(|(_, at, _)| (at - outermost).abs() <= 2.0 * REACH_PX as f32)
        .max_by_key(|(votes, ..)| *votes)?;
    let mut fitted = (best.1 - best.2 * middle, best.2);
    for reach in [2.0 * NEAR_PX, NEAR_PX] {
        fitted = least_squares(steps, fitted, reach).unwrap_or(fitted);
    }
    Some(fitted)
}

/// The line that lies closest to the steps within `reach` of `around`.
fn least_squares(steps: &[(usize, f32)], around: (f32, f32), reach: f32) -> Option<(f32, f32)> {
    let near = || {
        let steps = steps.iter().map(|(position, depth)| (*position as f32, *depth));
        steps.filter(move |(p, depth)| (depth - around.0 - around.1 * p).abs() <= reach)
    };
    let count = near().count() as f32;
    let mean_p = near().map(|(p, _)| p).sum::<f32>() / count;
    let mean_d = near().map(|(_, d)| d).sum::<f32>() / count;
    let spread = near().map(|(p, _)| (p - mean_p) * (p - mean_p)).sum::<f32>();
    let slope = near().map(|(p, d)| (p - mean_p) * (d - mean_d)).sum::<f32>() / spread;
    let line = (mean_d - slope * mean_p, slope);
    (line.0.is_finite() && line.1.is_finite()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dark on the left of x = 30 + 0.1 y.
    fn picture() -> Vec<u8> {
        let bright = |i: usize| (i % 200) as f32 >= 30.0 + 0.1 * (i / 200) as f32;
        (0..200 * 150).map(|i| if bright(i) { 220 } else { 70 }).collect()
    }

    #[test]
    fn a_slanted_edge_is_found_to_half_a_pixel() {
        let grey = picture();
        let edge = Edge::find(&Plane::new(&grey, 200, 150), Side::Left).unwrap();
        assert!((edge.offset - 29.5).abs() < 0.6, "{}", edge.offset);
        assert!((edge.slope - 0.1).abs() < 0.01, "{}", edge.slope);
        assert!(edge.support(5.0, 145.0) > 0.95);
    }

    #[test]
    fn what_turns_darker_is_no_edge() {
        let grey: Vec<u8> = picture().into_iter().map(|v| 255 - v).collect();
        assert!(Edge::find(&Plane::new(&grey, 200, 150), Side::Left).is_none());
        let plain = vec![200; 200 * 150];
        assert!(Edge::find(&Plane::new(&plain, 200, 150), Side::Top).is_none());
    }
}
