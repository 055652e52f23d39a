//! `vectors`: what stands behind one number a token: positive and negative entries, norm, and two principal components.

use crate::chart::{Chart, check_complete, draw_without_attributions};
use crate::error::Error;
use crate::layout::caption;
use crate::layout::color_bar::{ColorBar, Ends};
use crate::layout::entry_table;
use crate::layout::entry_table::EntryTable;
use crate::layout::sheet::{Sheet, margin};
use crate::layout::word_map::WordMap;
use crate::layout::word_places::Places;
use crate::options::{Options, too_narrow};
use crate::paint::scale::Scale;
use crate::redraw::{Part, Place, Redraw};
use crate::scene::Scene;
use crate::text::visible;
use crate::values::entries::Entries;
use crate::values::number::{percent, short};
use crate::values::rows::Rows;
use saliency_schema::Record;
use std::fmt::Write as _;

/// The picture's width without its margins, where none is asked for.
const WIDTH: f64 = 720.0;
/// Tokens in the table, where the caller does not say.
const TOP: usize = 12;

/// Two views of the vectors behind one output's row, before they are reduced to one number a token. A table of the
/// tokens with the largest entries: the sum of the negative ones as a bar to the left, of the positive ones to the
/// right, what is left when both are added, and the norm. And a dot for each token at its vector's place along the
/// first two principal components of all of them: area is the norm, colour the sentence. What the components mean is
/// not known.
///
/// Of a record whose vectors were asked for (`--vectors`). `hover` is the output (by default the resting one); `lock`
/// marks that output's sums in the table by lines; `token` frames a word. `top` tokens are in the table. Tokens are
/// those of the record: fragments of a word are not put together, since the norm and the place of a sum of vectors are
/// not known from those of its terms.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vectors;

impl Chart for Vectors {
    fn name(&self) -> &'static str {
        "vectors"
    }

    fn summary(&self) -> &'static str {
        "the vectors behind one output's numbers: entries of both signs, norm, two principal components"
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["top"]
    }

    fn lacks(&self, record: &Record) -> Option<&'static str> {
        let known = record.outputs.iter().any(|output| output.vectors.is_some());
        (!known && record.n_output() > 0).then_some(match (record.hops, &record.regrouped) {
            (Some(_), _) => "vectors are not passed on along outputs; leave out --hops",
            (None, Some(_)) => {
                "nothing is known of the vectors of groups; leave out --group, or if the record has none without it, \
                 `saliency attribute --vectors FILE` makes one"
            }
            (None, None) => {
                "the record keeps nothing of the vectors behind its rows; `saliency attribute --vectors FILE` makes one \
                 that does, with a method that has vectors (gradient-x-input, integrated-gradients, …)"
            }
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
            ("an entry has no distance", "entries of vectors are none"),
        )
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        check_complete(self, rows.record())?;
        let entries = Entries::of(&rows, options);
        // What is drawn is of one output, whatever is locked.
        let locked = rows.locked_name();
        let rows = Rows { lock: None, ..rows };
        let sizes = entries.as_ref().map_or_else(Vec::new, Entries::sizes);
        let scale = Scale::of_entries(sizes, options)?;
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < entry_table::LEAST) {
            return Err(too_narrow(whole, entry_table::LEAST + 2.0 * margin(options)));
        }
        let bar = ColorBar { scale: &scale, ends: Ends::new("negative", "positive"), of: None };
        let mut sheet = Sheet::of_row(&rows, &scale, options, title(&rows)).with_bars(vec![bar]);
        let Some(entries) = entries else {
            let why = match rows.hover() {
                None => "The record holds no output.",
                Some(_) => "Nothing is kept of this output's vectors.",
            };
            let (lines, _) = caption::lay_out(&[why.to_owned()], width, options.theme);
            sheet.group("caption", None, lines, (0.0, 0.0));
            let description = format!("{}: {why}", sheet.title());
            return Ok(sheet.scene(description));
        };
        let tokens = listed(&entries, options);
        let table = EntryTable { rows: &rows, scale: &scale, entries: &entries, tokens: &tokens, width };
        let top = options.top.unwrap_or(TOP);
        let said = of_table(&rows, &entries, &tokens, top, locked.filter(|_| entries.compares()));
        let mut captions = vec![said.clone()];
        // A picture's title says it.
        if let (true, Some(row)) = (options.for_page, rows.hover()) {
            captions.insert(0, format!("Vectors of {}.", visible(&rows.name(row))));
        }
        let (lines, height) = caption::lay_out(&captions, width, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let token = options.token.filter(|_| !options.for_page);
        let mut top = height + 8.0;
        sheet.group("table", None, table.items(), (0.0, top));
        sheet.group("marks", None, table.frame(token), (0.0, top));
        let mut pointed = moved(table.places(), top);
        top += table.height() + 16.0;

        let places = Places::of_vectors(&entries);
        let map = WordMap::new(&rows, &scale, &places, width);
        let of_map = of_components(&entries, places.words.len());
        let (lines, height) = caption::lay_out(std::slice::from_ref(&of_map), width, options.theme);
        sheet.group("components", None, lines, (0.0, top));
        top += height + 6.0;
        if !places.words.is_empty() {
            sheet.group("key", None, map.key(), (0.0, top));
            top += map.key_height();
            sheet.group("plot", None, map.frame(), (0.0, top));
            let words = (!options.for_page).then(|| in_words(&rows, &places));
            sheet.group("dots", words, map.dots(), (0.0, top));
            sheet.group("frames", None, map.marks(token), (0.0, top));
            sheet.group("names", None, map.names([None, None]), (0.0, top));
            pointed.extend(moved(map.places(), top));
        }
        // Its tokens are the record's own, whatever the page puts together.
        let places = || Part::Places { places: pointed, by_tokens: true };
        sheet.places((0.0, 0.0), || Redraw::of_hovered(places()));
        let description = format!("{}. {said} {of_map}", sheet.title());
        Ok(sheet.scene(description))
    }
}

