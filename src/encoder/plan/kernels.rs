//! One table of functions an instruction set: what the plans call.
//!
//! A table is only handed out after the processor was asked, so that its functions are safe to
//! call. The functions over rows are the same source compiled for each set.

#![allow(
    unsafe_code,
    reason = "functions compiled for an instruction set are unsafe to call until it is known to be there"
)]

use super::depthwise::{self, Depthwise};
use super::direct::{self, Direct};
use super::finish::{self, Finish};
#[cfg(target_arch = "x86_64")]
use super::halves::ByBf16;
use super::halves::ByIntegers;
use super::isa::{Isa, Precision};
use super::rows;
use super::tiles::{Cut, Sums, Through, Tile};
use super::vector::Vector;
use std::marker::PhantomData;
use std::ops::Range;

/// Row, scale, shift, ε, result.
type NormRow = unsafe fn(&[f32], &[f32], &[f32], f32, &mut [f32]);

/// Values, stride and length of a row, words and how many from row to row, what the bytes are worth.
type RowsToBytes = unsafe fn(&[f32], [usize; 2], &mut [u32], usize, &mut [(f32, f32)]);

/// The kernels of one instruction set.
pub struct Kernels {
    /// Which.
    pub isa: Isa,
    /// Columns of a panel.
    pub(super) panel: usize,
    /// By precision; formats that the set doesn't have are never asked for.
    tiles: [Tile; 3],
    /// By precision: tiles that are finished before their sums leave the registers, where there are any.
    through: [Option<Through>; 3],
    /// By precision.
    cuts: [Cut; 3],
    /// What a thread calls before its first tile of fewer bits and after its last, if anything.
    around: Option<[unsafe fn(); 2]>,
    norm: NormRow,
    softmax: unsafe fn(&mut [f32], f32) -> f32,
    gate: unsafe fn(&mut [f32]),
    to_bf16: unsafe fn(&[f32], &mut [u16]),
    to_bytes: RowsToBytes,
    finish: unsafe fn(&mut Sums, usize, usize, &Finish<'_>, &mut [f32], usize),
    finish_halves: unsafe fn(&mut Sums, usize, usize, &Finish<'_>, &mut [u16], usize),
    depthwise: unsafe fn(&Depthwise<'_>, Range<usize>, &mut [f32]),
    direct: unsafe fn(&Direct<'_>, [usize; 2], &mut [f32], usize),
}

/// Tiles of one precision, on the thread that made them ready.
pub(super) struct Tiles {
    pub(super) tile: Tile,
    pub(super) through: Option<Through>,
    pub(super) cut: Cut,
    pub(super) panel: usize,
    end: Option<unsafe fn()>,
    /// Not for other threads.
    here: PhantomData<*const ()>,
}

impl Drop for Tiles {
    fn drop(&mut self) {
        if let Some(end) = self.end {
            // SAFETY: the processor has the set, as when this was made.
            unsafe { end() }
        }
    }
}

macro_rules! table {
    ($module:ident, $isa:expr, $features:literal, $more:literal, $vector:ty, $halves:ty, $bf16:expr, $int8:expr, $through:expr) => {
        table!(
            $module, $module, $isa, $features, $more, $vector, $halves, $bf16, $int8, $through, WHOLE, None
        );
    };
    // `$more` features are there where brain floats are asked for.
    ($module:ident, $single:ident, $isa:expr, $features:literal, $more:literal, $vector:ty, $halves:ty, $bf16:expr, $int8:expr, $through:expr, $short:expr, $around:expr) => {
        mod $module {
            use super::*;
            use crate::encoder::plan::tiles::$single as tiles;

            const WHOLE: Cut = Cut {
                rows: tiles::ROWS,
                unit: 1,
                stripe: 1,
            };

            #[target_feature(enable = $features)]
            fn norm(x: &[f32], scale: &[f32], shift: &[f32], epsilon: f32, out: &mut [f32]) {
                rows::norm(x, scale, shift, epsilon, out);
            }
            #[target_feature(enable = $features)]
            fn softmax(x: &mut [f32], factor: f32) -> f32 {
                rows::softmax(x, factor)
            }
            #[target_feature(enable = $features)]
            fn gate(x: &mut [f32]) {
                rows::gate(x);
            }
            #[target_feature(enable = $features)]
            #[target_feature(enable = $more)]
            fn to_bf16(x: &[f32], out: &mut [u16]) {
                rows::to_bf16::<$halves>(x, out);
            }
            #[target_feature(enable = $features)]
            fn to_bytes(x: &[f32], shape: [usize; 2], to: &mut [u32], lda: usize, lines: &mut [(f32, f32)]) {
                rows::to_bytes::<$vector>(x, shape, to, lda, lines);
            }
            #[target_feature(enable = $features)]
            fn finish(s: &mut Sums, r: usize, c: usize, f: &Finish<'_>, out: &mut [f32], ldo: usize) {
                finish::finish::<{ tiles::COLUMNS }, $vector>(s, r, c, f, out, ldo);
            }
            #[target_feature(enable = $features)]
            #[target_feature(enable = $more)]
            fn finish_halves(s: &mut Sums, r: usize, c: usize, f: &Finish<'_>, out: &mut [u16], ldo: usize) {
                finish::finish_halves::<{ tiles::COLUMNS }, $vector, $halves>(s, r, c, f, out, ldo);
            }
            #[target_feature(enable = $features)]
            fn depthwise(d: &Depthwise<'_>, pixels: Range<usize>, out: &mut [f32]) {
                // SAFETY: this function is called where the set is there.
                unsafe { depthwise::depthwise::<$vector>(d, pixels, out) }
            }
            #[target_feature(enable = $features)]
            fn direct(d: &Direct<'_>, windows: [usize; 2], out: &mut [f32], ldo: usize) {
                const REGISTERS: usize = tiles::COLUMNS / <$vector as Vector>::LANES;
                // SAFETY: this function is called where the set is there.
                unsafe { direct::direct::<$vector, REGISTERS>(d, windows, out, ldo) }
            }
            pub static TABLE: Kernels = Kernels {
                isa: $isa,
                panel: tiles::COLUMNS,
                tiles: [tiles::tile_f32, $bf16, $int8],
                through: $through,
                cuts: [WHOLE, $short, $short],
                around: $around,
                norm,
                softmax,
                gate,
                to_bf16,
                to_bytes,
                finish,
                finish_halves,
                depthwise,
                direct,
            };
        }
    };
}

#[cfg(target_arch = "x86_64")]
table!(
    avx512,
    Isa::Avx512,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    "avx512bf16",
    std::arch::x86_64::__m512,
    ByBf16,
    tiles::tile_bf16,
    tiles::tile_int8,
    [
        Some(tiles::through_f32),
        Some(tiles::through_bf16),
        Some(tiles::through_int8)
    ]
);
// Single precision and everything between products is AVX-512's.
#[cfg(target_arch = "x86_64")]
table!(
    amx,
    avx512,
    Isa::Amx,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    "avx512bf16",
    std::arch::x86_64::__m512,
    ByBf16,
    crate::encoder::plan::tiles::amx::tile_bf16,
    crate::encoder::plan::tiles::amx::tile_int8,
    [Some(tiles::through_f32), None, None],
    Cut {
        rows: crate::encoder::plan::tiles::amx::ROWS,
        unit: crate::encoder::plan::tiles::amx::SIDE,
        stripe: crate::encoder::plan::tiles::amx::SIDE,
    },
    Some([
        crate::encoder::plan::tiles::amx::begin,
        crate::encoder::plan::tiles::amx::end
    ])
);
#[cfg(target_arch = "x86_64")]
table!(
    avx2,
    Isa::Avx2,
    "avx2,fma",
    "avx2",
    std::arch::x86_64::__m256,
    ByIntegers,
    tiles::tile_f32,
    tiles::tile_int8,
    [Some(tiles::through_f32), None, Some(tiles::through_int8)]
);
#[cfg(target_arch = "aarch64")]
table!(
    neon,
    Isa::Neon,
    "neon",
    "neon",
    [f32; depthwise::GROUP],
    ByIntegers,
    tiles::tile_f32,
    tiles::tile_f32,
    [None; 3]
);

impl Kernels {
    /// The kernels of `isa`, if the processor has it.
    pub fn of(isa: Isa) -> Option<&'static Self> {
        if !Isa::available().contains(&isa) {
            return None;
        }
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Some(&avx512::TABLE),
            #[cfg(target_arch = "x86_64")]
            Isa::Amx => Some(&amx::TABLE),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Some(&avx2::TABLE),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => Some(&neon::TABLE),
            #[allow(unreachable_patterns, reason = "sets of other processors")]
            _ => None,
        }
    }

    /// The same, but that all sums are in memory before they are finished.
    #[cfg(test)]
    pub(super) fn by_memory(&self) -> Self {
        Self {
            through: [None; 3],
            ..*self
        }
    }

    /// Whether products can be computed in `precision` here.
    pub fn has(&self, precision: Precision) -> bool {
        self.isa.precisions().contains(&precision)
    }

    /// Makes this thread ready for tiles of a precision that [`Self::has`], until what it gives is dropped.
    /// One at a time a thread.
    pub(super) fn tiles(&self, precision: Precision) -> Tiles {
        let around = self.around.filter(|_| precision != Precision::F32);
        if let Some([begin, _]) = around {
            // SAFETY: the processor has the set, or `of` would not have given this table.
            unsafe { begin() }
        }
        Tiles {
            tile: self.tiles[precision as usize],
            through: self.through[precision as usize],
            cut: self.cuts[precision as usize],
            panel: self.panel,
            end: around.map(|[_, end]| end),
            here: PhantomData,
        }
    }

    /// How tiles of a precision are cut.
    pub(super) fn cut(&self, precision: Precision) -> Cut {
        self.cuts[precision as usize]
    }

    /// Words along the inner dimension of `len` values, what fills them up counted.
    pub(super) fn steps(&self, precision: Precision, len: usize) -> usize {
        (len.div_ceil(precision.values_in_word())).next_multiple_of(self.cut(precision).stripe)
    }

    /// The words of `len` values that are not all values', in whole or in part.
    pub(super) fn filling(&self, precision: Precision, len: usize) -> Range<usize> {
        len / precision.values_in_word()..self.steps(precision, len)
    }

    /// See [`rows::norm`].
    pub(super) fn norm(&self, x: &[f32], scale: &[f32], shift: &[f32], epsilon: f32, out: &mut [f32]) {
        // SAFETY: the processor has the set, or `of` would not have given this table.
        unsafe { (self.norm)(x, scale, shift, epsilon, out) }
    }

    /// See [`rows::softmax`].
    pub(super) fn softmax(&self, x: &mut [f32], factor: f32) -> f32 {
        // SAFETY: as above.
        unsafe { (self.softmax)(x, factor) }
    }

    /// See [`rows::gate`].
    pub(super) fn gate(&self, x: &mut [f32]) {
        // SAFETY: as above.
        unsafe { (self.gate)(x) }
    }

    /// See [`rows::to_bf16`].
    pub(super) fn to_bf16(&self, x: &[f32], out: &mut [u16]) {
        // SAFETY: as above.
        unsafe { (self.to_bf16)(x, out) }
    }

    /// See [`rows::to_bytes`].
    pub(super) fn to_bytes(
        &self,
        from: &[f32],
        shape: [usize; 2],
        words: &mut [u32],
        lda: usize,
        lines: &mut [(f32, f32)],
    ) {
        // SAFETY: as above.
        unsafe { (self.to_bytes)(from, shape, words, lda, lines) }
    }

    /// See [`finish::finish`].
    pub(super) fn finish(
        &self,
        sums: &mut Sums,
        rows: usize,
        columns: usize,
        finish: &Finish<'_>,
        out: &mut [f32],
        ldo: usize,
    ) {
        // SAFETY: as above.
        unsafe { (self.finish)(sums, rows, columns, finish, out, ldo) }
    }

    /// See [`finish::finish_halves`].
    pub(super) fn finish_halves(
        &self,
        sums: &mut Sums,
        rows: usize,
        columns: usize,
        finish: &Finish<'_>,
        out: &mut [u16],
        ldo: usize,
    ) {
        // SAFETY: as above.
        unsafe { (self.finish_halves)(sums, rows, columns, finish, out, ldo) }
    }

    /// See [`depthwise::depthwise`].
    pub(super) fn depthwise(&self, d: &Depthwise<'_>, pixels: Range<usize>, out: &mut [f32]) {
        // SAFETY: as above.
        unsafe { (self.depthwise)(d, pixels, out) }
    }

    /// See [`direct::direct`].
    pub(super) fn direct(&self, d: &Direct<'_>, windows: [usize; 2], out: &mut [f32], ldo: usize) {
        // SAFETY: as above.
        unsafe { (self.direct)(d, windows, out, ldo) }
    }
}
