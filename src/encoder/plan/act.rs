//! What activations make of registers.

#![allow(unsafe_code, reason = "vector instructions that not every processor has")]

use super::math::Erf;
use super::vector::Vector;

/// A function of each value.
pub(super) trait Act: Copy {
    /// Of four registers.
    ///
    /// # Safety
    /// The processor has the instructions of `V`.
    unsafe fn of<V: Vector>(self, x: [V; 4]) -> [V; 4];
}

/// The value itself.
#[derive(Clone, Copy)]
pub(super) struct Plain;

/// ReLU6.
#[derive(Clone, Copy)]
pub(super) struct Held;

impl Act for Plain {
    #[inline(always)]
    unsafe fn of<V: Vector>(self, x: [V; 4]) -> [V; 4] {
        x
    }
}

impl Act for Held {
    #[inline(always)]
    unsafe fn of<V: Vector>(self, mut x: [V; 4]) -> [V; 4] {
        for x in &mut x {
            // SAFETY: the caller's promise.
            *x = unsafe { x.held(0.0, 6.0) };
        }
        x
    }
}

/// `x Φ(x)`, the exact (erf) GELU, as well as `erf` is known (Hendrycks & Gimpel 2016, arXiv:1606.08415).
impl<const T: usize> Act for &Erf<T> {
    #[inline(always)]
    unsafe fn of<V: Vector>(self, mut x: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (end, scale) = (V::all(self.end), V::all(2.0 / (self.end * self.end)));
            let mut s = x;
            let mut sum = [V::all(self.terms[0]); 4];
            for i in 0..4 {
                // Far below, what is left of 1 - 1 must not be multiplied by a large number.
                x[i] = x[i].at_least(V::all(-self.end));
                let inside = x[i].at_most(end);
                s[i] = V::all(-1.0).plus(inside.times(inside), scale);
            }
            for c in &self.terms[1..] {
                for i in 0..4 {
                    sum[i] = V::all(*c).plus(sum[i], s[i]);
                }
            }
            for i in 0..4 {
                let half = x[i].times(V::all(0.5));
                x[i] = half.plus(half, x[i].at_most(end).times(sum[i]));
            }
            x
        }
    }
}
