//! coarse-to-fine by whole forward passes over segments that were found by hand, and beside leave-one-out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::CoarseToFine;
use saliency_attribution::testing::{Disguised, EncoderDecoder, Saturating};
use saliency_attribution::{
    Ablation, Attributor, Baseline, Error, Held, LanguageModel, Levels, Limits, ModelError, Parameters,
    Problem, Segmentation, Sequence, Settings, Size, TokenId, method, target,
};
use saliency_schema::{Kind, Part, Prompt, Record, Token};
use std::cell::Cell;
use std::ops::Range;
use tch::{Kind as Dtype, Tensor};

/// Three paragraphs: two sentences, one, and two.
const TEXT: &str = "One| two|.| Three|.|\n\n|Four| five|.|\n\n|Six|.| Seven| eight|.";
/// Its levels, by hand: white space belongs to the word after it, and a sentence is made of whole words.
const PARAGRAPHS: [Range<usize>; 3] = [0..5, 5..9, 9..15];
const SENTENCES: [Range<usize>; 5] = [0..3, 3..5, 5..9, 9..12, 12..15];
const WORDS: [Range<usize>; 8] = [0..1, 1..3, 3..5, 5..7, 7..9, 9..12, 12..13, 13..15];
const N: usize = 15;
const OUTPUTS: [TokenId; 3] = [3, 5, 1];

fn text(spelled: &str) -> Sequence {
    let token = |(i, text): (usize, &str)| Token::new((i * 5 % 11) as u32, text, Kind::Input);
    let inputs = spelled.split('|').enumerate().map(token).collect();
    let outputs = OUTPUTS.iter().map(|&id| Token::new(id, format!(" {id}"), Kind::Output)).collect();
    Sequence::new(inputs, outputs).unwrap()
}

fn levels(spelled: &str) -> Levels {
    spelled.parse().unwrap()
}

/// Its attributor, of log-probabilities.
fn by(method: CoarseToFine, span: Option<Range<usize>>) -> Attributor {
    let attributor = Attributor::new().with_method(method).target("log-probability");
    match span {
        Some(span) => attributor.span(span),
        None => attributor,
    }
}

fn inputs(record: &Record, row: usize) -> Vec<Option<f64>> {
    record.attributions[row][..record.n_input().min(N)].to_vec()
}

fn near(found: &[Option<f64>], expected: &[Option<f64>], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (token, pair) in found.iter().zip(expected).enumerate() {
        match pair {
            (Some(a), Some(b)) => assert!((a - b).abs() < 1e-10, "{what}, token {token}: {pair:?}"),
            _ => assert_eq!(pair.0, pair.1, "{what}, token {token}"),
        }
    }
}

/// The log-probability of some outputs together, in whole passes over the text without some tokens.
fn log_probability(model: &dyn LanguageModel, without: &Range<usize>, span: &Range<usize>) -> f64 {
    let sequence = text(TEXT);
    let of = |output: usize| {
        let ids = &sequence.ids()[..N + output];
        let left = [&ids[..without.start], &ids[without.end..]].concat();
        let x = model.embed(&left).unwrap().unsqueeze(0);
        let logits = model.logits(&x, N - without.len(), left.len() - 1..left.len()).unwrap();
        let all = logits.get(0).get(0).log_softmax(0, Dtype::Double);
        all.double_value(&[i64::from(OUTPUTS[output])])
    };
    span.clone().map(of).sum()
}

/// A row by its definition, and which texts were run for it: `keep` segments of each level taken apart.
fn by_hand(
    model: &dyn LanguageModel,
    span: &Range<usize>,
    keep: usize,
) -> (Vec<Option<f64>>, Vec<Range<usize>>) {
    let whole = log_probability(model, &(0..0), span);
    let loss = |s: &Range<usize>| whole - log_probability(model, s, span);
    let mut row = vec![None; N];
    let (mut reached, mut run) = (PARAGRAPHS.to_vec(), Vec::new());
    for finer in [Some(&SENTENCES[..]), Some(&WORDS[..]), None] {
        let mut losses: Vec<(f64, Range<usize>)> = reached.iter().map(|s| (loss(s), s.clone())).collect();
        for (loss, s) in &losses {
            row[s.clone()].fill(Some(loss / s.len() as f64));
        }
        run.extend(reached.iter().cloned());
        let Some(finer) = finer else { break };
        losses.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        let strongest = &losses[..keep.min(losses.len())];
        let lies_in =
            |s: &Range<usize>| strongest.iter().any(|(_, of)| of.start <= s.start && s.end <= of.end);
        reached = finer.iter().filter(|s| lies_in(s)).cloned().collect();
    }
    run.sort_by_key(|s| (s.start, s.end));
    run.dedup();
    (row, run)
}

