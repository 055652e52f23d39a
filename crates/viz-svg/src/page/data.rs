//! The page's data, from which its script draws: records, figures, palettes and themes, as JSON.

use crate::options::Options;
use crate::options::look::Look;
use crate::page::encode::packed;
use crate::page::figure::PageFigure;
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;
use crate::text::label::label_at;
use crate::values::kind::Kind;
use crate::values::names::axis_names;
use crate::values::provenance::Provenance;
use crate::values::{excerpt, explained};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saliency_schema::Record;
use serde_json::{Map, Value, json};

/// All of it. `names` are those of the records, `state` is the one that the page opens with.
pub(crate) fn data(
    records: &[Record],
    names: &[String],
    figures: &[PageFigure<'_>],
    options: &Options,
    state: &str,
) -> Value {
    let theme = match options.theme {
        Theme::Light => "",
        Theme::Dark => "dark",
        Theme::Print => "light",
    };
    json!({
        "records": all_records(records, names, options),
        "figures": figures.iter().map(PageFigure::data).collect::<Vec<_>>(),
        "palettes": palettes(options.look),
        "themes": themes(),
        "rests": options.lock.is_none() && options.palette.is_none(),
        "state": state,
        "theme": theme,
        "palette": options.palette.map_or("", Palette::name),
        "clip": options.clip,
        "max": options.scale_max.unwrap_or(0.0),
        "top": options.top.unwrap_or(40),
    })
}

/// Every record, and of several how each compares with the others.
fn all_records(records: &[Record], names: &[String], options: &Options) -> Vec<Value> {
    let kinds: Vec<_> = records.iter().map(|record| Kind::of(record, options)).collect();
    let axes = axis_names(records, names);
    let each = records.iter().zip(names).enumerate().map(|(k, (one, name))| {
        let mut fields = record(one, name, options);
        // Another record's row compares where both hold the same piece of text; by shares where unit or sign differ.
        if records.len() > 1 {
            let aligned = records.iter().map(|other| json!(runs(one.align(other).partners())));
            let first = kinds.iter().position(|kind| *kind == kinds[k]);
            fields.insert("aligned".into(), aligned.collect());
            fields.insert("kind".into(), json!(first));
            fields.insert("unit".into(), json!(kinds[k].words()));
            fields.insert("axis".into(), json!(axes[k]));
        }
        Value::Object(fields)
    });
    each.collect()
}

/// One record: its tokens, what it is, and its values.
fn record(record: &Record, name: &str, options: &Options) -> Map<String, Value> {
    let provenance = Provenance::of(record, options);
    let (scales, values) = packed(record);
    let labels: Vec<_> = (0..record.tokens.len()).map(|i| label_at(&record.tokens, i)).collect();
    let mut fields = Map::new();
    fields.insert("inputs".into(), json!(record.n_input()));
    fields.insert("labels".into(), json!(labels));
    fields.insert("name".into(), json!(name));
    fields.insert("method".into(), json!(provenance.method));
    fields.insert("target".into(), json!(provenance.target));
    fields.insert("signed".into(), json!(record.signed));
    fields.insert("scales".into(), json!(scales));
    fields.insert("values".into(), json!(values));
    if let Some(excerpt) = &record.excerpt {
        fields.insert("positions".into(), json!(excerpt.positions));
        if excerpt.is_part() {
            let outside = (0..record.n_output()).filter_map(|row| excerpt::outside(record, row));
            fields.insert("outside".into(), json!(outside.collect::<Vec<_>>()));
            let inside = excerpt.outside.iter().map(|outside| outside.map(|outside| 1.0 - outside));
            fields.insert("inside".into(), json!(inside.collect::<Vec<_>>()));
        }
    }
    if explained::is_special(record) {
        let rows = || 0..record.n_output();
        let names: Vec<_> = rows().map(|row| explained::row(record, row)).collect();
        let titles: Vec<_> = rows().map(|row| explained::title(record, row)).collect();
        fields.insert("rows".into(), json!(names));
        fields.insert("titles".into(), json!(titles));
        fields.insert("whole".into(), json!(explained::title_of_all(record)));
    }
    fields
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
    let levels = move |palette: Palette, theme: Theme| {
        let from = if palette.is_diverging() { -31 } else { 0 };
        let color = |level: i32| palette.color(f64::from(level) / 31.0, theme, look).0;
        STANDARD.encode((from..=31).flat_map(color).collect::<Vec<u8>>())
    };
    let palette = |palette: Palette| {
        let (light, dark) = (levels(palette, Theme::Light), levels(palette, Theme::Dark));
        let value = json!({"diverging": palette.is_diverging(), "light": light, "dark": dark});
        (palette.name().to_owned(), value)
    };
    Palette::ALL.into_iter().map(palette).collect()
}

fn themes() -> Value {
    let theme = |theme: Theme| {
        let value = json!({
            "ground": theme.background().to_string(), "panel": theme.panel().to_string(),
            "ink": theme.ink().to_string(), "muted": theme.muted().to_string(),
            "apart": theme.not_comparable().to_string(), "mark": theme.mark().to_string(),
        });
        (theme.name().to_owned(), value)
    };
    [Theme::Light, Theme::Dark].into_iter().map(theme).collect()
}
