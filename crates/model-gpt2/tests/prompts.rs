//! How a text is put before the model: begun by a token or not, put into a template or not; and that offsets hold in
//! every case.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{folder, open};
use proptest::prelude::*;
use saliency_attribution::{Attributor, Generation, LanguageModel};
use saliency_checkpoint::{Load, Prompt, Task, Template, Tokenizer};
use saliency_model_gpt2::Checkpoint;
use saliency_schema::Token;
use serde_json::json;
use std::path::Path;
use tch::Kind;

/// A copy of a parity model beside other small files.
fn with_files(files: &[(&str, serde_json::Value)]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(folder("gpt2-a").join(file), copy.path().join(file)).unwrap();
    }
    for (name, json) in files {
        std::fs::write(copy.path().join(name), json.to_string()).unwrap();
    }
    copy
}

fn load(folder: &Path) -> Checkpoint {
    Checkpoint::open(folder, &Load::default()).unwrap()
}

fn input(checkpoint: &Checkpoint, prompt: impl Into<Prompt>) -> (String, saliency_schema::Prompt) {
    let sequence = checkpoint.generate(prompt, &Generation::greedy(1)).unwrap();
    let inputs = &sequence.tokens()[..sequence.n_input()];
    (saliency_schema::Token::joined(inputs).text, sequence.prompt().unwrap().clone())
}

#[test]
fn a_beginning_token_is_a_choice_and_the_files_make_the_default() {
    let plain = open("gpt2-a", Kind::Float);
    assert_eq!(input(&plain, "a b").0, "a b");
    let (text, about) = input(&plain, Prompt::from("a b").bos(true));
    assert_eq!(text, "<|endoftext|>a b");
    assert_eq!((about.bos, about.template, about.text), (true, None, Some([13, 16])));

    // As the transformers library has it: add_bos_token counts beside vocab.json and merges.txt only.
    let settings = ("tokenizer_config.json", json!({"add_bos_token": true, "bos_token": "<|endoftext|>"}));
    let asks = with_files(std::slice::from_ref(&settings));
    assert_eq!(input(&load(asks.path()), "a b").0, "a b");
    for file in ["vocab.json", "merges.txt"] {
        std::fs::copy(folder("gpt2-a").join(file), asks.path().join(file)).unwrap();
    }
    std::fs::remove_file(asks.path().join("tokenizer.json")).unwrap();
    let asks = load(asks.path());
    assert_eq!(input(&asks, "a b").0, "<|endoftext|>a b");
    assert_eq!(input(&asks, Prompt::from("a b").bos(false)).0, "a b");
    assert!(!input(&asks, Prompt::from("a b").bos(false)).1.bos);

    // The fast tokenizers' way: a post-processor.
    let mut tokenizer: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder("gpt2-a").join("tokenizer.json")).unwrap()).unwrap();
    let id = plain.tokenizer.bos().unwrap();
    tokenizer["post_processor"] = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [id], "tokens": ["<|endoftext|>"]}},
    });
    let processed = with_files(&[("tokenizer.json", tokenizer)]);
    assert_eq!(input(&load(processed.path()), "a b").0, "<|endoftext|>a b");
}

#[test]
fn a_template_is_filled_once_and_said_in_the_record() {
    let gpt2 = open("gpt2-a", Kind::Float);
    let filled = Prompt::from("a b").template(Template::Filled("Q: {text}\nA:".into()));
    let (text, about) = input(&gpt2, filled.clone());
    assert_eq!(text, "Q: a b\nA:");
    assert_eq!((about.template.as_deref(), about.text), (Some("Q: {text}\nA:"), Some([3, 6])));
    let sequence = gpt2.generate(filled, &Generation::greedy(2)).unwrap();
    let record = Attributor::new().record(&gpt2.model, &sequence).unwrap();
    assert_eq!(record.prompt, sequence.prompt().cloned());
    let mut bytes = Vec::new();
    saliency_schema::write(std::slice::from_ref(&record), &mut bytes).unwrap();
    assert_eq!(saliency_schema::read(&bytes).unwrap()[0].prompt, record.prompt);
    for template in ["no place", "{text} and {text}"] {
        let prompt = Prompt::from("a").template(Template::Filled(template.into()));
        let error = gpt2.generate(prompt, &Generation::greedy(1)).unwrap_err().to_string();
        assert!(error.contains("{text} once"), "{error}");
    }
}