#[test]
fn few_segments_are_taken_apart_and_the_others_keep_their_number() {
    let models: [&dyn LanguageModel; 2] = [&Saturating::new(11, 2), &Disguised::new(11, 2)];
    let mut choices = Vec::new();
    for (model, keep) in models.iter().flat_map(|model| [1, 2, 3].map(|keep| (*model, keep))) {
        let what = format!("{}, keep {keep}", model.name());
        let method = || CoarseToFine::new().keep(keep as u32);
        let each = by(method(), None).record(model, &text(TEXT)).unwrap();
        for output in 0..3 {
            let (expected, run) = by_hand(model, &(output..output + 1), keep);
            near(&inputs(&each, output), &expected, &what);
            choices.push(run);
        }
        for span in [0..3, 1..3] {
            let record = by(method(), Some(span.clone())).record(model, &text(TEXT)).unwrap();
            let (expected, run) = by_hand(model, &span, keep);
            near(&inputs(&record, 0), &expected, &what);
            // What was taken apart is said: paragraphs and sentences of which parts were run.
            let parts =
                |s: &&Range<usize>| run.iter().any(|part| s.contains(&part.start) && part.len() < s.len());
            let mut apart: Vec<_> = run.iter().filter(|s| !WORDS.contains(s)).filter(parts).collect();
            apart.sort_by_key(|s| (s.start, s.end));
            let apart: Vec<_> = apart.iter().map(|s| format!("{}-{}", s.start, s.end)).collect();
            let said = format!("taken apart: tokens {};", apart.join(", "));
            assert!(record.notes.iter().any(|note| note.contains(&said)), "{said} {:?}", record.notes);
        }
    }
    // The twin would agree on one paragraph that is always chosen, too: here the outputs choose different ones.
    choices.sort_by_key(|run| format!("{run:?}"));
    choices.dedup();
    assert!(choices.len() > 3, "{choices:?}");
}

#[test]
fn with_all_segments_it_is_leave_one_out() {
    for model in [&Saturating::new(11, 2) as &dyn LanguageModel, &Disguised::new(11, 2)] {
        for (spelled, segments) in
            [("paragraphs,sentences,words", Segmentation::Words), ("sentences", Segmentation::Sentences)]
        {
            for ablation in [Ablation::Deletion, Baseline::Zero.into()] {
                let plain = Parameters::new().segments(segments.clone()).baseline(ablation.clone());
                let plain = Attributor::new().method_with("leave-one-out", plain).target("log-probability");
                let plain = plain.record(model, &text(TEXT)).unwrap();
                let all = CoarseToFine::new().refine(levels(spelled)).keep(9).baseline(ablation);
                let all = by(all, None).record(model, &text(TEXT)).unwrap();
                for row in 0..3 {
                    near(&inputs(&all, row), &inputs(&plain, row), spelled);
                    assert!(all.attributions[row][N..].iter().all(Option::is_none));
                }
            }
        }
    }
}

/// Passes made and foreseen, by the problem's own count.
fn passes(model: &dyn LanguageModel, method: &CoarseToFine, sequence: &Sequence) -> (f64, f64) {
    use saliency_attribution::Method;
    let target = target("log-probability").unwrap();
    let settings = Settings::new().memory(1);
    let problem = Problem::watched(model, sequence, &*target, settings, None).unwrap();
    method.attribute(&problem, &mut |_| Ok(())).unwrap();
    let size = problem.size(model.shares_prefix());
    let foreseen = method.cost_on(sequence, size, problem.n_output()).unwrap();
    (problem.cost().forwards, foreseen.forwards)
}

