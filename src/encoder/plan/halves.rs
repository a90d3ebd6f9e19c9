//! Single precision to brain floats, sixteen at a time.

#![allow(unsafe_code, reason = "an instruction that not every processor has")]

use super::math::bf16_bits;

/// Numbers converted together.
const TOGETHER: usize = 16;

/// How brain floats are made.
pub(super) trait Halves {
    /// The nearest ones, ties to even, of finite values. Values below 1.2e-38 may become zero.
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn of(x: &[f32; TOGETHER]) -> [u16; TOGETHER];
}

/// By the arithmetic of integers, which any processor has.
pub(super) struct ByIntegers;

impl Halves for ByIntegers {
    #[inline(always)]
    unsafe fn of(x: &[f32; TOGETHER]) -> [u16; TOGETHER] {
        std::array::from_fn(|j| bf16_bits(x[j]))
    }
}

/// By the instruction of AVX512-BF16.
#[cfg(target_arch = "x86_64")]
pub(super) struct ByBf16;

#[cfg(target_arch = "x86_64")]
impl Halves for ByBf16 {
    #[inline(always)]
    unsafe fn of(x: &[f32; TOGETHER]) -> [u16; TOGETHER] {
        use std::arch::x86_64::{_mm512_cvtneps_pbh, _mm512_loadu_ps};
        // SAFETY: sixteen values to read, sixteen that are made, and the caller's promise.
        unsafe { std::mem::transmute(_mm512_cvtneps_pbh(_mm512_loadu_ps(x.as_ptr()))) }
    }
}
