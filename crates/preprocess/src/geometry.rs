//! Places on a page, in points (1/72 inch) from its upper left corner, y downwards.

use common::page::BoundingBox;

/// An upright rectangle with ordered corners.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x0: f32,
    /// Upper edge.
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Lower edge.
    pub y1: f32,
}

/// A clockwise quarter turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Turn {
    /// None.
    #[default]
    None,
    /// 90 degrees clockwise.
    Right,
    /// 180 degrees.
    Half,
    /// 270 degrees clockwise.
    Left,
}

/// Width and height, points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Points across.
    pub width: f32,
    /// Points down.
    pub height: f32,
}

impl Rect {
    /// The rectangle between two corners in any order.
    #[must_use]
    pub fn between(xa: f32, ya: f32, xb: f32, yb: f32) -> Self {
        Self { x0: xa.min(xb), y0: ya.min(yb), x1: xa.max(xb), y1: ya.max(yb) }
    }

    /// Points across.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Points down.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    /// Horizontal centre.
    #[must_use]
    pub fn middle_x(&self) -> f32 {
        f32::midpoint(self.x0, self.x1)
    }

    /// Vertical centre.
    #[must_use]
    pub fn middle_y(&self) -> f32 {
        f32::midpoint(self.y0, self.y1)
    }

    /// Whether all four edges are numbers.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        [self.x0, self.y0, self.x1, self.y1].iter().all(|edge| edge.is_finite())
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// Where the rectangle is after the page of `size` has been turned.
    #[must_use]
    pub fn turned(&self, turn: Turn, size: Size) -> Self {
        let Self { x0, y0, x1, y1 } = *self;
        let Size { width, height } = size;
        match turn {
            Turn::None => *self,
            Turn::Right => Self::between(height - y0, x0, height - y1, x1),
            Turn::Half => Self::between(width - x0, height - y0, width - x1, height - y1),
            Turn::Left => Self::between(y0, width - x0, y1, width - x1),
        }
    }

    /// As fractions of a page of `size`.
    #[must_use]
    pub fn fraction_of(&self, size: Size) -> BoundingBox {
        let (width, height) = (size.width.max(1.0), size.height.max(1.0));
        BoundingBox::new(self.x0 / width, self.y0 / height, self.x1 / width, self.y1 / height)
    }
}

impl Turn {
    /// From a number of clockwise quarters, as PDF's /Rotate divided by 90.
    #[must_use]
    pub fn from_quarters(quarters: i32) -> Self {
        match quarters.rem_euclid(4) {
            0 => Self::None,
            1 => Self::Right,
            2 => Self::Half,
            _ => Self::Left,
        }
    }

    /// Clockwise quarters, 0 to 3.
    #[must_use]
    pub fn quarters(self) -> i32 {
        match self {
            Self::None => 0,
            Self::Right => 1,
            Self::Half => 2,
            Self::Left => 3,
        }
    }

    /// One turn after the other.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self::from_quarters(self.quarters() + next.quarters())
    }

    /// The turn that takes this one back.
    #[must_use]
    pub fn back(self) -> Self {
        Self::from_quarters(-self.quarters())
    }

    /// 0, 90, 180 or 270.
    #[must_use]
    pub fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Right => 90,
            Self::Half => 180,
            Self::Left => 270,
        }
    }
}

impl Size {
    /// The size after a turn.
    #[must_use]
    pub fn turned(self, turn: Turn) -> Self {
        match turn {
            Turn::None | Turn::Half => self,
            Turn::Right | Turn::Left => Self { width: self.height, height: self.width },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Size = Size { width: 200.0, height: 300.0 };

    #[test]
    fn a_turn_and_its_way_back_leave_a_place_where_it_was() {
        let place = Rect { x0: 10.0, y0: 20.0, x1: 40.0, y1: 25.0 };
        for quarters in 0..4 {
            let turn = Turn::from_quarters(quarters);
            let there = place.turned(turn, PAGE);
            assert_eq!(there.turned(turn.back(), PAGE.turned(turn)), place, "{turn:?}");
        }
    }

    #[test]
    fn the_upper_left_corner_turns_right_into_the_upper_right_corner() {
        let corner = Rect { x0: 0.0, y0: 0.0, x1: 10.0, y1: 5.0 };
        let turned = corner.turned(Turn::Right, PAGE);
        assert_eq!(turned, Rect { x0: 295.0, y0: 0.0, x1: 300.0, y1: 10.0 });
    }
}
