//! What LIT's client asks for first: models, data, methods and layout, in the client's own terms.
//!
//! Descriptions are read as Markdown with HTML, so none of them holds anything of a record.

use crate::examples::{Labelled, Model};
use crate::ordered::Ordered;
use serde::Serialize;
use serde_json::Value;

/// LIT's own name for a continuation that is explained in the place of the model's.
const TARGET: &str = "target";
/// The key of the interpreter that LIT's view of source and target looks for.
pub(crate) const OF_SOURCE: &str = "sequence_salience";
/// What follows a label in the name of the interpreter of all outputs together.
pub(crate) const OF_ALL: &str = ": all outputs";
const LAYOUT: &str = "records";

/// The reply to `get_info`. Names of fields are LIT's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    models: Ordered<ModelInfo>,
    datasets: Ordered<DatasetInfo>,
    generators: Ordered<Value>,
    interpreters: Ordered<InterpreterInfo>,
    metrics: Ordered<Value>,
    layouts: Ordered<Layout>,
    default_layout: &'static str,
    demo_mode: bool,
    page_title: String,
    sync_state: bool,
    init_specs: InitSpecs,
}

#[derive(Debug, Serialize)]
struct ModelInfo {
    spec: ModelSpec,
    datasets: Vec<String>,
    generators: Vec<String>,
    interpreters: Vec<String>,
    metrics: Vec<String>,
    description: &'static str,
}

#[derive(Debug, Serialize)]
struct ModelSpec {
    input: Spec,
    output: Spec,
}

