//! GPT-2 keeps what its traits promise; and what is asked of it in odd ways ends in numbers or in errors, not in the
//! end of the process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, open};
use saliency_attribution::testing::check_model;
use saliency_attribution::{
    AttentionView, Attributor, BackwardRule, Error, Family, Inside, LanguageModel, Limits, Method,
    ModelError, OutputToken, Parameters, ReadOut, Sequence, Tape, TargetFn, TokenId, method, methods,
};
use saliency_model_gpt2::Gpt2;
use std::ops::Range;
use tch::{Kind, Tensor};

fn sequence(model: &str) -> Sequence {
    let (ids, _) = common::peer_ids(&common::json(model, "captum.json"));
    Sequence::from_ids(&ids[..5], &ids[5..8]).unwrap()
}

/// A method with few draws and points.
fn quick(name: &str) -> Box<dyn Method> {
    let known = methods().into_iter().find(|m| m.name() == name).unwrap();
    let has = |parameter: &str| known.card().parameters.contains(&parameter);
    let parameters = Parameters::new().samples(6).steps(2);
    let parameters =
        parameters.only(|parameter| has(parameter) && (parameter, name) != ("samples", "shapley"));
    method(name, &parameters).unwrap()
}

fn with(name: &str) -> Attributor {
    Attributor::new().with_method(quick(name)).target("logit")
}

#[test]
fn gpt2_keeps_every_promise() {
    for name in MODELS {
        for kind in [Kind::Double, Kind::Float, Kind::BFloat16] {
            check_model(&open(name, kind).model, &sequence(name)).unwrap();
        }
    }
}

/// In float32 and float64 the model walks back on its own, in bfloat16 it leaves that to autograd.
#[test]
fn a_callers_no_grad_changes_nothing() {
    for kind in [Kind::Float, Kind::BFloat16] {
        let (gpt2, sequence) = (open("gpt2-a", kind).model, sequence("gpt2-a"));
        for name in methods().iter().map(saliency_attribution::Method::name) {
            let plain = with(name).record(&gpt2, &sequence).unwrap();
            let off = tch::no_grad(|| with(name).record(&gpt2, &sequence)).unwrap();
            assert_eq!(plain.attributions, off.attributions, "{kind:?}, {name}");
        }
    }
}

/// A rank has no gradient: those that need one name it, the others explain it.
#[test]
fn a_rank_is_explained_or_refused_by_its_name() {
    for kind in [Kind::Float, Kind::BFloat16] {
        let (gpt2, sequence) = (open("gpt2-a", kind).model, sequence("gpt2-a"));
        for known in methods() {
            let rank = TargetFn::new("rank", |logits: &Tensor, output: OutputToken| {
                let own = logits.f_narrow(1, i64::from(output.id), 1)?;
                Ok(logits.f_gt_tensor(&own)?.f_sum_dim_intlist(&[1_i64][..], false, Kind::Int64)?)
            });
            let name = known.name();
            let found = Attributor::new().with_method(quick(name)).with_target(rank).record(&gpt2, &sequence);
            let goes_back =
                known.card().family == Family::Gradient || ["attn-lrp", "cp-lrp", "gim"].contains(&name);
            let accounts = ["direct-logit", "alti-logit"].contains(&name);
            match found {
                Ok(_) => assert!(!goes_back && !accounts, "{kind:?}, {name}"),
                Err(Error::NotDifferentiable { what }) => {
                    assert!(goes_back && what == "the target \"rank\"", "{kind:?}, {name}: {what}");
                }
                Err(Error::Target { target: "rank", .. }) => assert!(accounts, "{kind:?}, {name}"),
                Err(other) => panic!("{kind:?}, {name}: {other}"),
            }
        }
    }
}

/// libtorch's refusals come without its C++ stack, from the model itself and through an attribution.
#[test]
fn no_error_has_libtorchs_frames_in_it() {
    let gpt2 = open("gpt2-a", Kind::Float).model;
    let context = gpt2.config().n_positions as i64;
    let hidden = gpt2.config().n_embd as i64;
    let long = Tensor::zeros([1, context + 1, hidden], (Kind::Float, gpt2.device()));
    let odd = Tensor::zeros([1, 2, hidden + 1], (Kind::Float, gpt2.device()));
    let mut said = vec![
        gpt2.logits_at(&long, None).unwrap_err().to_string(),
        gpt2.logits_at(&odd, None).unwrap_err().to_string(),
        gpt2.embed(&[u32::MAX]).unwrap_err().to_string(),
        gpt2.decoder().residual(1, &odd).unwrap_err().to_string(),
        saliency_checkpoint::Error::from(odd.f_matmul(&long).unwrap_err()).to_string(),
    ];
    let error = gpt2.logits_at(&odd, None).unwrap_err();
    said.extend([format!("{error:?}"), std::error::Error::source(&error).unwrap().to_string()]);
    if let Err(refused) = gpt2.tape(&odd, 1, 0..1) {
        said.push(refused.to_string());
    }
    if let Err(refused) = gpt2.prefix_cache(&odd, 1) {
        said.push(refused.to_string());
    }
    for text in said {
        assert!(!text.contains("frame #") && !text.contains("Exception raised from"), "{text}");
        assert!(text.to_lowercase().contains("torch"), "{text}");
    }
}

/// GPT-2 with one part of its inside in another shape.
struct Odd {
    same: Gpt2,
    part: &'static str,
}

impl Odd {
    /// Without its last row, where it is that part.
    fn cut(&self, part: &str, x: Tensor) -> Tensor {
        if self.part == part { x.narrow(-1, 0, x.size()[x.dim() - 1] - 1) } else { x }
    }
}

