//! Several records side by side: their states, and what stands above the panels: input text and pair scatter.

use crate::legend::Ends;
use crate::pair::{self, Pair};
use crate::prose::Prose;
use crate::rows::Rows;
use crate::scale::Scale;
use crate::sheet::Sheet;
use crate::{Error, Options, State};
use saliency_schema::Record;

const TEXT_WIDTH: f64 = 500.0;
const LINE: f64 = 21.0;
const HEADING: f64 = 28.0;
/// Between the text and the pair.
const BETWEEN: f64 = 24.0;

/// The records that are drawn, and which row of which panel is hovered and locked.
#[derive(Debug)]
pub(crate) struct Panels<'a> {
    pub(crate) records: &'a [Record],
    hover: Option<State>,
    lock: Option<State>,
    token: Option<usize>,
}

impl<'a> Panels<'a> {
    /// What stands above the panels is as wide as this.
    pub(crate) const LEAST: f64 = TEXT_WIDTH + BETWEEN + pair::SIDE + pair::BESIDE;

    /// All records, or the one that is chosen; the states that are asked for, checked against them.
    pub(crate) fn of(records: &'a [Record], options: &Options) -> Result<Self, Error> {
        let records = match options.record {
            Some(k) => records.get(k..=k).ok_or(Error::NoSuchRecord { found: k, count: records.len() })?,
            None if records.is_empty() => return Err(Error::NoRecord),
            None => records,
        };
        let check = |state: Option<State>, what| match state {
            None => Ok(()),
            Some(State { panel, output }) => match records.get(panel) {
                None => {
                    let count =
                        format!("{} panel{}", records.len(), if records.len() == 1 { "" } else { "s" });
                    Err(Error::Outside { what: "panel", found: panel, count })
                }
                Some(record) if output >= record.n_output() => {
                    let count = format!("{} outputs", record.n_output());
                    Err(Error::Outside { what, found: output, count })
                }
                Some(_) => Ok(()),
            },
        };
        check(options.hover, "hovered output")?;
        check(options.lock, "locked output")?;
        let inputs = records.iter().map(Record::n_input).min().unwrap_or(0);
        if let Some(found) = options.token.filter(|&i| i >= inputs) {
            return Err(Error::Outside { what: "token", found, count: format!("{inputs} input tokens") });
        }
        let some = records.iter().position(|record| record.n_output() > 0);
        let hover = options.hover.or(some.map(|panel| State { panel, output: 0 }));
        Ok(Self { records, hover, lock: options.lock, token: options.token })
    }

    /// Every panel's rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Rows<'a>> + '_ {
        (0..self.records.len()).map(|panel| self.rows_of(panel))
    }

    fn rows_of(&self, panel: usize) -> Rows<'a> {
        let here = |state: Option<State>| state.filter(|s| s.panel == panel).map(|s| s.output);
        let elsewhere = self.lock.filter(|s| s.panel != panel);
        Rows {
            record: &self.records[panel],
            hover: here(self.hover),
            lock: here(self.lock),
            foreign: elsewhere.map(|s| (&self.records[s.panel], s.output)),
        }
    }

    /// One scale for all panels.
    pub(crate) fn scale(&self, options: &Options) -> Result<Scale, Error> {
        let signed = self.rows().any(|rows| rows.is_signed());
        Scale::of(self.rows().flat_map(Rows::all_shown), signed, options)
    }

    /// A sheet with the input text, coloured by the hovered row, and the pair of the hovered and the locked row;
    /// and where the panels begin under them.
    pub(crate) fn sheet<'s>(&self, scale: &'s Scale, options: &'s Options) -> (Sheet<'s>, f64) {
        let rows = self.rows_of(self.hover.map_or(0, |state| state.panel));
        let mut sheet = Sheet::of_several(self.records, Ends::of(&rows), scale, options, rows.title_of_all());
        let prose = Prose::set(&rows, TEXT_WIDTH, LINE);
        sheet.heading("Input", 0.0, 16.0);
        // On a page, every input text that there is takes this place in turn.
        let mut others: Vec<usize> =
            if options.live { (0..self.records.len()).collect() } else { Vec::new() };
        let mut alike = |panel: usize| {
            let same = |k: &usize| tokens(&self.records[*k]).eq(tokens(&self.records[panel]));
            let (alike, rest) = others.iter().partition(|k| same(k));
            others = rest;
            (alike, others.first().copied())
        };
        let paragraph = prose.colored(&rows, scale, self.token);
        let (only, mut next) = alike(self.hover.map_or(0, |state| state.panel));
        sheet.live_group("paragraph", None, paragraph, (0.0, HEADING), || prose.live(only));
        while let Some(panel) = next {
            let only;
            (only, next) = alike(panel);
            let prose = Prose::set(&self.rows_of(panel), TEXT_WIDTH, LINE);
            sheet.live_group("paragraph", None, [], (0.0, HEADING), || prose.live(only));
        }
        let mut bottom = HEADING + prose.height();
        if let Some(State { output, .. }) = self.hover {
            let left = TEXT_WIDTH + BETWEEN;
            sheet.heading("Attribution", left, 16.0);
            let x = rows.foreign.is_none().then(|| rows.lock.unwrap_or(output));
            let pair = Pair { rows: &rows, scale, x, y: output, token: self.token, side: pair::SIDE };
            let drawn = pair.items();
            let end =
                drawn.iter().filter_map(crate::Item::bounds).map(|r| r.y + r.height).fold(0.0, f64::max);
            sheet.live_group("pair", None, drawn, (left, HEADING - 12.0), || pair.live());
            bottom = bottom.max(HEADING - 12.0 + end);
        }
        sheet.heading("Outputs", 0.0, bottom + 40.0);
        (sheet, bottom + 24.0 + HEADING)
    }
}

/// A record's input, by token ids.
fn tokens(record: &Record) -> impl Iterator<Item = u32> + '_ {
    record.inputs().iter().map(|token| token.id)
}