#[test]
fn a_chat_template_is_the_checkpoints_own() {
    let none = open("gpt2-a", Kind::Float);
    let chat = |system: Option<&str>| {
        Prompt::from("Who?").template(Template::Chat { system: system.map(str::to_owned) })
    };
    let error = none.generate(chat(None), &Generation::greedy(1)).unwrap_err().to_string();
    assert!(error.contains("no chat template"), "{error}");

    // ChatML, with the blocks' own line ends cut as the transformers library cuts them, and Python's methods.
    let template = "{% for message in messages %}\n{{ '<' + message['role'].upper() + '>' + message['content'].strip() }}\n{% endfor %}\n{% if add_generation_prompt %}\n<BOT>{% endif %}";
    let chatty =
        with_files(&[("tokenizer_config.json", json!({"chat_template": template, "add_bos_token": true}))]);
    let chatty = load(chatty.path());
    let (text, about) = input(&chatty, chat(None));
    // Jinja2 3.1 with trim_blocks and lstrip_blocks: `<USER>Who?\n<BOT>`.
    assert_eq!(text, "<USER>Who?\n<BOT>");
    // A chat's template says itself how it begins.
    assert_eq!((about.bos, about.template.as_deref(), about.text), (false, Some("chat"), Some([6, 10])));
    assert_eq!(input(&chatty, chat(Some("Be brief."))).0, "<SYSTEM>Be brief.\n<USER>Who?\n<BOT>");

    for (template, says) in [
        ("{{ raise_exception('only one turn') }}", "only one turn"),
        ("{% for i in range(100000000) %}{{ i }}{% endfor %}", "chat"),
        ("{% for", "chat"),
    ] {
        let bad = with_files(&[("tokenizer_config.json", json!({"chat_template": template}))]);
        let error = load(bad.path()).generate(chat(None), &Generation::greedy(1)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let several = json!({"chat_template": [{"name": "tool", "template": "T"}, {"name": "default", "template": "D{{ messages[0].content }}"}]});
    let several = with_files(&[("tokenizer_config.json", several)]);
    assert_eq!(input(&load(several.path()), chat(None)).0, "DWho?");
}

#[test]
fn a_chats_text_is_found_where_the_template_puts_it() {
    let place = |template: &str, text: &str| {
        let copy = with_files(&[("tokenizer_config.json", json!({"chat_template": template}))]);
        let prompt = Prompt::from(text).template(Template::Chat { system: None });
        let (whole, about) = input(&load(copy.path()), prompt);
        (whole, about.text)
    };
    assert_eq!(place("a{{ messages[0].content }}", "aa"), ("aaa".into(), Some([1, 3])));
    assert_eq!(place("User: {{ messages[0].content|upper }}", "ser"), ("User: SER".into(), None));
    assert_eq!(place("{{ messages[0].content }}{{ messages[0].content }}", "b"), ("bb".into(), None));
    // What transformers has beside plain Jinja.
    assert_eq!(place("{% generation %}{{ messages[0].content|tojson }}{% endgeneration %}", "b").0, "\"b\"");
    assert_eq!(place("{% for m in messages %}{{ m.content }}{% break %}{% endfor %}", "b").0, "b");
}

/// The prompt's parts, each with what stands there in the whole text.
fn sliced<'a>(whole: &'a str, about: &'a saliency_schema::Prompt) -> Vec<(&'a str, &'a str)> {
    about.parts.iter().map(|part| (&*part.name, &whole[part.start..part.end])).collect()
}

#[test]
fn a_prompts_parts_are_where_the_template_puts_them() {
    let gpt2 = open("gpt2-a", Kind::Float);
    for bos in [false, true] {
        let filled = Prompt::from("é b").bos(bos).template(Template::Filled("Q: {text}\nA:".into()));
        let (whole, about) = input(&gpt2, filled);
        assert_eq!(sliced(&whole, &about), [("template", "Q: "), ("user", "é b"), ("template", "\nA:")]);
    }
    assert!(input(&gpt2, "a b").1.parts.is_empty());
    let chat = |template: &str, system: Option<&str>, text: &str| {
        let copy = with_files(&[("tokenizer_config.json", json!({"chat_template": template}))]);
        let prompt = Prompt::from(text).template(Template::Chat { system: system.map(str::to_owned) });
        input(&load(copy.path()), prompt)
    };
    // ChatML, as Qwen and SmolLM have it; and a template that takes white space away, as Llama's does.
    let chatml = "{% for m in messages %}<|{{ m.role }}>{{ m.content }}<end>\n{% endfor %}<|assistant>";
    let (whole, about) = chat(chatml, Some("Be brief."), "Who?");
    let expected = [
        ("template", "<|system>"),
        ("system", "Be brief."),
        ("template", "<end>\n<|user>"),
        ("user", "Who?"),
        ("template", "<end>\n<|assistant>"),
    ];
    assert_eq!(sliced(&whole, &about), expected);
    let trims = "{% for m in messages %}[{{ m.content | trim }}]{% endfor %}";
    let (whole, about) = chat(trims, Some(" s "), " u\n");
    assert_eq!(whole, "[s][u]");
    let parts = [("template", "["), ("system", "s"), ("template", "]["), ("user", "u"), ("template", "]")];
    assert_eq!((sliced(&whole, &about), about.text), (parts.to_vec(), None));
    // The user's first, the same text twice, one in the other's place, one that looks like the template.
    let turned = "{% for m in messages | reverse %}<{{ m.content }}>{% endfor %}";
    for (system, user) in [("s", "u"), ("a", "a"), ("<", ">"), ("><", "<><")] {
        let (whole, about) = chat(turned, Some(system), user);
        let found: Vec<_> =
            sliced(&whole, &about).into_iter().filter(|(name, _)| *name != "template").collect();
        assert_eq!(found, [("user", user), ("system", system)]);
    }
    // A system text that is not there, or there twice: what is left is the template's.
    let (whole, about) = chat("{{ messages[-1].content }}!", Some("s"), "u");
    assert_eq!(sliced(&whole, &about), [("user", "u"), ("template", "!")]);
    // Texts that the template changes are nowhere.
    assert!(chat("{{ messages[0].content | upper }}", None, "u").1.parts.is_empty());
}

fn ids(checkpoint: &Checkpoint, text: &str) -> Vec<u32> {
    checkpoint.tokenizer.encode(text, saliency_schema::Kind::Input, 0).unwrap().iter().map(|t| t.id).collect()
}

#[test]
fn the_small_files_count_beside_a_tokenizer_json_as_in_the_transformers_library() {
    let plain = open("gpt2-a", Kind::Float);
    let (c, next) = (ids(&plain, "c")[0], plain.tokenizer.size() as u32);
    // Both names of the list at once, as newer versions write them.
    let both = json!({"additional_special_tokens": ["<a>"], "extra_special_tokens": {}});
    let both = load(with_files(&[("tokenizer_config.json", both)]).path());
    assert_eq!(both.tokenizer.encode("c<a>c", saliency_schema::Kind::Input, 0).unwrap()[1].id, next);
    let added = load(with_files(&[("added_tokens.json", json!({"<new>": next}))]).path());
    let found: Vec<u32> = added
        .tokenizer
        .encode("c<new>c", saliency_schema::Kind::Input, 0)
        .unwrap()
        .iter()
        .map(|t| t.id)
        .collect();
    assert_eq!(found, [c, next, c]);
    let gap = with_files(&[("added_tokens.json", json!({"<new>": next + 5}))]);
    let error = Checkpoint::open(gap.path(), &Load::default()).unwrap_err().to_string();
    assert!(error.contains("<new>"), "{error}");
    // The class's own switch wins over the file's.
    let prefix = load(with_files(&[("tokenizer_config.json", json!({"add_prefix_space": true}))]).path());
    assert_eq!(ids(&prefix, "c"), ids(&plain, " c"));
    // The space is put again after a special token, and belongs to no byte of the text.
    let text = "c<|endoftext|>c é";
    let tokens = prefix.tokenizer.encode(text, saliency_schema::Kind::Input, 0).unwrap();
    check(&tokens, text.as_bytes()).unwrap();
    assert_eq!(tokens.iter().filter(|t| t.id == ids(&plain, " c")[0]).count(), 2);
}

#[test]
fn what_a_post_processor_would_put_and_is_left_out_is_a_warning() {
    let mut tokenizer: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder("gpt2-a").join("tokenizer.json")).unwrap()).unwrap();
    let id = open("gpt2-a", Kind::Float).tokenizer.bos().unwrap();
    let special = json!({"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}});
    let text = json!({"Sequence": {"id": "A", "type_id": 0}});
    for single in [json!([text, special]), json!([special, special, text])] {
        tokenizer["post_processor"] = json!({
            "type": "TemplateProcessing", "single": single,
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [id], "tokens": ["<|endoftext|>"]}},
        });
        let copy = load(with_files(&[("tokenizer.json", tokenizer.clone())]).path());
        assert!(copy.warnings.iter().any(|w| w.contains("post-processor")), "{:?}", copy.warnings);
        assert_eq!(input(&copy, "a b").0, "a b");
    }
}

