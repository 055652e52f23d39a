//! `cargo xtask demo --real`: what SmolLM2 says of the notebook's paragraph, and what it looked at, as a story to read.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::disk::At;
use crate::libtorch::Libtorch;
use crate::program;
use crate::saliency::Saliency;
use crate::smollm2;
use crate::story::{self, Told};
use crate::workspace::Workspace;

const PARAGRAPH: &str = "examples/race-to-mars.txt";
const DIR: &str = "target/demo-real";
const QUESTION: &str = "Who is the primary contractor of the Space Launch System?";
/// The model repeats itself in a summary without.
const PENALTY: &str = "1.2";

/// A part of the story: a text that the model goes on with, what explains that, and pictures of it.
struct Chapter {
    /// Of its folder and its files.
    name: &'static str,
    title: &'static str,
    about: &'static str,
    /// What the model reads, where it is not the paragraph alone.
    text: fn(&str) -> Option<String>,
    /// How it goes on.
    going_on: &'static [&'static str],
    /// What explains it: the record's name, and the request.
    records: &'static [(&'static str, &'static [&'static str])],
    pictures: &'static [Picture],
}

/// A chart of one of a chapter's records.
struct Picture {
    record: &'static str,
    chart: &'static str,
    options: &'static [&'static str],
    /// The output that is shown: the first of this text. Otherwise the one that the chart chooses.
    of: Option<&'static str>,
    says: &'static str,
}

const BY_TOKENS: (&str, &[&str]) = ("tokens", &["--target", "log-probability"]);
const BY_SENTENCES: (&str, &[&str]) =
    ("sentences", &["--target", "log-probability", "--method", "leave-one-out", "--segments", "sentences"]);
const BY_PARTS: (&str, &[&str]) =
    ("parts", &["--target", "log-probability", "--method", "shapley", "--segments", "parts"]);

static CHAPTERS: [Chapter; 4] = [
    Chapter {
        name: "continuation",
        title: "It goes on",
        about: "The paragraph breaks off before a name, and the model takes the most probable token, 30 times.",
        text: |_| None,
        going_on: &["--generate", "30"],
        records: &[("tokens", &[])],
        pictures: &[Picture {
            record: "tokens",
            chart: "tall-heatmap",
            options: &[],
            of: None,
            says: "Gradient × input: a row for each word that the model wrote, a column for each word before it. Columns that \
                   are dark from top to bottom mattered all the time; the triangle on the right is what it had just written.",
        }],
    },
    Chapter {
        name: "samples",
        title: "It could have gone on otherwise",
        about: "Three continuations, sampled from the most probable tokens that make up nine tenths (seeds 1, 2 and 3).",
        text: |_| None,
        going_on: &["--generate", "30", "--sample", "--top-p", "0.9", "--seed", "1", "--runs", "3"],
        records: &[("tokens", &[])],
        pictures: &[Picture {
            record: "tokens",
            chart: "tall-multiple",
            options: &[],
            of: None,
            says: "The three side by side, on one scale.",
        }],
    },
    Chapter {
        name: "question",
        title: "It answers a question",
        about: "The paragraph and the question as a user's message, through the model's chat template.",
        text: |paragraph| Some(format!("{paragraph}\n\nQuestion: {QUESTION}")),
        going_on: &["--chat", "--generate", "40"],
        records: &[BY_TOKENS, BY_SENTENCES, BY_PARTS],
        pictures: &[
            Picture {
                record: "tokens",
                chart: "highlight",
                options: &[],
                of: Some("Boeing"),
                says: "Gradient × input of the answer's name: which tokens it depends on, by share.",
            },
            Picture {
                record: "sentences",
                chart: "highlight",
                options: &[],
                of: Some("Boeing"),
                says: "Leave-one-out: how much less probable the name becomes without a sentence (purple), or how much more \
                       (orange). Each token has its part of its sentence's number.",
            },
            Picture {
                record: "parts",
                chart: "tall-heatmap",
                options: &["--group", "parts"],
                of: Some("Boeing"),
                says: "Shapley values of the prompt's parts, in nats of each token's log-probability: the template's marks, \
                       the system message that it adds, and what the user wrote. Earlier outputs take no part.",
            },
        ],
    },
    Chapter {
        name: "summary",
        title: "It summarises",
        about: "The paragraph after “Summarize in one sentence:”, through the chat template, with a repetition penalty of 1.2 \
                and 40 tokens at most. Read it beside the paragraph: a model of this size is fluent, and not always right.",
        text: |paragraph| Some(format!("Summarize in one sentence: {paragraph}")),
        going_on: &["--chat", "--generate", "40", "--repetition-penalty", PENALTY],
        records: &[BY_TOKENS, BY_SENTENCES, BY_PARTS],
        pictures: &[
            Picture {
                record: "tokens",
                chart: "tall-heatmap",
                options: &["--fold", "system"],
                of: None,
                says: "Gradient × input of every word of the summary.",
            },
            Picture {
                record: "parts",
                chart: "tall-heatmap",
                options: &["--group", "parts"],
                of: None,
                says: "Shapley values of the prompt's parts for every word of the summary.",
            },
        ],
    },
];

