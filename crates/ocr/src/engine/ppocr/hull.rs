//! Points in the plane and the convex hull around them.

/// A point or a vector, pixels; y grows downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Point {
    /// Distance from the origin.
    pub(crate) fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    /// The same direction with length 1; rightwards for the origin itself.
    pub(crate) fn unit(self) -> Self {
        let length = self.length();
        if length > 0.0 {
            Self { x: self.x / length, y: self.y / length }
        } else {
            Self { x: 1.0, y: 0.0 }
        }
    }
}

/// The corners of the convex hull, one way round (Andrew's monotone chain).
pub(crate) fn convex(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut hull = chain(points.iter().copied());
    let back = chain(points.iter().rev().copied());
    hull.pop();
    hull.extend(back);
    hull.pop();
    hull
}

fn chain(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut chain: Vec<Point> = Vec::new();
    for point in points {
        while let [.., a, b] = chain.as_slice() {
            let turn = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
            if turn > 0.0 {
                break;
            }
            chain.pop();
        }
        chain.push(point);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_inside_are_left_out() {
        let square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)];
        let inside = [(1.0, 1.0), (2.0, 0.0), (4.0, 2.0), (3.0, 3.0)];
        let points = square.iter().chain(&inside).map(|&(x, y)| Point { x, y }).collect();
        let hull = convex(points);
        assert_eq!(hull.len(), 4);
        assert!(square.iter().all(|&(x, y)| hull.contains(&Point { x, y })));
    }

    #[test]
    fn few_points_are_their_own_hull() {
        assert!(convex(Vec::new()).is_empty());
        let two = vec![Point { x: 1.0, y: 0.0 }, Point { x: 0.0, y: 0.0 }];
        assert_eq!(convex(two).len(), 2);
    }
}
