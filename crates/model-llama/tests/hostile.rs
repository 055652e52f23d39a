//! Folders whose parts don't belong together, or that are meant to break the reader: each is an error or a warning that
//! names the place, and none a panic or memory taken before the sizes were compared.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{configured, folder, json};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::{Error, Load};
use saliency_model_llama::Checkpoint;
use serde_json::{Value, json};
use tempfile::TempDir;

const TEXT: &str = "a b é";

/// What a field of `config.json` must not break: too small, too large, or of another type.
fn hostile_values() -> Vec<Value> {
    let numbers =
        [json!(0), json!(-1), json!(1), json!(7), json!(u64::MAX), json!(1_u64 << 60), json!(1e300)];
    let others = [json!(1e-300), json!(true), json!("x"), json!([]), json!({}), Value::Null];
    numbers.into_iter().chain(others).collect()
}

/// Where the fields of a configuration are, those of objects in it too.
fn fields(config: &Value, at: &str) -> Vec<String> {
    let of = |(key, value): (&String, &Value)| {
        let at = format!("{at}/{key}");
        [vec![at.clone()], fields(value, &at)].concat()
    };
    config.as_object().into_iter().flatten().flat_map(of).collect()
}

#[test]
fn every_field_of_a_configuration_is_an_error_or_a_model() {
    let (mut read, mut refused) = (0, 0);
    for model in ["llama", "qwen2"] {
        for field in fields(&json(&folder(model).join("config.json")), "") {
            for value in hostile_values() {
                let what = format!("{model}, {field} = {value}");
                let copy = configured(&folder(model), |config| *config.pointer_mut(&field).unwrap() = value);
                let used = Checkpoint::open(copy.path(), &Load::default())
                    .and_then(|checkpoint| checkpoint.generate(TEXT, &Generation::greedy(2)));
                match used {
                    Ok(found) => read += usize::from(found.n_output() > 0),
                    Err(error) => {
                        let said = error.to_string();
                        let names = said.contains("config.json") || said.contains("safetensors");
                        let runs = matches!(error, Error::Attribution(_) | Error::Vocabulary { .. });
                        assert!(names || runs, "{what}: {said}");
                        assert_eq!(said.lines().count(), 1, "{what}: {said}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(read > 100 && refused > 100, "{read} were read, {refused} refused");
}

/// A copy of a model with more embeddings than its tokenizer has tokens.
fn with_more_embeddings(more: usize) -> (TempDir, usize) {
    let copy = configured(&folder("llama"), |_| ());
    let place = copy.path().join("model.safetensors");
    let bytes = std::fs::read(&place).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let table = stored.tensor("model.embed_tokens.weight").unwrap();
    let (tokens, hidden) = (table.shape()[0] + more, table.shape()[1]);
    let mut longer = table.data().to_vec();
    longer.resize(longer.len() / (tokens - more) * tokens, 0);
    let view = |name: String, tensor: TensorView<'_>| match &*name {
        "model.embed_tokens.weight" => (name, tensor.dtype(), vec![tokens, hidden], longer.clone()),
        _ => (name, tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec()),
    };
    let all: Vec<_> = stored.tensors().into_iter().map(|(name, tensor)| view(name, tensor)).collect();
    let views = all.iter().map(|(name, dtype, shape, data)| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    let written = safetensors::serialize(views, None).unwrap();
    std::fs::write(place, written).unwrap();
    let config = copy.path().join("config.json");
    let mut fields = json(&config);
    fields["vocab_size"] = json!(tokens);
    std::fs::write(config, fields.to_string()).unwrap();
    (copy, tokens)
}

/// A vocabulary that is padded to a round number is no sign of another model; one that is much larger is.
#[test]
fn a_tokenizer_that_is_another_models_is_told() {
    for (more, told) in [(0, false), (900, false), (5000, true)] {
        let (copy, tokens) = with_more_embeddings(more);
        let checkpoint = Checkpoint::open(copy.path(), &Load::default()).unwrap();
        assert_eq!(checkpoint.model.limits().vocabulary, tokens);
        assert_eq!(checkpoint.warnings.len(), usize::from(told), "{more}: {:?}", checkpoint.warnings);
        if told {
            let said = &checkpoint.warnings[0];
            assert!(said.contains(&tokens.to_string()) && said.contains("the model's own"), "{said}");
        }
    }

    // More tokens than embeddings.
    let copy = configured(&folder("llama"), |_| ());
    let place = copy.path().join("tokenizer.json");
    let mut tokenizer = json(&place);
    let token = json!({
        "id": 5000, "content": "<beyond>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
    });
    tokenizer["added_tokens"].as_array_mut().unwrap().push(token);
    tokenizer["model"]["vocab"]["<beyond>"] = json!(5000);
    std::fs::write(place, tokenizer.to_string()).unwrap();
    let checkpoint = Checkpoint::open(copy.path(), &Load::default()).unwrap();
    assert!(checkpoint.warnings[0].contains("5000"), "{:?}", checkpoint.warnings);
    let refused = checkpoint.generate("a <beyond> b", &Generation::greedy(1)).unwrap_err();
    assert!(matches!(refused, Error::Vocabulary { id: 5000, .. }), "{refused}");
}
