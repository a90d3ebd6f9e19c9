//! Reading a byte stream bit by bit, as the tile codecs need it.

/// Bits from a byte stream, most significant first.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    window: u64,
    filled: u32,
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

    fn refill(&mut self) {
        while self.filled <= 56 {
            let Some(&byte) = self.bytes.get(self.at) else {
                break;
            };
            self.at += 1;
            self.window |= u64::from(byte) << (56 - self.filled);
            self.filled += 8;
        }
    }

    /// The next `count` (at most 32) bits, or `None` if there aren't as many.
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