fn plain(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    let tokens = tokenizer.encode_plain(text, saliency_schema::Kind::Input, 0).unwrap();
    check(&tokens, text.as_bytes()).unwrap();
    tokens.iter().map(|t| t.id).collect()
}

/// transformers 5.24,
/// `AutoTokenizer.from_pretrained(FOLDER)(TEXT, split_special_tokens=True, add_special_tokens=False)`.
#[test]
fn special_tokens_are_plain_characters_where_that_is_asked_for() {
    let variants = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/variants");
    let variant = |name: &str| Tokenizer::open(&variants.join(name)).unwrap();
    let parity = open("gpt2-a", Kind::Float);
    assert_eq!(
        plain(&parity.tokenizer, "a<|endoftext|> b"),
        [65, 28, 92, 299, 68, 79, 70, 84, 407, 84, 92, 30, 289]
    );
    assert_eq!(ids(&parity, "a<|endoftext|> b"), [65, 0, 289]);
    // Two special tokens, and an added one that is not special and stays whole.
    let text = "a<|endoftext|> b<|sep|>Jupiter station";
    let added = variant("added-tokens");
    let expected =
        [64, 27, 91, 68, 77, 67, 78, 69, 83, 68, 87, 83, 91, 29, 220, 65, 27, 91, 82, 68, 79, 91, 29, 301];
    assert_eq!(plain(&added, text), expected);
    assert_eq!(added.special_in(text).unwrap(), ["<|endoftext|>", "<|sep|>"]);
    assert_eq!(added.special_in("<|endoftext").unwrap(), [""; 0]);
    // No space is put after what is no special token now.
    let expected = [220, 127, 102, 220, 220, 27, 91, 68, 77, 67, 78, 69, 83, 68, 87, 83, 91, 29, 66];
    assert_eq!(plain(&variant("prefix-space"), "é  <|endoftext|>c"), expected);
}

