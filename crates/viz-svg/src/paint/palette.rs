//! Palettes: from a level in `0..=1` (sequential) or `-1..=1` (diverging) to a colour.

use crate::error::Error;
use crate::paint::color::Color;
use crate::paint::theme::Theme;
use std::str::FromStr;

/// A palette. A sequential one goes from zero to the largest value: from light to dark on light themes, from dark to
/// light on the dark one. A diverging one has zero in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Palette {
    /// Sequential, from pale yellow over green to dark blue, readable without colour vision; `ColorBrewer`
    /// (Apache-2.0). The default on light themes.
    Ylgnbu,
    /// Sequential, readable without colour vision; matplotlib (CC0). The default on the dark theme.
    Viridis,
    /// Sequential: the notebook's tall heatmap; matplotlib (CC0).
    Plasma,
    /// Sequential: the notebook's minimap; `ColorBrewer` (Apache-2.0).
    Blues,
    /// Diverging, pink below and green above; `ColorBrewer` (Apache-2.0). The default with a sign.
    Piyg,
    /// Diverging, orange below and purple above; `ColorBrewer` (Apache-2.0).
    Puor,
}

impl Palette {
    /// Every palette.
    pub const ALL: [Self; 6] =
        [Self::Ylgnbu, Self::Viridis, Self::Plasma, Self::Blues, Self::Piyg, Self::Puor];

    /// The name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ylgnbu => "ylgnbu",
            Self::Viridis => "viridis",
            Self::Plasma => "plasma",
            Self::Blues => "blues",
            Self::Piyg => "piyg",
            Self::Puor => "puor",
        }
    }

    /// A theme's default palette.
    pub fn default_for(signed: bool, theme: Theme) -> Self {
        match (signed, theme) {
            (true, _) => Self::Piyg,
            (false, Theme::Dark) => Self::Viridis,
            (false, _) => Self::Ylgnbu,
        }
    }

    /// The names of those that have a middle, or of those that have none.
    pub(crate) fn names(diverging: bool) -> String {
        let names: Vec<_> =
            Self::ALL.iter().filter(|p| p.is_diverging() == diverging).map(|p| p.name()).collect();
        names.join(", ")
    }

    /// Whether it is diverging: with a middle for zero.
    pub fn is_diverging(self) -> bool {
        matches!(self, Self::Piyg | Self::Puor)
    }

    /// Equally spaced stops: from nothing to most, or from most negative to most positive.
    fn stops(self) -> &'static [u32] {
        match self {
            Self::Ylgnbu => &[
                0xff_ffd9, 0xed_f8b1, 0xc7_e9b4, 0x7f_cdbb, 0x41_b6c4, 0x1d_91c0, 0x22_5ea8, 0x25_3494,
                0x08_1d58,
            ],
            Self::Viridis => &[
                0xfd_e725, 0xbd_df26, 0x7a_d151, 0x44_bf70, 0x22_a884, 0x21_918c, 0x2a_788e, 0x35_5f8d,
                0x41_4487, 0x48_2475, 0x44_0154,
            ],
            Self::Plasma => &[
                0xf0_f921, 0xfc_ce25, 0xfc_a636, 0xf2_844b, 0xe1_6462, 0xcc_4778, 0xb1_2a90, 0x8f_0da4,
                0x6a_00a8, 0x41_049d, 0x0d_0887,
            ],
            Self::Blues => &[
                0xf7_fbff, 0xde_ebf7, 0xc6_dbef, 0x9e_cae1, 0x6b_aed6, 0x42_92c6, 0x21_71b5, 0x08_519c,
                0x08_306b,
            ],
            Self::Piyg => &[
                0x8e_0152, 0xc5_1b7d, 0xde_77ae, 0xf1_b6da, 0xfd_e0ef, 0xf7_f7f7, 0xe6_f5d0, 0xb8_e186,
                0x7f_bc41, 0x4d_9221, 0x27_6419,
            ],
            Self::Puor => &[
                0x7f_3b08, 0xb3_5806, 0xe0_8214, 0xfd_b863, 0xfe_e0b6, 0xf7_f7f7, 0xd8_daeb, 0xb2_abd2,
                0x80_73ac, 0x54_2788, 0x2d_004b,
            ],
        }
    }

    /// The colour of a level: `0..=1` in a sequential palette, `-1..=1` in a diverging one.
    pub fn color(self, level: f64, theme: Theme) -> Color {
        if !self.is_diverging() {
            let level = level.clamp(0.0, 1.0);
            return self.at(if theme == Theme::Dark { 1.0 - level } else { level });
        }
        let level = level.clamp(-1.0, 1.0);
        if theme == Theme::Dark {
            // From the dark neutral to the palette's bright stop on that side.
            let bright = self.at(if level < 0.0 { 0.25 } else { 0.75 });
            return theme.neutral().toward(bright, level.abs());
        }
        self.at(f64::midpoint(1.0, level))
    }

    fn at(self, place: f64) -> Color {
        let stops = self.stops();
        let place = place * (stops.len() - 1) as f64;
        let low = (place.floor() as usize).min(stops.len() - 2);
        Color::hex(stops[low]).toward(Color::hex(stops[low + 1]), place - low as f64)
    }
}

impl FromStr for Palette {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| Error::Unknown {
            what: "palette",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
