//! Scores as tables: for a terminal, as Markdown, and every number as CSV.

use crate::controls::chance;
use crate::metric::METRICS;
use saliency_schema::scores::{Better, Paired, Score, ScoredMethod, Scores};
use std::io;

/// A table of some scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it is of, in a line.
    pub title: String,
    /// The columns' names.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The tables that scores make, those without a row left out.
    pub fn of(scores: &Scores) -> Vec<Self> {
        let tables =
            [agreement(scores), faithfulness(scores), ground_truth(scores), sanity(scores), costs(scores)];
        tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    /// The table as plain text, its columns under each other.
    pub fn to_text(&self) -> String {
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                let cells = self.rows.iter().chain([&self.header]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        let lines: String = [&self.header].into_iter().chain(&self.rows).map(line).collect();
        format!("{}\n\n{lines}", self.title)
    }

    /// The table in Markdown.
    pub fn to_markdown(&self) -> String {
        let line = |row: &Vec<String>| {
            // A bar would end the cell, and a backslash would be one.
            let escaped = row.iter().map(|cell| cell.replace('\\', "\\\\").replace('|', "\\|"));
            format!("| {} |\n", escaped.collect::<Vec<_>>().join(" | "))
        };
        let rule = format!("|{}\n", " --- |".repeat(self.header.len()));
        let rows: String = self.rows.iter().map(line).collect();
        format!("{}\n\n{}{rule}{rows}", self.title, line(&self.header))
    }

    /// Every score as a line of CSV, with a line for each method that it is held against. Numbers are whole: those that
    /// are undefined are empty.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(scores: &Scores, to: impl io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(to);
        csv.write_record(COLUMNS)?;
        let lists = [
            ("agreement", &scores.agreement),
            ("faithfulness", &scores.faithfulness),
            ("sanity", &scores.sanity),
            ("ground-truth", &scores.ground_truth),
        ];
        for (list, score) in
            lists.into_iter().flat_map(|(list, of)| of.iter().map(move |score| (list, score)))
        {
            let own = cells(scores, list, score);
            if score.paired.is_empty() {
                csv.write_record(own.iter().chain(&vec![String::new(); PAIRED]))?;
            }
            for paired in &score.paired {
                csv.write_record(own.iter().chain(&paired_cells(scores, paired)))?;
            }
        }
        csv.flush()
    }
}

const COLUMNS: [&str; 31] = [
    "list",
    "measure",
    "method",
    "other",
    "operator",
    "condition",
    "blocks",
    "k",
    "signed",
    "better",
    "text",
    "output",
    "value",
    "low",
    "high",
    "chance",
    "count",
    "undefined",
    "pairs",
    "left_out",
    "against",
    "over",
    "units",
    "difference",
    "difference_low",
    "difference_high",
    "win_rate",
    "effect_size",
    "p",
    "adjusted_p",
    "smallest_p",
];
/// How many of the columns are of the method that a score is held against.
const PAIRED: usize = 11;

fn spelled<T: ToString>(x: Option<T>) -> String {
    x.map_or_else(String::new, |x| x.to_string())
}

fn ends(interval: Option<[f64; 2]>) -> [String; 2] {
    let end = |end: usize| spelled(interval.map(|ends| ends[end]));
    [end(0), end(1)]
}

fn cells(scores: &Scores, list: &str, score: &Score) -> Vec<String> {
    let name = |method: usize| scores.methods[method].name.clone();
    let better = score.better.map(|better| match better {
        Better::Higher => "higher",
        Better::Lower => "lower",
    });
    let [low, high] = ends(score.interval);
    vec![
        list.to_owned(),
        score.measure.clone(),
        name(score.method),
        spelled(score.other.map(name)),
        spelled(score.operator.clone()),
        spelled(score.condition.clone()),
        spelled(score.blocks),
        spelled(score.k),
        spelled(score.signed),
        spelled(better),
        spelled(score.text),
        spelled(score.output),
        spelled(score.value),
        low,
        high,
        spelled(score.chance),
        spelled(score.count),
        spelled(score.undefined),
        spelled(score.pairs),
        spelled(score.left_out),
    ]
}