#[test]
fn it_runs_what_its_definition_runs_and_no_more_than_foreseen() {
    let (whole, cached) = (Saturating::new(11, 2), Disguised::new(11, 2));
    for keep in 1..4 {
        let method = CoarseToFine::new().keep(keep as u32);
        let mut run: Vec<_> = (0..3).flat_map(|o| by_hand(&whole, &(o..o + 1), keep).1).collect();
        run.sort_by_key(|s| (s.start, s.end));
        run.dedup();
        let (made, foreseen) = passes(&whole, &method, &text(TEXT));
        assert!((made - run.len() as f64).abs() < 1e-9, "{made} {run:?}");
        assert!(made <= foreseen + 1e-9, "keep {keep}: {made} of {foreseen}");
        let (made, foreseen) = passes(&cached, &method, &text(TEXT));
        assert!(made <= foreseen + 1e-9, "keep {keep}, cached: {made} of {foreseen}");
        assert!(foreseen < run.len().max(14) as f64, "keep {keep}: {foreseen}");
    }
    // A span has one choice: the three paragraphs, two sentences at most, three words at most.
    let size = Size::new(N, 3);
    let foreseen = by(CoarseToFine::new().keep(1), Some(0..3)).cost_on(&text(TEXT), size).unwrap();
    assert!((foreseen.forwards - 7.0).abs() < 1e-9, "{foreseen:?}");
    // All of it: 3 paragraphs, 4 sentences that are no paragraph, 6 words that are no sentence.
    assert_eq!(passes(&whole, &CoarseToFine::new().keep(9), &text(TEXT)), (13.0, 13.0));
}

/// Levels at which a text is one segment cost nothing.
#[test]
fn a_text_of_one_sentence_is_taken_apart_at_once() {
    let (model, one) = (Saturating::new(11, 2), text("no| full| stop| at| all"));
    assert_eq!(passes(&model, &CoarseToFine::new().keep(1), &one), (5.0, 5.0));
    // One word is left: without it there is nothing to read before the first output.
    let record = by(CoarseToFine::new(), None).record(&model, &text("alone")).unwrap();
    assert_eq!(record.attributions[0], [None]);
    assert!(record.attributions[1][0].is_some());
}

/// A model that counts texts without tokens that are held, whose ids are nowhere else in the text.
struct Watching {
    model: Saturating,
    held: Vec<TokenId>,
    texts: Cell<usize>,
    lacking: Cell<usize>,
}

impl LanguageModel for Watching {
    fn name(&self) -> &str {
        self.model.name()
    }
    fn limits(&self) -> Limits {
        self.model.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.model.embed(ids)
    }
    fn logits(&self, x: &Tensor, n_input: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        for text in 0..x.size()[0] {
            let has = |id: &TokenId| {
                let gap = (x.get(text) - self.embed(&[*id]).unwrap()).abs().sum_dim_intlist(1, false, None);
                gap.min().double_value(&[]) < 1e-12
            };
            self.texts.set(self.texts.get() + 1);
            self.lacking.set(self.lacking.get() + usize::from(!self.held.iter().all(has)));
        }
        self.model.logits(x, n_input, positions)
    }
}

