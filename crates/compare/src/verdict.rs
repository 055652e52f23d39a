//! What the figures support and what they don't, in plain words.

use crate::controls;
use crate::metric::{METRICS, Metric};
use crate::resampler::{FEWEST, FEWEST_OUTPUTS};
use saliency_schema::scores::{Better, Paired, Score, Scores};
use std::collections::BTreeSet;

/// What the figures of some scores support, in sentences: which methods agree most and least; and for each operator
/// which methods beat random orders, which are better than each other control (`position`, which looks at nearness
/// alone), and whether one is better than every other method. The same of known evidence, beside chance.
///
/// No method wins unless the interval of its paired difference to every other leaves 0 out. A method that beats random
/// orders, chance or another control has an adjusted p of at most 1 − confidence, too: of many methods without merit,
/// the intervals of some leave 0 out. With fewer than 6 texts, or 16 outputs of the one text, there is neither.
pub fn verdict(scores: &Scores) -> String {
    let mut said = agreement(scores);
    let tests =
        [tests(scores, &scores.faithfulness, false), tests(scores, &scores.ground_truth, true)].concat();
    if tests.is_empty() && !said.is_empty() {
        said.push("How far methods agree does not say which of them is right.".to_owned());
    }
    said.extend(tests);
    said.push(scope(scores));
    said.join(" ")
}

fn scope(scores: &Scores) -> String {
    let outputs = scores.n_output();
    let places = scores.measurements.iter().filter_map(|own| Some((own.text, own.output?)));
    let judged = places.collect::<BTreeSet<_>>().len();
    let some = (1..outputs).contains(&judged);
    let judged = if some { format!(", {judged} of them judged") } else { String::new() };
    match &scores.texts[..] {
        [_] if outputs == 1 => "One output of one text: nothing is said beyond it.".to_owned(),
        [_] => format!("{outputs} outputs of one text{judged}: nothing is said beyond this text."),
        texts => format!("{outputs} outputs of {} texts{judged}.", texts.len()),
    }
}

/// The pairs of methods that agree most and least, by the rank correlation of sizes.
fn agreement(scores: &Scores) -> Vec<String> {
    let of =
        |score: &&Score| score.measure == "spearman" && score.signed == Some(false) && score.text.is_none();
    let mut pairs: Vec<_> = scores.agreement.iter().filter(of).filter_map(|s| Some((s.value?, s))).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let name = |method: usize| scores.methods[method].name.as_str();
    let two = |score: &Score| format!("{} and {}", name(score.method), score.other.map_or("", name));
    let figure = |(rho, score): &(f64, &Score)| {
        let interval = score.interval.map(|ends| format!(", {}", interval(scores, ends)));
        format!("rank correlation of sizes {}{}", number(*rho), interval.unwrap_or_default())
    };
    match &pairs[..] {
        [] => Vec::new(),
        [only] => vec![format!("{} agree with {}.", two(only.1), figure(only))],
        [most, .., least] => vec![format!(
            "{} agree most ({}), {} least ({}).",
            two(most.1),
            figure(most),
            two(least.1),
            figure(least)
        )],
    }
}

/// A sentence or two for each operator.
fn tests(scores: &Scores, list: &[Score], of_evidence: bool) -> Vec<String> {
    let chance = controls::chance(scores, of_evidence);
    let called = if of_evidence { "chance" } else { "random orders" };
    let mut said = Vec::new();
    let mut winners: Vec<Option<usize>> = Vec::new();
    let mut operators: Vec<&Option<String>> = Vec::new();
    for score in list {
        if !operators.contains(&&score.operator) {
            operators.push(&score.operator);
        }
    }
    for operator in operators {
        let of = |metric: &&Metric| list.iter().any(|s| s.operator == *operator && s.measure == metric.name);
        let Some(metric) = METRICS.iter().find(of) else { continue };
        let rows: Vec<&Score> = list
            .iter()
            .filter(|s| {
                s.operator == *operator && s.measure == metric.name && !scores.methods[s.method].control
            })
            .collect();
        let by = match operator {
            Some(operator) => format!("By {} under {operator}", metric.name),
            None => format!("By {}", metric.name),
        };
        said.push(match chance {
            Some(chance) => {
                let standing = Standing::of(scores, &rows, chance, metric.better);
                format!("{by}: {}", standing.beside(called))
            }
            None => format!("{by}: no {called} to compare with."),
        });
        said.extend(than_controls(scores, &rows, metric.better));
        if rows.len() > 1 {
            let (sentence, winner) = best(scores, &rows, metric.better);
            said.push(sentence);
            winners.push(winner);
        }
    }
    if let [first, others @ ..] = &winners[..] {
        let name = |method: usize| &scores.methods[method].name;
        match first {
            Some(winner) if !others.is_empty() && others.iter().all(|other| other == first) => {
                said.push(format!("{} wins under every operator.", name(*winner)));
            }
            _ if !others.is_empty() => said.push("No method wins under every operator.".to_owned()),
            _ => {}
        }
    }
    said
}

/// Where methods stand beside a control.
#[derive(Default)]
struct Standing<'s> {
    /// What a pair is of, and how many are needed.
    pair: (&'static str, usize),
    better: Vec<&'s str>,
    not: Vec<&'s str>,
    /// The most pairs of one that has no interval.
    few: usize,
}

