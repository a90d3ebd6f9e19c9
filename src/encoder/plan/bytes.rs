//! Rows of single precision as bytes: their range, and each value's place in it.
//!
//! Rows may be as short as an image has channels, so that what is left over after the last whole register
//! counts as much as the rest.

#![allow(unsafe_code, reason = "instructions that not every processor has")]

use super::math::round_to_byte;

/// Values that are looked at together.
const TOGETHER: usize = 32;

/// How rows become bytes; by what any processor has, where nothing better is known.
pub(super) trait Bytes {
    /// Smallest and largest of finite values: in one pass, and both at once.
    ///
    /// # Safety
    /// The processor has the instructions.
    #[inline(always)]
    unsafe fn range(x: &[f32]) -> (f32, f32) {
        let smaller = |a: f32, b: f32| if b < a { b } else { a };
        let larger = |a: f32, b: f32| if b > a { b } else { a };
        let (mut least, mut most) = ([f32::INFINITY; TOGETHER], [f32::NEG_INFINITY; TOGETHER]);
        let (pieces, rest) = x.as_chunks::<TOGETHER>();
        for piece in pieces {
            for j in 0..TOGETHER {
                least[j] = smaller(least[j], piece[j]);
                most[j] = larger(most[j], piece[j]);
            }
        }
        for (j, v) in rest.iter().enumerate() {
            least[j] = smaller(least[j], *v);
            most[j] = larger(most[j], *v);
        }
        let mut width = TOGETHER / 2;
        while width > 0 {
            for j in 0..width {
                least[j] = smaller(least[j], least[j + width]);
                most[j] = larger(most[j], most[j + width]);
            }
            width /= 2;
        }
        (least[0], most[0])
    }

    /// The nearest whole numbers to `(x - least) * inverse`, which lie between 0 and 255, into `out`, which is
    /// as long.
    ///
    /// # Safety
    /// The processor has the instructions.
    #[inline(always)]
    unsafe fn places(x: &[f32], least: f32, inverse: f32, out: &mut [u8]) {
        for (o, v) in out.iter_mut().zip(x) {
            *o = round_to_byte((*v - least) * inverse);
        }
    }
}

impl Bytes for [f32; 16] {}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Bytes;
    use std::arch::x86_64::*;

    impl Bytes for __m256 {}

    /// The sixteen values from `at`, or as many as there are, and which those are.
    ///
    /// # Safety
    /// The processor has AVX-512, and `at` is not beyond the end of `x`.
    #[inline(always)]
    unsafe fn some(x: &[f32], at: usize) -> (__m512, __mmask16) {
        let left = x.len() - at;
        let mask = if left >= 16 { !0 } else { (1 << left) - 1 };
        // SAFETY: the caller's promise; what lies beyond the end is not read.
        unsafe { (_mm512_maskz_loadu_ps(mask, x.as_ptr().add(at)), mask) }
    }

    /// By masked registers: the same values as by any other way.
    impl Bytes for __m512 {
        #[inline(always)]
        unsafe fn range(x: &[f32]) -> (f32, f32) {
            // SAFETY: the caller's promise.
            unsafe {
                let (least, most) = (_mm512_set1_ps(f32::INFINITY), _mm512_set1_ps(f32::NEG_INFINITY));
                // Two of each, since each waits for its last.
                let (mut least, mut less, mut most, mut more) = (least, least, most, most);
                let whole = x.len() / 32 * 32;
                for at in (0..whole).step_by(32) {
                    let (a, b) = (
                        _mm512_loadu_ps(x.as_ptr().add(at)),
                        _mm512_loadu_ps(x.as_ptr().add(at + 16)),
                    );
                    (least, most) = (_mm512_min_ps(a, least), _mm512_max_ps(a, most));
                    (less, more) = (_mm512_min_ps(b, less), _mm512_max_ps(b, more));
                }
                for at in (whole..x.len()).step_by(16) {
                    let (values, mask) = some(x, at);
                    least = _mm512_mask_min_ps(least, mask, values, least);
                    most = _mm512_mask_max_ps(most, mask, values, most);
                }
                (
                    _mm512_reduce_min_ps(_mm512_min_ps(least, less)),
                    _mm512_reduce_max_ps(_mm512_max_ps(most, more)),
                )
            }
        }

        #[inline(always)]
        unsafe fn places(x: &[f32], least: f32, inverse: f32, out: &mut [u8]) {
            let out = &mut out[..x.len()];
            // SAFETY: the caller's promise; as many bytes are written as values were read.
            unsafe {
                let (least, inverse) = (_mm512_set1_ps(least), _mm512_set1_ps(inverse));
                let whole = x.len() / 16 * 16;
                for at in (0..whole).step_by(16) {
                    let values = _mm512_sub_ps(_mm512_loadu_ps(x.as_ptr().add(at)), least);
                    let bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(values, inverse)));
                    _mm_storeu_si128(out.as_mut_ptr().add(at).cast(), bytes);
                }
                if whole < x.len() {
                    let (values, mask) = some(x, whole);
                    let places = _mm512_mul_ps(_mm512_sub_ps(values, least), inverse);
                    let to = out.as_mut_ptr().add(whole).cast();
                    _mm512_mask_cvtepi32_storeu_epi8(to, mask, _mm512_cvtps_epi32(places));
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn masked_registers_give_what_loops_do() {
            if !is_x86_feature_detected!("avx512f") {
                eprintln!("skipped: no AVX-512");
                return;
            }
            for len in [1, 7, 15, 16, 17, 24, 33, 100] {
                let x: Vec<f32> = (0..len).map(|i| ((i * 37 % 101) as f32 - 40.0) * 0.731).collect();
                let (mut a, mut b) = (vec![7u8; len + 1], vec![7u8; len + 1]);
                // SAFETY: the processor was asked.
                unsafe {
                    let (least, most) = <__m512 as Bytes>::range(&x);
                    assert_eq!((least, most), <[f32; 16] as Bytes>::range(&x), "{len}");
                    let inverse = 255.0 / (most - least).max(1e-9);
                    <__m512 as Bytes>::places(&x, least, inverse, &mut a[..len]);
                    <[f32; 16] as Bytes>::places(&x, least, inverse, &mut b[..len]);
                }
                assert_eq!(a, b, "{len}");
                assert_eq!(a[len], 7, "{len}: written beyond the end");
            }
        }
    }
}
