//! What a row gave to earlier outputs, passed on along their rows: where it comes from in the input.

use crate::error::Error;
use crate::record::Record;

impl Record {
    /// The record after `k` hops: each hop passes on what a row gave to earlier outputs, along those outputs' own rows,
    /// until it lies on inputs. A record's rows after `outputs − 1` hops hold inputs alone.
    ///
    /// With `v` a row over the tokens before its output, and `s_u = row u / row total of u`
    /// ([`row_total`](Self::row_total)) the shares of an earlier output `u`, a hop is
    /// `v'_t = (t an input ? v_t : 0) + Σ_u v_u · s_u(t)`. So k hops add up all paths of at most k steps over outputs:
    /// a path's value is the row's value at its first output times the shares along it.
    ///
    /// Rows stay in their unit, as they were scaled. Where all values are at least 0 every row keeps its total. Else
    /// signs multiply along a path (what speaks against an output that speaks against this one speaks for it), paths
    /// of opposite signs cancel, and totals shrink: a note says how much of all `Σ |value|` is left. This is
    /// bookkeeping on the record; it runs no model. Where the record's rows explain a contrast, so do the shares.
    ///
    /// - A missing value passes nothing on, and stays missing where nothing arrives.
    /// - What lies on an output stays there if its row has no shares: a total of 0, or a value that is not finite.
    /// - Where outputs are groups of tokens, what they took inside the group ([`Output::within`](crate::Output::within))
    ///   is passed on along the group's own row again. Hops come before grouping: this is for records that are kept in
    ///   groups.
    /// - Where an encoder read a source, the decoder's start token is an input, and hops run over the target's tokens.
    /// - Standard errors, interactions, `sum`, `delta` and `vectors` are left out: they are those of the rows before.
    ///   The field of this name says how many there were; 0 hops are the record itself.
    ///
    /// Costs k · outputs² · tokens. After Pan et al. 2026, `FlashTrace` (arXiv 2602.01914), which asks the model
    /// again at each hop, of all outputs together.
    ///
    /// # Errors
    /// [`Error::Hops`] for a record with hops; for an excerpt that leaves inputs out, since what passed through them is
    /// not known; where a row explains another token than the one that was produced; and where no row gives anything to
    /// an earlier output. Then a record that is not consistent.
    pub fn hops(&self, k: u32) -> Result<Self, Error> {
        self.check()?;
        if k == 0 {
            return Ok(self.clone());
        }
        self.check_hops()?;
        let shares: Vec<_> = (0..self.attributions.len()).map(|row| self.shares(row)).collect();
        let mut record = self.clone();
        let (mut before, mut after) = (0.0, 0.0);
        for row in 0..self.attributions.len() {
            let mut values = self.with_own(row);
            before += size(&values);
            for _ in 0..k {
                let passed = passed_on(&values, self.n_input(), &shares);
                if passed == values {
                    break;
                }
                values = passed;
            }
            after += size(&values);
            let own = values.pop().flatten();
            if let Some(output) = record.outputs.get_mut(row) {
                (output.within, output.sum, output.delta) = (output.within.and(own), None, None);
                output.vectors = None;
            }
            record.attributions[row] = values;
        }
        let left = after / before;
        if self.attributions.iter().flatten().flatten().any(|x| *x < 0.0) && left.is_finite() {
            record.notes.push(format!(
                "{k} {}: signs multiply along a path, and paths of opposite signs cancel; {:.0} % of all Σ |value| is \
                 left",
                if k == 1 { "hop" } else { "hops" },
                100.0 * left
            ));
        }
        record.hops = Some(k);
        (record.standard_errors, record.interactions) = (Vec::new(), Vec::new());
        record.check()?;
        Ok(record)
    }

    fn check_hops(&self) -> Result<(), Error> {
        let n_input = self.n_input();
        let other = |output: &crate::Output| {
            output.explained.as_ref().is_some_and(|explained| explained.token.is_some())
        };
        let given = |(row, values): (usize, &Vec<Option<f64>>)| {
            let within = self.outputs.get(row).and_then(|output| output.within);
            values.iter().skip(n_input).flatten().chain(&within).any(|x| *x != 0.0)
        };
        let why = if self.hops.is_some() {
            "the record has hops; take them of the record that it was made from"
        } else if self.excerpt.as_ref().is_some_and(crate::Excerpt::is_part) {
            "the record leaves inputs out; take hops of the whole record, and the excerpt after them"
        } else if self.outputs.iter().any(other) {
            "a row explains another token than the one that was produced; explain the produced tokens"
        } else if !self.attributions.iter().enumerate().any(given) {
            "no row gives anything to an earlier output; explain several outputs, with a method that looks at earlier \
             outputs too (perturbation methods: --players all)"
        } else {
            return Ok(());
        };
        Err(Error::Hops { why })
    }

    /// A row with what fell inside its own group, if anything did, as its last value.
    fn with_own(&self, row: usize) -> Vec<Option<f64>> {
        let within = self.outputs.get(row).and_then(|output| output.within);
        self.attributions.get(row).into_iter().flatten().copied().chain([within]).collect()
    }

    /// A row as shares of its total, its own group's last; `None` where it has none.
    fn shares(&self, row: usize) -> Option<Vec<Option<f64>>> {
        let (values, total) = (self.with_own(row), self.row_total(row));
        let shares = values.iter().flatten().all(|x| x.is_finite()) && total > 0.0 && total.is_finite();
        shares.then(|| values.iter().map(|value| value.map(|x| x / total)).collect())
    }
}

/// The values after a hop.
fn passed_on(
    values: &[Option<f64>],
    n_input: usize,
    shares: &[Option<Vec<Option<f64>>>],
) -> Vec<Option<f64>> {
    let given = |(at, value): (usize, &Option<f64>)| {
        let value = value.filter(|x| *x != 0.0 && x.is_finite())?;
        let output = at.checked_sub(n_input)?;
        Some((at, value, shares.get(output)?.as_ref()?))
    };
    let mut passed = values.to_vec();
    for (at, _, _) in values.iter().enumerate().filter_map(given) {
        passed[at] = Some(0.0);
    }
    for (_, value, row) in values.iter().enumerate().filter_map(given) {
        for (sum, share) in passed.iter_mut().zip(row) {
            if let Some(share) = share {
                *sum = Some(sum.unwrap_or(0.0) + value * share);
            }
        }
    }
    passed
}

/// `Σ |value|`.
fn size(values: &[Option<f64>]) -> f64 {
    values.iter().flatten().map(|x| x.abs()).sum()
}
