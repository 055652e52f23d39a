//! The bundled T5 answers and summarises stories of names, and orders of sentences, that it was not trained on.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{answer, demo, stories, text};
use saliency_attribution::{Attributor, Generation};
use saliency_checkpoint::{Prompt, Task, Template};

#[test]
fn four_of_five_questions_are_answered_exactly() {
    let (demo, mut asked) = (demo(), stories("answer"));
    // The others are there for their evidence.
    asked.truncate(500);
    let exact =
        asked.iter().filter(|case| answer(&demo, text(case, "source")).1 == text(case, "answer")).count();
    println!("{exact} of 500 answers are exact");
    assert!(exact >= 420, "{exact}");
}

#[test]
fn nine_of_ten_summaries_have_the_right_name_and_place() {
    let (demo, told) = (demo(), stories("name"));
    assert_eq!(told.len(), 250);
    let right = told.iter().filter(|case| {
        let said = answer(&demo, text(case, "source")).1;
        let has = |name: &str| said.split([' ', '.']).any(|word| word == name);
        has(text(case, "name")) && has(text(case, "place"))
    });
    let right = right.count();
    println!("{right} of 250 summaries have the right name and place");
    assert!(right >= 240, "{right}");
}

#[test]
fn tasks_are_put_in_its_own_words() {
    let demo = demo();
    let story = "Gideon went to Bethel. Ruth lived in Hebron.";
    let asked = Prompt::from(story).template(Template::Task(Task::Answer)).question("Who lived in Hebron?");
    let sequence = demo.generate(asked, &Generation::greedy(8)).unwrap();
    let record = Attributor::new().record(&demo.model, &sequence).unwrap();
    // The source's `</s>` is no text.
    let text: String = record.inputs().iter().filter(|t| t.start < t.end).map(|t| t.text.as_str()).collect();
    let prompt = record.prompt.unwrap();
    assert_eq!(prompt.template.as_deref(), Some("question: {question} context: {text}"));
    let parts: Vec<(&str, &str)> =
        prompt.parts.iter().map(|part| (part.name.as_str(), &text[part.start..part.end])).collect();
    let expected = [
        ("template", "question: "),
        ("question", "Who lived in Hebron?"),
        ("template", " context: "),
        ("context", story),
    ];
    assert_eq!(parts, expected);
}
