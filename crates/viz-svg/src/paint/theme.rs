//! The colours of everything that is not data.

use crate::error::Error;
use crate::paint::color::Color;
use std::str::FromStr;

/// Light, dark, or for paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Theme {
    /// Dark ink on white, panels in light grey.
    #[default]
    Light,
    /// Light ink on near-black.
    Dark,
    /// Black ink on white, without panels.
    Print,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::Print];

    /// The name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Print => "print",
        }
    }

    /// The background of everything.
    pub fn background(self) -> Color {
        if self == Self::Dark { Color::hex(0x15_181c) } else { Color::WHITE }
    }

    /// The background of text that is not coloured by data.
    pub fn panel(self) -> Color {
        match self {
            Self::Light => Color::hex(0xee_eeee),
            Self::Dark => Color::hex(0x26_2b31),
            Self::Print => Color::WHITE,
        }
    }

    /// Text and frames.
    pub fn ink(self) -> Color {
        match self {
            Self::Light => Color::hex(0x11_1111),
            Self::Dark => Color::hex(0xec_eff3),
            Self::Print => Color::BLACK,
        }
    }

    /// Secondary text: contrast of at least 4.5 : 1 on the panel and on the background.
    pub fn muted(self) -> Color {
        if self == Self::Dark { Color::hex(0xa4_adb8) } else { Color::hex(0x5a_5f66) }
    }

    /// Cells that cannot be compared: a colour of no scale.
    pub fn not_comparable(self) -> Color {
        match self {
            Self::Light => Color::hex(0xd9_d9d9),
            Self::Dark => Color::hex(0x4a_5058),
            Self::Print => Color::hex(0xdd_dddd),
        }
    }

    /// Marks of the hovered row and of the token under the pointer.
    pub fn mark(self) -> Color {
        if self == Self::Dark { Color::hex(0x5e_c8f2) } else { Color::hex(0x0b_7fab) }
    }

    /// A, the output that is shown: the purple of its side of a difference.
    pub(crate) fn shown(self) -> Color {
        if self == Self::Dark { Color::hex(0xcb_b8ff) } else { Color::hex(0x4b_1f9c) }
    }

    /// B, the output that it is compared with: the orange of the other side.
    pub(crate) fn compared(self) -> Color {
        if self == Self::Dark { Color::hex(0xff_b454) } else { Color::hex(0xa8_4a00) }
    }

    /// What means zero on a diverging scale.
    pub(crate) fn neutral(self) -> Color {
        if self == Self::Dark { Color::hex(0x2d_3238) } else { Color::hex(0xf7_f7f7) }
    }
}

impl FromStr for Theme {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|t| t.name() == name).ok_or_else(|| Error::Unknown {
            what: "theme",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