#[derive(Debug, Serialize)]
struct DatasetInfo {
    spec: Spec,
    description: &'static str,
    size: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InterpreterInfo {
    config_spec: Spec,
    meta_spec: Spec,
    description: &'static str,
}

#[derive(Debug, Serialize)]
struct Layout {
    upper: Ordered<Vec<Module>>,
    lower: Ordered<Vec<Module>>,
    left: Ordered<Vec<Module>>,
    #[serde(rename = "layoutSettings")]
    settings: Settings,
    description: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Module {
    module: &'static str,
    required_for_tab: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    main_height: u32,
}

#[derive(Debug, Serialize)]
struct InitSpecs {
    datasets: Ordered<Value>,
    models: Ordered<Value>,
}

type Spec = Ordered<Type>;

/// One of LIT's types, of which the client knows these attributes and refuses others.
#[derive(Debug, Clone, Default, Serialize)]
struct Type {
    __class__: &'static str,
    __name__: &'static str,
    required: bool,
    show_in_data_table: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    align: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    autorun: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'static str>,
}

impl Type {
    fn new(name: &'static str) -> Self {
        Self { __class__: "LitType", __name__: name, ..Self::default() }
    }
    fn text() -> Self {
        Self { show_in_data_table: true, ..Self::new("TextSegment") }
    }
    /// The continuation; behind a model, next to one that the user has typed.
    fn response(is_live: bool) -> Self {
        Self { parent: is_live.then_some(TARGET), ..Self::new("GeneratedText") }
    }
    fn scores() -> Self {
        Self { align: Some("tokens"), ..Self::new("TokenScores") }
    }
    fn salience(name: &'static str, signed: bool) -> Self {
        Self { signed: Some(signed), autorun: Some(true), ..Self::new(name) }
    }
}

impl Info {
    /// Of records alone, or of records with the model behind them, which attributes edited texts anew.
    pub(crate) fn of(models: &[Model], labelled: &Labelled<'_>, is_live: bool) -> Self {
        let mut info = Self {
            models: Ordered::new(),
            datasets: Ordered::new(),
            generators: Ordered::new(),
            interpreters: Ordered::new(),
            metrics: Ordered::new(),
            layouts: Ordered::of([(LAYOUT, Layout::of(models, is_live))]),
            default_layout: LAYOUT,
            demo_mode: true,
            page_title: format!("LIT: {}", names(models)),
            sync_state: false,
            init_specs: InitSpecs { datasets: Ordered::new(), models: Ordered::new() },
        };
        let labels = || labelled.0.iter().map(|(label, _)| &**label);
        let meta = |label, name| (label, Type::salience(name, has_sign(labelled, label)));
        let of_source = labels().map(|label| meta(label, "SequenceSalience"));
        info.interpreters
            .push(OF_SOURCE.to_owned(), InterpreterInfo::new(of_source, "Rows over source and target."));
        for label in labels() {
            let description = "The sum of all outputs' rows, divided by its largest absolute value.";
            let of_all = InterpreterInfo::new([meta(label, "TokenSalience")], description);
            info.interpreters.push(format!("{label}{OF_ALL}"), of_all);
        }
        // Hidden names come last: LIT selects the first model.
        let mut hidden = Vec::new();
        for model in models {
            let name = &model.name;
            let of_source = model.has_source().then(|| OF_SOURCE.to_owned());
            let of_all = labels().filter(|label| model.has(label)).map(|label| format!("{label}{OF_ALL}"));
            let interpreters: Vec<_> = of_source.into_iter().chain(of_all).collect();
            let data = dataset_spec(model, is_live);
            let own =
                ModelInfo::new(name, data.clone(), [("response", Type::response(is_live))], interpreters);
            info.models.push(name.clone(), own);
            let tokens = [("tokens", Type::new("Tokens"))];
            hidden
                .push((format!("_{name}_tokenizer"), ModelInfo::new(name, data.clone(), tokens, Vec::new())));
            let methods = labelled.0.iter().filter(|(label, _)| model.has(label));
            let scores: Vec<_> = methods.map(|(label, _)| (&**label, Type::scores())).collect();
            hidden
                .push((format!("_{name}_salience"), ModelInfo::new(name, data.clone(), scores, Vec::new())));
            let data =
                DatasetInfo { spec: data, description: "Texts of records.", size: model.examples.len() };
            info.datasets.push(name.clone(), data);
        }
        info.models.0.extend(hidden);
        info
    }
}

/// The labels whose values have a sign.
pub(crate) fn signed<'l>(labelled: &'l Labelled<'_>) -> Vec<&'l str> {
    labelled.0.iter().map(|(label, _)| &**label).filter(|label| has_sign(labelled, label)).collect()
}

fn has_sign(labelled: &Labelled<'_>, label: &str) -> bool {
    let records = labelled.0.iter().filter(|(known, _)| known == label).flat_map(|(_, records)| records);
    records.into_iter().any(|record| record.is_signed())
}

fn names(models: &[Model]) -> String {
    models.iter().map(|model| &*model.name).collect::<Vec<_>>().join(", ")
}

/// The columns of LIT's table; behind a model, what can be edited.
fn dataset_spec(model: &Model, is_live: bool) -> Spec {
    if is_live {
        return Ordered::of([("prompt", Type::text()), (TARGET, Type::text())]);
    }
    let mut spec = Ordered::of([("prompt", Type::text()), ("continuation", Type::text())]);
    if model.examples.iter().any(|example| !example.notes.is_empty()) {
        spec.push("notes".to_owned(), Type::text());
    }
    spec
}

impl ModelInfo {
    fn new<'n>(
        dataset: &str,
        input: Spec,
        output: impl IntoIterator<Item = (&'n str, Type)>,
        interpreters: Vec<String>,
    ) -> Self {
        Self {
            spec: ModelSpec { input, output: Ordered::of(output) },
            datasets: vec![dataset.to_owned()],
            generators: Vec::new(),
            interpreters,
            metrics: Vec::new(),
            description: "Attribution records of this model.",
        }
    }
}

impl InterpreterInfo {
    fn new<'n>(meta: impl IntoIterator<Item = (&'n str, Type)>, description: &'static str) -> Self {
        Self { config_spec: Ordered::new(), meta_spec: Ordered::of(meta), description }
    }
}

impl Layout {
    /// The texts above; below, salience of any span, where there is an encoder LIT's view of source and target, and all
    /// methods one above another.
    fn of(models: &[Model], is_live: bool) -> Self {
        let module = |module| Module { module, required_for_tab: true };
        let mut lower = Ordered::of([("Salience", vec![module("sequence-salience-module")])]);
        if models.iter().any(Model::has_source) {
            lower.push("Source and target".to_owned(), vec![module("legacy-sequence-salience-module")]);
        }
        lower.push("All outputs".to_owned(), vec![module("salience-map-module")]);
        let mut texts = vec![module("simple-data-table-module")];
        texts.extend(is_live.then(|| module("simple-datapoint-editor-module")));
        Self {
            upper: Ordered::of([("Texts", texts)]),
            lower,
            left: Ordered::new(),
            settings: Settings { main_height: if is_live { 35 } else { 25 } },
            description: "Texts, and what each took from the tokens before it.",
        }
    }
}
