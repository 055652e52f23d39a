//! Several records as panels: their states, how each is compared with the locked one, and which of them share a scale.

use crate::error::Error;
use crate::options::look::Look;
use crate::options::{Options, State, States, row_of};
use crate::paint::palette::Palette;
use crate::paint::scale::Scale;
use crate::values::names::{axis_names, panel_names};
use crate::values::resting;
use crate::values::rows::{Foreign, Numbers, Rows};
use saliency_schema::{Alignment, Record};
use std::sync::Arc;

/// The records that are drawn, and which row of which panel is hovered and locked.
#[derive(Debug)]
pub(crate) struct Panels<'a> {
    pub(crate) records: &'a [Record],
    pub(crate) hover: Option<State>,
    pub(crate) lock: Option<State>,
    pub(crate) token: Option<usize>,
    /// What sets each panel apart from the others, and what an axis says of that.
    names: Vec<String>,
    axes: Vec<String>,
    numbers: Vec<Arc<Numbers>>,
    /// Of each panel, how its tokens are those of the locked one; empty where nothing is locked.
    aligned: Vec<Alignment>,
}

/// Panels of one unit and sign, which share a scale.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) panels: Vec<usize>,
    pub(crate) scale: Scale,
    /// What its numbers are, where there are other groups.
    pub(crate) name: Option<String>,
}

impl<'a> Panels<'a> {
    /// All records, or the one that is chosen; the states that are asked for, checked against them.
    pub(crate) fn of(records: &'a [Record], options: &Options) -> Result<Self, Error> {
        let records = match options.record {
            Some(k) => records.get(k..=k).ok_or(Error::NoSuchRecord { found: k, count: records.len() })?,
            None if records.is_empty() => return Err(Error::NoRecord),
            None => records,
        };
        let check = |state: Option<State>, what| match state {
            None => Ok(None),
            Some(State { panel, output }) => match records.get(panel) {
                None => {
                    let count =
                        format!("{} panel{}", records.len(), if records.len() == 1 { "" } else { "s" });
                    Err(Error::Outside { what: "panel", found: panel, count })
                }
                Some(record) => Ok(Some(State { panel, output: row_of(record, output, what)? })),
            },
        };
        let (hover, lock) = (check(options.hover, "hovered output")?, check(options.lock, "locked output")?);
        let inputs = records.iter().map(Record::n_input).min().unwrap_or(0);
        if let Some(found) = options.token.filter(|&i| i >= inputs) {
            return Err(Error::Outside { what: "token", found, count: format!("{inputs} input tokens") });
        }
        let numbers = records.iter().map(|record| Ok(Arc::new(Numbers::of(record, options)?)));
        let numbers = numbers.collect::<Result<Vec<_>, Error>>()?;
        let hover = match hover {
            Some(hover) => Some(hover),
            None => resting(records, &numbers, lock, options)?,
        };
        if let Some(lock) = lock.filter(|lock| hover == Some(*lock) && options.look != Look::Notebook) {
            let row = Rows::of(&records[lock.panel], Arc::clone(&numbers[lock.panel])).name(lock.output);
            return Err(Error::Itself { row });
        }
        let several = numbers.iter().any(|other| other.kind != numbers[0].kind);
        // The legends of several kinds name panels by their numbers.
        let mut names = panel_names(records, options);
        let axes = axis_names(records, &names);
        if several {
            for (panel, name) in names.iter_mut().enumerate() {
                *name = format!("{panel} · {name}");
            }
        }
        let locked = lock.map(|lock| &records[lock.panel]);
        let aligned = locked.into_iter().flat_map(|locked| records.iter().map(|record| record.align(locked)));
        Ok(Self {
            records,
            hover,
            lock,
            token: options.token,
            names,
            axes,
            aligned: aligned.collect(),
            numbers,
        })
    }

    /// What sets a panel apart from the others.
    pub(crate) fn name(&self, panel: usize) -> &str {
        &self.names[panel]
    }

