//! What a row explains, in words: its output's own token, or what the record says was explained in that place.

use crate::text::label::{label, label_at};
use crate::text::visible;
use crate::values::number::percent;
use crate::values::words;
use saliency_schema::{Explained, Kind, Named, Record, Token, Without};

/// Targets of the whole prediction, and not of a token: the entropy, and a distance from another run.
const ENTROPY: &str = "entropy";
const DIVERGENCE: &str = "kl-divergence";

/// What the record says of a row besides its token.
fn of(record: &Record, row: usize) -> Option<&Explained> {
    record.outputs.get(row)?.explained.as_ref()
}

fn target(record: &Record) -> &str {
    record.target.as_ref().map_or("", |target| &target.name)
}

/// Whether outputs were held against something.
fn is_contrast(record: &Record) -> bool {
    target(record).starts_with("contrast-")
}

/// An output's own token.
fn own(record: &Record, row: usize) -> String {
    label_at(&record.tokens, record.n_input() + row)
}

fn name(named: &Named) -> String {
    let mut token = Token::new(named.id, &*named.text, Kind::Output);
    token.bytes.clone_from(&named.bytes);
    label(&token)
}

fn quoted(named: &Named) -> String {
    format!("“{}”", name(named))
}

/// The alternatives in one: `“a”`, `“a” and “b”`, `4 tokens such as “a”`.
fn alternatives(explained: &Explained) -> Option<String> {
    Some(match &explained.alternatives[..] {
        [] => return None,
        [one] => quoted(one),
        [one, other] => format!("{} and {}", quoted(one), quoted(other)),
        [one, ..] => format!("{} tokens such as {}", explained.alternatives.len(), quoted(one)),
    })
}

fn without(without: &Without) -> String {
    let ranges: Vec<_> = without
        .ranges()
        .map(|(start, end)| if end == start + 1 { start.to_string() } else { format!("{start}–{}", end - 1) })
        .collect();
    let tokens = if ranges.len() == 1 && !ranges[0].contains('–') { "token" } else { "tokens" };
    format!("“{}” ({tokens} {})", visible(without.text.trim()), ranges.join(", "))
}

/// What a row is called: its token, and where something else was explained, that.
pub(crate) fn row(record: &Record, row: usize) -> String {
    let own = own(record, row);
    let explained = of(record, row);
    let token = explained.and_then(|explained| explained.token.as_ref()).map(name);
    match (token, explained.and_then(against)) {
        (None, None) => own,
        (None, Some(other)) => format!("{own}, not {other}"),
        (Some(token), Some(other)) => format!("{token}, not {other}"),
        (Some(token), None) => format!("{token} (for {own})"),
    }
}

/// The first alternative, without quotes.
fn against(explained: &Explained) -> Option<String> {
    match &explained.alternatives[..] {
        [] => None,
        [one] => Some(name(one)),
        [one, ..] => Some(format!("{} and others", name(one))),
    }
}

/// What a row's column is headed by, in two lines: the token, and what it was held against with its probability where
/// that is recorded.
pub(crate) fn heading(record: &Record, row: usize) -> [String; 2] {
    let plain = Explained::new();
    let explained = of(record, row).unwrap_or(&plain);
    let with_probability = |name: String, probability: Option<f64>| match probability {
        Some(probability) => format!("{name} ({})", percent(probability)),
        None => name,
    };
    let shown = match &explained.token {
        Some(token) => with_probability(name(token), token.probability),
        None => with_probability(own(record, row), record.outputs.get(row).and_then(|o| o.probability)),
    };
    match &explained.alternatives[..] {
        [one] => [shown, format!("not {}", with_probability(name(one), one.probability))],
        _ => [shown, against(explained).map(|other| format!("not {other}")).unwrap_or_default()],
    }
}

/// A title for several records of one output, each held against another token: `Why “a” rather than its rivals`; `None`
/// where they are something else.
pub(crate) fn title_of_rivals(records: &[Record], row: usize) -> Option<String> {
    let held = |record: &Record| of(record, row).is_some_and(|explained| explained.alternatives.len() == 1);
    let first = records.first().filter(|_| records.len() > 1 && records.iter().all(held))?;
    Some(format!("Why “{}” rather than its rivals (output {})", own(first, row), words::number(first, row)))
}

