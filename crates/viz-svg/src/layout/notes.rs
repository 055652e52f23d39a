//! Notes of records, which a reader of the numbers should know: in lines under a legend, and whole on a page.

use crate::layout::legend::LaidOut;
use crate::options::Options;
use crate::paint::theme::Theme;
use crate::scene::{Item, Text};
use crate::text::font;
use crate::text::visible;
use crate::values::names::panel_names;
use saliency_schema::Record;

/// Lines under a legend at the most; one more says how many notes have none.
const MOST: usize = 3;
const SIZE: f64 = 11.0;
const LINE: f64 = 15.0;

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

/// The notes from `(x, y)`, a line each of at most `width`, cut with an ellipsis; as words they are whole.
pub(crate) fn lay_out(notes: &[Note], (x, y, width): (f64, f64, f64), theme: Theme) -> LaidOut {
    if notes.is_empty() {
        return LaidOut { items: Vec::new(), height: 0.0 };
    }
    let more = notes.len().saturating_sub(MOST);
    let lines = notes.iter().take(MOST).map(Note::line);
    let lines = lines.chain((more > 0).then(|| format!("and {more} more")));
    let text = |(i, line): (usize, String)| {
        let line = font::fitted(&line, SIZE, width);
        Item::from(Text::new(line, x, y + 15.0 + i as f64 * LINE, SIZE, theme.ink()))
    };
    let items: Vec<_> = lines.enumerate().map(text).collect();
    let height = 4.0 + items.len() as f64 * LINE;
    let words = notes.iter().map(Note::line).collect::<Vec<_>>().join("\n");
    LaidOut { items: vec![Item::group("notes", Some(words), items, (0.0, 0.0))], height }
}
