//! Palettes: from a level in `0..=1` (sequential) or `-1..=1` (diverging) to a colour.

use crate::error::Error;
use crate::options::look::Look;
use crate::paint::color::Color;
use crate::paint::theme::Theme;
use std::str::FromStr;

// Equal steps of lightness in Oklab from the light panel (or white) and from the dark one, at hues of 289° to 300° and
// 52° to 75°, each with as much chroma as sRGB has room for; computed with Python's colour-science.
const PURPLE: [u32; 9] =
    [0xee_eeee, 0xd6_d0e6, 0xbe_b3dd, 0xa6_97d2, 0x8e_7bc8, 0x77_5fba, 0x60_43ac, 0x4a_2b92, 0x35_107a];
const DARK_PURPLE: [u32; 9] =
    [0x26_2b31, 0x3d_395a, 0x53_4785, 0x6b_58aa, 0x84_6acf, 0x9b_83e1, 0xb4_9df4, 0xcb_bafa, 0xe3_d8ff];
const ORANGE: [u32; 9] =
    [0xee_eeee, 0xe6_d7c4, 0xdf_be9b, 0xd7_a674, 0xcf_8c4b, 0xbf_752e, 0xb0_5e03, 0x9b_4b00, 0x86_3900];
const ORANGE_ON_DARK: u32 = 0xff_b454;
const PURPLE_ON_DARK: u32 = 0xb9_a1f5;

/// A palette. A sequential one goes from zero to the largest value: from light to dark on light themes, from dark to
/// light on the dark one. A diverging one has zero in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Palette {
    /// Sequential, of one hue: from the panel's colour to dark purple, on the dark theme to light purple. The default.
    Purple,
    /// Sequential, from pale yellow over green to dark blue, readable without colour vision; `ColorBrewer`
    /// (Apache-2.0). The default of the notebook's look on light themes.
    Ylgnbu,
    /// Sequential, readable without colour vision; matplotlib (CC0). The default of the notebook's look on the dark
    /// theme.
    Viridis,
    /// Sequential: the notebook's tall heatmap; matplotlib (CC0).
    Plasma,
    /// Sequential: the notebook's minimap; `ColorBrewer` (Apache-2.0).
    Blues,
    /// Diverging, pink below and green above; `ColorBrewer` (Apache-2.0). The default of the notebook's look with a
    /// sign.
    Piyg,
    /// Diverging, orange below and purple above, the ends far apart without colour vision too. The default with a
    /// sign. In the notebook's look, `ColorBrewer`'s (Apache-2.0).
    Puor,
}

impl Palette {
    /// Every palette.
    pub const ALL: [Self; 7] =
        [Self::Purple, Self::Ylgnbu, Self::Viridis, Self::Plasma, Self::Blues, Self::Piyg, Self::Puor];

    /// The name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Purple => "purple",
            Self::Ylgnbu => "ylgnbu",
            Self::Viridis => "viridis",
            Self::Plasma => "plasma",
            Self::Blues => "blues",
            Self::Piyg => "piyg",
            Self::Puor => "puor",
        }
    }

    /// Colours that are told apart in order, without the end that is lost on the panel.
    pub(crate) fn told_apart(count: usize, theme: Theme) -> Vec<Color> {
        let place = |i: usize| 0.25 + 0.75 * i as f64 / count.saturating_sub(1).max(1) as f64;
        (0..count).map(|i| Self::Viridis.color(place(i), theme, Look::Plain)).collect()
    }

    /// The default palette of a look and a theme.
    pub fn default_for(signed: bool, theme: Theme, look: Look) -> Self {
        match (look, signed, theme) {
            (Look::Plain, true, _) => Self::Puor,
            (Look::Plain, false, _) => Self::Purple,
            (Look::Notebook, true, _) => Self::Piyg,
            (Look::Notebook, false, Theme::Dark) => Self::Viridis,
            (Look::Notebook, false, _) => Self::Ylgnbu,
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
            Self::Purple => &PURPLE,
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

    /// The colour of a level: `0..=1` in a sequential palette, `-1..=1` in a diverging one. Level 0 is the theme's
    /// panel; in the notebook's look it is the palette's own.
    pub fn color(self, level: f64, theme: Theme, look: Look) -> Color {
        let (dark, diverging) = (theme == Theme::Dark, self.is_diverging());
        let level = level.clamp(if diverging { -1.0 } else { 0.0 }, 1.0);
        let plain = look == Look::Plain;
        let zero = if plain { theme.panel() } else { theme.neutral() };
        match self {
            Self::Purple if dark => return between(&DARK_PURPLE, level, plain.then_some((0, zero))),
            Self::Puor if plain && dark => {
                let bright = if level < 0.0 { ORANGE_ON_DARK } else { PURPLE_ON_DARK };
                return zero.toward(Color::hex(bright), level.abs());
            }
            Self::Puor if plain => {
                let side = if level < 0.0 { &ORANGE } else { &PURPLE };
                return between(side, level.abs(), Some((0, zero)));
            }
            _ => {}
        }
        let stops = self.stops();
        if diverging && dark {
            // From the neutral to the palette's bright stop on that side.
            let bright = between(stops, if level < 0.0 { 0.25 } else { 0.75 }, None);
            return zero.toward(bright, level.abs());
        }
        let last = stops.len() - 1;
        let (place, nothing) = match (diverging, dark) {
            (true, _) => (f64::midpoint(1.0, level), last / 2),
            (false, true) => (1.0 - level, last),
            (false, false) => (level, 0),
        };
        between(stops, place, plain.then_some((nothing, zero)))
    }
}

/// The colour at a place from 0 to 1 between equally spaced stops, one of which may be another colour.
fn between(stops: &[u32], place: f64, other: Option<(usize, Color)>) -> Color {
    let stop = |at: usize| match other {
        Some((place, color)) if place == at => color,
        _ => Color::hex(stops[at]),
    };
    let place = place * (stops.len() - 1) as f64;
    let low = (place.floor() as usize).min(stops.len() - 2);
    stop(low).toward(stop(low + 1), place - low as f64)
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
