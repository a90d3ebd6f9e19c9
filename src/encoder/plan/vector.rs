//! Registers of single precision, so that one source serves all instruction sets where compilers make
//! poor vectors by themselves.

#![allow(unsafe_code, reason = "vector instructions that not every processor has")]

use super::math::{at_least, at_most};

/// Numbers that one register holds (of compilers' making, where that is several registers).
///
/// # Safety
/// All functions ask that the processor has the register's instructions, and that there are
/// [`Self::LANES`] values to read or room for as many.
pub(super) trait Vector: Copy {
    /// How many; a divisor of 16.
    const LANES: usize;
    /// Those at `from`.
    unsafe fn load(from: *const f32) -> Self;
    /// The first `count` of them, at most as many as there are lanes, and zeros.
    unsafe fn load_some(from: *const f32, count: usize) -> Self;
    /// The integers whose bits it holds, as the numbers that they are.
    unsafe fn numbers(self) -> Self;
    /// One value everywhere.
    unsafe fn all(value: f32) -> Self;
    /// To `to`.
    unsafe fn store(self, to: *mut f32);
    /// The first `count` to `to`, at most as many as there are lanes.
    unsafe fn store_some(self, to: *mut f32, count: usize);
    /// `self + b`.
    unsafe fn sum(self, b: Self) -> Self;
    /// `self * b`.
    unsafe fn times(self, b: Self) -> Self;
    /// `self + a * b`, rounded once.
    unsafe fn plus(self, a: Self, b: Self) -> Self;
    /// The larger of both.
    unsafe fn at_least(self, b: Self) -> Self;
    /// The smaller of both.
    unsafe fn at_most(self, b: Self) -> Self;

    /// Each value held between two.
    #[inline(always)]
    unsafe fn held(self, least: f32, most: f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe { self.at_least(Self::all(least)).at_most(Self::all(most)) }
    }
}

/// Lanes of what any processor has.
const ANY: usize = 16;

impl Vector for [f32; ANY] {
    const LANES: usize = ANY;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<Self>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn load_some(from: *const f32, count: usize) -> Self {
        std::array::from_fn(|l| match l < count {
            // SAFETY: the caller's promise.
            true => unsafe { from.add(l).read() },
            false => 0.0,
        })
    }

    #[inline(always)]
    unsafe fn numbers(self) -> Self {
        self.map(|v| v.to_bits().cast_signed() as f32)
    }

    #[inline(always)]
    unsafe fn all(value: f32) -> Self {
        [value; ANY]
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Self>().write_unaligned(self) }
    }

    #[inline(always)]
    unsafe fn store_some(self, to: *mut f32, count: usize) {
        for (l, value) in self.into_iter().enumerate().take(count) {
            // SAFETY: the caller's promise.
            unsafe { to.add(l).write(value) }
        }
    }

    #[inline(always)]
    unsafe fn sum(mut self, b: Self) -> Self {
        for l in 0..ANY {
            self[l] += b[l];
        }
        self
    }

    #[inline(always)]
    unsafe fn times(mut self, b: Self) -> Self {
        for l in 0..ANY {
            self[l] *= b[l];
        }
        self
    }

    #[inline(always)]
    unsafe fn plus(mut self, a: Self, b: Self) -> Self {
        for l in 0..ANY {
            self[l] = a[l].mul_add(b[l], self[l]);
        }
        self
    }

    #[inline(always)]
    unsafe fn at_least(mut self, b: Self) -> Self {
        for l in 0..ANY {
            self[l] = at_least(self[l], b[l]);
        }
        self
    }

    #[inline(always)]
    unsafe fn at_most(mut self, b: Self) -> Self {
        for l in 0..ANY {
            self[l] = at_most(self[l], b[l]);
        }
        self
    }
}

/// Those of the instruction sets of x86.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    /// The first `count` lanes of eight.
    ///
    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    unsafe fn some_of_8(count: usize) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe {
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lanes)
        }
    }

    /// The first `count` lanes of sixteen.
    fn some_of_16(count: usize) -> __mmask16 {
        ((1u32 << count) - 1) as __mmask16
    }

    macro_rules! vector {
        ($vector:ident, $lanes:literal, $load:ident, $load_some:expr, $integers:ident, $convert:ident, $all:ident, $store:ident,
            $store_some:expr, $sum:ident, $times:ident, $plus:ident, $larger:ident, $smaller:ident) => {
            impl Vector for $vector {
                const LANES: usize = $lanes;

                #[inline(always)]
                unsafe fn load(from: *const f32) -> Self {
                    // SAFETY: the caller's promise, as in all of these.
                    unsafe { $load(from) }
                }

                #[inline(always)]
                unsafe fn load_some(from: *const f32, count: usize) -> Self {
                    // SAFETY: as above.
                    unsafe { $load_some(from, count) }
                }

                #[inline(always)]
                unsafe fn numbers(self) -> Self {
                    // SAFETY: as above.
                    unsafe { $convert($integers(self)) }
                }

                #[inline(always)]
                unsafe fn all(value: f32) -> Self {
                    // SAFETY: as above.
                    unsafe { $all(value) }
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut f32) {
                    // SAFETY: as above.
                    unsafe { $store(to, self) }
                }

                #[inline(always)]
                unsafe fn store_some(self, to: *mut f32, count: usize) {
                    // SAFETY: as above.
                    unsafe { $store_some(to, count, self) }
                }

                #[inline(always)]
                unsafe fn sum(self, b: Self) -> Self {
                    // SAFETY: as above.
                    unsafe { $sum(self, b) }
                }

                #[inline(always)]
                unsafe fn times(self, b: Self) -> Self {
                    // SAFETY: as above.
                    unsafe { $times(self, b) }
                }

                #[inline(always)]
                unsafe fn plus(self, a: Self, b: Self) -> Self {
                    // SAFETY: as above.
                    unsafe { $plus(a, b, self) }
                }

                #[inline(always)]
                unsafe fn at_least(self, b: Self) -> Self {
                    // SAFETY: as above.
                    unsafe { $larger(self, b) }
                }

                #[inline(always)]
                unsafe fn at_most(self, b: Self) -> Self {
                    // SAFETY: as above.
                    unsafe { $smaller(self, b) }
                }
            }
        };
    }

    vector!(
        __m256,
        8,
        _mm256_loadu_ps,
        |from, count| _mm256_maskload_ps(from, some_of_8(count)),
        _mm256_castps_si256,
        _mm256_cvtepi32_ps,
        _mm256_set1_ps,
        _mm256_storeu_ps,
        |to, count, all| _mm256_maskstore_ps(to, some_of_8(count), all),
        _mm256_add_ps,
        _mm256_mul_ps,
        _mm256_fmadd_ps,
        _mm256_max_ps,
        _mm256_min_ps
    );
    vector!(
        __m512,
        16,
        _mm512_loadu_ps,
        |from, count| _mm512_maskz_loadu_ps(some_of_16(count), from),
        _mm512_castps_si512,
        _mm512_cvtepi32_ps,
        _mm512_set1_ps,
        _mm512_storeu_ps,
        |to, count, all| _mm512_mask_storeu_ps(to, some_of_16(count), all),
        _mm512_add_ps,
        _mm512_mul_ps,
        _mm512_fmadd_ps,
        _mm512_max_ps,
        _mm512_min_ps
    );
}