fn paired_cells(scores: &Scores, paired: &Paired) -> Vec<String> {
    let [low, high] = ends(paired.interval);
    vec![
        scores.methods[paired.against].name.clone(),
        paired.over.clone(),
        paired.pairs.to_string(),
        spelled(paired.difference),
        low,
        high,
        spelled(paired.win_rate),
        spelled(paired.effect_size),
        spelled(paired.p),
        spelled(paired.adjusted_p),
        spelled(paired.smallest_p),
    ]
}

/// Two decimals; a hyphen where there is no number.
fn short(x: Option<f64>) -> String {
    x.map_or_else(|| "-".to_owned(), |x| format!("{x:.2}"))
}

fn with_interval(value: Option<f64>, interval: Option<[f64; 2]>) -> String {
    match interval {
        Some([low, high]) => format!("{} [{low:.2}, {high:.2}]", short(value)),
        None => short(value),
    }
}

/// A row for each pair of methods and sign, a column for each measure.
fn agreement(scores: &Scores) -> Table {
    let pooled: Vec<&Score> = scores.agreement.iter().filter(|score| score.text.is_none()).collect();
    let mut measures: Vec<&str> = Vec::new();
    let mut keys = Vec::new();
    for score in &pooled {
        if !measures.contains(&score.measure.as_str()) {
            measures.push(&score.measure);
        }
        let key = (score.method, score.other, score.signed);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let name = |method: usize| scores.methods[method].name.clone();
    let row = |&(method, other, signed): &(usize, Option<usize>, Option<bool>)| {
        let values = match signed {
            Some(true) => "signed",
            Some(false) => "absolute",
            None => "",
        };
        let mut row = vec![name(method), spelled(other.map(name)), values.to_owned()];
        row.extend(measures.iter().map(|measure| {
            let found = pooled.iter().find(|score| {
                (score.method, score.other, score.signed) == (method, other, signed)
                    && score.measure == **measure
            });
            let Some(score) = found else { return String::new() };
            match (*measure, score.chance) {
                ("spearman", _) => with_interval(score.value, score.interval),
                (_, Some(chance)) => format!("{} (chance {chance:.2})", short(score.value)),
                _ => short(score.value),
            }
        }));
        row
    };
    let k = pooled.iter().find_map(|score| score.k);
    let headed = |measure: &&str| match (*measure, k) {
        ("top-k-overlap", Some(k)) => format!("top-{k}-overlap"),
        (measure, _) => measure.to_owned(),
    };
    let header = ["method", "other", "values"].map(str::to_owned).into_iter();
    Table {
        title: format!("Agreement: means over {} outputs{}.", scores.n_output(), resampled(scores)),
        header: header.chain(measures.iter().map(headed)).collect(),
        rows: keys.iter().map(row).collect(),
    }
}

/// How intervals of agreement and faithfulness were made.
fn resampled(scores: &Scores) -> String {
    let lists = [&scores.agreement, &scores.faithfulness];
    interval_of(scores, lists.into_iter().flatten().any(|score| score.interval.is_some()))
}

/// How intervals were made, if there are any.
fn interval_of(scores: &Scores, any: bool) -> String {
    let Some(resampling) = &scores.resampling else { return String::new() };
    let over = match resampling.block {
        Some(block) => format!("blocks of {block} neighbouring outputs"),
        None => "texts".to_owned(),
    };
    if !any {
        return ", too few for intervals".to_owned();
    }
    format!("; in brackets the {} % interval over {over}", 100.0 * resampling.confidence)
}

/// A row for each metric, operator and method, held against random orders.
fn faithfulness(scores: &Scores) -> Table {
    let random = chance(scores, false);
    let row = |score: &Score| {
        let paired = score.paired.iter().find(|paired| Some(paired.against) == random);
        let p = |p: Option<f64>| p.map_or_else(|| "-".to_owned(), |p| format!("{p:.4}"));
        vec![
            score.measure.clone(),
            score.operator.clone().unwrap_or_default(),
            scores.methods[score.method].name.clone(),
            with_interval(score.value, score.interval),
            paired.map_or_else(String::new, |paired| with_interval(paired.difference, paired.interval)),
            paired.map_or_else(String::new, |paired| short(paired.win_rate)),
            paired.map_or_else(String::new, |paired| short(paired.effect_size)),
            paired.map_or_else(String::new, |paired| {
                format!("{} ({})", p(paired.adjusted_p), p(paired.smallest_p))
            }),
        ]
    };
    let header = [
        "metric",
        "operator",
        "method",
        "value",
        "less random",
        "win rate",
        "effect size",
        "adjusted p (smallest)",
    ];
    Table {
        title: "Faithfulness: each method, and its differences to random orders of the same lengths."
            .to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows: scores.faithfulness.iter().map(row).collect(),
    }
}

/// A row for each method, the best by the first metric first, a column for each metric.
fn ground_truth(scores: &Scores) -> Table {
    let list = &scores.ground_truth;
    let found = |metric: &str, method: usize| list.iter().find(|s| s.measure == metric && s.method == method);
    let metrics: Vec<&str> = METRICS
        .iter()
        .map(|metric| metric.name)
        .filter(|name| list.iter().any(|s| s.measure == *name))
        .collect();
    let first = metrics.first().copied().unwrap_or_default();
    let value =
        |method: usize| found(first, method).and_then(|score| score.value).unwrap_or(f64::NEG_INFINITY);
    let mut methods: Vec<usize> =
        (0..scores.methods.len()).filter(|method| found(first, *method).is_some()).collect();
    methods.sort_by(|a, b| value(*b).total_cmp(&value(*a)));
    let chance = chance(scores, true);
    let row = |&method: &usize| {
        let mut row = vec![scores.methods[method].name.clone()];
        row.extend(metrics.iter().map(|metric| {
            found(metric, method).map_or_else(String::new, |score| with_interval(score.value, score.interval))
        }));
        let paired = found(first, method).and_then(|s| s.paired.iter().find(|p| Some(p.against) == chance));
        row.push(paired.and_then(|paired| paired.adjusted_p).map_or_else(String::new, |p| format!("{p:.4}")));
        row
    };
    let header = ["method"].into_iter().chain(metrics.iter().copied()).chain(["adjusted p beside chance"]);
    let resampled = interval_of(scores, list.iter().any(|score| score.interval.is_some()));
    Table {
        title: format!("Known evidence: means over {} cases{resampled}.", scores.texts.len()),
        header: header.map(str::to_owned).collect(),
        rows: methods.iter().map(row).collect(),
    }
}

/// A row for each method, condition and sign, a column for each number of blocks.
fn sanity(scores: &Scores) -> Table {
    let row = |score: &Score| {
        let sign = score.signed.map(|signed| if signed { "signed" } else { "absolute" });
        vec![
            scores.methods[score.method].name.clone(),
            score.condition.clone().unwrap_or_default(),
            spelled(score.blocks),
            spelled(sign),
            score.measure.clone(),
            short(score.value),
        ]
    };
    Table {
        title: "Sanity: how alike attributions stay with random blocks, another target, another seed, a shuffled input; and \
                how far noise moves them."
            .to_owned(),
        header: ["method", "changed", "blocks", "values", "measure", "value"].map(str::to_owned).to_vec(),
        rows: scores.sanity.iter().map(row).collect(),
    }
}

/// What the methods' attributions took.
fn costs(scores: &Scores) -> Table {
    let known = scores.methods.iter().filter(|method| method.passes.is_some() || method.seconds.is_some());
    let row = |method: &ScoredMethod| {
        let seconds = method.seconds.map(|seconds| format!("{seconds:.2}"));
        vec![method.name.clone(), spelled(method.passes), spelled(seconds)]
    };
    Table {
        title: "Cost of the attributions, all texts together.".to_owned(),
        header: ["method", "passes", "seconds"].map(str::to_owned).to_vec(),
        rows: known.map(row).collect(),
    }
}
