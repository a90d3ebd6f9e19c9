//! Memory that kernels work on: aligned to cache lines, read as floats or as raw words, and, for
//! the few places where several cores write one buffer, a pointer that may cross threads.

#![allow(
    unsafe_code,
    reason = "alignment and views of one memory as words and as floats can't be had from a Vec"
)]

/// One cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u32; 16]);

/// Words of 32 bits, the first on a cache line's start; zero at first.
#[derive(Default)]
pub(super) struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// At least `len` words of zero.
    pub fn zeros(len: usize) -> Self {
        Self {
            lines: vec![Line([0; 16]); len.div_ceil(16)],
        }
    }

    /// Grows to at least `len` words; what was there stays.
    pub fn grow(&mut self, len: usize) {
        let lines = len.div_ceil(16);
        if self.lines.len() < lines {
            self.lines.resize(lines, Line([0; 16]));
        }
    }

    /// All of it as words.
    pub fn words(&self) -> &[u32] {
        // SAFETY: a Line is 16 words without padding, and the lines lie one after the other.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * 16) }
    }

    /// All of it as words, to write.
    pub fn words_mut(&mut self) -> &mut [u32] {
        // SAFETY: as for `words`, and the borrow is unique.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.lines.len() * 16) }
    }

    /// All of it as floats.
    pub fn floats(&self) -> &[f32] {
        as_floats(self.words())
    }

    /// All of it as floats, to write.
    pub fn floats_mut(&mut self) -> &mut [f32] {
        as_floats_mut(self.words_mut())
    }

    /// Its beginning as a pointer that threads may share.
    pub fn shared(&mut self) -> Shared {
        Shared {
            at: self.lines.as_mut_ptr().cast(),
            len: self.lines.len() * 16,
        }
    }
}

/// The same bits as floats.
pub(super) fn as_floats(words: &[u32]) -> &[f32] {
    // SAFETY: f32 and u32 have one size and alignment, and every pattern of bits is an f32.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
}

/// The same bits as floats, to write.
pub(super) fn as_floats_mut(words: &mut [u32]) -> &mut [f32] {
    // SAFETY: as for `as_floats`, and every f32 is a u32.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len()) }
}

/// The same bits as words.
pub(super) fn as_words(floats: &[f32]) -> &[u32] {
    // SAFETY: f32 and u32 have one size and alignment, and every f32 is a u32.
    unsafe { std::slice::from_raw_parts(floats.as_ptr().cast(), floats.len()) }
}

/// The same memory as halves of words.
pub(super) fn as_halves_mut(words: &mut [u32]) -> &mut [u16] {
    // SAFETY: a u32 is two u16, whose alignment is weaker.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() * 2) }
}

/// The same memory as bytes.
pub(super) fn as_bytes_mut(words: &mut [u32]) -> &mut [u8] {
    // SAFETY: a u32 is four bytes, which need no alignment.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() * 4) }
}

/// A buffer that several threads write, each its own part.
#[derive(Clone, Copy)]
pub(super) struct Shared {
    at: *mut u32,
    len: usize,
}

// SAFETY: a pointer by itself does nothing; who makes slices of it promises that they don't meet.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// All of `floats`, for as long as they are borrowed.
    pub fn of(floats: &mut [f32]) -> Self {
        Self {
            at: floats.as_mut_ptr().cast(),
            len: floats.len(),
        }
    }

    /// `len` floats from `from`.
    ///
    /// # Safety
    /// The buffer is alive, and no other thread reads or writes this part meanwhile.
    #[allow(clippy::mut_from_ref, reason = "the caller answers for the parts not meeting")]
    pub unsafe fn floats_mut<'a>(self, from: usize, len: usize) -> &'a mut [f32] {
        assert!(
            from <= self.len && len <= self.len - from,
            "a part beyond its buffer"
        );
        // SAFETY: inside the buffer, as just checked; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.at.add(from).cast(), len) }
    }

    /// `len` floats from `from`, to read.
    ///
    /// # Safety
    /// As for [`Self::words`].
    pub unsafe fn floats<'a>(self, from: usize, len: usize) -> &'a [f32] {
        // SAFETY: the caller's promise.
        as_floats(unsafe { self.words(from, len) })
    }

    /// `len` words from `from`, to read.
    ///
    /// # Safety
    /// The buffer is alive, and no thread writes this part meanwhile.
    pub unsafe fn words<'a>(self, from: usize, len: usize) -> &'a [u32] {
        assert!(
            from <= self.len && len <= self.len - from,
            "a part beyond its buffer"
        );
        // SAFETY: inside the buffer, as just checked; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts(self.at.add(from), len) }
    }

    /// Sets word `at`.
    ///
    /// # Safety
    /// The buffer is alive and at least `at + 1` words long, and no other thread touches that word.
    #[inline(always)]
    pub unsafe fn set(self, at: usize, word: u32) {
        debug_assert!(at < self.len);
        // SAFETY: the caller's promise.
        unsafe { self.at.add(at).write(word) }
    }

    /// Sets half `at` (two halves a word).
    ///
    /// # Safety
    /// As for [`Self::set`].
    #[inline(always)]
    pub unsafe fn set_half(self, at: usize, half: u16) {
        debug_assert!(at / 2 < self.len);
        // SAFETY: the caller's promise.
        unsafe { self.at.cast::<u16>().add(at).write(half) }
    }
}
