//! Text and data as part of an HTML document.

use crate::text::visible;
use serde_json::Value;

/// Text as HTML, for an element or an attribute in double quotes, with stand-ins for what is invisible.
pub(crate) fn escaped(text: &str) -> String {
    marked_up(&visible(text))
}

/// Text that is visible already, as HTML.
pub(crate) fn marked_up(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON that cannot end the block it stands in, whatever tokens it holds.
pub(crate) fn inert(data: &Value) -> String {
    data.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
