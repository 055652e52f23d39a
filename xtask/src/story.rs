//! The page of `cargo xtask demo --real`: a text to read, with pictures, and links to the interactive pages.

use std::fmt::Write as _;

/// A chapter that was run.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) about: String,
    /// What the model said, once or several times.
    pub(crate) said: Vec<String>,
    /// Files beside the page, and what each shows.
    pub(crate) pictures: Vec<(String, String)>,
    /// The interactive page.
    pub(crate) page: String,
    /// As one would type them.
    pub(crate) commands: Vec<String>,
}

/// It follows the reader's theme; the pictures have a light ground.
const STYLE: &str = "\
:root { color-scheme: light dark }
body { max-width: 72em; margin: 0 auto; padding: 16px 20px 48px; font: 16px/1.5 system-ui, sans-serif }
h1, h2 { line-height: 1.2 }
h2 { margin-top: 2em }
blockquote { margin: 8px 0; padding: 4px 16px; border-left: 4px solid #7a5cc0 }
figure { margin: 16px 0 }
img { max-width: 100%; background: #fff }
pre { overflow-x: auto; font-size: 13px }";

/// The page, from the paragraph and what was made of it.
pub(crate) fn page(paragraph: &str, chapters: &[Told]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>The race to Mars, read by SmolLM2</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n\
         <h1>The race to Mars, read by SmolLM2</h1>\n\
         <p>A model of 135 million numbers reads this paragraph, and every token that it writes is attributed to the \
         tokens before it.</p>\n<blockquote>{}</blockquote>\n",
        escaped(paragraph)
    );
    for chapter in chapters {
        chapter.write(&mut page);
    }
    page.push_str(
        "<p>An attribution states how one number of this model depends on a token, or on its presence. It is not what \
         the model “thought”, and methods differ because they ask different questions.</p>\n</body>\n</html>\n",
    );
    page
}

impl Told {
    fn write(&self, page: &mut String) {
        let _ = writeln!(page, "<h2>{}</h2>\n<p>{}</p>", escaped(&self.title), escaped(&self.about));
        for said in &self.said {
            let _ = writeln!(page, "<blockquote>{}</blockquote>", escaped(said));
        }
        for (file, says) in &self.pictures {
            let (file, says) = (escaped(file), escaped(says));
            let _ = writeln!(
                page,
                "<figure><a href=\"{file}\"><img src=\"{file}\" alt=\"{says}\"></a><figcaption>{says}</figcaption></figure>"
            );
        }
        let _ = writeln!(
            page,
            "<p><a href=\"{}\">Look at every output, compare two, search</a></p>\n\
             <details><summary>The commands</summary>\n<pre>{}</pre>\n</details>",
            escaped(&self.page),
            escaped(&self.commands.join("\n"))
        );
    }
}

/// The program and its arguments, as a shell takes them.
pub(crate) fn spelled(args: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    let quoted = args.iter().map(|arg| {
        if !arg.is_empty() && arg.chars().all(plain) {
            (*arg).to_owned()
        } else {
            format!("'{}'", arg.replace('\'', r"'\''"))
        }
    });
    std::iter::once("saliency".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// Text in HTML, in an attribute too; ends of lines stay visible.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Told, page, spelled};

    #[test]
    fn a_page_has_what_was_said_and_where_it_is() {
        let told = Told {
            title: "It answers".to_owned(),
            about: "One & two".to_owned(),
            said: vec!["<b>Boeing</b>".to_owned(), "SpaceX".to_owned()],
            pictures: vec![("question/picture-0.svg".to_owned(), "The \"name\"".to_owned())],
            page: "question/index.html".to_owned(),
            commands: vec!["saliency report a.json".to_owned(), "saliency draw".to_owned()],
        };
        let page = page("The race.", &[told]);
        for part in [
            "<blockquote>The race.</blockquote>",
            "<h2>It answers</h2>\n<p>One &amp; two</p>",
            "<blockquote>&lt;b&gt;Boeing&lt;/b&gt;</blockquote>\n<blockquote>SpaceX</blockquote>",
            "<img src=\"question/picture-0.svg\" alt=\"The &quot;name&quot;\">",
            "<a href=\"question/index.html\">",
            "<pre>saliency report a.json\nsaliency draw</pre>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        // It reads from a disk, and asks nobody.
        assert!(!page.contains("://") && !page.contains("<script"), "{page}");
    }

    #[test]
    fn commands_can_be_pasted_into_a_shell() {
        assert_eq!(spelled(&["draw", "a-b/c.svg"]), "saliency draw a-b/c.svg");
        assert_eq!(spelled(&["--text", "it's", ""]), r"saliency --text 'it'\''s' ''");
    }
}
