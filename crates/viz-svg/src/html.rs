//! A page with several pictures, without script: what `report` writes.

use crate::{Scene, Theme};
use std::fmt::Write as _;

/// The page's style sheet; its SHA-256 in base64 stands in the page's content security policy.
const STYLE: &str = "body{margin:24px;font:15px/1.5 system-ui,sans-serif;background:#fff;color:#111}\
body.dark{background:#15181c;color:#eceff3}h1{font-size:22px}h2{font-size:16px;margin:32px 0 8px}\
figure{margin:0;overflow-x:auto}svg{display:block;max-width:none}a{color:inherit}";
const STYLE_SHA256: &str = "n4gNnpFCfFAfJ4Wo5eb/H/Ul5CrM+8XqBscJ3IciTpc=";

/// One self-contained page: every picture under its heading. No script, no request to anywhere.
pub fn page(title: &str, pictures: &[(String, Scene)]) -> String {
    let dark = pictures.first().is_some_and(|(_, scene)| scene.theme == Theme::Dark);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_SHA256}'\">\n\
         <title>{0}</title>\n<style>{STYLE}</style>\n</head>\n<body{1}>\n<main>\n<h1>{0}</h1>\n",
        escaped(title),
        if dark { " class=\"dark\"" } else { "" },
    );
    for (number, (heading, scene)) in pictures.iter().enumerate() {
        let svg = scene.to_svg_with_ids(&format!("saliency-{number}"));
        let _ = write!(
            page,
            "<section>\n<h2>{}</h2>\n<figure tabindex=\"0\">\n{svg}</figure>\n</section>\n",
            escaped(heading)
        );
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn escaped(text: &str) -> String {
    crate::text::visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
