//! Numerics that several methods share: integrals along a path, noise, means and standard errors.

pub(crate) mod delta;
pub(crate) mod log_quadrature;
pub(crate) mod moments;
pub(crate) mod noise;
pub(crate) mod path;
pub(crate) mod quadrature;
pub(crate) mod ragged;
pub(crate) mod refinement;
pub(crate) mod rounding;
pub(crate) mod space;
pub(crate) mod streams;
