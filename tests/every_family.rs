//! Every method with every target on a small model of every kind that is read: a record with numbers of the right
//! shape, or the error that is documented; and the promises of those methods that look inside.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency::FAMILIES;
use saliency::attribution::methods::DirectLogit;
use saliency::attribution::targets::{ContrastLogit, Logit};
use saliency::attribution::tch::{Kind, Tensor};
use saliency::attribution::{
    Aggregate, Alternatives, Attributor, Axiom, Baseline, Error, ForTokens, LanguageModel, Method, Needs,
    Normalize, OutputToken, Parameters, Problem, Sequence, Target, TargetFn, method, methods, targets,
};
use saliency::checkpoint::Load;
use saliency::schema::Record;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A small model of each `model_type` that is read.
const MODELS: [(&str, &str); 8] = [
    ("gpt2", "crates/model-gpt2/tests/parity/gpt2-a"),
    ("llama", "crates/model-llama/tests/parity/llama"),
    ("mistral", "crates/model-llama/tests/parity/mistral"),
    ("qwen2", "crates/model-llama/tests/parity/qwen2"),
    ("qwen3", "crates/model-llama/tests/parity/qwen3"),
    ("t5", "crates/model-t5/tests/parity/t5-v1.0"),
    ("mt5", "crates/model-t5/tests/variants/mt5"),
    ("umt5", "crates/model-t5/tests/variants/umt5"),
];
/// One of each family is asked for every target; what its relatives do otherwise touches none of them.
const WHOLE: [&str; 3] = ["gpt2", "llama", "t5"];
/// Targets that the others are asked for.
const SOME: [&str; 3] = ["probability", "contrast-logit", "entropy"];
const N_INPUT: usize = 4;
/// Targets that are weighted sums of logits.
const OF_LOGITS: [&str; 3] = ["logit", "contrast-logit", "contrast-log-probability"];
/// Methods that go back by rules of their own, and need no inside for it.
const BY_RULES: [&str; 3] = ["attn-lrp", "cp-lrp", "gim"];
/// Methods that account for logits, and for nothing else.
const ACCOUNTS: [&str; 2] = ["direct-logit", "alti-logit"];

/// A model, and a text of six of its tokens.
struct Case {
    model_type: &'static str,
    model: Box<dyn LanguageModel + Send>,
    sequence: Sequence,
}

impl Case {
    /// The model of a `model_type`.
    fn of(model_type: &'static str, kind: Kind) -> Self {
        let (_, folder) = MODELS.iter().find(|(known, _)| *known == model_type).unwrap();
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let model = saliency::open(&folder, &Load::new().kind(kind)).unwrap().model;
        let ids = if let Some(start) = model.start_token() {
            // A source of three tokens, and what the decoder starts with.
            vec![28, 43, 50, start, 41, 48]
        } else {
            // Another library's tokens of its text.
            let answers = std::fs::read(folder.join("captum.json")).unwrap();
            let answers: Value = serde_json::from_slice(&answers).unwrap();
            let ids = answers["token_ids"].as_array().unwrap().iter();
            ids.map(|id| id.as_u64().unwrap() as u32).collect()
        };
        Self {
            model_type,
            model,
            sequence: Sequence::from_ids(&ids[..N_INPUT], &ids[N_INPUT..N_INPUT + 2]).unwrap(),
        }
    }

    /// All of them.
    fn all(kind: Kind) -> impl Iterator<Item = Self> {
        let types = FAMILIES.iter().flat_map(saliency::checkpoint::Family::model_types);
        types.map(move |model_type| Self::of(model_type, kind))
    }

    /// Whether a method sees what it needs of the model.
    fn shows_enough_for(&self, method: &dyn Method) -> bool {
        method.card().needs != Needs::Inside
            || BY_RULES.contains(&method.name())
            || self.model.inside().is_some()
            || method.name() == "attention" && self.model.decoder_attention().is_some()
    }

    /// Those of them that show their inside.
    fn with_inside() -> impl Iterator<Item = Self> {
        Self::all(Kind::Double).filter(|case| case.model.inside().is_some())
    }

    fn record(&self, attributor: &Attributor) -> Result<Record, Error> {
        attributor.record(&*self.model, &self.sequence)
    }

    fn what(&self, method: &dyn Method, of: &str) -> String {
        format!("{}, {}, {of}", self.model.name(), method.name())
    }

    /// Sums over hidden dimensions, as they come.
    fn rows(&self, method: Box<dyn Method>, target: Box<dyn Target>) -> Record {
        let attributor = Attributor::new().with_method(method).with_target(target);
        self.record(&attributor.aggregate(Aggregate::Sum).normalize(Normalize::None)).unwrap()
    }
}

