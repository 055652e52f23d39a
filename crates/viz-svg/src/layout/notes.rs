//! Notes of records, which a reader of the numbers should know: in a line under a legend, and whole on a page.

use crate::layout::legend::{LaidOut, SMALL};
use crate::options::Options;
use crate::paint::theme::Theme;
use crate::scene::{Item, Text};
use crate::text::font;
use crate::text::visible;
use crate::values::names::panel_names;
use saliency_schema::Record;

/// A note of some records.
#[derive(Debug)]
pub(crate) struct Note {
    /// The names of the panels that have it, where not all do.
    pub(crate) panels: Option<String>,
    pub(crate) text: String,
}

impl Note {
    fn line(&self) -> String {
        let of = self.panels.as_ref().map(|names| format!(" ({names})")).unwrap_or_default();
        visible(&format!("note{of}: {}", self.text))
    }
}

/// The notes of some records, each once.
pub(crate) fn of(records: &[Record], options: &Options) -> Vec<Note> {
    let mut found: Vec<&str> = Vec::new();
    for note in records.iter().flat_map(|record| &record.notes) {
        if !found.contains(&note.as_str()) {
            found.push(note);
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let names = panel_names(records, options);
    let named = |note: &str| {
        let has = |record: &Record| record.notes.iter().any(|other| other == note);
        let holders: Vec<&str> =
            records.iter().zip(&names).filter(|(record, _)| has(record)).map(|(_, name)| &**name).collect();
        let panels = (holders.len() < records.len()).then(|| holders.join("; "));
        Note { panels, text: note.to_owned() }
    };
    found.into_iter().map(named).collect()
}

/// The first note in a line of at most `width` from `(x, y)`, cut with an ellipsis, with how many more there are; as
/// words they are all there, and whole.
pub(crate) fn lay_out(notes: &[Note], (x, y, width): (f64, f64, f64), theme: Theme) -> LaidOut {
    let Some(first) = notes.first() else { return LaidOut { items: Vec::new(), height: 0.0 } };
    let more = match notes.len() - 1 {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    let line = font::fitted(&first.line(), SMALL, width - font::width(&more, SMALL)) + &more;
    let text = Text::new(line, x, y + 10.0, SMALL, theme.ink());
    let words = notes.iter().map(Note::line).collect::<Vec<_>>().join("\n");
    LaidOut { items: vec![Item::group("notes", Some(words), [text.into()], (0.0, 0.0))], height: 17.0 }
}
