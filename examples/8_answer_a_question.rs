//! A question about a story in, and which of the story's words the answer came from. You will see the answer with the
//! words that it depends on most, and `question.svg` in the current folder.
//!
//! `cargo run --release -p saliency --example 8_answer_a_question`

use saliency::attribution::{Parameters, Segmentation};
use saliency::{Attributor, Generation, Load, Options, Prompt, Task, Template, chart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let story = include_str!("story.txt").trim_end_matches('\n');
    let t5 = saliency::demo_t5(&Load::default())?; // or saliency::open("path/to/flan-t5-small", …)
    let asked =
        Prompt::from(story).template(Template::Task(Task::Answer)).question("Who gave a lamb to Obed?");
    let sequence = t5.generate(asked, &Generation::greedy(16))?;

    // By how much the answer becomes less probable when a word is taken away.
    let words = Parameters::new().segments(Segmentation::Words);
    let attributor = Attributor::new().method_with("occlusion", words).target("log-probability");
    let record = attributor.record(&t5.model, &sequence)?;
    let scene = chart("highlight")?.draw(std::slice::from_ref(&record), &Options::default())?;
    std::fs::write("question.svg", scene.to_svg())?;

    let by_words = record.group(&Segmentation::Words, saliency::schema::Reduce::Sum)?;
    let source = by_words.source().ok_or("the model has no encoder")?;
    let mut found: Vec<_> = by_words.tokens[..source]
        .iter()
        .zip(&by_words.attributions[0])
        .map(|(t, x)| (x.unwrap_or(0.0), &t.text))
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!(
        "{}",
        sequence.tokens()[sequence.n_input()..].iter().map(|t| t.text.as_str()).collect::<String>()
    );
    for (nats, word) in &found[..5] {
        println!("{nats:+.2} nats  {}", word.trim());
    }
    Ok(())
}
