//! The wheels that hold libtorch on each platform, pinned, and what is wanted of each.
//!
//! To move to another version: change [`VERSION`], take each wheel's new name and size from
//! `pip download`, its hash from `sha256sum`, and what it links to from `readelf -d`.

use std::env::consts;

use anyhow::{Result, bail};

use crate::unpack::Take;
use crate::wheel::Wheel;

/// The libtorch that torch-sys 0.26 wants.
pub(crate) const VERSION: &str = "2.13.0";

/// What makes up libtorch on one kind of machine.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) wheels: &'static [Wheel],
    /// Whether the wheel's own libtorch wants CUDA, so that a stub takes its place.
    pub(crate) stub: bool,
    /// The room that fetching and unpacking take at most, in megabytes.
    pub(crate) megabytes: u64,
}

impl Platform {
    /// The machine that this program was built for.
    pub(crate) fn here() -> Result<&'static Self> {
        Self::named(consts::OS, consts::ARCH, cfg!(target_env = "musl"))
    }

    fn named(os: &str, arch: &str, is_musl: bool) -> Result<&'static Self> {
        match (os, arch) {
            ("linux", "x86_64") if !is_musl => Ok(&LINUX_X86_64),
            ("linux", "aarch64") if !is_musl => Ok(&LINUX_AARCH64),
            ("macos", "aarch64") => Ok(&MACOS_AARCH64),
            _ => bail!(
                "there is no pinned libtorch for {os} on {arch}{}: get libtorch {VERSION} yourself and set \
                 LIBTORCH to its directory, or set LIBTORCH_USE_PYTORCH=1 where Python has torch {VERSION}",
                if is_musl { " with musl" } else { "" }
            ),
        }
    }
}

/// A library that goes from a folder of the wheel into `lib/`.
macro_rules! lib {
    ($folder:literal, $name:literal) => {
        Take { from: concat!($folder, $name), to: concat!("lib/", $name) }
    };
}

const INSTEAD: &str = "set LIBTORCH to a libtorch that you have";
const INCLUDE: Take = Take { from: "torch/include/", to: "include/" };

/// The Python package for Linux is built for CUDA. Its CPU half links to two small CUDA libraries, which
/// come as wheels of their own.
static LINUX_X86_64: Platform = Platform {
    wheels: &[
        Wheel {
            file: "torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl",
            requirement: "torch==2.13.0",
            platform: "manylinux_2_28_x86_64",
            sha256: "796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b",
            megabytes: 527,
            instead: INSTEAD,
            takes: &[
                INCLUDE,
                lib!("torch/lib/", "libtorch_cpu.so"),
                lib!("torch/lib/", "libc10.so"),
                lib!("torch/lib/", "libgomp.so.1"),
            ],
        },
        Wheel {
            file: "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
            requirement: "nvidia-cuda-runtime==13.0.96",
            platform: "manylinux2014_x86_64",
            sha256: "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
            megabytes: 3,
            instead: INSTEAD,
            takes: &[lib!("nvidia/cu13/lib/", "libcudart.so.13")],
        },
        Wheel {
            file: "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl",
            requirement: "nvidia-cuda-cupti==13.0.85",
            platform: "manylinux_2_25_x86_64",
            sha256: "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
            megabytes: 11,
            instead: INSTEAD,
            takes: &[lib!("nvidia/cu13/lib/", "libcupti.so.13")],
        },
    ],
    stub: true,
    megabytes: 1200,
};