impl<'s> Standing<'s> {
    fn of(scores: &'s Scores, rows: &[&Score], control: usize, better: Better) -> Self {
        let pair = if scores.texts.len() == 1 { ("output", FEWEST_OUTPUTS) } else { ("text", FEWEST) };
        let mut standing = Self { pair, ..Self::default() };
        let most = 1.0 - confidence(scores);
        for score in rows {
            let Some(paired) = score.paired.iter().find(|paired| paired.against == control) else { continue };
            let name = scores.methods[score.method].name.as_str();
            let is_sure = paired.adjusted_p.is_some_and(|p| p <= most + 1e-12);
            match is_better(paired, better).map(|is_better| is_better && is_sure) {
                Some(true) => standing.better.push(name),
                Some(false) => standing.not.push(name),
                None => standing.few = standing.few.max(paired.pairs.max(1)),
            }
        }
        standing
    }

    /// Which methods beat random orders, or chance.
    fn beside(&self, chance: &str) -> String {
        let (better, not, few) = (self.better.join(", "), self.not.join(", "), self.few);
        match (&self.better[..], &self.not[..]) {
            ([], []) if few > 0 => {
                let (pair, fewest) = self.pair;
                let are = if few == 1 { " is" } else { "s are" };
                format!("{few} {pair}{are} too few to tell any method from {chance}; {fewest} are needed.")
            }
            ([], _) => format!("no method beats {chance}."),
            (won, lost) => {
                let beat = if won.len() == 1 { "beats" } else { "beat" };
                let others = match lost {
                    [] => String::new(),
                    [_] => format!("; {not} does not"),
                    _ => format!("; {not} do not"),
                };
                format!("{better} {beat} {chance}{others}.")
            }
        }
    }
}

/// Which methods are better than each control that is no random order; nothing without intervals.
fn than_controls(scores: &Scores, rows: &[&Score], better: Better) -> Vec<String> {
    let sentence = |control: usize| {
        let name = &scores.methods[control].name;
        let Standing { better, not, .. } = Standing::of(scores, rows, control, better);
        match (&better[..], &not[..]) {
            ([], []) => None,
            ([], _) => Some(format!("No method is better than the control {name}.")),
            (won, []) if won.len() > 1 && won.len() == rows.len() => {
                Some(format!("All are better than the control {name}."))
            }
            (won, _) => Some(format!("Better than the control {name}: {}.", won.join(", "))),
        }
    };
    controls::others(scores).filter_map(sentence).collect()
}

/// Whether one method is better than every other, and which.
fn best(scores: &Scores, rows: &[&Score], better: Better) -> (String, Option<usize>) {
    let value = |score: &&&Score| match (score.value, better) {
        (Some(x), Better::Higher) => x,
        (Some(x), Better::Lower) => -x,
        (None, _) => f64::NEG_INFINITY,
    };
    let Some(first) = rows.iter().max_by(|a, b| value(a).total_cmp(&value(b))) else {
        return (String::new(), None);
    };
    let name = |method: usize| scores.methods[method].name.as_str();
    let rivals = || first.paired.iter().filter(|paired| !scores.methods[paired.against].control);
    let not = rivals().find(|paired| is_better(paired, better) != Some(true));
    let Some(not) = not else {
        return (format!("{} is better than every other method.", name(first.method)), Some(first.method));
    };
    let alike: Vec<&str> =
        rows.iter().filter(|score| score.value == first.value).map(|score| name(score.method)).collect();
    if alike.len() > 1 {
        return (format!("No winner: {} come first alike.", alike.join(", ")), None);
    }
    let pairs = if not.pairs == 1 { "pair is" } else { "pairs are" };
    let few = || format!("{} {pairs} too few for an interval", not.pairs);
    let holds = |ends| {
        let other = name(not.against);
        format!("the interval of its difference to {other} holds 0 ({})", interval(scores, ends))
    };
    let why = not.interval.map_or_else(few, holds);
    (format!("No winner: {} comes first, but {why}.", name(first.method)), None)
}

/// Whether a difference is more than noise, and in the right direction; `None` without an interval.
fn is_better(paired: &Paired, better: Better) -> Option<bool> {
    let [low, high] = paired.interval?;
    Some(if better == Better::Higher { low > 0.0 } else { high < 0.0 })
}

fn confidence(scores: &Scores) -> f64 {
    scores.resampling.as_ref().map_or(0.95, |resampling| resampling.confidence)
}

fn interval(scores: &Scores, [low, high]: [f64; 2]) -> String {
    let confidence = confidence(scores);
    format!("{} % interval {} to {}", 100.0 * confidence, number(low), number(high))
}

/// Two decimals, with the minus sign of typography; more where that would be 0.
fn number(x: f64) -> String {
    let decimals = match x.abs() {
        size if size >= 0.005 || size == 0.0 => 2,
        size => (2 - size.log10().floor() as i32).clamp(2, 12) as usize,
    };
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(size) if size.bytes().all(|b| b == b'0' || b == b'.') => size.to_owned(),
        Some(size) => format!("−{size}"),
        None => text,
    }
}
