//! `scatter`: two outputs' attributions of the same tokens against each other.

use crate::legend::{Ends, Legend};
use crate::options::{States, one};
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scene::{Scene, Text};
use crate::{Chart, Error, Options, Pattern, pair};
use saliency_schema::Record;
use std::collections::BTreeSet;

const MARGIN: f64 = 24.0;

/// The pair scatter on its own: x is the locked output (the first by default), y the hovered one (the last). Dots are
/// coloured by hovered − locked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scatter;

impl Chart for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn summary(&self) -> &'static str {
        "two outputs' attributions of the same tokens against each other"
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let states = States::of(record, options)?;
        let last = record.n_output().checked_sub(1);
        let (x, y) = (states.lock.or(last.map(|_| 0)), states.hover.or(last));
        let rows = Rows { record, hover: y, lock: x, foreign: None };
        let shown = y.into_iter().flat_map(|y| (0..rows.length(y)).map(move |i| rows.shown(y, i)));
        let scale = Scale::of(shown, true, options)?;
        let width = pair::SIZE.0.max(640.0);
        let (title, ends) = match x.zip(y) {
            Some((x, y)) => (
                format!("“{}” (output {y}) against “{}” (output {x})", rows.label(y), rows.label(x)),
                Ends {
                    low: format!("more to “{}”", rows.label(x)),
                    high: format!("more to “{}”", rows.label(y)),
                },
            ),
            None => ("The record holds no output".into(), Ends { low: "–".into(), high: "–".into() }),
        };
        let title = options.title.clone().unwrap_or(title);
        let apart = x.zip(y).is_some_and(|(x, y)| rows.length(y) != rows.length(x));
        let patterns = BTreeSet::from_iter(apart.then_some(Pattern::NotComparable));
        let legend = Legend::new((MARGIN, MARGIN, width), &title, record, options, &scale, &ends, &patterns);
        let top = MARGIN + legend.height + 8.0;
        let mut items = legend.items;
        match x.zip(y) {
            Some((x, y)) => items.extend(pair::pair(&rows, Some(x), y, &scale, (MARGIN, top), states.token)),
            None => {
                items.push(Text::new("No output.", MARGIN, top + 16.0, 12.0, options.theme.muted()).into());
            }
        }
        let description = match x.zip(y) {
            Some((x, y)) => format!(
                "{title}: a dot for each token, to the right by what output {x} took from it, upwards by what output {y} did.\n{}",
                rows.in_words(&[y])
            ),
            None => format!("{title}."),
        };
        let (width, height) = (width + 2.0 * MARGIN, top + pair::SIZE.1 + MARGIN);
        Ok(Scene { width, height, title, description: ended(description), theme: options.theme, items })
    }
}

/// A description ends like a sentence.
fn ended(text: String) -> String {
    if text.ends_with('.') { text } else { text + "." }
}
