//! A linear map.

use tch::{TchError, Tensor};

/// A linear map, `x W + b`, whose weight lies in memory as a checkpoint holds it.
#[derive(Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
    /// Whether the weight is `[in, out]`, or else `[out, in]`.
    in_out: bool,
}

impl Linear {
    /// Of a weight `[in, out]`, as GPT-2's checkpoints hold it, and a bias `[out]`.
    pub fn in_out(weight: Tensor, bias: Option<Tensor>) -> Self {
        Self { weight, bias, in_out: true }
    }

    /// Of a weight `[out, in]`, as most checkpoints hold it, and a bias `[out]`.
    pub fn out_in(weight: Tensor, bias: Option<Tensor>) -> Self {
        Self { weight, bias, in_out: false }
    }

    /// The same map with another weight in the place of its own.
    pub(crate) fn with(
        &self,
        each: &mut dyn FnMut(&Tensor) -> Result<Tensor, TchError>,
    ) -> Result<Self, TchError> {
        let bias = self.bias.as_ref().map(Tensor::shallow_clone);
        Ok(Self { weight: each(&self.weight)?, bias, in_out: self.in_out })
    }

    /// The bias, `[out]`.
    pub fn bias(&self) -> Option<&Tensor> {
        self.bias.as_ref()
    }

    /// The weight as `[in, out]`, whichever way it lies; a view.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn weight_in_out(&self) -> Result<Tensor, TchError> {
        if self.in_out { Ok(self.weight.shallow_clone()) } else { self.weight.f_transpose(0, 1) }
    }

    /// The numbers of dimensions of its input and its output.
    pub(crate) fn size(&self) -> (i64, i64) {
        let size = self.weight.size();
        match (&size[..], self.in_out) {
            ([input, output], true) | ([output, input], false) => (*input, *output),
            _ => (0, 0),
        }
    }

    /// `x W + b`: from `[…, in]` to `[…, out]`.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor, TchError> {
        if !self.in_out {
            return x.f_linear(&self.weight, self.bias.as_ref());
        }
        let (input, output) = self.size();
        let flat = x.f_reshape([-1, input])?;
        let flat = match &self.bias {
            Some(bias) => bias.f_addmm(&flat, &self.weight)?,
            None => flat.f_matmul(&self.weight)?,
        };
        flat.f_reshape(&*with_last(x, output))
    }

    /// `x Wᵀ`: from the gradient of the output, `[…, out]`, to that of the input, `[…, in]`.
    pub(crate) fn back(&self, gradient: &Tensor) -> Result<Tensor, TchError> {
        let (input, output) = self.size();
        let flat = gradient.f_reshape([-1, output])?;
        let matrix = self.weight_in_out()?;
        flat.f_matmul(&matrix.f_transpose(0, 1)?)?.f_reshape(&*with_last(gradient, input))
    }

    /// Adds [`back`](Self::back) to a gradient of the input, in place: `[rows, in]`, from `[rows, out]`.
    pub(crate) fn add_back(&self, sum: &mut Tensor, gradient: &Tensor) -> Result<(), TchError> {
        let matrix = self.weight_in_out()?;
        let _ = sum.f_addmm_(gradient, &matrix.f_transpose(0, 1)?)?;
        Ok(())
    }

    /// Some dimensions of the output: views.
    pub(crate) fn part(&self, from: i64, count: i64) -> Result<Self, TchError> {
        let weight = self.weight.f_narrow(i64::from(self.in_out), from, count)?;
        let bias = self.bias.as_ref().map(|bias| bias.f_narrow(0, from, count)).transpose()?;
        Ok(Self { weight, bias, in_out: self.in_out })
    }
}

/// The size of a tensor with another last dimension.
fn with_last(x: &Tensor, last: i64) -> Vec<i64> {
    let mut size = x.size();
    if let Some(end) = size.last_mut() {
        *end = last;
    }
    size
}
