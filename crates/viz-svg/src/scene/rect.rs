//! A rectangle.

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// A rectangle from its left upper corner.
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    pub(crate) fn moved(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// A short line at the bottom, inside.
    pub(crate) fn tick(self) -> Self {
        let (width, height) = (self.width.min(4.0), (self.height / 4.0).min(1.5));
        let x = self.x + (self.width - width) / 2.0;
        Self::new(x, self.y + self.height - height, width, height)
    }

    /// The smallest rectangle around two.
    pub(crate) fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self::new(x, y, right - x, bottom - y)
    }

    /// The rectangle with a rim around it.
    pub(crate) fn grown(self, rim: f64) -> Self {
        Self::new(self.x - rim, self.y - rim, self.width + 2.0 * rim, self.height + 2.0 * rim)
    }

    /// Whether two rectangles share more than an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        let apart =
            |a: f64, a_size: f64, b: f64, b_size: f64| a + a_size <= b + 0.01 || b + b_size <= a + 0.01;
        !(apart(self.x, self.width, other.x, other.width)
            || apart(self.y, self.height, other.y, other.height))
    }
}