#[test]
fn a_templates_special_tokens_stay_special_whatever_the_text_holds() {
    let gpt2 = open("gpt2-a", Kind::Float);
    let (end, text) = ("<|endoftext|>", "a<|endoftext|> b");
    let read = |prompt: Prompt, continuation: &str| -> Vec<u32> {
        let forced = gpt2.force(prompt.special_as_text(true), continuation).unwrap();
        let whole: Vec<u8> = forced.tokens().iter().flat_map(|t| t.exact_bytes().to_vec()).collect();
        check(forced.tokens(), &whole).unwrap();
        forced.ids().to_vec()
    };
    let characters = plain(&gpt2.tokenizer, text);
    let c = ids(&gpt2, "c");
    assert_eq!(read(Prompt::from(text), "c"), [&characters[..], &c].concat());
    assert_eq!(read(Prompt::from("c"), text), [&c[..], &characters].concat());
    assert_eq!(read(Prompt::from(text).bos(true), "c"), [&[0][..], &characters, &c].concat());
    let filled = |template: String| Prompt::from(text).template(Template::Filled(template));
    assert_eq!(read(filled(format!("{end}{{text}}{end}")), "c"), [&[0][..], &characters, &[0], &c].concat());
    // What only the two together would spell is the text's.
    let across = Prompt::from("text|>").template(Template::Filled("c<|endof{text}".into()));
    assert_eq!(read(across, "c"), [&c[..], &plain(&gpt2.tokenizer, end), &c].concat());
    // The parts between are tokenised as they stand: " b" and not " " and "b".
    assert_eq!(
        read(Prompt::from("b").template(Template::Filled("c {text}".into())), "c"),
        [&c[..], &ids(&gpt2, " b"), &c].concat()
    );

    let chat = |template: &str, text: &str| {
        let copy = with_files(&[("tokenizer_config.json", json!({"chat_template": template}))]);
        let prompt = Prompt::from(text).template(Template::Chat { system: None }).special_as_text(true);
        load(copy.path()).generate(prompt, &Generation::greedy(1)).map(|s| s.ids()[..s.n_input()].to_vec())
    };
    // A text that the template trims, and one that it says twice.
    let trimmed = chat("{{ messages[0].content.strip() }}<|endoftext|>", " a<|endoftext|> b ").unwrap();
    assert_eq!(trimmed, [&characters[..], &[0]].concat());
    let error = chat("{{ messages[0].content }}<|endoftext|>{{ messages[0].content }}", "b").unwrap_err();
    assert!(error.to_string().contains("`Prompt::special_as_text`"), "{error}");
}

