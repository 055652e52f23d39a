//! `saliency draw`: records in, one picture out.

use crate::arguments::{DrawArguments, LookArguments};
use crate::failure::Failure;
use crate::output::Destination;
use crate::records;
use saliency::viz::Options;
use saliency::{Page, ToHtml, chart};

pub(crate) fn run(arguments: &DrawArguments, quiet: bool) -> Result<(), Failure> {
    let chart = chart(&arguments.chart)?;
    let form = Form::of(arguments)?;
    let destination = Destination::new(arguments.output.as_deref())?;
    let records = records::read(&arguments.records)?;
    let options = Options {
        hover: arguments.hover,
        lock: arguments.lock,
        token: arguments.token,
        record: arguments.record,
        width: arguments.width,
        title: arguments.title.clone(),
        model: arguments.model.clone(),
        method: arguments.method.clone(),
        columns: arguments.columns,
        top: arguments.top,
        ..options(&arguments.look)
    };
    if let Form::Text = form {
        let text = chart.text(&records, &options)?.ok_or_else(|| {
            Failure::Usage(format!("{} has no text form; give a picture's file with -o", chart.name()))
        })?;
        return destination.write(text.as_bytes());
    }
    if let Form::Html = form {
        let page = Page::new(&records).chart(chart).options(options);
        return destination.write(page.to_html()?.as_bytes());
    }
    let scene = chart.draw(&records, &options)?;
    let bytes = match form {
        Form::Text | Form::Html => Vec::new(),
        Form::Svg => scene.to_svg().into_bytes(),
        Form::Png => {
            let png = arguments.fonts.png(arguments.scale)?;
            arguments.fonts.say_missing(png.missing(&scene), quiet);
            png.paint(&scene)?
        }
        Form::Pdf => {
            let pdf = arguments.fonts.pdf()?;
            arguments.fonts.say_missing(pdf.missing(&scene), quiet);
            pdf.write(&scene)?
        }
    };
    destination.write(&bytes)
}

/// The options that every chart of a run shares.
pub(crate) fn options(look: &LookArguments) -> Options {
    let &LookArguments { theme, palette, clip, scale_max } = look;
    Options { theme, palette, clip, scale_max, ..Options::default() }
}

enum Form {
    Text,
    Svg,
    Png,
    Pdf,
    Html,
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
            _ => Err(Failure::Usage(format!(
                "{}: the file's ending says what to write; there are: .svg, .png, .pdf, .html, .txt",
                output.display()
            ))),
        }
    }
}
