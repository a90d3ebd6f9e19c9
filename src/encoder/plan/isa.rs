//! What the processor can do: the instruction sets that kernels exist for, found at run time, and
//! the number formats that each of them multiplies.

use serde::{Deserialize, Serialize};

/// A family of vector instructions that plans have kernels for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Isa {
    /// ARM's 128-bit vectors.
    Neon,
    /// 256-bit vectors with fused multiply-add.
    Avx2,
    /// 512-bit vectors (F, BW, DQ and VL).
    Avx512,
    /// The same with registers of tiles for brain floats and bytes.
    Amx,
}

/// In what numbers the large matrix products are computed. Everything between them (norms,
/// softmax, GELU, the sums from block to block) is single precision in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    F32,
    /// Brain floats (8 bits of mantissa), summed in single precision.
    Bf16,
    /// Bytes: weights scaled a column, activations scaled and shifted a row, summed exactly.
    Int8,
}

impl Isa {
    /// Everything this processor has, the best last.
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(Self::Avx2);
            }
            if !found.is_empty()
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
            {
                found.push(Self::Avx512);
                // Between products its brain floats are AVX-512's.
                if is_x86_feature_detected!("avx512bf16") && super::tiles::amx::permitted() {
                    found.push(Self::Amx);
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        found.push(Self::Neon);
        found
    }

    /// The best this processor has; `None` where only the generic path runs.
    pub fn best() -> Option<Self> {
        Self::available().pop()
    }

    /// The formats that this processor multiplies under this instruction set, single precision
    /// first and the fastest last.
    pub fn precisions(self) -> Vec<Precision> {
        let mut found = vec![Precision::F32];
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx512 {
            if is_x86_feature_detected!("avx512bf16") {
                found.push(Precision::Bf16);
            }
            if is_x86_feature_detected!("avx512vnni") {
                found.push(Precision::Int8);
            }
        }
        if self == Self::Amx {
            found.extend([Precision::Bf16, Precision::Int8]);
        }
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx2 && super::tiles::avx2::dot_of_bytes().contains(&true) {
            found.push(Precision::Int8);
        }
        found
    }

    /// The format that comes before `precision` here: slower and more exact, if it isn't single precision already.
    pub fn more_exact(self, precision: Precision) -> Precision {
        let all = self.precisions();
        let at = all.iter().position(|p| *p == precision).unwrap_or(0);
        all[at.saturating_sub(1)]
    }

    /// Its name as processors' makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neon => "NEON",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Amx => "AMX",
        }
    }
}

impl Precision {
    /// As it is written in manifests and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    /// Values in a word of 32 bits, the unit in which kernels go along the inner dimension.
    pub(super) fn values_in_word(self) -> usize {
        match self {
            Self::F32 => 1,
            Self::Bf16 => 2,
            Self::Int8 => 4,
        }
    }
}
