//! `ledger`: what each part of the model adds to an output, layer by layer and head by head, adding up to its value.

use crate::chart::{Chart, check_complete};
use crate::error::Error;
use crate::layout::account::Account;
use crate::layout::caption;
use crate::layout::color_bar::{ColorBar, Ends};
use crate::layout::colored_text::{ColoredText, Setting};
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::paint::scale::Scale;
use crate::scene::Scene;
use crate::text::visible;
use crate::values::parts::{Parts, head_of_rows};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// What numbers of layers are to each other.
const ALTERNATIVES: &str = "Each holds all that earlier layers put into the stream, so they don't add up.";
/// What account and paragraph take, where no width is asked for.
const WIDTH: f64 = 640.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 21.0;
/// How many parts the caption names.
const NAMED: usize = 3;

/// A line for each layer, from the first: a cell for what each of its attention heads adds to the output's logit
/// directly (or to its difference from another token's), one for the bias of its attention, one for its feed-forward
/// part, and a bar for all of them. Above stand the token's and its position's embedding, below the last biases, what
/// is not accounted for where that is more than rounding, and the sum. Then the text, coloured by the row: of a record
/// of one layer or head (`--layer`, `--head`) by what that brought from each token, and its cells are framed.
///
/// Of a record with ledgers (the methods `direct-logit` and `alti-logit`). Of one with sums by layer (the method
/// `layer-gradient-x-activation`), a line for each layer with a bar for what the method gives all tokens together from
/// there: alternatives, which don't add up; the row's own layer is bold. `hover` is the output; with `lock` all
/// numbers are differences from that output's; `token` frames a word. Direct means without later layers: a part may
/// also act through what later parts make of it, which is theirs here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ledger;

impl Chart for Ledger {
    fn name(&self) -> &'static str {
        "ledger"
    }

    fn summary(&self) -> &'static str {
        "what each layer and head adds to one output's logit: cells and bars that add up to it"
    }

    fn lacks(&self, record: &Record) -> Option<&'static str> {
        let known =
            record.outputs.iter().any(|output| output.ledger.is_some() || !output.by_layer.is_empty());
        (!known && record.n_output() > 0).then_some(
            "the record does not say what the model's parts add; `saliency attribute --method direct-logit --target \
             logit` makes one that does, and so does alti-logit",
        )
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        check_complete(self, rows.record())?;
        let scale = Scale::of(&rows, options)?;
        let parts = Parts::of(&rows, options);
        let sizes = parts.as_ref().map_or_else(Vec::new, Parts::sizes);
        let of_parts = Scale::of_parts(sizes, &rows, options)?;
        let mut sheet = Sheet::of_row(&rows, &scale, options, title(&rows, parts.as_ref()));
        let text = (!options.for_page).then(|| of_text(&rows, parts.as_ref()));
        if let Some(parts) = &parts {
            let what = if parts.are_alternatives() { "layers" } else { "parts" };
            sheet = sheet.with_bar_before(bar(&rows, parts, &of_parts), (what, "text"));
        }
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        let (lines, height) = caption::lay_out(&captions(&rows, parts.as_ref()), width, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let mut top = height + 8.0;
        let mut said = "no output has parts".to_owned();
        if let Some(parts) = &parts {
            let account = Account::new((parts, &of_parts), head_of_rows(rows.record()), options)?;
            let words = (!options.for_page).then(|| parts.in_words(100).join("; "));
            sheet.group("parts", words, account.cells(), (0.0, top));
            sheet.group("bars", None, account.bars(), (0.0, top));
            sheet.group("lines", None, account.texts(), (0.0, top));
            top += account.height() + 16.0;
            said = if parts.are_alternatives() {
                format!("{} layers to start from. {ALTERNATIVES}", parts.layers())
            } else {
                format!("{} layers of {} heads. {}", parts.layers(), parts.heads(), sum(parts))
            };
        }
        // A page is the text already.
        if let Some(heading) = text {
            let (lines, height) = caption::lay_out(&[heading], width, options.theme);
            sheet.group("heading", None, lines, (0.0, top));
            let text = ColoredText::set(rows.record, Setting::Running, width, (SIZE, LINE));
            let words = rows.hover.map(|row| rows.in_words(&[row]));
            sheet.group(
                "paragraph",
                words,
                text.items(&rows, &scale, options.token),
                (0.0, top + height + 4.0),
            );
        }
        let description = format!("{}: {}.", sheet.title(), said.trim_end_matches('.'));
        Ok(sheet.scene(description))
    }
}

