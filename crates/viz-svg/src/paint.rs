//! From numbers to colours: scales, palettes, themes.

pub(crate) mod color;
pub(crate) mod palette;
pub(crate) mod scale;
pub(crate) mod theme;
