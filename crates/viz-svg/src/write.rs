//! The writers: a scene as SVG, PNG or PDF, and records as a long table.

#[cfg(any(feature = "png", feature = "pdf"))]
pub(crate) mod fonts;
#[cfg(any(feature = "png", feature = "pdf"))]
pub(crate) mod glyphs;
pub(crate) mod lettering;
#[cfg(any(feature = "png", feature = "pdf"))]
pub(crate) mod missing;
#[cfg(feature = "pdf")]
pub(crate) mod pdf;
#[cfg(feature = "png")]
pub(crate) mod png;
pub(crate) mod raster;
pub(crate) mod svg;
#[cfg(feature = "csv")]
pub(crate) mod table;
