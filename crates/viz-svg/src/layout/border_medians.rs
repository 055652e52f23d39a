//! The medians of a profile by what lies between a token and its output: nothing, a sentence's end, a line break.

use crate::layout::distance_plot::{DistancePlot, ENOUGH};
use crate::layout::dot_names::SIZE;
use crate::options::look::Look;
use crate::paint::color::Color;
use crate::paint::palette::Palette;
use crate::paint::scale::Paint;
use crate::paint::theme::Theme;
use crate::scene::{Item, Rect, Text};
use crate::text::font;
use crate::values::number::times;
use saliency_schema::{Crossing, DistanceProfile, Record};

/// A line's height, and a swatch's.
const LINE: f64 = 1.5;
const SWATCH: f64 = 10.0;
/// A line of the key.
const ROW: f64 = 16.0;

/// The profiles of pairs by their border: those with a median of enough shares, where there are at least two.
#[derive(Debug)]
pub(crate) struct BorderMedians(Vec<(Crossing, DistanceProfile)>);

impl BorderMedians {
    /// Of records whose tokens are the model's.
    pub(crate) fn of(records: &[Record]) -> Self {
        let profiles = Crossing::ALL.map(|crossing| (crossing, DistanceProfile::across(records, crossing)));
        let says = |profile: &DistanceProfile| (1..=profile.longest()).any(|d| profile.count(d) >= ENOUGH);
        let found: Vec<_> = profiles.into_iter().filter(|(_, profile)| says(profile)).collect();
        Self(if found.len() > 1 { found } else { Vec::new() })
    }

    /// How they compare at the distances of which both know enough, a sentence for each two that follow each other.
    pub(crate) fn captions(&self) -> Vec<String> {
        let sentence = |two: &[(Crossing, DistanceProfile)]| {
            let [(near, a), (far, b)] = two else { return None };
            let both = (1..=a.longest().min(b.longest()))
                .filter(|d| a.count(*d) >= ENOUGH && b.count(*d) >= ENOUGH)
                .filter_map(|d| Some((a.even(d)?[1], b.even(d)?[1])))
                .filter(|(_, far)| *far > 0.0);
            let mut ratios: Vec<f64> = both.map(|(near, far)| near / far).collect();
            if ratios.is_empty() {
                return Some(format!(
                    "No distance has enough pairs both {} and {}.",
                    name(*near),
                    name(*far)
                ));
            }
            ratios.sort_by(f64::total_cmp);
            let middle = f64::midpoint(ratios[(ratios.len() - 1) / 2], ratios[ratios.len() / 2]);
            Some(format!(
                "At the {} distances with {ENOUGH} or more of both, the median {} is {} that {} (the middle of these \
                 ratios).",
                ratios.len(),
                name(*near),
                times(middle),
                name(*far)
            ))
        };
        self.0.windows(2).filter_map(sentence).collect()
    }

    /// Which line is which, from the corner in lines of this width, and the height.
    pub(crate) fn key(&self, room: f64, theme: Theme) -> (Vec<Item>, f64) {
        let (mut items, mut left, mut top) = (Vec::new(), 0.0, 0.0);
        for (crossing, _) in &self.0 {
            let name = font::fitted(&format!("median {}", name(*crossing)), SIZE, room - SWATCH - 5.0);
            let width = SWATCH + 5.0 + font::width(&name, SIZE);
            if left > 0.0 && left + width > room {
                (left, top) = (0.0, top + ROW);
            }
            items.push(Item::filled(Rect::new(left, top + 4.0, SWATCH, 3.0), color(*crossing, theme)));
            items.push(Text::new(name, left + SWATCH + 5.0, top + 9.0, SIZE, theme.ink()).into());
            left += width + 16.0;
        }
        let height = if items.is_empty() { 0.0 } else { top + ROW };
        (items, height)
    }

    /// A step for each distance with enough shares.
    pub(crate) fn lines(&self, plot: &DistancePlot<'_>, theme: Theme) -> Vec<Item> {
        let line = |(crossing, profile): &(Crossing, DistanceProfile)| {
            let step = |distance: usize| {
                let [_, median, _] = profile.even(distance).filter(|_| profile.count(distance) >= ENOUGH)?;
                Some(plot.step(distance, median, LINE))
            };
            let cells: Vec<Rect> = (1..=profile.longest()).filter_map(step).collect();
            Item::Cells { paint: Paint::Color(color(*crossing, theme)), cells }
        };
        self.0.iter().map(line).collect()
    }
}

fn name(crossing: Crossing) -> &'static str {
    match crossing {
        Crossing::Within => "within a sentence",
        Crossing::Sentence => "across a sentence’s end",
        _ => "across a line break",
    }
}

fn color(crossing: Crossing, theme: Theme) -> Color {
    match crossing {
        Crossing::Within => theme.compared(),
        Crossing::Sentence => theme.ink(),
        _ => Palette::Piyg.color(0.9, theme, Look::Plain),
    }
}
