//! `perturbation`: each word replaced by others, and how that moves an output.

use crate::chart::{Chart, check_complete};
use crate::error::Error;
use crate::layout::caption;
use crate::layout::sheet::{Sheet, margin};
use crate::layout::strips;
use crate::layout::strips::Strips;
use crate::options::{Options, too_narrow};
use crate::paint::scale::Scale;
use crate::redraw::{Part, Redraw};
use crate::scene::Scene;
use crate::text::visible;
use crate::values::kind::target_unit;
use crate::values::perturbed::{Perturbed, change, in_words};
use crate::values::rows::Rows;
use crate::values::view::View;
use saliency_schema::Record;
use std::fmt::Write as _;

/// The picture's width without its margins, where none is asked for.
const WIDTH: f64 = 720.0;
/// Words with a strip, where the caller does not say.
const TOP: usize = 12;
/// Replacements whose continuation is told below the strips.
const TOLD: usize = 6;

/// A strip for each word that was replaced, with a dot for each replacement: to the left where it lowers the target, to
/// the right where it raises it, the word itself at 0. The lowest and the highest have names. Words are coloured by
/// their row, those with the widest spread of changes first; below, where the largest changes lead.
///
/// Of a record with replacements (`saliency perturb`, or the method `replacements`). Words are those of the record:
/// fragments are not put together, since what replaced a fragment did not replace its word. `hover` is the output;
/// `lock` colours the words by the difference from that row; `token` frames a word. `top` words have a strip.
#[derive(Debug, Clone, Copy, Default)]
pub struct Perturbation;

impl Chart for Perturbation {
    fn name(&self) -> &'static str {
        "perturbation"
    }

    fn summary(&self) -> &'static str {
        "each word replaced by others: a dot for each at the change of the target; without -o it prints"
    }

    fn lacks(&self, record: &Record) -> Option<&'static str> {
        let left_out = |note: &String| note.starts_with("replacements of a part of a group");
        (record.replacements.is_empty() && record.n_output() > 0).then(|| {
            if record.notes.iter().any(left_out) {
                return "what was replaced are parts of the record's groups; leave out --group";
            }
            "the record holds no replacements; `saliency perturb -o FILE` makes one that does, and so does \
             `saliency attribute --method replacements`"
        })
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["top"]
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        options.check(self.name(), self.own_options())?;
        let drawn = by_tokens(options);
        let view = View::of(records, &drawn)?;
        self.lay_out(&view.records, &view.options)
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        check_complete(self, rows.record())?;
        let scale = Scale::of(&rows, options)?;
        let mut words = Perturbed::of(&rows);
        let all = words.len();
        let strongest = strongest(&words);
        keep(&mut words, options);
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < strips::LEAST) {
            return Err(too_narrow(whole, strips::LEAST + 2.0 * margin(options)));
        }
        let unit = target_unit(rows.record);
        let mut sheet = Sheet::of_row(&rows, &scale, options, title(&rows));
        let mut said = captions(&rows, &words, all);
        // A picture's title says it.
        if let (true, Some(row)) = (options.for_page, rows.hover) {
            said.push(format!("Changes of {}.", visible(&rows.name(row))));
        }
        let (lines, height) = caption::lay_out(&said, width, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let top = height + 8.0;
        let strips = Strips {
            rows: &rows,
            scale: &scale,
            words: &words,
            token: options.token.filter(|_| !options.for_page),
            width,
            unit,
        };
        let told: Vec<String> = strongest.iter().map(|(word, one)| in_words(word, one, unit)).collect();
        sheet.group("strips", None, strips.items(), (0.0, top));
        // Its tokens are the record's own, whatever the page puts together.
        let places = || Part::Places { places: strips.places(), by_tokens: true };
        sheet.places((0.0, top), || Redraw::of_hovered(places()));
        let (lines, _) = caption::lay_out(&told, width, options.theme);
        sheet.group("continuations", None, lines, (0.0, top + strips.height() + 8.0));
        let most = told
            .first()
            .map_or("nothing was replaced".to_owned(), |most| format!("the largest change: {most}"));
        let words = if all == 1 { "word" } else { "words" };
        let description = format!("{}: {all} {words} replaced, {most}.", sheet.title());
        Ok(sheet.scene(description))
    }

    fn text(&self, records: &[Record], options: &Options) -> Result<Option<String>, Error> {
        options.check(self.name(), self.own_options())?;
        let drawn = by_tokens(options);
        let view = View::of(records, &drawn)?;
        let rows = Rows::one(&view.records, &view.options)?;
        check_complete(self, rows.record())?;
        let mut words = Perturbed::of(&rows);
        let all = words.len();
        keep(&mut words, &view.options);
        let unit = target_unit(rows.record);
        let mut text = format!("{}\n", visible(&title(&rows)));
        for line in captions(&rows, &words, all) {
            let _ = writeln!(text, "{line}");
        }
        for word in &words {
            text.push('\n');
            for one in word.replacements.iter().rev() {
                let _ = writeln!(text, "{}", in_words(&word.name, one, unit));
            }
        }
        Ok(Some(text))
    }
}

/// Fragments of words are not put together: they are what was replaced.
fn by_tokens(options: &Options) -> Options {
    Options { tokens: true, ..options.clone() }
}

/// The words with a strip: the first ones, and the marked one.
fn keep(words: &mut Vec<Perturbed<'_>>, options: &Options) {
    let top = options.top.unwrap_or(TOP);
    let mut number = 0;
    words.retain(|word| {
        number += 1;
        number <= top || options.token == Some(word.at)
    });
}

/// The replacements with the largest changes, of those with a continuation where there are any.
fn strongest<'a>(words: &[Perturbed<'a>]) -> Vec<(String, &'a saliency_schema::Replacement)> {
    let each = |word: &Perturbed<'a>| {
        word.replacements.iter().map(|one| (word.name.clone(), *one)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = words.iter().flat_map(each).collect();
    if all.iter().any(|(_, one)| one.continuation.is_some()) {
        all.retain(|(_, one)| one.continuation.is_some());
    }
    all.sort_by(|a, b| change(b.1).abs().total_cmp(&change(a.1).abs()));
    all.truncate(TOLD);
    all
}

fn title(rows: &Rows<'_>) -> String {
    format!("Words replaced: {}", rows.title())
}

fn captions(rows: &Rows<'_>, words: &[Perturbed<'_>], all: usize) -> Vec<String> {
    let parameter = |name: &str| {
        let value = rows.record.method.as_ref()?.parameters.get(name)?.as_str()?;
        Some(visible(value))
    };
    let by = match parameter("replace_by") {
        Some(by) if by.starts_with("likely") => {
            " Replacements are what the model finds likely there from the text before alone: what follows may not fit them."
        }
        _ => "",
    };
    let without: usize = words.iter().map(|word| word.without).sum();
    let lost = if without > 0 { format!(" {without} texts could not be run.") } else { String::new() };
    vec![format!("{} of {all} words, those with the widest spread first.{by}{lost}", words.len())]
}
