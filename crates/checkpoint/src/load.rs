//! How a checkpoint is loaded: in which dtype, on which device.

use crate::error::Error;
use tch::{Device, Kind};

/// How a checkpoint is loaded.
///
/// ```
/// use saliency_checkpoint::{Load, tch::Kind};
///
/// let load = Load::new().kind(Kind::Double);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// The dtype that everything is computed in. Default: `Float`.
    pub kind: Kind,
    /// Where it is computed. Default: `Cpu`.
    pub device: Device,
}

impl Default for Load {
    fn default() -> Self {
        Self { kind: Kind::Float, device: Device::Cpu }
    }
}

impl Load {
    /// Single precision on the CPU.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the dtype.
    #[must_use]
    pub fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// Sets the device.
    #[must_use]
    pub fn device(self, device: Device) -> Self {
        Self { device, ..self }
    }

    /// Whether the device is there.
    pub(crate) fn check(self) -> Result<(), Error> {
        check_device(self.device)
    }
}

fn check_device(device: Device) -> Result<(), Error> {
    let why = match device {
        Device::Cuda(_) if !tch::Cuda::is_available() => {
            "this libtorch has no CUDA or sees no GPU; set LIBTORCH or LIBTORCH_USE_PYTORCH to one that does"
        }
        Device::Cuda(n) if n as i64 >= tch::Cuda::device_count() => "this machine has fewer GPUs than that",
        Device::Mps if !tch::utils::has_mps() => "this libtorch has no MPS",
        Device::Vulkan => "Vulkan is not supported",
        _ => return Ok(()),
    };
    Err(Error::Device { device: format!("{device:?}"), why })
}