/// A method by name, with as few draws and points as make a row.
fn quick(name: &str) -> Box<dyn Method> {
    let known = methods().into_iter().find(|m| m.name() == name).unwrap();
    let has = |parameter: &str| known.card().parameters.contains(&parameter);
    let parameters = Parameters::new().samples(24).steps(4);
    let parameters =
        parameters.only(|parameter| has(parameter) && (parameter, name) != ("samples", "shapley"));
    method(name, &parameters).unwrap()
}

fn every_target() -> Vec<Box<dyn Target>> {
    let all = || targets().into_iter().map(|t| t.without(std::iter::once(0..2).collect()).unwrap_or(t));
    // Chosen tokens go through one of each kind: plain, compared with a runner-up, and compared with another run.
    let kinds = ["logit", "contrast-logit", "kl-divergence"];
    let chosen = all().filter(|t| kinds.contains(&t.name()));
    let chosen = chosen.map(|t| Box::new(ForTokens::new(t, vec![Some(2), None])) as _);
    all().chain(chosen).collect()
}

fn check(record: &Record, what: &str) {
    // A decoder can't run without its start token: what takes tokens away has no number for it.
    let start = record.source();
    let takes =
        ["leave-one-out", "coarse-to-fine", "kernel-shap", "lime", "shapley", "reagent", "replacements"];
    let takes = takes.contains(&&*record.method.as_ref().unwrap().name);
    // Attention to the source has numbers for nothing else.
    let cross = record.method.as_ref().unwrap().parameters.get("attention").is_some();
    let replaces = record.method.as_ref().unwrap().name == "replacements";
    let inputs_only = [
        "shapley",
        "shapley-interaction",
        "occlusion-pairs",
        "integrated-hessians",
        "kernel-shap",
        "lime",
        "context-cite",
        "coarse-to-fine",
        "replacements",
    ]
    .contains(&&*record.method.as_ref().unwrap().name);
    let first = record.n_input();
    for (row, values) in record.attributions.iter().enumerate() {
        assert_eq!(values.len(), first + row, "{what}");
        for (token, value) in values.iter().enumerate() {
            // What has no number is missing.
            let known = inputs_only && token >= N_INPUT
                || takes && Some(token) == start
                || replaces && token == 0
                || cross && start.is_some_and(|start| token >= start);
            let number = value.map_or(known, f64::is_finite);
            assert!(number, "{what}, row {row}, token {token}: {value:?}");
        }
        // A sparse model may leave nothing of a small target.
        let sparse = record.method.as_ref().unwrap().name == "context-cite";
        let any = values.iter().any(|x| x.is_some_and(|x| x != 0.0));
        assert!(any || sparse, "{what}, row {row}: all zero");
    }
}

#[test]
fn every_method_explains_every_target_or_says_why_not() {
    for case in Case::all(Kind::Float) {
        for known in methods() {
            let asked = |target: &str| WHOLE.contains(&case.model_type) || SOME.contains(&target);
            for target in every_target().into_iter().filter(|target| asked(target.name())) {
                let (name, what) = (target.name(), case.what(&*known, target.name()));
                let attributor = Attributor::new().with_method(quick(known.name())).with_target(target);
                match case.record(&attributor) {
                    Ok(record) => {
                        assert!(!ACCOUNTS.contains(&known.name()) || OF_LOGITS.contains(&name), "{what}");
                        assert_eq!(record.attributions.len(), 2, "{what}");
                        check(&record, &what);
                    }
                    Err(Error::Target { method, target, why }) => {
                        assert!(ACCOUNTS.contains(&known.name()) && !OF_LOGITS.contains(&name), "{what}");
                        assert_eq!((method, target), (known.name(), name));
                        assert_eq!(
                            why,
                            "it accounts for logits; use logit, contrast-logit or contrast-log-probability"
                        );
                    }
                    Err(Error::NoInside { .. }) => assert!(!case.shows_enough_for(&*known), "{what}"),
                    Err(other) => panic!("{what}: {other}"),
                }
            }
        }
    }
}

#[test]
fn every_method_that_adds_explains_a_span() {
    for case in Case::all(Kind::Float) {
        for known in methods() {
            for span in [0..2, 1..2] {
                let what = case.what(&*known, &format!("{span:?}"));
                let attributor = Attributor::new().with_method(quick(known.name())).target("logit");
                match case.record(&attributor.span(span.clone())) {
                    Ok(record) => {
                        assert!(known.card().additive || known.card().explains_spans, "{what}");
                        let shape = (record.attributions.len(), record.n_input());
                        assert_eq!(shape, (1, N_INPUT + span.start), "{what}");
                        check(&record, &what);
                    }
                    Err(Error::NotAdditive { method }) => {
                        assert!(!known.card().additive && method == known.name(), "{what}");
                    }
                    Err(Error::NoInside { .. }) => assert!(!case.shows_enough_for(&*known), "{what}"),
                    Err(other) => panic!("{what}: {other}"),
                }
            }
        }
    }
}