/// A title for one row.
pub(crate) fn title(record: &Record, row: usize) -> String {
    let own = own(record, row);
    let plain = Explained::new();
    let explained = of(record, row).unwrap_or(&plain);
    let token = explained.token.as_ref();
    let shown = token.map_or_else(|| own.clone(), name);
    let row = words::number(record, row);
    // Where it is not said already, whose place it is.
    let place = match token {
        Some(_) if explained.alternatives.iter().all(|other| name(other) != own) => {
            format!("in place of “{own}”, output {row}")
        }
        _ => format!("output {row}"),
    };
    if let Some(left_out) = &explained.without {
        return format!("What moves “{own}” (output {row}) away from the run without {}", without(left_out));
    }
    match (alternatives(explained), target(record)) {
        (Some(others), _) => format!("Why “{shown}” rather than {others} ({place})"),
        (None, DIVERGENCE) => format!("What moves “{own}” (output {row}) away from another run"),
        (None, ENTROPY) => format!("What the entropy at “{own}” (output {row}) depends on"),
        (None, _) if is_contrast(record) => format!("Why “{shown}” rather than other tokens ({place})"),
        (None, _) => format!("What “{shown}” ({place}) looked at"),
    }
}

/// A title for all rows.
pub(crate) fn title_of_all(record: &Record) -> String {
    special_title_of_all(record).unwrap_or_else(|| "What every output looked at".to_owned())
}

/// The same, where something else is explained than the outputs themselves.
pub(crate) fn special_title_of_all(record: &Record) -> Option<String> {
    let plain = Explained::new();
    let shared = shared(record);
    let shared = shared.as_ref().unwrap_or(&plain);
    if let Some(left_out) = &shared.without {
        return Some(format!("What moves every output away from the run without {}", without(left_out)));
    }
    let shown = shared.token.as_ref().map(quoted);
    let title = match (alternatives(shared), target(record)) {
        (Some(others), _) => match shown {
            Some(token) => format!("Why {token} rather than {others}, in every output’s place"),
            None => format!("Why every output rather than {others}"),
        },
        (None, DIVERGENCE) => "What moves every output away from another run".to_owned(),
        (None, ENTROPY) => "What the entropy at every output depends on".to_owned(),
        (None, _) if is_contrast(record) => "Why every output rather than other tokens".to_owned(),
        (None, _) => match shown {
            Some(token) => format!("What {token} looked at, in every output’s place"),
            None => return None,
        },
    };
    Some(title)
}

/// What is explained of every output alike.
fn shared(record: &Record) -> Option<Explained> {
    Explained::shared(record.outputs.iter().map(|output| output.explained.as_ref()))
}

/// What stands behind the target's name in a legend; empty where outputs themselves are explained.
pub(crate) fn of_target(record: &Record) -> String {
    let all = || record.outputs.iter().filter_map(|output| output.explained.as_ref());
    let plain = Explained::new();
    let shared = shared(record);
    let shared = shared.as_ref().unwrap_or(&plain);
    let mut said = String::new();
    match &shared.token {
        Some(token) => said.extend([" of ", &quoted(token)]),
        None if all().any(|explained| explained.token.is_some()) => said += " of chosen tokens",
        None => {}
    }
    match alternatives(shared) {
        Some(others) => said.extend([" against ", &others]),
        None if all().any(|explained| !explained.alternatives.is_empty()) => {
            said += " against another token for each output";
        }
        None if is_contrast(record) => said += " against what is not recorded",
        None => {}
    }
    match &shared.without {
        Some(left_out) => said.extend([" from the run without ", &without(left_out)]),
        None if target(record) == DIVERGENCE => said += " from a run that is not recorded",
        None => {}
    }
    said
}

/// Whether some row is named or titled otherwise than by its token.
#[cfg(feature = "html")]
pub(crate) fn is_special(record: &Record) -> bool {
    record.outputs.iter().any(|output| output.explained.is_some())
        || is_contrast(record)
        || [ENTROPY, DIVERGENCE].contains(&target(record))
}
