//! A transformer's layers at the clean input, from the first to the last, for methods that look inside.

use crate::error::Error;
use crate::method::explanation::Explanation;
use crate::model::checked;
use crate::model::inside::{AttentionView, Inside};
use crate::problem::Problem;
use crate::problem::cost::Cost;
use tch::{Kind, Tensor};

/// A transformer's layers at one problem's input.
pub(crate) struct Layers<'p, 'a> {
    problem: &'p Problem<'a>,
    inside: &'a dyn Inside,
}

impl<'p, 'a> Layers<'p, 'a> {
    pub(crate) fn new(problem: &'p Problem<'a>, method: &'static str) -> Result<Self, Error> {
        Ok(Self { problem, inside: problem.inside(method)? })
    }

    pub(crate) fn inside(&self) -> &'a dyn Inside {
        self.inside
    }

    /// The number of layers.
    pub(crate) fn count(&self) -> usize {
        self.inside.layers()
    }

    /// The number of heads in a layer.
    pub(crate) fn heads(&self) -> usize {
        self.inside.heads()
    }

    /// The input of the last norm: `[tokens, hidden]`.
    pub(crate) fn last(&self) -> Result<Tensor, Error> {
        let _no_gradient = tch::no_grad_guard();
        let last = checked::residual(self.inside, self.count(), &self.problem.embeddings())?;
        self.problem.count(Cost::forwards(1.0))?;
        Ok(last.f_select(0, 0)?)
    }

    /// Calls `visit` for every layer, from the first: with its number, its input `[tokens, hidden]`, and its attention.
    pub(crate) fn each_layer(
        &self,
        mut visit: impl FnMut(usize, &Tensor, &AttentionView) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _no_gradient = tch::no_grad_guard();
        let embeddings = self.problem.embeddings();
        let mut residual = checked::residual(self.inside, 0, &embeddings)?.f_select(0, 0)?;
        for layer in 0..self.count() {
            let view = checked::attention_at(self.inside, layer, &residual)?;
            self.problem.count(Cost::forwards(1.0 / self.count() as f64))?;
            visit(layer, &residual, &view)?;
            residual = view.output;
        }
        Ok(())
    }

    /// The mean over layers, or one layer, of a matrix `[tokens, tokens]`, in float64.
    pub(crate) fn mean_over(
        &self,
        only: Option<usize>,
        mut matrix: impl FnMut(&AttentionView) -> Result<Tensor, Error>,
    ) -> Result<Tensor, Error> {
        let mut mean = LayerMean::of(only);
        self.each_layer(|layer, _, view| mean.add(layer, || matrix(view)))?;
        mean.get()
    }

    /// The product `M_last ⋯ M_1 M_0` of the layers' matrices `[tokens, tokens]`, in float64.
    pub(crate) fn product(
        &self,
        mut matrix: impl FnMut(usize, &Tensor, &AttentionView) -> Result<Tensor, Error>,
    ) -> Result<Tensor, Error> {
        let mut product: Option<Tensor> = None;
        self.each_layer(|layer, residual, view| {
            let one = matrix(layer, residual, view)?.f_to_kind(Kind::Double)?;
            product = Some(match product.take() {
                Some(product) => one.f_matmul(&product)?,
                None => one,
            });
            Ok(())
        })?;
        product.ok_or(Error::NoInput)
    }

    /// The rows of a matrix `[tokens, tokens]` at the positions that predict the outputs.
    pub(crate) fn each_row(
        &self,
        matrix: &Tensor,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for output in 0..self.problem.n_output() {
            let context = self.problem.row_length(output) as i64;
            let row = matrix.f_select(0, context - 1)?.f_narrow(0, 0, context)?.f_unsqueeze(1)?;
            each(Explanation::new(output, row, self.problem.value_at_input(output)?))?;
        }
        Ok(())
    }
}

/// The mean over layers, or one layer, of a matrix of each, in float64.
pub(crate) struct LayerMean {
    only: Option<usize>,
    sum: Option<Tensor>,
    count: u32,
}

impl LayerMean {
    pub(crate) fn of(only: Option<usize>) -> Self {
        Self { only, sum: None, count: 0 }
    }

    /// Adds a layer's matrix, where it is asked for.
    pub(crate) fn add(
        &mut self,
        layer: usize,
        matrix: impl FnOnce() -> Result<Tensor, Error>,
    ) -> Result<(), Error> {
        if self.only.is_none_or(|only| only == layer) {
            let one = matrix()?.f_to_kind(Kind::Double)?;
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum.f_add(&one)?,
                None => one,
            });
            self.count += 1;
        }
        Ok(())
    }

    pub(crate) fn get(self) -> Result<Tensor, Error> {
        Ok(self.sum.ok_or(Error::NoInput)?.f_div_scalar(f64::from(self.count))?)
    }
}

/// Rows divided by their sums; a row of zeros stays zero.
pub(crate) fn rows_to_one(matrix: &Tensor) -> Result<Tensor, Error> {
    let sums = matrix.f_sum_dim_intlist(&[-1_i64][..], true, None)?;
    let sums = sums.f_where_self(&sums.f_gt(0.0)?, &sums.f_ones_like()?)?;
    Ok(matrix.f_div(&sums)?)
}

/// What attention adds from each token to some of the rows `i`, all heads together: `Σ_h A_hij f_h(x_j)`,
/// `[rows, tokens, hidden]`.
pub(crate) fn parts(view: &AttentionView, from: i64, rows: i64) -> Result<Tensor, Error> {
    // [tokens j, rows i, heads] × [tokens j, heads, hidden]
    let pattern = view.pattern.f_narrow(1, from, rows)?.f_permute([2, 1, 0])?;
    let parts = pattern.f_bmm(&view.values.f_transpose(0, 1)?)?;
    Ok(parts.f_transpose(0, 1)?)
}

/// How many rows of [`parts`] are computed together.
pub(crate) fn rows_together(view: &AttentionView) -> i64 {
    let numbers = view.values.size()[1] * view.values.size()[2];
    ((1 << 24) / numbers.max(1)).max(1)
}

/// Refuses a layer, or a head, that the model does not have.
pub(crate) fn check_layer(layer: usize, count: usize) -> Result<(), Error> {
    check_below("layer", layer, count)
}

/// Refuses a residual stream that the model does not have: there is one before each layer, and one after the last.
pub(crate) fn check_residual(layer: usize, layers: usize) -> Result<(), Error> {
    if layer <= layers { Ok(()) } else { Err(Error::NoResidual { layer, layers }) }
}

/// Refuses a number that is too large for the model.
pub(crate) fn check_below(name: &'static str, number: usize, count: usize) -> Result<(), Error> {
    if number < count {
        return Ok(());
    }
    Err(Error::Below { name, number, count })
}
