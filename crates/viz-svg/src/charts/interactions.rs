//! `interactions`: what two words do beyond the sum of what each does.

use crate::chart::{Chart, check_complete, draw_without_attributions};
use crate::error::Error;
use crate::layout::caption;
use crate::layout::color_bar::Ends;
use crate::layout::sheet::{Sheet, margin};
use crate::layout::triangle::Triangle;
use crate::options::Options;
use crate::paint::scale::Scale;
use crate::paint::theme::Theme;
use crate::redraw::{Part, Redraw};
use crate::scene::{Item, Rect, Scene, Text};
use crate::text::visible;
use crate::values::excerpt;
use crate::values::pairs::{MOST, Pairs};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// How many pairs are put into sentences.
const SENTENCES: usize = 10;
/// The list of pairs: its letters and a line of it.
const SIZE: f64 = 11.0;
const LINE: f64 = 16.0;
/// What the caption takes, where no width is asked for.
const WIDTH: f64 = 760.0;

/// A row and a column for each token that takes part in pairs (words, sentences, whatever the method ran with), its
/// name at both ends: below the diagonal what two do together beyond the sum of what each does, on it what each does,
/// its main effect, which stands as a number before the name. Lines where sentences begin, and the ten largest pairs in
/// sentences. Colours end where pairs do; main effects may lie beyond.
///
/// `hover` is the output (by default the resting one), with `lock` what is shown are the differences from that output's
/// pairs; `token` frames a row and a column. A pair that the record does not hold has no cell. Of more than 128 tokens
/// those with the largest numbers are drawn. Words are those of the record: fragments are not put together, since the
/// pairs of a whole word are not those of its fragments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interactions;

impl Chart for Interactions {
    fn name(&self) -> &'static str {
        "interactions"
    }

    fn summary(&self) -> &'static str {
        "pairs of words beyond their sum: a triangle, and the largest in sentences"
    }

    fn lacks(&self, record: &Record) -> Option<&'static str> {
        let left_out = |note: &String| note.starts_with("interactions of single tokens");
        record.interactions.is_empty().then(|| {
            if record.hops.is_some() {
                return "pairs are not passed on along outputs; leave out --hops";
            }
            if record.notes.iter().any(left_out) {
                return "its pairs are of single tokens and not of the record's groups; leave out --group";
            }
            "the record holds no interactions of pairs; `saliency attribute --method occlusion-pairs` makes one that \
             does, and so do shapley-interaction and integrated-hessians"
        })
    }

    fn draws_attributions(&self) -> bool {
        false
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let drawn = Options { tokens: true, ..options.clone() };
        draw_without_attributions(
            self,
            records,
            (options, drawn),
            ("a pair has no distance", "pairs are none"),
        )
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        check_complete(self, rows.record())?;
        let pairs = Pairs::of(&rows, options);
        let scale = Scale::of_pairs(&pairs, &rows, options)?;
        let triangle = Triangle::new((&rows, &pairs, &scale), options)?;
        let mut sheet = {
            let record = std::slice::from_ref(rows.record());
            Sheet::of_several(record, ends(&rows, &pairs), &scale, options, title(&rows))
        };

        let inner = options.width.map(|width| width - 2.0 * margin(options));
        let said = pairs.largest(&rows, SENTENCES);
        let (lines, height) = caption::lay_out(
            &captions(&rows, &pairs, &scale, options),
            inner.unwrap_or(WIDTH),
            options.theme,
        );
        sheet.group("caption", None, lines, (0.0, 0.0));
        let top = height + 8.0;
        let words = (!options.for_page).then(|| in_words(&rows, &pairs));
        sheet.group("pairs", words, triangle.cells(), (0.0, top));
        sheet.group("lines", None, triangle.lines(), (0.0, top));
        sheet.group("names", None, triangle.names(), (0.0, top));
        let framed = options.token.filter(|_| !options.for_page).and_then(|token| pairs.at(token));
        let frames = framed.map_or_else(Vec::new, |token| triangle.frames(token, options.theme.mark()));
        sheet.group("marks", None, frames, (0.0, top));
        // Its tokens are the record's own, whatever the page puts together.
        let places = || Part::Places { places: triangle.places(), by_tokens: true };
        sheet.places((0.0, top), || Redraw::of_hovered(places()));

        // Beside the diagonal where there is room, or else below.
        let what = if rows.locked_name().is_some() { "differences" } else { "pairs" };
        let list = largest(&said, &format!("The largest {what}"), options.theme);
        let bounds = list.iter().filter_map(Item::bounds).reduce(Rect::around);
        let bounds = bounds.unwrap_or(Rect::new(0.0, 0.0, 0.0, 0.0));
        let beside = triangle.beside(bounds.y + bounds.height);
        if inner.is_none_or(|inner| beside + bounds.width <= inner) {
            sheet.group("largest", None, list, (beside, top));
        } else {
            let (lines, _) = caption::lay_out(&said, inner.unwrap_or(WIDTH), options.theme);
            sheet.group("largest", None, lines, (0.0, top + triangle.side() + 16.0));
        }
        let largest = if said.is_empty() { "none".to_owned() } else { said.join("; ") };
        let description = format!(
            "{}: pairs of {} of {} tokens, below the diagonal, and their main effects, on it. The largest {what}: {largest}.",
            sheet.title(),
            pairs.len(),
            pairs.of
        );
        Ok(sheet.scene(description))
    }
}

