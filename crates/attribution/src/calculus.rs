//! Numerics that several methods share: integrals along a path, noise, means and standard errors.

pub(crate) mod moments;
pub(crate) mod noise;
pub(crate) mod path;
pub(crate) mod quadrature;