/// As on x86-64, with Arm's and NVIDIA's own kernels beside it.
static LINUX_AARCH64: Platform = Platform {
    wheels: &[
        Wheel {
            file: "torch-2.13.0-cp312-cp312-manylinux_2_28_aarch64.whl",
            requirement: "torch==2.13.0",
            platform: "manylinux_2_28_aarch64",
            sha256: "572df8be8ffb4599c88cbd6a0726f1f854f4da65d2e3c09f0e2c2283333cd6d4",
            megabytes: 427,
            instead: INSTEAD,
            takes: &[
                INCLUDE,
                lib!("torch/lib/", "libtorch_cpu.so"),
                lib!("torch/lib/", "libc10.so"),
                lib!("torch/lib/", "libgomp.so.1"),
                lib!("torch/lib/", "libarm_compute.so"),
                lib!("torch/lib/", "libarm_compute_graph.so"),
                lib!("torch/lib/", "libnvpl_blas_core.so.0"),
                lib!("torch/lib/", "libnvpl_blas_lp64_gomp.so.0"),
                lib!("torch/lib/", "libnvpl_lapack_core.so.0"),
                lib!("torch/lib/", "libnvpl_lapack_lp64_gomp.so.0"),
            ],
        },
        Wheel {
            file: "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
            requirement: "nvidia-cuda-runtime==13.0.96",
            platform: "manylinux2014_aarch64",
            sha256: "ef9bcbe90493a2b9d810e43d249adb3d02e98dd30200d86607d8d02687c43f55",
            megabytes: 3,
            instead: INSTEAD,
            takes: &[lib!("nvidia/cu13/lib/", "libcudart.so.13")],
        },
        Wheel {
            file: "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_aarch64.whl",
            requirement: "nvidia-cuda-cupti==13.0.85",
            platform: "manylinux_2_25_aarch64",
            sha256: "796bd679890ee55fb14a94629b698b6db54bcfd833d391d5e94017dd9d7d3151",
            megabytes: 11,
            instead: INSTEAD,
            takes: &[lib!("nvidia/cu13/lib/", "libcupti.so.13")],
        },
    ],
    stub: true,
    megabytes: 1000,
};

/// Built for the CPU and Metal, and complete; needs macOS 14.
static MACOS_AARCH64: Platform = Platform {
    wheels: &[Wheel {
        file: "torch-2.13.0-cp312-cp312-macosx_14_0_arm64.whl",
        requirement: "torch==2.13.0",
        platform: "macosx_14_0_arm64",
        sha256: "2fe228aba290d14b9f31b049be550dbd469c3fd3013d7a19705b30454da97027",
        megabytes: 111,
        instead: INSTEAD,
        takes: &[
            INCLUDE,
            lib!("torch/lib/", "libtorch.dylib"),
            lib!("torch/lib/", "libtorch_cpu.dylib"),
            lib!("torch/lib/", "libc10.dylib"),
            lib!("torch/lib/", "libomp.dylib"),
        ],
    }],
    stub: false,
    megabytes: 600,
};

#[cfg(test)]
mod tests {
    use super::{LINUX_AARCH64, LINUX_X86_64, MACOS_AARCH64, Platform, VERSION};

    #[test]
    fn a_platform_without_pins_is_told_to_set_libtorch() {
        for (os, arch, is_musl) in
            [("windows", "x86_64", false), ("macos", "x86_64", false), ("linux", "x86_64", true)]
        {
            let message = Platform::named(os, arch, is_musl)
                .map_err(|error| error.to_string())
                .expect_err("not pinned");
            assert!(message.contains("set LIBTORCH"), "{message}");
        }
        assert!(Platform::named("linux", "x86_64", false).is_ok());
    }

    #[test]
    fn every_pin_is_of_this_version_and_of_its_platform() {
        for platform in [&LINUX_X86_64, &LINUX_AARCH64, &MACOS_AARCH64] {
            let torch = &platform.wheels[0];
            assert_eq!(torch.requirement, format!("torch=={VERSION}"));
            for wheel in platform.wheels {
                assert_eq!(wheel.sha256.len(), 64, "{}", wheel.file);
                assert!(wheel.file.contains(wheel.platform), "{}", wheel.file);
                let version = wheel.requirement.split("==").nth(1).expect("has ==");
                assert!(wheel.file.contains(&format!("-{version}-")), "{}", wheel.file);
                assert!(!wheel.takes.is_empty(), "{}", wheel.file);
            }
        }
    }
}