/// `a ln p + b z_7`.
fn mixture(a: f64, b: f64) -> Box<dyn Target> {
    Box::new(TargetFn::new("mixture", move |logits: &Tensor, output: OutputToken| {
        let ln_p = logits.f_log_softmax(-1, None)?.f_select(1, i64::from(output.id))?;
        Ok(ln_p.f_mul_scalar(a)?.f_add(&logits.f_select(1, 7)?.f_mul_scalar(b)?)?)
    }))
}

/// Promises of methods that look inside; others are tried on toy models (`crates/attribution/tests/axioms.rs`).
#[test]
fn promises_of_those_that_look_inside_are_kept() {
    for case in Case::all(Kind::Double) {
        let inside = methods().into_iter().filter(|m| m.card().needs == Needs::Inside);
        for known in inside.filter(|m| case.shows_enough_for(&**m)) {
            for axiom in known.card().axioms {
                let what = case.what(&*known, axiom.name());
                match axiom {
                    Axiom::Completeness => adds_up(&case, known.name(), &what),
                    Axiom::Linearity => is_linear(&case, known.name(), &what),
                    _ => panic!("{what}: nothing here tries that"),
                }
            }
        }
    }
}

/// A path between two texts is far from the norms' jump at zero.
fn adds_up(case: &Case, name: &str, what: &str) {
    let layers = case.model.inside().unwrap().layers();
    for layer in [0, 1, layers] {
        let parameters = Parameters::new().layer(layer).tolerance(1e-6).baseline(Baseline::Token(3));
        let found = case.rows(method(name, &parameters).unwrap(), Box::new(Logit));
        for (row, output) in found.attributions.iter().zip(&found.outputs) {
            let sum: f64 = row.iter().map(|x| x.unwrap()).sum();
            let change = output.value.unwrap() - output.baseline_value.unwrap();
            let gap = (sum - change).abs() / change.abs().max(1e-4 * output.value.unwrap().abs());
            assert!(gap < 1.001e-6, "{what}, {layer:?}: {gap:e}");
        }
    }
}

/// Rows of `a f + b g` are those of `f` and `g`. Methods that account for logits have sums of logits: `z_t` less the
/// mean of `z_2` and `z_7`.
fn is_linear(case: &Case, name: &str, what: &str) {
    let (a, b) = if ACCOUNTS.contains(&name) { (0.5, 0.5) } else { (1.5, -0.75) };
    let contrast =
        |ids: &[u32]| Box::new(ContrastLogit::against(Alternatives::Same(ids.to_vec()))) as Box<dyn Target>;
    let [both, first, second] = if ACCOUNTS.contains(&name) {
        [contrast(&[2, 7]), contrast(&[2]), contrast(&[7])]
    } else {
        [mixture(a, b), mixture(1.0, 0.0), mixture(0.0, 1.0)]
    };
    let [both, first, second] =
        [both, first, second].map(|target| case.rows(quick(name), target).attributions);
    for ((both, first), second) in both.iter().zip(&first).zip(&second) {
        let largest = first.iter().chain(second).fold(0.0_f64, |m, x| m.max(x.unwrap().abs()));
        for ((both, f), g) in both.iter().zip(first).zip(second) {
            let gap = both.unwrap() - (a * f.unwrap() + b * g.unwrap());
            assert!(gap.abs() < 1e-9 * largest, "{what}: {gap:e} of {largest:e}");
        }
    }
}

/// The normalisation cancels in a difference of log-probabilities: accounts of both contrasts are the same.
#[test]
fn accounts_of_logits_serve_contrasts_of_log_probabilities() {
    for case in Case::with_inside() {
        for name in ACCOUNTS {
            let rows = |target: &str| {
                case.record(&Attributor::new().method(name).target(target)).unwrap().attributions
            };
            assert_eq!(rows("contrast-logit"), rows("contrast-log-probability"), "{name}");
        }
        // Against nothing there is no contrast to account for.
        let target = ContrastLogit::against(Alternatives::Each(vec![]));
        let problem = Problem::new(&*case.model, &case.sequence, &target).unwrap();
        let refused = DirectLogit::new().ledgers(&problem).unwrap_err().to_string();
        assert_eq!(refused, "alternatives is 0 for output 0, and must be at least one for each output");
    }
}
