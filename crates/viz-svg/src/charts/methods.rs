//! `methods`: the text as each method sees it, one under another, with how far they agree.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::above_panels;
use crate::layout::caption;
use crate::layout::colored_text::{ColoredText, Setting};
use crate::layout::sheet::margin;
use crate::options::{Options, too_narrow};
use crate::paint::scale::Scale;
use crate::scene::{Scene, Text};
use crate::text::{font, visible};
use crate::values::agreement::{methods_of, pooled, two_decimals};
use crate::values::excerpt;
use crate::values::panels::{Panels, scale_of};
use crate::values::rows::Rows;
use saliency_schema::{Record, Scores};

const WIDTH: f64 = 720.0;
/// The least width of a text.
const LEAST: f64 = 160.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 20.0;
/// A method's name, and what is between two methods.
const NAME: f64 = 18.0;
const BETWEEN: f64 = 14.0;

/// A row for each record: its method's name, how far it agrees with the others (the rank correlation of sizes, where
/// there are scores), and the text, coloured by what the method gives each token for one output.
///
/// Made for records of one text by several methods. `hover` is the output, which every row shows, in whatever tokens
/// its record has; with `lock` each shows hovered − locked. Records of one unit and sign share a scale.
#[derive(Debug, Clone, Copy, Default)]
pub struct Methods;

impl Chart for Methods {
    fn name(&self) -> &'static str {
        "methods"
    }

    fn summary(&self) -> &'static str {
        "the text as each method sees it, one under another, with how far they agree"
    }

    fn takes_several(&self) -> bool {
        true
    }

    fn takes_scores(&self) -> bool {
        true
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let panels = Panels::of(records, options)?;
        let groups = panels.groups(options)?;
        let mut sheet = above_panels::framed(&panels, &groups, options);
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < LEAST) {
            return Err(too_narrow(whole, LEAST + 2.0 * margin(options)));
        }
        if let Some(hover) = panels.hover {
            sheet.set_title(panels.rows_of(hover.panel).title());
        }
        let agreement = options.scores.as_deref().map(|scores| Agreement::new(panels.records, scores));
        let mut top = 0.0;
        let mut said = Vec::new();
        for (panel, record) in panels.records.iter().enumerate() {
            let rows = panels.of_hovered(panel);
            let scale = scale_of(&groups, panel);
            let name = panels.name(panel);
            let name = if name.is_empty() { "the record".to_owned() } else { visible(name) };
            let name = font::fitted(&name, SIZE, width);
            let heading = Text::new(name.clone(), 0.0, top + 12.0, SIZE, options.theme.ink()).bold();
            sheet.add(heading);
            top += NAME;
            let mut agrees: Vec<String> = agreement.iter().filter_map(|found| found.of(panel)).collect();
            agrees.extend(excerpt::outside_of_shown(&rows));
            let (lines, height) = caption::lay_out(&agrees, width, options.theme);
            if !lines.is_empty() {
                sheet.group("agreement", None, lines, (0.0, top));
            }
            top += height + if height > 0.0 { 4.0 } else { 0.0 };
            let text = ColoredText::set(record, Setting::Running, width, (SIZE, LINE));
            let words = rows.hover.map(|row| rows.in_words(&[row])).filter(|_| !options.for_page);
            sheet.group("paragraph", words, text.items(&rows, scale, options.token), (0.0, top));
            top += text.height() + BETWEEN;
            said.push(format!("{name}: {}", strongest(&rows, scale)));
        }
        let description = format!("{}. {}.", sheet.title(), said.join("; "));
        Ok(sheet.scene(description))
    }
}

/// What a row took most from, in words.
fn strongest(rows: &Rows<'_>, scale: &Scale) -> String {
    let shown = rows.hovered().filter_map(|(token, value)| Some((token, value.number()?)));
    let largest = shown.filter(|(_, x)| x.is_finite()).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    match largest {
        Some((token, x)) => format!("most from “{}”, {}", rows.label_of(token), scale.spelled(x)),
        None => "nothing to show".to_owned(),
    }
}

/// How far each record's method agrees with the others'.
struct Agreement<'s> {
    scores: &'s Scores,
    methods: Vec<Option<usize>>,
}

impl<'s> Agreement<'s> {
    fn new(records: &[Record], scores: &'s Scores) -> Self {
        Self { scores, methods: methods_of(records, scores) }
    }

    /// A sentence; `None` where the scores say nothing of this record.
    fn of(&self, panel: usize) -> Option<String> {
        let own = self.methods[panel]?;
        let others = self.methods.iter().flatten().filter(|other| **other != own);
        let number = |other: &usize| {
            let score = pooled(self.scores, "spearman", (own, *other), false)?;
            let rho = score.value.map_or_else(|| "undefined".to_owned(), two_decimals);
            Some(format!("{rho} with {}", visible(&self.scores.methods[*other].name)))
        };
        let numbers: Vec<String> = others.filter_map(number).collect();
        (!numbers.is_empty()).then(|| format!("rank correlation of sizes: {}", numbers.join(", ")))
    }
}
