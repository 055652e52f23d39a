//! How weights change: Muon for the maps inside the blocks, Adam for everything else.

use crate::Outcome;
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Kind, Tensor};

const MUON_RATE: f64 = 0.02;
const MUON_MOMENTUM: f64 = 0.95;
const ADAM_RATE: f64 = 2e-3;
const ADAM_BETAS: (f64, f64) = (0.9, 0.98);
const EPSILON: f64 = 1e-8;
/// A weight falls by this, times its rate, in each step.
const DECAY: f64 = 0.02;
/// The norm that all gradients together are cut to.
const LONGEST: f64 = 1.0;
/// The quintic Newton–Schulz iteration that makes a matrix's singular values about 1 (K. Jordan and others, Muon,
/// 2024).
const QUINTIC: (f64, f64, f64) = (3.4445, -4.7750, 2.0315);

/// Parameters by name, and what is remembered of their gradients.
pub(crate) struct Optimizer {
    parameters: BTreeMap<String, Tensor>,
    /// Of each: the momentum, and for Adam the mean square.
    means: BTreeMap<String, Tensor>,
    squares: BTreeMap<String, Tensor>,
    steps: u64,
}

impl Optimizer {
    pub(crate) fn new(parameters: BTreeMap<String, Tensor>) -> Self {
        let zeros = |adam_only: bool| {
            let of = parameters.iter().filter(|(name, _)| !(adam_only && is_map(name)));
            of.map(|(name, p)| (name.clone(), p.zeros_like().detach())).collect()
        };
        Self { means: zeros(false), squares: zeros(true), parameters, steps: 0 }
    }

    pub(crate) fn parameters(&self) -> &BTreeMap<String, Tensor> {
        &self.parameters
    }

    /// One step down the gradients that a backward pass has left; they are zero after it.
    pub(crate) fn step(&mut self, share: f64) {
        let _no_gradient = tch::no_grad_guard();
        self.steps += 1;
        let gradients: BTreeMap<&str, Tensor> =
            self.parameters.iter().map(|(name, p)| (name.as_str(), p.grad())).collect();
        let squares: f64 = gradients.values().map(|g| g.square().sum(Kind::Float).double_value(&[])).sum();
        let cut = (LONGEST / squares.sqrt()).min(1.0);
        for (name, p) in &self.parameters {
            let (mut p, mut g) = (p.shallow_clone(), gradients[name.as_str()].shallow_clone());
            let Some(mean) = self.means.get_mut(name) else { continue };
            if is_map(name) {
                let _ = mean.g_mul_scalar_(MUON_MOMENTUM).g_add_(&g);
                let ahead = &g + &*mean * MUON_MOMENTUM;
                let rate = MUON_RATE * share;
                let _ = p.g_mul_scalar_(1.0 - rate * DECAY).g_sub_(&(orthogonal(&ahead) * rate));
            } else if let Some(square) = self.squares.get_mut(name) {
                let (one, two) = ADAM_BETAS;
                let _ = g.g_mul_scalar_(cut);
                let _ = mean.g_mul_scalar_(one).g_add_(&(&g * (1.0 - one)));
                let _ = square.g_mul_scalar_(two).g_add_(&(g.square() * (1.0 - two)));
                let unbiased = |beta: f64| 1.0 - beta.powi(i32::try_from(self.steps).unwrap_or(i32::MAX));
                let scale = ADAM_RATE * share / unbiased(one);
                let _ = p.g_sub_(&(&*mean * scale / ((&*square / unbiased(two)).sqrt() + EPSILON)));
            }
            p.zero_grad();
        }
    }

    /// Writes parameters and memory, under another name first.
    pub(crate) fn save(&self, path: &Path, step: u64) -> Outcome<()> {
        let _no_gradient = tch::no_grad_guard();
        let mut tensors = vec![("step".to_owned(), Tensor::from(step.cast_signed()))];
        for (kind, of) in [("parameter", &self.parameters), ("mean", &self.means), ("square", &self.squares)]
        {
            tensors.extend(of.iter().map(|(name, t)| (format!("{kind}/{name}"), t.detach())));
        }
        let temporary = path.with_extension("part");
        Tensor::write_safetensors(&tensors, &temporary)?;
        Ok(std::fs::rename(temporary, path)?)
    }

    /// Reads what [`save`](Self::save) wrote, and returns the step.
    pub(crate) fn restore(&mut self, path: &Path) -> Outcome<u64> {
        let _no_gradient = tch::no_grad_guard();
        for (name, tensor) in Tensor::read_safetensors(path)? {
            if name == "step" {
                self.steps = tensor.int64_value(&[]).cast_unsigned();
                continue;
            }
            let (kind, name) = name.split_once('/').ok_or("the state is of another program")?;
            let of = match kind {
                "parameter" => &mut self.parameters,
                "mean" => &mut self.means,
                _ => &mut self.squares,
            };
            of.get_mut(name)
                .ok_or_else(|| format!("the state has {name}, the model has not"))?
                .copy_(&tensor);
        }
        Ok(self.steps)
    }
}

/// Whether a parameter is a map inside a block.
fn is_map(name: &str) -> bool {
    name.ends_with(".weight") && (name.contains(".attn.") || name.contains(".mlp."))
}

/// The nearest matrix with equal singular values, about, scaled by the root of how much wider than high it is; queries,
/// keys and values are taken each on its own.
fn orthogonal(gradient: &Tensor) -> Tensor {
    let (rows, columns) = (gradient.size()[0], gradient.size()[1]);
    if columns == 3 * rows {
        return Tensor::cat(&gradient.chunk(3, 1).iter().map(orthogonal).collect::<Vec<_>>(), 1);
    }
    let (once, third, fifth) = QUINTIC;
    let mut x = gradient.to_kind(Kind::BFloat16);
    if rows > columns {
        x = x.tr();
    }
    x = &x / (x.norm() + 1e-7);
    for _ in 0..5 {
        let product = x.matmul(&x.tr());
        let sum = &product * third + product.matmul(&product) * fifth;
        x = &x * once + sum.matmul(&x);
    }
    if rows > columns {
        x = x.tr();
    }
    x.to_kind(Kind::Float) * (columns as f64 / rows as f64).max(1.0).sqrt()
}