#[test]
fn an_empty_text_is_the_token_that_begins_it() {
    let gpt2 = open("gpt2-a", Kind::Float);
    let begun = gpt2.generate(Prompt::from("").bos(true), &Generation::greedy(3)).unwrap();
    assert_eq!((begun.n_input(), begun.ids()[0]), (1, 0));
    assert_eq!(begun.prompt().unwrap().text, Some([13, 13]));
    // As the model itself goes on after that token.
    let expected = gpt2.model.generate(&[0], &Generation::greedy(3), &mut |_| true).unwrap();
    assert_eq!(begun.ids()[1..], expected);
    let record = Attributor::new().record(&gpt2.model, &begun).unwrap();
    assert_eq!(record.attributions.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(record.attributions[0], [Some(1.0)], "all of the row's share");
    let mut bytes = Vec::new();
    saliency_schema::write(std::slice::from_ref(&record), &mut bytes).unwrap();
    assert_eq!(saliency_schema::read(&bytes).unwrap()[0].tokens, record.tokens);

    for prompt in [Prompt::from(""), Prompt::from("").bos(false)] {
        let error = gpt2.generate(prompt, &Generation::greedy(1)).unwrap_err().to_string();
        assert!(error.contains("the text is empty") && error.contains("`Prompt::bos(true)`"), "{error}");
    }
    let error = gpt2.force(Prompt::from("").bos(true), "").unwrap_err().to_string();
    assert!(error.contains("the continuation is empty") && !error.contains("Prompt::bos"), "{error}");
}

#[test]
fn two_beginning_tokens_in_a_row_are_noted() {
    let gpt2 = open("gpt2-a", Kind::Float);
    let end = "<|endoftext|>";
    let notes = |prompt: Prompt| {
        let sequence = gpt2.generate(prompt, &Generation::greedy(1)).unwrap();
        let record = Attributor::new().record(&gpt2.model, &sequence).unwrap();
        assert_eq!(record.notes, sequence.notes());
        record.notes
    };
    let begins_so = Prompt::from(format!("{end}a"));
    let in_template = Prompt::from("a").template(Template::Filled(format!("{end}{{text}}")));
    for prompt in [&begins_so, &in_template] {
        let found = notes(prompt.clone().bos(true));
        assert!(
            found.len() == 1 && found[0].contains("twice") && found[0].contains("`Prompt::bos(false)`"),
            "{found:?}"
        );
        assert_eq!(notes(prompt.clone()), [""; 0]);
        assert_eq!(notes(prompt.clone().bos(false)), [""; 0]);
    }
    assert_eq!(notes(begins_so.bos(true).special_as_text(true)), [""; 0]);
    assert_eq!(notes(Prompt::from(format!("a{end}")).bos(true)), [""; 0]);
}

/// Every token's bytes are the whole text's at its offsets, without a gap.
fn check(tokens: &[Token], text: &[u8]) -> Result<(), TestCaseError> {
    let mut end = 0;
    for token in tokens {
        let (start, stop) = (token.start.unwrap(), token.end.unwrap());
        prop_assert_eq!(start, end);
        prop_assert_eq!(token.exact_bytes(), &text[start..stop]);
        prop_assert_eq!(token.bytes.is_some(), std::str::from_utf8(&text[start..stop]).is_err());
        end = stop;
    }
    prop_assert_eq!(end, text.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn offsets_hold_for_any_text_begun_filled_and_continued(
        text in prop_oneof![
            any::<String>(),
            // What splits badly: joiners, combining marks, other spaces, special tokens in the text.
            proptest::collection::vec(
                proptest::sample::select(vec!["👩‍🚀", "e\u{301}", "\u{a0}", "\r\n", "\t", "<|endoftext|>", " the", "日本", "\u{200f}", "Ω", "  "]),
                0..12,
            ).prop_map(|parts| parts.concat()),
        ],
        bos in any::<bool>(),
        filled in any::<bool>(),
    ) {
        thread_local! {
            static GPT2: Checkpoint = open("gpt2-a", Kind::Float);
        }
        prop_assume!(!text.is_empty() && text.len() < 120);
        let template = if filled { Template::Filled("«{text}»".into()) } else { Template::Plain };
        let prompt = Prompt::from(text.clone()).bos(bos).template(template);
        let forced = GPT2.with(|gpt2| gpt2.force(prompt, "é🚀")).unwrap();
        let before = if bos { "<|endoftext|>" } else { "" };
        let whole = if filled { format!("{before}«{text}»é🚀") } else { format!("{before}{text}é🚀") };
        check(forced.tokens(), whole.as_bytes())?;
        let [begins, ends] = forced.prompt().unwrap().text.unwrap();
        prop_assert_eq!(&whole[begins..ends], text);
    }
}

/// Names and texts of a prompt's parts.
fn parts_of(about: &saliency_schema::Prompt, text: &str) -> Vec<(String, String)> {
    about.parts.iter().map(|part| (part.name.clone(), text[part.start..part.end].to_owned())).collect()
}

#[test]
fn a_question_goes_beside_its_text() {
    let gpt2 = open("gpt2-a", Kind::Float);
    let named = |parts: &[(&str, &str)]| -> Vec<(String, String)> {
        parts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    };
    // The braces of a text are its own.
    let filled = Prompt::from("a {question} b")
        .template(Template::Filled("Q: {question} C: {text} A:".into()))
        .question("who {text}?");
    let (text, about) = input(&gpt2, filled);
    assert_eq!(text, "Q: who {text}? C: a {question} b A:");
    let expected = named(&[
        ("template", "Q: "),
        ("question", "who {text}?"),
        ("template", " C: "),
        ("context", "a {question} b"),
        ("template", " A:"),
    ]);
    assert_eq!(parts_of(&about, &text), expected);
    assert_eq!((about.text, about.template.as_deref()), (Some([18, 32]), Some("Q: {question} C: {text} A:")));

    let template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<BOT>";
    let chatty = with_files(&[("tokenizer_config.json", json!({"chat_template": template}))]);
    let task = |task| Prompt::from("a b").template(Template::Task(task));
    let (text, about) = input(&load(chatty.path()), task(Task::Answer).question("who?"));
    assert_eq!(text, "<user>a b\n\nQuestion: who?<BOT>");
    let expected = named(&[
        ("template", "<user>"),
        ("context", "a b"),
        ("template", "\n\nQuestion: "),
        ("question", "who?"),
        ("template", "<BOT>"),
    ]);
    assert_eq!((parts_of(&about, &text), about.text), (expected, Some([6, 9])));
    assert_eq!(about.template.as_deref(), Some("chat, message: {text}\n\nQuestion: {question}"));
    let (text, about) = input(&load(chatty.path()), task(Task::Summarize).special_as_text(true));
    assert_eq!(text, "<user>Summarize in one sentence: a b<BOT>");
    let expected =
        [("template", "<user>Summarize in one sentence: "), ("user", "a b"), ("template", "<BOT>")];
    assert_eq!(parts_of(&about, &text), named(&expected));

    let filled = |template: &str| Prompt::from("a").template(Template::Filled(template.into()));
    for (prompt, expected) in [
        (task(Task::Answer), "template \"qa\": there is no question; give one with `Prompt::question`"),
        (task(Task::Summarize).question("who?"), "template \"summarize\": it takes no question"),
        (Prompt::from("a").question("who?"), "a question needs the task qa, or a template with {question}"),
        (filled("{text}").question("who?"), "there is a question, and it must hold {question}"),
        (filled("{text} {question} {question}").question("who?"), "it must hold {question} once"),
        (filled("{text} {question}"), "there is no question for {question}"),
        (task(Task::Summarize), "the model has no chat template and is no encoder–decoder"),
    ] {
        let error = gpt2.generate(prompt, &Generation::greedy(1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