/// Prints the page's path as the last line on standard output, and nothing else there.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let models = smollm2::provide(workspace)?;
    let libtorch = Libtorch::provide(workspace, false)?;
    let binary = program::build_for_demo(workspace, &libtorch)?;
    let saliency = Saliency::new(workspace, libtorch, binary).with_models(models);
    let root = workspace.root();
    let paragraph = root.join(PARAGRAPH);
    let paragraph = fs::read_to_string(&paragraph).at("read", &paragraph)?;
    let paragraph = paragraph.trim_end_matches('\n');

    let start = Instant::now();
    let told: Vec<Told> =
        CHAPTERS.iter().map(|chapter| chapter.tell(&saliency, root, paragraph)).collect::<Result<_>>()?;
    let page = root.join(DIR).join("index.html");
    fs::write(&page, story::page(paragraph, &told)).at("write", &page)?;
    eprintln!("{:.0} s after the build", start.elapsed().as_secs_f64());
    println!("{}", page.display());
    Ok(())
}

impl Chapter {
    /// Runs it, and says where everything is.
    fn tell(&self, saliency: &Saliency<'_>, root: &Path, paragraph: &str) -> Result<Told> {
        let start = Instant::now();
        let folder = root.join(DIR).join(self.name);
        fs::create_dir_all(&folder).at("make", &folder)?;
        let mut commands = Vec::new();
        let mut run = |args: Vec<String>| {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            commands.push(story::spelled(&args));
            saliency.run(&[&["--quiet"], &*args].concat())
        };
        let text = match (self.text)(paragraph) {
            Some(text) => {
                let file = folder.join("text.txt");
                fs::write(&file, &text).at("write", &file)?;
                self.file("text.txt")
            }
            None => PARAGRAPH.to_owned(),
        };
        for (record, request) in self.records {
            eprintln!("{}: {record}", self.name);
            run(self.attribute(&text, record, request))?;
        }
        let records: Vec<String> =
            self.records.iter().map(|(record, _)| self.file(&record_of(record))).collect();
        run(words(&["report"])
            .chain(records)
            .chain(words(&["-o", &format!("{DIR}/{}", self.name)]))
            .collect())?;
        let mut pictures = Vec::new();
        for (number, picture) in self.pictures.iter().enumerate() {
            let file = format!("picture-{number}.svg");
            let record = read(&folder.join(record_of(picture.record)))?;
            run(self.draw(picture, &record[0], &file)?)?;
            pictures.push((format!("{}/{file}", self.name), picture.says.to_owned()));
        }
        let records = read(&folder.join(record_of(self.records[0].0)))?;
        eprintln!("{}: {:.0} s", self.name, start.elapsed().as_secs_f64());
        Ok(Told {
            title: self.title.to_owned(),
            about: self.about.to_owned(),
            said: records.iter().map(said).collect::<Result<_>>()?,
            pictures,
            page: format!("{}/index.html", self.name),
            commands,
        })
    }

    fn file(&self, name: &str) -> String {
        format!("{DIR}/{}/{name}", self.name)
    }

    fn attribute(&self, text: &str, record: &str, request: &[&str]) -> Vec<String> {
        let file = self.file(&record_of(record));
        words(&["attribute", "--model", "smollm2", "--text-file", text])
            .chain(words(self.going_on))
            .chain(words(request))
            .chain(words(&["-o", &file]))
            .collect()
    }