#[test]
fn what_is_held_is_in_every_text_and_has_no_number() {
    // Ids of the tokens 0 to 14 are 0, 5, 10, 4, 9, 3, 8, 2, 7, 1, 6, 0, 5, 10, 4: those of 6 and 7 stand once.
    let model = |held: &[TokenId]| Watching {
        model: Saturating::new(11, 2),
        held: held.to_vec(),
        texts: Cell::new(0),
        lacking: Cell::new(0),
    };
    // "Four five" is the question.
    let parts = vec![Part::new("text", 0..17), Part::new("question", 17..26), Part::new("text", 27..60)];
    let sequence = || {
        let mut byte = 0;
        let token = |token: &Token| {
            let mut token = token.clone();
            token.start = Some(byte);
            byte += token.text.len();
            token.end = Some(byte);
            token
        };
        let tokens: Vec<Token> = text(TEXT).tokens().iter().map(token).collect();
        let (inputs, outputs) = tokens.split_at(N);
        let sequence = Sequence::new(inputs.to_vec(), outputs.to_vec()).unwrap();
        sequence.with_prompt(Prompt::new(false).with_parts(parts.clone()))
    };
    for held in [Held::new().part("question"), Held::new().tokens(6..8), "question,7-8".parse().unwrap()] {
        let watching = model(&[8, 2]);
        let method = CoarseToFine::new().keep(9).hold(held.clone());
        let record = by(method, Some(0..3)).record(&watching, &sequence()).unwrap();
        let row = inputs(&record, 0);
        let missing: Vec<usize> = (0..N).filter(|token| row[*token].is_none()).collect();
        assert_eq!(missing, [6, 7], "{held}");
        assert_eq!((watching.lacking.get(), watching.texts.get() > 10), (0, true), "{held}");
        let described = record.method.unwrap();
        assert_eq!(described.parameters["hold"], held.to_string());
        // The words that the question cuts have numbers of their own: what is left of "\n\nFour" and of " five.".
        for (token, left) in [(5, 5..6), (8, 8..9)] {
            let whole = log_probability(&watching, &(0..0), &(0..3));
            let loss = whole - log_probability(&watching, &left, &(0..3));
            assert!((row[token].unwrap() - loss).abs() < 1e-10, "{held}, token {token}");
        }
    }
    // Without it, they are taken away.
    let watching = model(&[8, 2]);
    by(CoarseToFine::new().keep(9), Some(0..3)).record(&watching, &sequence()).unwrap();
    assert!(watching.lacking.get() > 0);

    let refused = |held: &str| {
        let method = CoarseToFine::new().hold(held.parse().unwrap());
        by(method, None).record(&Saturating::new(11, 2), &sequence()).unwrap_err().to_string()
    };
    assert_eq!(refused("answer"), "unknown part \"answer\"; there are: text, question");
    assert!(refused("0-15").starts_with("hold is every token, and must be fewer"));
    for beyond in ["0-16", "3-3", "15-16", "5-2"] {
        let said = format!("hold is {beyond}, and must be parts of the prompt, or ranges FROM-TO");
        assert!(refused(beyond).starts_with(&said), "{}", refused(beyond));
    }
    let plain = by(CoarseToFine::new().hold(Held::new().part("question")), None);
    let refused = plain.record(&Saturating::new(11, 2), &text(TEXT)).unwrap_err();
    assert!(matches!(refused, Error::Record(saliency_schema::Error::NoParts)), "{refused}");
    assert!(plain.cost_on(&text(TEXT), Size::new(N, 3)).is_err());
}

#[test]
fn a_start_token_is_held() {
    let (model, sequence) = (EncoderDecoder::new(11, 3), text(TEXT));
    let record = by(CoarseToFine::new().keep(9), None).record(&model, &sequence).unwrap();
    for row in 0..3 {
        let row = inputs(&record, row);
        assert_eq!((0..N).filter(|token| row[*token].is_none()).collect::<Vec<_>>(), [N - 1]);
    }
}

#[test]
fn bad_parameters_are_refused() {
    let refused = |parameters: Parameters| {
        let found = method("coarse-to-fine", &parameters).unwrap_err();
        assert!(found.is_usage(), "{found}");
        found.to_string()
    };
    assert_eq!(refused(Parameters::new().keep(0)), "keep is 0, and must be from 1 to 10000");
    for wrong in ["words,sentences", "words,words", "paragraphs,lines,lines"] {
        let said = format!("refine is \"{wrong}\", and must be segmentations from coarse to fine");
        assert!(refused(Parameters::new().refine(levels(wrong))).starts_with(&said));
    }
    assert!(refused(Parameters::new().refine(vec![])).starts_with("refine is \"\""));
    let unknown = "paragraphs,chapters".parse::<Levels>().unwrap_err();
    assert!(unknown.to_string().starts_with("unknown segmentation \"chapters\"; there are: tokens, words"));
    // Parts, patterns and spans have no rank.
    let mixed = levels("parts,regex:;,sentences,spans:0-5,words");
    assert_eq!(mixed.to_string(), "parts,regex:;,sentences,spans:0-5,words");
    method("coarse-to-fine", &Parameters::new().refine(mixed)).unwrap();
    let other = Parameters::new().keep(2);
    assert!(matches!(method("leave-one-out", &other), Err(Error::NoSuchParameter { name: "keep", .. })));
}