impl LanguageModel for Odd {
    fn name(&self) -> &'static str {
        "odd inside"
    }
    fn limits(&self) -> Limits {
        self.same.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.same.embed(ids)
    }
    fn logits(&self, embeddings: &Tensor, n: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        self.same.logits(embeddings, n, positions)
    }
    fn tape_by<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        self.same.tape_by(rule, embeddings, n_input, positions)
    }
    fn inside(&self) -> Option<&dyn Inside> {
        Some(self)
    }
}

impl Inside for Odd {
    fn layers(&self) -> usize {
        self.same.decoder().layers()
    }
    fn heads(&self) -> usize {
        self.same.decoder().heads()
    }
    fn residual(&self, layer: usize, embeddings: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.cut("residual", self.same.decoder().residual(layer, embeddings)?))
    }
    fn block(&self, layer: usize, residual: &Tensor) -> Result<Option<Tensor>, ModelError> {
        let found = self.same.decoder().block(layer, residual)?;
        Ok(found.map(|found| self.cut("block", found)))
    }
    fn logits_from(
        &self,
        layer: usize,
        residual: &Tensor,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let found = self.same.decoder().logits_from(layer, residual, positions)?;
        Ok(self.cut("logits_from", if self.part == "graph" { found.detach() } else { found }))
    }
    fn attention_at(&self, layer: usize, residual: &Tensor) -> Result<AttentionView, ModelError> {
        let look = self.same.decoder().attention_at(layer, residual)?;
        Ok(AttentionView::new(
            self.cut("attention_at, pattern,", look.pattern),
            self.cut("attention_at, values,", look.values),
            self.cut("attention_at, bias,", look.bias),
            self.cut("attention_at, attended,", look.attended),
            self.cut("attention_at, output,", look.output),
        ))
    }
    fn feed_forward(&self, layer: usize, attended: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.cut("feed_forward", self.same.decoder().feed_forward(layer, attended)?))
    }
    fn read_out(&self, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, ModelError> {
        let found = self.same.decoder().read_out(residual, weights)?;
        Ok(ReadOut::new(self.cut("read_out", found.direction), found.constant))
    }
}

/// Every part of an inside that has another shape is named, by the methods that look at it and by the check.
#[test]
fn an_inside_of_another_shape_is_named() {
    for (part, name) in [
        ("residual", "layer-gradient-x-activation"),
        ("block", "layer-gradient-x-activation"),
        ("logits_from", "layer-integrated-gradients"),
        ("attention_at, pattern,", "attention-rollout"),
        ("attention_at, values,", "attention-norms"),
        ("attention_at, bias,", "direct-logit"),
        ("attention_at, attended,", "alti"),
        ("attention_at, output,", "attention"),
        ("feed_forward", "value-zeroing"),
        ("read_out", "alti-logit"),
    ] {
        let odd = Odd { same: open("gpt2-a", Kind::Double).model, part };
        let error = with(name).record(&odd, &sequence("gpt2-a")).unwrap_err().to_string();
        let said = format!("Inside::{part} gave a tensor of shape [");
        assert!(error.starts_with(&said), "{name}: {error}");
        let broken = check_model(&odd, &sequence("gpt2-a")).unwrap_err();
        assert_eq!(broken.promise, "inside", "{part}: {broken}");
        assert!(broken.to_string().contains(&said), "{broken}");
    }
    let odd = Odd { same: open("gpt2-a", Kind::Double).model, part: "graph" };
    let error =
        with("layer-gradient-x-activation").record(&odd, &sequence("gpt2-a")).unwrap_err().to_string();
    assert!(
        error.starts_with("Inside::logits_from of the model \"odd inside\" gave logits that carry no graph"),
        "{error}"
    );
}

/// The last norm forgets how long its input is, so that nothing changes along it: an earlier layer is what helps, and
/// is said to.
#[test]
fn where_the_last_norm_cancels_a_sum_an_earlier_layer_is_named() {
    let gpt2 = open("gpt2-a", Kind::Float).model;
    let at = |layer| {
        let parameters = Parameters::new().layer(layer);
        let method = method("layer-gradient-x-activation", &parameters).unwrap();
        Attributor::new().with_method(method).record(&gpt2, &sequence("gpt2-a")).unwrap().notes
    };
    let notes = at(gpt2.decoder().layers());
    assert!(notes[0].ends_with("; use the aggregate l2, l1 or max-abs, or an earlier layer"), "{notes:?}");
    for layer in 0..gpt2.decoder().layers() {
        assert_eq!(at(layer), [""; 0]);
    }
}

/// What is told of a run that shares prefixes is full at its end and not before, in batches of any size.
#[test]
fn the_share_is_full_at_the_end_and_not_before() {
    let (gpt2, sequence) = (open("gpt2-a", Kind::Float).model, sequence("gpt2-a"));
    for name in methods().iter().map(saliency_attribution::Method::name) {
        for memory in [1, 200_000, 768 << 20] {
            let (mut shares, mut rows) = (Vec::new(), 0);
            let mut watch = |told: saliency_attribution::Progress| {
                shares.push((told.share, told.rows > rows));
                rows = told.rows;
                true
            };
            with(name).memory(memory).record_with(&gpt2, &sequence, &mut watch).unwrap();
            assert!(shares.is_sorted_by(|a, b| a.0 <= b.0), "{name}, {memory}: {shares:?}");
            assert!(shares.last().unwrap().0 >= 1.0, "{name}, {memory}");
            // All that follows the first full share are rows, which take no passes.
            let full = shares.iter().position(|(share, _)| *share >= 1.0).unwrap();
            assert!(shares[full + 1..].iter().all(|(_, row)| *row), "{name}, {memory}: {shares:?}");
        }
    }
}