    fn draw(&self, picture: &Picture, record: &Value, file: &str) -> Result<Vec<String>> {
        let mut args: Vec<String> =
            words(&["draw", picture.chart, &self.file(&record_of(picture.record))]).collect();
        args.extend(words(picture.options));
        if let Some(word) = picture.of {
            args.extend(words(&["--hover", &output_of(record, word)?.to_string()]));
        }
        args.extend(words(&["-o", &self.file(file)]));
        Ok(args)
    }
}

/// Several records are one a line, as several samples are.
fn record_of(name: &str) -> String {
    format!("{name}.jsonl")
}

fn words<'a>(args: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    args.iter().map(|&arg| arg.to_owned())
}

/// The records of a file, one a line.
fn read(file: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(file).at("read", file)?;
    let records: Vec<Value> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} is not JSON", file.display()))?;
    anyhow::ensure!(!records.is_empty(), "{} holds no record", file.display());
    Ok(records)
}

/// The outputs' texts.
fn outputs(record: &Value) -> Result<Vec<&str>> {
    let tokens = record["tokens"].as_array().context("a record without tokens")?;
    let outputs = tokens.iter().filter(|token| token["kind"] == "output");
    outputs.map(|token| token["text"].as_str()).collect::<Option<_>>().context("a token without a text")
}

/// What the model said, without the mark of its end.
fn said(record: &Value) -> Result<String> {
    Ok(outputs(record)?.concat().trim_end_matches("<|im_end|>").trim().to_owned())
}

/// The first output with this text.
fn output_of(record: &Value, word: &str) -> Result<usize> {
    let outputs = outputs(record)?;
    outputs
        .iter()
        .position(|text| text.trim() == word)
        .with_context(|| format!("the model said no {word:?}, but {:?}", outputs.concat()))
}

#[cfg(test)]
mod tests {
    use super::{CHAPTERS, PENALTY, QUESTION, output_of, record_of, said};
    use anyhow::Result;
    use serde_json::{Value, json};

    fn record() -> Value {
        json!({"tokens": [
            {"text": "Boeing", "kind": "input"},
            {"text": "It is", "kind": "output"},
            {"text": " Boeing", "kind": "output"},
            {"text": "<|im_end|>", "kind": "output"},
        ]})
    }

    #[test]
    fn what_was_said_is_read_from_the_outputs() -> Result<()> {
        assert_eq!(said(&record())?, "It is Boeing");
        assert_eq!(output_of(&record(), "Boeing")?, 1);
        let refused = output_of(&record(), "NASA").map_err(|error| error.to_string());
        assert_eq!(refused, Err("the model said no \"NASA\", but \"It is Boeing<|im_end|>\"".to_owned()));
        assert!(said(&json!({})).is_err());
        Ok(())
    }

    #[test]
    fn requests_are_spelled_out() -> Result<()> {
        let question = &CHAPTERS[2];
        let (record_name, request) = question.records[2];
        assert_eq!(
            question.attribute("t.txt", record_name, request).join(" "),
            "attribute --model smollm2 --text-file t.txt --chat --generate 40 --target log-probability --method shapley \
             --segments parts -o target/demo-real/question/parts.jsonl"
        );
        assert_eq!(
            question.draw(&question.pictures[0], &record(), "p.svg")?.join(" "),
            "draw highlight target/demo-real/question/tokens.jsonl --hover 1 -o target/demo-real/question/p.svg"
        );
        Ok(())
    }

    /// What the texts say of the commands is what they ask for.
    #[test]
    fn chapters_are_what_they_say() {
        for chapter in &CHAPTERS {
            for picture in chapter.pictures {
                let known = chapter.records.iter().any(|(name, _)| *name == picture.record);
                assert!(known, "{}: no record {}", chapter.name, record_of(picture.record));
            }
        }
        let [_, _, question, summary] = &CHAPTERS;
        assert_eq!((question.text)("P."), Some(format!("P.\n\nQuestion: {QUESTION}")));
        assert_eq!((summary.text)("P."), Some("Summarize in one sentence: P.".to_owned()));
        assert!(summary.about.contains(&format!("penalty of {PENALTY} and 40 tokens")));
        assert!(summary.going_on.windows(2).any(|pair| pair == ["--repetition-penalty", PENALTY]));
        assert!(summary.going_on.windows(2).any(|pair| pair == ["--generate", "40"]));
    }
}
