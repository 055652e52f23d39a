//! `saliency draw`: records in, one picture out.

use crate::arguments::{DrawArguments, LookArguments};
use crate::failure::Failure;
use crate::output::Destination;
use crate::records;
use crate::relative::Relative;
use crate::request::range;
use saliency::schema::DistanceProfile;
use saliency::viz::{LongTable, Options, Rule};
use saliency::{Page, Record, ToHtml, chart, charts};
use std::sync::Arc;

pub(crate) fn run(arguments: &DrawArguments, quiet: bool) -> Result<(), Failure> {
    let chart = chart(&arguments.chart)?;
    let form = Form::of(arguments)?;
    if arguments.id_prefix.is_some() && !matches!(form, Form::Svg) {
        return Err(Failure::Usage(
            "--id-prefix is for .svg; other formats have no ids that could clash".into(),
        ));
    }
    if let Form::Csv | Form::Tsv = form {
        check_table(arguments, chart.name())?;
    }
    let scores = arguments.scores.as_deref().map(records::read_scores).transpose()?;
    if scores.is_some() && !chart.takes_scores() {
        let drawn = charts().iter().filter(|chart| chart.takes_scores()).map(|chart| chart.name());
        let drawn = drawn.collect::<Vec<_>>().join(", ");
        let chart = chart.name();
        return Err(Failure::Usage(format!("{chart} draws no scores; with --scores there are: {drawn}")));
    }
    if arguments.records.is_empty() && !chart.needs_scores() {
        let chart = chart.name();
        return Err(Failure::Usage(format!("{chart} draws records; name their files beside --scores")));
    }
    let destination = Destination::new(arguments.output.as_deref())?;
    let look = options(&arguments.look)?;
    let records = records::read(&arguments.records, arguments.record, quiet)?;
    let records = records::hopped(records, arguments.hops, quiet)?;
    let own = arguments.record.and_then(|k| records.get(k)).map_or(&records[..], std::slice::from_ref);
    let look = relative_to(look, &arguments.look, own);
    let records = records::grouped(records, &arguments.group)?;
    let options = Options {
        hover: arguments.hover,
        lock: arguments.lock,
        token: arguments.token,
        against: arguments.against,
        expand: arguments.expand.clone(),
        x: arguments.x,
        y: arguments.y,
        record: arguments.record,
        width: arguments.width,
        title: arguments.title.clone(),
        model: arguments.model.clone(),
        method: arguments.method.clone(),
        columns: arguments.columns,
        top: arguments.top,
        id_prefix: arguments.id_prefix.clone(),
        scores: scores.map(Arc::new),
        ..look
    };
    if let Form::Text = form {
        let text = chart.text(&records, &options)?.ok_or_else(|| {
            Failure::Usage(format!("{} has no text form; name a picture file with -o", chart.name()))
        })?;
        return destination.write(text.as_bytes());
    }
    if let Form::Csv | Form::Tsv = form {
        let table = LongTable::new(&records, &options)?;
        let mut bytes = Vec::new();
        let written = match form {
            Form::Csv => table.write_csv(&mut bytes),
            _ => table.write_tsv(&mut bytes),
        };
        let path = arguments.output.clone().unwrap_or_default();
        written.map_err(|source| Failure::Write { path, source })?;
        return destination.write(&bytes);
    }
    if let Form::Html = form {
        let page = Page::new(&records).chart(chart).options(options);
        return destination.write(page.to_html()?.as_bytes());
    }
    let scene = chart.draw(&records, &options)?;
    let bytes = match form {
        Form::Text | Form::Html | Form::Csv | Form::Tsv => Vec::new(),
        Form::Svg => scene.to_svg().into_bytes(),
        Form::Png => {
            let png = arguments.fonts.png(arguments.scale)?;
            arguments.fonts.say_missing(png.missing(&scene), quiet);
            png.paint(&scene)?
        }
        #[cfg(not(feature = "pdf"))]
        Form::Pdf => {
            return Err(Failure::Usage("this program was built without PDF (feature pdf)".to_owned()));
        }
        #[cfg(feature = "pdf")]
        Form::Pdf => {
            let pdf = arguments.fonts.pdf()?;
            arguments.fonts.say_missing(pdf.missing(&scene), quiet);
            pdf.write(&scene)?
        }
    };
    destination.write(&bytes)
}

