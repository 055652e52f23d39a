//! What stands above panels: the input text, coloured by the hovered row, and the scatter plot of that row and the
//! locked one.

use crate::layout::color_bar::{ColorBar, Ends};
use crate::layout::colored_text;
use crate::layout::colored_text::{ColoredText, Setting};
use crate::layout::scatter_plot;
use crate::layout::scatter_plot::ScatterPlot;
use crate::layout::sheet::Sheet;
use crate::options::{Options, State};
use crate::scene::Item;
use crate::values::panels::{Group, Panels, scale_of};

const TEXT_WIDTH: f64 = 500.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 21.0;
const HEADING: f64 = 28.0;
/// Between the text and the scatter plot.
const BETWEEN: f64 = 24.0;

/// All of it is as wide as this.
pub(crate) const LEAST: f64 = TEXT_WIDTH + BETWEEN + scatter_plot::SIDE + scatter_plot::BESIDE;

/// An empty sheet for panels: title, and a colour bar for each group.
pub(crate) fn framed<'s>(panels: &Panels<'_>, groups: &'s [Group], options: &'s Options) -> Sheet<'s> {
    let hovered = panels.hover.map_or(0, |state| state.panel);
    let (rows, scale) = (panels.rows_of(hovered), scale_of(groups, hovered));
    let bar = |group: &'s Group| {
        let of = if group.panels.contains(&hovered) { hovered } else { group.panels[0] };
        ColorBar { scale: &group.scale, ends: Ends::of(&panels.rows_of(of)), of: group.name.clone() }
    };
    let sheet = Sheet::of_several(panels.records, Ends::of(&rows), scale, options, rows.title_of_all());
    sheet.with_bars(groups.iter().map(bar).collect())
}

/// A sheet with the input text, coloured by the hovered row, and the pair of the hovered and the locked row;
/// and where the panels begin under them.
pub(crate) fn sheet<'s>(
    panels: &Panels<'_>,
    groups: &'s [Group],
    setting: Setting,
    options: &'s Options,
) -> (Sheet<'s>, f64) {
    let hovered = panels.hover.map_or(0, |state| state.panel);
    let (rows, scale) = (panels.rows_of(hovered), scale_of(groups, hovered));
    let mut sheet = framed(panels, groups, options);
    // A page shows its text once, above its figures, and its scatter plot beside them.
    if options.for_page {
        return (sheet, 0.0);
    }
    let text = ColoredText::set(&panels.records[hovered], setting, TEXT_WIDTH, (SIZE, LINE));
    sheet.heading(&colored_text::heading(&rows, TEXT_WIDTH, options), 0.0, 16.0);
    let paragraph = text.items(&rows, scale, panels.token);
    sheet.group("paragraph", None, paragraph, (0.0, HEADING));
    let mut bottom = HEADING + text.height();
    if let Some(State { output, .. }) = panels.hover.filter(|_| rows.compares()) {
        let left = TEXT_WIDTH + BETWEEN;
        sheet.heading("Attribution", left, 16.0);
        let (x, side) = (rows.lock, scatter_plot::SIDE);
        let scatter_plot = ScatterPlot { rows: &rows, scale, x, y: output, token: panels.token, side };
        let drawn = scatter_plot.items();
        let end = drawn.iter().filter_map(Item::bounds).map(|r| r.y + r.height).fold(0.0, f64::max);
        sheet.group("pair", None, drawn, (left, HEADING - 12.0));
        bottom = bottom.max(HEADING - 12.0 + end);
    }
    sheet.heading("Outputs", 0.0, bottom + 40.0);
    (sheet, bottom + 24.0 + HEADING)
}