fn title(rows: &Rows<'_>) -> String {
    match rows.hover() {
        None => rows.title(),
        Some(_) => format!("Vectors behind the numbers: {}", rows.title()),
    }
}

fn moved(places: Vec<Place>, down: f64) -> Vec<Place> {
    let moved = |place: Place| {
        let y = place.rect.y + down;
        Place::of(place.token, crate::scene::Rect { y, ..place.rect })
    };
    places.into_iter().map(moved).collect()
}

/// The tokens in the table: those with the largest entries, and the marked one.
fn listed(entries: &Entries<'_>, options: &Options) -> Vec<usize> {
    let top = options.top.unwrap_or(TOP);
    let listed = entries.order.iter().enumerate();
    let listed = listed.filter(|(number, token)| *number < top || options.token == Some(**token));
    listed.map(|(_, token)| *token).collect()
}

/// What the table holds; a marked token after the `top` with the most is not counted with them.
fn of_table(
    rows: &Rows<'_>,
    entries: &Entries<'_>,
    tokens: &[usize],
    top: usize,
    locked: Option<String>,
) -> String {
    let all = entries.order.len();
    let (tokens, marked) = tokens.split_at(top.min(tokens.len()));
    let marked = marked.first().map(|token| format!(" and of “{}”", visible(&rows.label_of(*token))));
    let mut said = format!(
        "The sums of each vector's negative and positive entries, of the {} of {all} tokens with the most of both{}, in \
         the method's unit",
        tokens.len(),
        marked.as_deref().unwrap_or_default()
    );
    if let Some(share) = entries.share(tokens) {
        let they =
            if marked.is_some() { format!("the {} hold", tokens.len()) } else { "they hold".to_owned() };
        let _ = write!(said, "; {they} {} of all", percent(share));
    }
    said.push('.');
    if let Some(left) = entries.left() {
        let _ = write!(said, " Added up token by token, {} of the entries' sizes is left.", percent(left));
    }
    if let Some(locked) = locked {
        let _ = write!(said, " Lines: the sums of {locked}.");
    }
    said
}

fn of_components(entries: &Entries<'_>, drawn: usize) -> String {
    if drawn == 0 {
        return "The principal components of these vectors are not known.".to_owned();
    }
    let [first, second] = entries.explained();
    let all = entries.order.len();
    let beside = if drawn < all { format!(" {} tokens have no place.", all - drawn) } else { String::new() };
    format!(
        "Each vector's place along the first two principal components, which keep {} of the variance; area: its norm. \
         What the components mean is not known.{beside}",
        percent(first + second)
    )
}

/// Every token's place, for readers who do not see it.
fn in_words(rows: &Rows<'_>, places: &Places) -> String {
    let mut text = "Each vector's place, to the right and upwards, in the method's unit:".to_owned();
    for (token, [x, y]) in &places.words {
        let _ = write!(text, " {} {} {};", rows.label_of(*token), short(*x), short(*y));
    }
    text
}