    /// Every panel's rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Rows<'_>> + '_ {
        (0..self.records.len()).map(|panel| self.rows_of(panel))
    }

    /// A panel's rows.
    pub(crate) fn rows_of(&self, panel: usize) -> Rows<'_> {
        let here = |state: Option<State>| state.filter(|s| s.panel == panel).map(|s| s.output);
        let elsewhere = self.lock.filter(|s| s.panel != panel);
        let foreign = elsewhere.map(|State { panel: other, output: row }| Foreign {
            record: &self.records[other],
            row,
            partners: self.aligned[panel].partners(),
            names: (&self.axes[other], &self.axes[panel]),
            numbers: &self.numbers[other],
            by_shares: self.by_shares(panel),
        });
        let rows = Rows::of(&self.records[panel], Arc::clone(&self.numbers[panel]));
        Rows { foreign, hover: here(self.hover), lock: here(self.lock), ..rows }
    }

    /// A panel's rows with the hovered panel's output, and its locked one, as they are in this record's tokens.
    pub(crate) fn of_hovered(&self, panel: usize) -> Rows<'_> {
        let rows = self.rows_of(panel);
        let Some(hover) = self.hover.filter(|hover| hover.panel != panel) else { return rows };
        let (from, to) = (&self.records[hover.panel], &self.records[panel]);
        let aligned = from.align(to);
        let here = |output: usize| aligned.partner(from.n_input() + output)?.checked_sub(to.n_input());
        let lock = rows.lock.or_else(|| self.rows_of(hover.panel).lock.and_then(here));
        Rows { hover: here(hover.output).filter(|hover| Some(*hover) != lock), lock, ..rows }
    }

    /// Whether a panel is of another unit or sign than the locked one, and so compared by shares.
    fn by_shares(&self, panel: usize) -> bool {
        self.lock.is_some_and(|lock| self.numbers[panel].kind != self.numbers[lock.panel].kind)
    }

    /// A scale for each unit and sign that there is, in the order of the panels.
    ///
    /// # Errors
    /// A palette that fits none of them; an end for all of them, where they are several.
    pub(crate) fn groups(&self, options: &Options) -> Result<Vec<Group>, Error> {
        let mut alike: Vec<Vec<usize>> = Vec::new();
        for panel in 0..self.records.len() {
            match alike.iter_mut().find(|panels| self.numbers[panels[0]].kind == self.numbers[panel].kind) {
                Some(panels) => panels.push(panel),
                None => alike.push(vec![panel]),
            }
        }
        let several = alike.len() > 1;
        if let (true, Some(max)) = (several, options.scale_max) {
            let range =
                format!("left out: the panels are of {} units, each with a scale of its own", alike.len());
            return Err(Error::Parameter { name: "scale_max", value: max.to_string(), range });
        }
        let mut fits = false;
        let mut groups = Vec::new();
        for panels in alike {
            let rows: Vec<_> = panels.iter().map(|&panel| self.rows_of(panel)).collect();
            let scale = match Scale::of_several(&rows, options) {
                // The palette is another group's.
                Err(Error::Palette { .. }) if several => {
                    Scale::of_several(&rows, &Options { palette: None, ..options.clone() })?
                }
                scale => scale.inspect(|_| fits = true)?,
            };
            let name = several.then(|| self.group_name(&panels));
            groups.push(Group { panels, scale, name });
        }
        if let (false, Some(palette)) = (fits, options.palette) {
            let signed = !palette.is_diverging();
            return Err(Error::Palette { palette: palette.name(), signed, fitting: Palette::names(signed) });
        }
        Ok(groups)
    }

    /// Which panels, and what their numbers are.
    fn group_name(&self, panels: &[usize]) -> String {
        let numbers: Vec<_> = panels.iter().map(ToString::to_string).collect();
        let which = if panels.len() == 1 { "panel" } else { "panels" };
        let what = if self.by_shares(panels[0]) {
            "sizes as shares of the row, less the locked row’s".to_owned()
        } else {
            self.numbers[panels[0]].kind.words()
        };
        format!("{which} {}: {what}", numbers.join(", "))
    }
}

/// The output that panels show where none is asked for: the first panel's with outputs. Where that is the locked one,
/// the one most different from it, or else the next panel's.
fn resting(
    records: &[Record],
    numbers: &[Arc<Numbers>],
    lock: Option<State>,
    options: &Options,
) -> Result<Option<State>, Error> {
    let mut found = Ok(None);
    for (panel, (record, numbers)) in records.iter().zip(numbers).enumerate() {
        let here = lock.filter(|lock| lock.panel == panel).map(|lock| lock.output);
        let rows = Rows::of(record, Arc::clone(numbers));
        match resting::states(&rows, States::new(None, here), options.look) {
            Ok(States { hover: Some(output), .. }) => return Ok(Some(State { panel, output })),
            Ok(_) => {}
            Err(error) => found = Err(error),
        }
    }
    found
}

/// The scale of a panel's group.
pub(crate) fn scale_of(groups: &[Group], panel: usize) -> &Scale {
    let own = groups.iter().find(|group| group.panels.contains(&panel));
    // Every panel is in a group.
    &own.unwrap_or(&groups[0]).scale
}
