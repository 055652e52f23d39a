//! What makes scores consistent.

use super::{Curve, Error, FORMAT, Measurement, Paired, Resampling, Score, Scores, VERSION};
use crate::check::{Caps, check_parameters};
use std::collections::BTreeSet;

impl Scores {
    /// Checks that the parts of the document fit each other.
    ///
    /// # Errors
    /// The first inconsistency, with its place.
    pub fn check(&self) -> Result<(), Error> {
        if self.format != FORMAT {
            return Err(Error::Format { found: self.format.clone() });
        }
        if self.version == 0 || self.version > VERSION {
            return Err(Error::Version { found: u64::from(self.version), newest: VERSION });
        }
        self.check_texts()?;
        self.check_methods()?;
        self.check_settings()?;
        for (list, scores) in self.lists() {
            at_most(list, scores.len())?;
            for (index, score) in scores.iter().enumerate() {
                self.check_score(&format!("{list}[{index}]"), score)?;
            }
        }
        at_most("measurements", self.measurements.len())?;
        for (index, measurement) in self.measurements.iter().enumerate() {
            self.check_measurement(&format!("measurements[{index}]"), measurement)?;
        }
        at_most("caveats", self.caveats.len())
    }

    /// The lists of numbers, by their names.
    fn lists(&self) -> [(&'static str, &[Score]); 4] {
        [
            ("agreement", &self.agreement),
            ("faithfulness", &self.faithfulness),
            ("sanity", &self.sanity),
            ("ground_truth", &self.ground_truth),
        ]
    }

    fn check_texts(&self) -> Result<(), Error> {
        at_most("texts", self.texts.len())?;
        if self.texts.is_empty() {
            return Err(wrong("texts", "the list is empty; scores are of at least one text"));
        }
        let (cap, found) = (Caps::DEFAULT.values, self.n_output());
        if found > cap {
            let (place, what) = ("texts".to_owned(), "outputs");
            return Err(Error::Cap { place, what, found, cap });
        }
        Ok(())
    }

    fn check_methods(&self) -> Result<(), Error> {
        at_most("methods", self.methods.len())?;
        if self.methods.is_empty() {
            return Err(wrong("methods", "the list is empty; scores are of at least one method"));
        }
        let mut names = BTreeSet::new();
        for (index, method) in self.methods.iter().enumerate() {
            let place = format!("methods[{index}]");
            if !names.insert(&method.name) {
                let why = format!("{:?} stands before; each method has a name of its own", method.name);
                return Err(wrong(format!("{place}.name"), why));
            }
            let parameters = check_parameters("method", method.method.as_ref())
                .and_then(|()| check_parameters("target", method.target.as_ref()));
            parameters.map_err(|error| wrong(&place, error.to_string()))?;
            check_range(&place, "seconds", method.seconds, 0.0, f64::MAX)?;
        }
        Ok(())
    }

    fn check_settings(&self) -> Result<(), Error> {
        // They are plain JSON; what is nested too deep would not be read again.
        let json = serde_json::to_vec(&self.settings).map_err(Error::Write)?;
        Caps::DEFAULT
            .check_parameters("settings", json.len())
            .map_err(|error| wrong("settings", error.to_string()))?;
        let read = serde_json::from_slice::<serde_json::Map<_, _>>(&[b"{\"\":", &json[..], b"}"].concat());
        if read.is_err() {
            return Err(wrong("settings", "nested too deep; at most a hundred levels would be read again"));
        }
        if let Some(cost) = &self.cost {
            check_range("cost", "seconds", cost.seconds, 0.0, f64::MAX)?;
        }
        let Some(Resampling { over, block, confidence, .. }) = &self.resampling else { return Ok(()) };
        if !(*confidence > 0.0 && *confidence < 1.0) {
            let why = format!("{confidence}, and a share between 0 and 1 is expected, such as 0.95");
            return Err(wrong("resampling.confidence", why));
        }
        let why = match (over.as_str(), block) {
            ("blocks", None | Some(0)) => "blocks hold at least one output; state how many in `block`",
            ("blocks", _) | (_, None) => return Ok(()),
            _ => "only where `over` is `blocks`",
        };
        Err(wrong("resampling.block", why))
    }

    fn check_score(&self, place: &str, score: &Score) -> Result<(), Error> {
        self.check_method(place, "method", Some(score.method))?;
        self.check_method(place, "other", score.other)?;
        if score.other == Some(score.method) {
            return Err(wrong(format!("{place}.other"), "a method is not held against itself"));
        }
        self.check_place(place, score.text, score.output)?;
        check_interval(place, score.interval)?;
        check_range(place, "chance", score.chance, f64::MIN, f64::MAX)?;
        let (found, expected) = (score.by_output.len(), self.n_output());
        if found != 0 && found != expected {
            let why = format!("{found} entries for {expected} outputs of the texts together");
            return Err(wrong(format!("{place}.by_output"), why));
        }
        for (index, paired) in score.paired.iter().enumerate() {
            self.check_paired(&format!("{place}.paired[{index}]"), score.method, paired)?;
        }
        Ok(())
    }

    fn check_paired(&self, place: &str, method: usize, paired: &Paired) -> Result<(), Error> {
        self.check_method(place, "against", Some(paired.against))?;
        if paired.against == method {
            return Err(wrong(format!("{place}.against"), "a method is not held against itself"));
        }
        check_interval(place, paired.interval)?;
        check_range(place, "win_rate", paired.win_rate, 0.0, 1.0)?;
        check_range(place, "effect_size", paired.effect_size, f64::MIN, f64::MAX)?;
        for (field, p) in
            [("p", paired.p), ("adjusted_p", paired.adjusted_p), ("smallest_p", paired.smallest_p)]
        {
            check_range(place, field, p, 0.0, 1.0)?;
        }
        Ok(())
    }

    fn check_measurement(&self, place: &str, measurement: &Measurement) -> Result<(), Error> {
        self.check_method(place, "method", Some(measurement.method))?;
        if measurement.draw.is_some() && !self.methods[measurement.method].control {
            return Err(wrong(format!("{place}.draw"), "only controls are drawn several times"));
        }
        self.check_place(place, Some(measurement.text), measurement.output)?;
        for (index, Curve { removed, values, .. }) in measurement.curves.iter().enumerate() {
            let place = format!("{place}.curves[{index}]");
            let (found, expected) = (values.len(), removed.len());
            if found != expected {
                let why = format!("{found} entries for {expected} shares");
                return Err(wrong(format!("{place}.values"), why));
            }
            let inside = removed.iter().all(|share| (0.0..=1.0).contains(share));
            if !inside || !removed.is_sorted() {
                return Err(wrong(format!("{place}.removed"), "shares go from 0 to 1, in order"));
            }
        }
        Ok(())
    }

    fn check_method(&self, place: &str, field: &str, method: Option<usize>) -> Result<(), Error> {
        let count = self.methods.len();
        match method.filter(|method| *method >= count) {
            Some(found) => {
                Err(wrong(format!("{place}.{field}"), format!("{found}, and there are {count} methods")))
            }
            None => Ok(()),
        }
    }

    fn check_place(&self, place: &str, text: Option<usize>, output: Option<usize>) -> Result<(), Error> {
        let Some(text) = text else {
            let why = "an output is one of a text; state which in `text`";
            return output.map_or(Ok(()), |_| Err(wrong(format!("{place}.output"), why)));
        };
        let Some(known) = self.texts.get(text) else {
            let why = format!("{text}, and there are {} texts", self.texts.len());
            return Err(wrong(format!("{place}.text"), why));
        };
        match output.filter(|output| *output >= known.outputs) {
            Some(output) => {
                let why = format!("{output}, and text {text} has {} outputs", known.outputs);
                Err(wrong(format!("{place}.output"), why))
            }
            None => Ok(()),
        }
    }
}

fn wrong(place: impl Into<String>, why: impl Into<String>) -> Error {
    Error::Inconsistent { place: place.into(), why: why.into() }
}

fn at_most(place: &str, found: usize) -> Result<(), Error> {
    let cap = Caps::DEFAULT.tokens;
    if found > cap {
        return Err(Error::Cap { place: place.to_owned(), what: "entries", found, cap });
    }
    Ok(())
}

fn check_interval(place: &str, interval: Option<[f64; 2]>) -> Result<(), Error> {
    match interval {
        Some([low, high]) if !(low.is_finite() && high.is_finite() && low <= high) => {
            let why = format!("[{low}, {high}], and two finite numbers are expected, the lower one first");
            Err(wrong(format!("{place}.interval"), why))
        }
        _ => Ok(()),
    }
}

/// JSON has no spelling for what is not finite, and these have no use for it.
fn check_range(place: &str, field: &str, x: Option<f64>, low: f64, high: f64) -> Result<(), Error> {
    let Some(x) = x.filter(|x| !(low..=high).contains(x)) else { return Ok(()) };
    let why = match (low > f64::MIN, high < f64::MAX) {
        (false, _) => format!("{x}, and a finite number is expected"),
        (true, false) => format!("{x}, and a number of at least {low} is expected"),
        (true, true) => format!("{x}, and a number from {low} to {high} is expected"),
    };
    Err(wrong(format!("{place}.{field}"), why))
}
