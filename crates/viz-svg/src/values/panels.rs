//! Several records as panels: their states, how each is compared with the locked one, and which of them share a scale.

use crate::error::Error;
use crate::options::{Options, State, States};
use crate::paint::palette::Palette;
use crate::paint::scale::Scale;
use crate::values::kind::Kind;
use crate::values::names::{axis_names, panel_names};
use crate::values::rows::{Foreign, Rows};
use saliency_schema::{Alignment, Record};

/// The records that are drawn, and which row of which panel is hovered and locked.
#[derive(Debug)]
pub(crate) struct Panels<'a> {
    pub(crate) records: &'a [Record],
    pub(crate) hover: Option<State>,
    lock: Option<State>,
    pub(crate) token: Option<usize>,
    /// What sets each panel apart from the others, and what an axis says of that.
    names: Vec<String>,
    axes: Vec<String>,
    kinds: Vec<Kind>,
    /// Of each panel, how it is compared with the locked one; empty where nothing is locked.
    compared: Vec<Compared>,
}

/// How a panel is compared with the locked one.
#[derive(Debug)]
struct Compared {
    alignment: Alignment,
    /// Every row's Σ |value|, and the locked one's, where the two are of different unit or sign.
    totals: Option<(Vec<f64>, f64)>,
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
        let kinds: Vec<_> = records.iter().map(Kind::of).collect();
        let several = kinds.iter().any(|kind| *kind != kinds[0]);
        // The legends of several kinds name panels by their numbers.
        let mut names = panel_names(records, options);
        let axes = axis_names(records, &names);
        if several {
            for (panel, name) in names.iter_mut().enumerate() {
                *name = format!("{panel} · {name}");
            }
        }
        let mut compared = Vec::new();
        if let Some(lock) = options.lock {
            let locked = &records[lock.panel];
            for (panel, record) in records.iter().enumerate() {
                let own = || (0..record.n_output()).map(|row| Rows::total(record, row)).collect();
                let totals =
                    (kinds[panel] != kinds[lock.panel]).then(|| (own(), Rows::total(locked, lock.output)));
                compared.push(Compared { alignment: record.align(locked), totals });
            }
        }
        Ok(Self { records, hover, lock: options.lock, token: options.token, names, axes, kinds, compared })
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
            partners: self.compared[panel].alignment.partners(),
            names: (&self.axes[other], &self.axes[panel]),
            totals: self.compared[panel].totals.as_ref().map(|(own, locked)| (own.as_slice(), *locked)),
        });
        let states = States::new(here(self.hover), here(self.lock));
        Rows { foreign, ..Rows::of(&self.records[panel], states) }
    }

    /// A scale for each unit and sign that there is, in the order of the panels.
    ///
    /// # Errors
    /// A palette that fits none of them; an end for all of them, where they are several.
    pub(crate) fn groups(&self, options: &Options) -> Result<Vec<Group>, Error> {
        let mut alike: Vec<Vec<usize>> = Vec::new();
        for panel in 0..self.records.len() {
            match alike.iter_mut().find(|panels| self.kinds[panels[0]] == self.kinds[panel]) {
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
            let rows = || panels.iter().map(|&panel| self.rows_of(panel));
            let signed = rows().any(|rows| rows.is_signed());
            let values = || rows().collect::<Vec<_>>().into_iter().flat_map(Rows::all_shown);
            let scale = match Scale::of(values(), signed, options) {
                // The palette is another group's.
                Err(Error::Palette { .. }) if several => {
                    Scale::of(values(), signed, &Options { palette: None, ..options.clone() })?
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
        let compared = self.compared.get(panels[0]).is_some_and(|compared| compared.totals.is_some());
        let what = if compared {
            "sizes as shares of the row, less the locked row’s".to_owned()
        } else {
            self.kinds[panels[0]].words()
        };
        format!("{which} {}: {what}", numbers.join(", "))
    }
}

/// The scale of a panel's group.
pub(crate) fn scale_of(groups: &[Group], panel: usize) -> &Scale {
    let own = groups.iter().find(|group| group.panels.contains(&panel));
    // Every panel is in a group.
    &own.unwrap_or(&groups[0]).scale
}