/// What is shown, by the flags together.
fn rule(arguments: &LookArguments) -> Rule {
    let dropped = arguments.drop.iter().cloned().fold(Rule::new(), Rule::and);
    let mut flags = Rule::new();
    (flags.keep_share, flags.language) = (arguments.keep_share, arguments.language.clone());
    dropped.and(flags)
}

/// Refuses options of pictures for a table, which holds every cell.
fn check_table(arguments: &DrawArguments, chart: &str) -> Result<(), Failure> {
    if chart != "tokens" {
        return Err(Failure::Usage(format!(
            "{chart} has no table; `saliency draw tokens RECORD -o x.csv` (or .tsv) writes every cell of every output"
        )));
    }
    let given = [
        ("--hover", arguments.hover.is_some()),
        ("--token", arguments.token.is_some()),
        ("--against", arguments.against.is_some()),
        ("--drop", !arguments.look.drop.is_empty()),
        ("--keep-share", arguments.look.keep_share.is_some()),
        ("--language", arguments.look.language.is_some()),
        ("--expand", !arguments.expand.is_empty()),
        ("--x", arguments.x.is_some()),
        ("--y", arguments.y.is_some()),
        ("--top", arguments.top.is_some()),
        ("--width", arguments.width.is_some()),
        ("--title", arguments.title.is_some()),
        ("--inputs", arguments.look.inputs.is_some()),
        ("--fold", !arguments.look.fold.is_empty()),
        ("--tokens", arguments.look.tokens),
        ("--relative", arguments.look.relative.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Failure::Usage(format!(
            "{flag} is for pictures; a table holds every cell of every output (of one record with --record K)"
        ))),
        None => Ok(()),
    }
}

/// The options that all charts have, but for what is relative to the records that are drawn.
pub(crate) fn options(arguments: &LookArguments) -> Result<Options, Failure> {
    let &LookArguments { tokens, look, theme, palette, clip, scale_max, intensity, .. } = arguments;
    let inputs = arguments.inputs.as_deref().map(|text| range("--inputs", text)).transpose()?;
    let relative = arguments.relative.as_ref().map(Relative::of_files).transpose()?.flatten();
    Ok(Options {
        inputs,
        fold: arguments.fold.clone(),
        tokens,
        look,
        relative,
        rule: rule(arguments),
        theme,
        palette,
        clip,
        scale_max,
        intensity,
        ..Options::default()
    })
}

/// The options with the profile of the records that are drawn, where it is asked for and no file is named.
pub(crate) fn relative_to(options: Options, arguments: &LookArguments, records: &[Record]) -> Options {
    let own = || arguments.relative.as_ref().map(|_| DistanceProfile::of(records));
    Options { relative: options.relative.or_else(own), ..options }
}

enum Form {
    Text,
    Svg,
    Png,
    Pdf,
    Html,
    Csv,
    Tsv,
}

impl Form {
    fn of(arguments: &DrawArguments) -> Result<Self, Failure> {
        let Some(output) = &arguments.output else { return Ok(Self::Text) };
        let extension = output.extension().map(|e| e.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("txt") => Ok(Self::Text),
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            Some("pdf") => Ok(Self::Pdf),
            Some("html" | "htm") => Ok(Self::Html),
            Some("csv") => Ok(Self::Csv),
            Some("tsv") => Ok(Self::Tsv),
            _ => Err(Failure::Usage(format!(
                "{}: unknown file extension; there are: .svg, .png, .pdf, .html, .txt, .csv, .tsv",
                output.display()
            ))),
        }
    }
}
