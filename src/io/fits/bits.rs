//! Reading a byte stream bit by bit, as the tile codecs need it.

/// Bits from a byte stream, most significant first.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    window: u64,
    filled: u32,
}

/// A window of which `filled` (at most 63) bits are in use with as many whole bytes of the next `eight`, which are
/// at `at`, as fit: at least 56 bits, and at most 63.
#[inline(always)]
fn refilled(window: u64, filled: u32, at: usize, eight: [u8; 8]) -> (u64, u32, usize) {
    // What doesn't fit lies beyond what is in use, where the next bytes bring the same bits once more.
    let whole = (63 - filled) >> 3;
    let window = window | (u64::from_be_bytes(eight) >> filled);
    (window, filled + 8 * whole, at + whole as usize)
}

impl<'a> Bits<'a> {
    /// Starts at the first bit of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            window: 0,
            filled: 0,
        }
    }

    /// Fills the window with whole bytes: at least 56 bits of it, if there are as many.
    #[inline(always)]
    fn refill(&mut self) {
        if let Some(eight) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            (self.window, self.filled, self.at) = refilled(self.window, self.filled, self.at, *eight);
            return;
        }
        while self.filled <= 56 {
            let Some(&byte) = self.bytes.get(self.at) else {
                break;
            };
            self.at += 1;
            self.window |= u64::from(byte) << (56 - self.filled);
            self.filled += 8;
        }
    }

    /// Fills `out` with what `made` makes of numbers in Rice's code with `keep` (at most 25) low bits: zeros
    /// before the next one are a number's high part, modulo 2³² / 2^`keep`. `None` if there aren't as many.
    #[inline(always)]
    pub fn rice(&mut self, keep: u32, out: &mut [i32], mut made: impl FnMut(u32) -> i32) -> Option<()> {
        let (mut done, low_bits) = (0, (1_u32 << keep) - 1);
        // In registers, and nothing asked that a processor doesn't foresee: four numbers rarely need more
        // than the 56 bits that are there at least.
        let (mut window, mut filled, mut at) = (self.window, self.filled, self.at);
        'quick: for four in out.as_chunks_mut::<4>().0 {
            let Some(eight) = self.bytes.get(at..).and_then(|rest| rest.first_chunk()) else {
                break;
            };
            (window, filled, at) = refilled(window, filled, at, *eight);
            for value in four {
                let zeros = window.leading_zeros();
                let used = zeros.wrapping_add(1).wrapping_add(keep);
                if used > filled {
                    break 'quick;
                }
                let after_one = window << zeros << 1;
                window = after_one << keep;
                filled = filled.wrapping_sub(used);
                let low = ((after_one >> 32) as u32).rotate_left(keep) & low_bits;
                *value = made((zeros << keep) | low);
                done += 1;
            }
        }
        (self.window, self.filled, self.at) = (window, filled, at);
        for value in &mut out[done..] {
            let high = self.unary()?;
            *value = made(high.wrapping_shl(keep) | self.take(keep)?);
        }
        Some(())
    }

    /// The next `count` (at most 32) bits, or `None` if there aren't as many.
    #[inline(always)]
    pub fn take(&mut self, count: u32) -> Option<u32> {
        if count == 0 {
            return Some(0);
        }
        if self.filled < count {
            self.refill();
        }
        if self.filled < count {
            return None;
        }
        let value = (self.window >> (64 - count)) as u32;
        self.window <<= count;
        self.filled -= count;
        Some(value)
    }

    /// Zeros before the next one, which is consumed too.
    pub fn unary(&mut self) -> Option<u32> {
        let mut zeros = 0_u32;
        loop {
            if self.filled == 0 {
                self.refill();
                if self.filled == 0 {
                    return None;
                }
            }
            let run = self.window.leading_zeros().min(self.filled);
            zeros = zeros.checked_add(run)?;
            let used = if run < self.filled { run + 1 } else { run };
            self.window = if used >= 64 { 0 } else { self.window << used };
            self.filled -= used;
            if used > run {
                return Some(zeros);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit.
    struct Slow<'a>(&'a [u8], usize);

    impl Slow<'_> {
        fn bit(&mut self) -> Option<u32> {
            let byte = self.0.get(self.1 / 8)?;
            self.1 += 1;
            Some(u32::from(byte >> (7 - (self.1 - 1) % 8) & 1))
        }

        fn take(&mut self, count: u32) -> Option<u32> {
            (0..count).try_fold(0, |value, _| Some(value << 1 | self.bit()?))
        }

        fn rice(&mut self, keep: u32) -> Option<u32> {
            let mut high = 0u32;
            while self.bit()? == 0 {
                high += 1;
            }
            Some(high.wrapping_shl(keep) | self.take(keep)?)
        }
    }

    #[test]
    fn numbers_are_those_of_a_reader_bit_by_bit() {
        let mut state = 1u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        for case in 0..3000 {
            // Bytes with few ones have long runs of zeros, in some cases longer than a window.
            let sparse = case % 4;
            let length = random() % 90;
            let bytes: Vec<u8> = (0..length)
                .map(|_| (0..sparse).fold(255, |byte, _| byte & random() as u8))
                .collect();
            let (mut quick, mut slow) = (Bits::new(&bytes), Slow(&bytes, 0));
            loop {
                let (count, keep) = (random() as u32 % 33, random() as u32 % 26);
                let mut out = vec![0; random() as usize % 40];
                let want: Option<Vec<u32>> = out.iter().map(|_| slow.rice(keep)).collect();
                let got = quick.rice(keep, &mut out, u32::cast_signed);
                assert_eq!(got.is_some(), want.is_some(), "case {case}");
                let Some(want) = want else { break };
                assert_eq!(out.iter().map(|v| v.cast_unsigned()).collect::<Vec<_>>(), want);
                let (got, want) = (quick.take(count), slow.take(count));
                assert_eq!(got, want, "case {case}");
                if want.is_none() {
                    break;
                }
            }
        }
    }
}
