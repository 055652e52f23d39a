//! The page's data, from which its script draws: records, figures, palettes and themes, as JSON.

use crate::error::Error;
use crate::options::Options;
use crate::options::look::Look;
use crate::page;
use crate::page::beyond::beyond;
use crate::page::encode::packed;
use crate::page::figure::PageFigure;
use crate::page::head::facts;
use crate::page::paragraph::texts;
use crate::page::tabs::{grain, same_tokens};
use crate::paint::color::Color;
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;
use crate::text::label::{label, label_at};
use crate::values::kind::{Kind, Unit, is_unsigned};
use crate::values::names::axis_names;
use crate::values::provenance::Provenance;
use crate::values::{explained, kept, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saliency_schema::{DistanceProfile, Record, Token, spearman};
use serde_json::{Map, Value, json};
use std::ops::{Range, RangeInclusive};

/// Characters of a sentence that name it.
const SENTENCE: usize = 28;

/// All of it. `names` are those of the records, `state` is the one that the page opens with.
pub(crate) fn data(
    records: &[Record],
    names: &[String],
    figures: &[PageFigure],
    options: &Options,
    (state, views): (&str, &[&str]),
) -> Result<Value, Error> {
    let theme = match options.theme {
        Theme::Light => "",
        Theme::Dark => "dark",
        Theme::Print => "light",
    };
    let all = (0..records.len()).map(|k| record(records, k, names, options));
    let mut data = json!({
        "records": all.collect::<Result<Vec<_>, _>>()?,
        "profiles": profiles(records, options),
        "agreement": agreement(records),
        "figures": figures.iter().map(PageFigure::data).collect::<Vec<_>>(),
        "palettes": palettes(options.look),
        "themes": themes(),
        "state": state,
        "grain": grain(options),
        "notebook": options.look == Look::Notebook,
        "default": default_palettes(options.look),
        "relative": options.relative.is_some(),
        "intensity": options.intensity,
        "theme": theme,
        "palette": options.palette.map_or("", Palette::name),
        "clip": options.clip,
        "max": options.scale_max.unwrap_or(0.0),
    });
    if let Value::Object(data) = &mut data {
        if !options.rule.is_empty() {
            data.insert("rule".to_owned(), json!(kept::words(&options.rule)));
        }
        data.insert("views".to_owned(), json!(views));
    }
    Ok(data)
}

/// One record: its tokens, what it is, how it compares with the others, and its values.
fn record(records: &[Record], k: usize, names: &[String], options: &Options) -> Result<Value, Error> {
    let record = &records[k];
    let provenance = Provenance::of(record, options);
    let (scales, values) = packed(&record.attributions);
    let texts = texts(record);
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("inputs", json!(record.n_input()));
    // Names that are not the text without its spaces.
    let labels = (0..record.tokens.len()).map(|i| (i, label_at(&record.tokens, i)));
    let labels = labels.filter(|(i, label)| label != texts[*i].trim_matches([' ', '\n']) || label.is_empty());
    set("labels", Value::Object(labels.map(|(i, label)| (i.to_string(), json!(label))).collect()));
    set("texts", json!(texts));
    set("name", json!(names[k]));
    set("method", json!(provenance.method));
    set("target", json!(provenance.target));
    set("facts", json!(facts(record, options)));
    // Against distance is a switch of the page.
    let plain = Options { relative: None, ..options.clone() };
    let kinds: Vec<_> = records.iter().map(|record| Kind::of(record, &plain)).collect();
    set("share", json!(kinds[k] == Kind::Share));
    let percent = matches!(kinds[k].unit(), Unit::Share | Unit::SignedShare);
    set("percent", json!(percent));
    set("signed", json!(!is_unsigned(record)));
    set("after", json!(kinds[k].after_number()));
    let unit = Some(kinds[k].after_number()).filter(|unit| !unit.is_empty());
    let unit =
        if percent { "of the row".to_owned() } else { unit.map_or_else(|| kinds[k].words(), str::to_owned) };
    set("unit", json!(unit));
    set("kind", json!(kinds.iter().position(|kind| *kind == kinds[k])));
    set("profile", json!(if options.relative.is_some() { 0 } else { k }));
    let fragments = match record.regrouped {
        None => words::groups(record, &[]),
        Some(_) => (0..record.tokens.len()).map(|token| token..token + 1).collect(),
    };
    set("words", groups(record, &fragments, None));
    let sentences = record.sentences();
    set("sentences", groups(record, &sentences, Some(SENTENCE)));
    set("scales", json!(scales));
    set("totals", (0..record.n_output()).map(|row| rounded(record.row_total(row))).collect());
    if record.outputs.iter().any(|output| output.within.is_some()) {
        set("within", record.outputs.iter().map(|output| json!(output.within)).collect());
    }
    set("values", json!(values));
    if let Some(source) = record.source() {
        set("source", json!(source));
    }
    if let Some(excerpt) = &record.excerpt {
        set("positions", json!(excerpt.positions));
        if excerpt.is_part() {
            let inside = excerpt.outside.iter().map(|outside| outside.map(|outside| 1.0 - outside));
            set("inside", json!(inside.collect::<Vec<_>>()));
            // Of several rows together what lies outside is known where nothing cancels.
            set("adds", json!(!record.is_signed()));
            let shown = excerpt.inputs[1] - excerpt.inputs[0];
            set("left", json!(excerpt.of.saturating_sub(shown)));
        }
    }
    if explained::is_special(record) {
        let rows: Vec<_> = (0..record.n_output()).map(|row| explained::row(record, row)).collect();
        set("rows", json!(rows));
        let titles: Vec<_> = (0..record.n_output()).map(|row| explained::title(record, row)).collect();
        set("titles", json!(titles));
    }
    // Another record's row compares where both hold the same piece of text.
    if records.len() > 1 {
        let aligned = records.iter().map(|other| json!(runs(record.align(other).partners())));
        set("aligned", aligned.collect());
        set("axis", json!(axis_names(records, names)[k]));
    }
    if !options.rule.is_empty() {
        set("kept", page::kept::kept(record, options)?);
    }
    fields.extend(beyond(record, options));
    Ok(Value::Object(fields))
}

/// The groups of a record's tokens: the first token of each, and the names of those that are several tokens.
fn groups(record: &Record, segments: &[Range<usize>], room: Option<usize>) -> Value {
    let name = |segment: &Range<usize>| {
        let joined = Token::joined(&record.tokens[segment.clone()]);
        let name = label(&joined);
        match room {
            Some(room) if name.chars().count() > room => {
                format!("{}…", name.chars().take(room).collect::<String>().trim_end())
            }
            _ => name,
        }
    };
    let names = segments.iter().enumerate().filter(|(_, segment)| segment.len() > 1);
    let names: Map<_, _> = names.map(|(i, segment)| (i.to_string(), json!(name(segment)))).collect();
    json!({"starts": segments.iter().map(|segment| segment.start).collect::<Vec<_>>(), "labels": names})
}

/// The median share at each distance, and the number of shares: of each record, or the one that the caller gave.
fn profiles(records: &[Record], options: &Options) -> Value {
    let profile = |profile: &DistanceProfile, of: String| {
        let distances = 0..=profile.longest();
        let median = distances.clone().map(|d| profile.median(d).map_or(Value::Null, rounded));
        json!({"median": median.collect::<Vec<_>>(), "n": distances.map(|d| profile.count(d)).collect::<Vec<_>>(), "of": of})
    };
    match &options.relative {
        Some(given) => json!([profile(given, format!("{} rows", given.rows()))]),
        None => records
            .iter()
            .map(|record| DistanceProfile::of(std::slice::from_ref(record)))
            .map(|own| profile(&own, format!("{} rows of this record", own.rows())))
            .collect(),
    }
}

/// Spearman's ρ, in hundredths, of every two records with the same tokens, for each output.
fn agreement(records: &[Record]) -> Value {
    let mut all = Map::new();
    for (a, one) in records.iter().enumerate() {
        for (b, other) in records.iter().enumerate().skip(a + 1).filter(|(_, other)| same_tokens(one, other))
        {
            let sizes = |row: &[Option<f64>]| row.iter().map(|x| x.map(f64::abs)).collect::<Vec<_>>();
            let rows = one.attributions.iter().zip(&other.attributions);
            let rho =
                rows.map(|(x, y)| spearman(&sizes(x), &sizes(y)).map(|rho| (100.0 * rho).round() as i64));
            all.insert(format!("{a} {b}"), json!(rho.collect::<Vec<_>>()));
        }
    }
    Value::Object(all)
}

/// Six digits: more than the values have.
fn rounded(x: f64) -> Value {
    json!(format!("{x:.5e}").parse::<f64>().unwrap_or(x))
}

/// Counterparts as runs of them: the first token, its counterpart, and how many follow each other.
fn runs(partners: &[Option<usize>]) -> Vec<[usize; 3]> {
    let mut runs: Vec<[usize; 3]> = Vec::new();
    for (token, partner) in
        partners.iter().enumerate().filter_map(|(token, partner)| Some((token, (*partner)?)))
    {
        match runs.last_mut() {
            Some([from, to, length]) if *from + *length == token && *to + *length == partner => *length += 1,
            _ => runs.push([token, partner, 1]),
        }
    }
    runs
}

/// Every palette's levels in both themes: three bytes each, in base64.
fn palettes(look: Look) -> Value {
    let levels = |palette: Palette, theme: Theme| {
        let color = |level: i32| palette.color(f64::from(level) / 31.0, theme, look).0;
        STANDARD.encode(levels_of(palette).flat_map(color).collect::<Vec<u8>>())
    };
    // Of each level, whether text on it is white.
    let inks = |palette: Palette, theme: Theme| {
        let white = |level: i32| palette.color(f64::from(level) / 31.0, theme, look).ink() == Color::WHITE;
        levels_of(palette).map(|level| if white(level) { '1' } else { '0' }).collect::<String>()
    };
    let palette = |palette: Palette| {
        let (light, dark) = (levels(palette, Theme::Light), levels(palette, Theme::Dark));
        let (light_inks, dark_inks) = (inks(palette, Theme::Light), inks(palette, Theme::Dark));
        let value = json!({"diverging": palette.is_diverging(), "light": light, "dark": dark,
            "lightInks": light_inks, "darkInks": dark_inks});
        (palette.name().to_owned(), value)
    };
    Palette::ALL.into_iter().map(palette).collect()
}

/// A palette's levels.
fn levels_of(palette: Palette) -> RangeInclusive<i32> {
    if palette.is_diverging() { -31..=31 } else { 0..=31 }
}

/// The names of the palettes for values without and with a sign, in the light and the dark theme.
fn default_palettes(look: Look) -> Value {
    let names = |theme: Theme| [false, true].map(|signed| Palette::default_for(signed, theme, look).name());
    json!({"light": names(Theme::Light), "dark": names(Theme::Dark)})
}

fn themes() -> Value {
    let theme = |theme: Theme| {
        let value = json!({
            "ground": theme.background().to_string(), "panel": theme.panel().to_string(),
            "ink": theme.ink().to_string(), "muted": theme.muted().to_string(),
            "apart": theme.not_comparable().to_string(), "on": theme.not_comparable().ink().to_string(), "mark": theme.mark().to_string(),
            "a": theme.shown().to_string(), "b": theme.compared().to_string(),
        });
        (theme.name().to_owned(), value)
    };
    [Theme::Light, Theme::Dark].into_iter().map(theme).collect()
}