/// The largest pairs, a line each, under a heading.
fn largest(said: &[String], heading: &str, theme: Theme) -> Vec<Item> {
    let line = |(number, text): (usize, &String)| {
        Text::new(text.clone(), 0.0, (number + 1) as f64 * LINE + 10.0, SIZE, theme.ink()).into()
    };
    let heading = Text::new(heading, 0.0, 10.0, SIZE, theme.ink()).bold().into();
    let heading = std::iter::once(heading).filter(|_| !said.is_empty());
    heading.chain(said.iter().enumerate().map(line)).collect()
}

fn title(rows: &Rows<'_>) -> String {
    match rows.hover() {
        None => rows.title(),
        Some(_) => format!("Pairs beyond their sum: {}", rows.title()),
    }
}

/// What the colours' ends mean.
fn ends(rows: &Rows<'_>, pairs: &Pairs<'_>) -> Ends {
    let ends = match rows.locked_name() {
        Some(locked) => Ends::new(format!("less than for {locked}"), "more"),
        None => Ends::new("together less than their sum", "more than their sum"),
    };
    Ends { unit: pairs.after_number.to_owned(), ..ends }
}

fn captions(rows: &Rows<'_>, pairs: &Pairs<'_>, scale: &Scale, options: &Options) -> Vec<String> {
    let less = rows.locked_name().map(|locked| format!(", less the same for {}", visible(&locked)));
    let mut captions = vec![format!(
        "Row and column: what two do together beyond the sum of what each does; on the diagonal what each does{}.",
        less.unwrap_or_default()
    )];
    if options.for_page {
        let more = if scale.clipped.is_some() { " or more" } else { "" };
        let end = [scale.spelled(scale.end), pairs.after_number.to_owned()].join(" ");
        captions.push(format!("Darkest: {}{more}, on either side of 0.", end.trim_end()));
    }
    if pairs.of > pairs.len() {
        captions.push(format!("Of {} tokens the {MOST} with the largest numbers.", pairs.of));
    }
    if let Some(outside) = excerpt::outside_of_all(rows.record()) {
        captions.push(format!("outside, of each output's Σ|value|: {outside}"));
    }
    if pairs.len() == 0 {
        captions.push("This output has no pairs in the record.".to_owned());
    }
    captions
}

/// The pairs in words, for readers who do not see them: the hundred largest.
fn in_words(rows: &Rows<'_>, pairs: &Pairs<'_>) -> String {
    pairs.largest(rows, 100).join("; ")
}