fn title(rows: &Rows<'_>, parts: Option<&Parts<'_>>) -> String {
    match rows.hover() {
        None => rows.title(),
        Some(_) if parts.is_some_and(Parts::are_alternatives) => {
            format!("Layers of the model: {}", rows.title())
        }
        Some(_) => format!("Parts of the model: {}", rows.title()),
    }
}

/// The colour bar of the parts.
fn bar<'a>(rows: &Rows<'_>, parts: &Parts<'_>, scale: &'a Scale) -> ColorBar<'a> {
    let ends = match rows.locked_name() {
        Some(locked) => Ends::new(format!("less than for {locked}"), "more"),
        None => Ends::new("lowers it", "raises it"),
    };
    ColorBar { scale, ends: Ends { unit: parts.after_number.to_owned(), ..ends }, of: None }
}

/// Whether the parts add up.
fn sum(parts: &Parts<'_>) -> String {
    let total = parts.with_unit(parts.total());
    match (parts.value, parts.remainder()) {
        (Some(value), Some(_)) => {
            format!("All parts together: {total}; the output's: {}.", parts.with_unit(value))
        }
        _ => format!("All parts together: {total}; the output's is not recorded."),
    }
}

fn captions(rows: &Rows<'_>, parts: Option<&Parts<'_>>) -> Vec<String> {
    let Some(parts) = parts else {
        let why = if rows.compares() {
            "These outputs have no parts to compare."
        } else {
            "This output has no parts."
        };
        return vec![why.to_owned()];
    };
    let largest = parts.in_words(NAMED);
    let largest = (!largest.is_empty()).then(|| format!("The largest: {}.", largest.join("; ")));
    if parts.are_alternatives() {
        let last = parts.layers() - 1;
        let what = format!(
            "What the method gives all tokens together where it starts from the residual stream before each layer \
             (layer {last}: what the last norm reads). {ALTERNATIVES}"
        );
        return [Some(what), largest].into_iter().flatten().collect();
    }
    let bias = parts.layers() > 0 && parts.attention_bias(0).is_some();
    let what = format!(
        "What each attention head (cells){} and each feed-forward part (FF) adds directly, without later layers; bars \
         are whole layers.",
        if bias { ", each attention's bias" } else { "" }
    );
    [Some(what), Some(sum(parts)), largest].into_iter().flatten().collect()
}

/// What the text's colours are.
fn of_text(rows: &Rows<'_>, parts: Option<&Parts<'_>>) -> String {
    let name = rows.record.method.as_ref().map_or("the method", |method| &method.name);
    if let Some(parts) = parts
        && parts.are_alternatives()
    {
        let layer = head_of_rows(rows.record).0.unwrap_or(0);
        return format!("The text: what {} gives each token from layer {layer}, bold above.", visible(name));
    }
    match head_of_rows(rows.record) {
        (None, None) => format!("The text: what {} says each token gave.", visible(name)),
        (Some(layer), None) => format!("The text: what the heads of layer {layer} brought from each token."),
        (None, Some(head)) => format!("The text: what head {head} of each layer brought from each token."),
        (Some(layer), Some(head)) => {
            format!("The text: what head {head} of layer {layer}, framed above, brought from each token.")
        }
    }
}
