//! Whether GPT-2's real weights give the notebook's rows here too. You will see a table: for each reference run how
//! many rows were compared and how far the worst number is off, in units of its row's largest.
//! `cargo xtask real-gpt2 DIR|HUB-ID` runs this; it is the acceptance test for whoever has the weights (124M,
//! `openai-community/gpt2`).
//!
//! `cargo run --release -p saliency --features hub --example 6_real_gpt2 -- DIR|HUB-ID [EXPECTED]`
//!
//! The tokens of the runs in `crates/schema/tests/data` are forced; gradient × input of the probability, l2 over hidden
//! dimensions, divided by the row's sum, has to give the runs' rows to 1e-3 of their largest. With EXPECTED, a folder
//! of other rows for the same tokens, those are compared instead: so the program itself can be tested on a stand-in.

use saliency::hub::Hub;
use saliency::schema::{Kind, Token};
use saliency::{Attributor, Checkpoint, Load, Record, Sequence};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const RUNS: [&str; 3] = ["run-30", "runs-3x30", "runs-3x100"];
const WORST: f64 = 1e-3;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let model = words.next().ok_or("which model? give its folder or its name on the hub")?;
    let expected = words.next().map(PathBuf::from);
    let begun = Instant::now();
    let folder = if Path::new(&model).is_dir() {
        PathBuf::from(&model)
    } else {
        Hub::from_env()?.get(&model.parse()?, &mut |_| {})?.folder
    };
    let gpt2 = saliency::open(&folder, &Load::default())?;
    for warning in &gpt2.warnings {
        eprintln!("warning: {warning}");
    }
    let memory = peak()
        .map_or(String::new(), |bytes| format!(", peak memory of the program {} MB", bytes / 1_000_000));
    println!("{model}: loaded in {:.2} s{memory}", begun.elapsed().as_secs_f64());
    println!("{:12} {:>3} {:>6} {:>6}  {:9}  where", "file", "run", "inputs", "rows", "worst");
    let mut worst_of_all: f64 = 0.0;
    for name in RUNS {
        let runs = saliency::read(&std::fs::read(data().join(format!("{name}.json")))?)?;
        let rows: Vec<Vec<Vec<f64>>> = match &expected {
            Some(folder) => rows_in(&folder.join(format!("{name}.json")))?,
            None => {
                runs.iter().map(rows_of).collect::<Option<_>>().ok_or("a reference run lacks a number")?
            }
        };
        if rows.is_empty() || rows.len() > runs.len() {
            return Err(format!("{name}: {} expected runs, and there are {}", rows.len(), runs.len()).into());
        }
        for (k, (run, rows)) in runs.iter().zip(rows).enumerate() {
            let (inputs, outputs): (Vec<Token>, Vec<Token>) =
                run.tokens.iter().cloned().partition(|token| token.kind == Kind::Input);
            if k == 0 && expected.is_none() {
                check_tokenizer(&gpt2, &inputs)?;
            }
            let record = Attributor::new().record(&gpt2.model, &Sequence::new(inputs, outputs)?)?;
            let found = rows_of(&record).ok_or("a row lacks a number")?;
            let (worst, row, token) = worst(&found, &rows)?;
            let text = &record.tokens[record.n_input() + row].text;
            println!(
                "{name:12} {k:>3} {:>6} {:>6}  {worst:.3e}  row {row} ({text:?}), token {token}",
                record.n_input(),
                found.len()
            );
            worst_of_all = worst_of_all.max(worst);
        }
    }
    let passed = worst_of_all <= WORST;
    println!(
        "{}: the worst is {worst_of_all:.1e}, and may be {WORST:.0e}",
        if passed { "passed" } else { "FAILED" }
    );
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The most memory that this program has had, libtorch's own included, where the system says so.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/schema/tests/data")
}

fn rows_of(record: &Record) -> Option<Vec<Vec<f64>>> {
    record.attributions.iter().map(|row| row.iter().copied().collect()).collect()
}

/// Rows of several runs: JSON, `[run][output][token]`.
fn rows_in(path: &Path) -> Result<Vec<Vec<Vec<f64>>>, Box<dyn Error>> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// The tokenizer beside the weights has to be the one whose numbers are forced.
fn check_tokenizer(gpt2: &Checkpoint, inputs: &[Token]) -> Result<(), Box<dyn Error>> {
    let text: String = inputs.iter().map(|token| token.text.as_str()).collect();
    let ids = |tokens: &[Token]| tokens.iter().map(|t| t.id).collect::<Vec<_>>();
    if ids(&gpt2.tokenizer.encode(&text, Kind::Input, 0)?) == ids(inputs) {
        return Ok(());
    }
    Err("the tokenizer does not give the reference run's token numbers; is this GPT-2's own?".into())
}

/// The largest difference in units of its row's largest expected number, with the row and the token.
fn worst(found: &[Vec<f64>], expected: &[Vec<f64>]) -> Result<(f64, usize, usize), Box<dyn Error>> {
    if found.len() != expected.len() {
        return Err(format!("{} rows, and {} are expected", found.len(), expected.len()).into());
    }
    let mut worst = (0.0, 0, 0);
    for (r, (found, expected)) in found.iter().zip(expected).enumerate() {
        if found.len() != expected.len() {
            return Err(
                format!("row {r}: {} numbers, and {} are expected", found.len(), expected.len()).into()
            );
        }
        let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        for (token, (f, e)) in found.iter().zip(expected).enumerate() {
            let off = (f - e).abs() / largest;
            // NaN is the worst of all.
            if off.is_nan() || off > worst.0 {
                worst = (if off.is_nan() { f64::INFINITY } else { off }, r, token);
            }
        }
    }
    Ok(worst)
}
