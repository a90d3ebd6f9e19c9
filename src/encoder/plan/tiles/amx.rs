//! Tiles of 32 rows and 32 columns in the eight tile registers of AMX: four hold sums, two a
//! stripe of 16 words of the left side and two of the panel. Brain floats and bytes only; words
//! lie as they do for AVX-512, but the inner dimension goes on in whole stripes, filled up with
//! zeros.
//!
//! Compilers know no tile registers yet, so that a tile is spelt out from its first sum to its
//! last; nothing else of the program touches them.

#![allow(
    unsafe_code,
    reason = "instructions that compilers have no names for, at places promised in bounds by `Tile`"
)]

use std::arch::asm;
use std::sync::OnceLock;

/// Columns of a panel.
pub const COLUMNS: usize = 32;
/// Rows of a tile.
pub const ROWS: usize = 32;
/// Rows, and words of a row, that a register holds.
pub const SIDE: usize = 16;

/// What the registers hold: all of them 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Shape {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

static SHAPE: Shape = Shape {
    palette: 1,
    start: 0,
    reserved: [0; 14],
    bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Whether the processor multiplies tiles of brain floats and of bytes, and the system lets this
/// process: it keeps 8 KB more a thread for it, and wants to be asked once.
pub fn permitted() -> bool {
    static PERMITTED: OnceLock<bool> = OnceLock::new();
    *PERMITTED.get_or_init(|| {
        /// AMX-BF16, AMX-TILE and AMX-INT8 in register EDX of leaf 7.
        const ALL: u32 = 1 << 22 | 1 << 24 | 1 << 25;
        std::arch::x86_64::__cpuid(0).eax >= 7
            && std::arch::x86_64::__cpuid_count(7, 0).edx & ALL == ALL
            && asked()
    })
}

/// Asks the system.
#[cfg(target_os = "linux")]
fn asked() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_ulong = 0x1023;
    const TILE_DATA: libc::c_ulong = 18;
    // SAFETY: a system call with two numbers; a system that doesn't know it says so.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0 }
}

/// Other systems are not asked: no such processor has been tried there.
#[cfg(not(target_os = "linux"))]
fn asked() -> bool {
    false
}

/// Gives this thread's registers their shape.
///
/// # Safety
/// The processor and the system have AMX: [`permitted`].
pub unsafe fn begin() {
    // SAFETY: the shape is one that palette 1 allows.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPE, options(nostack, readonly, preserves_flags)) }
}

/// Empties them again, so that the system has nothing to keep for this thread.
///
/// # Safety
/// As for [`begin`].
pub unsafe fn end() {
    // SAFETY: the caller's promise.
    unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) }
}

macro_rules! tiles {
    ($name:ident, $multiply:literal) => {
        /// A tile in this number format, all of its columns; see `Tile`. Besides, this thread has called [`begin`], `steps`
        /// is a multiple of 16, and there are 16 rows (32, if `rows` is more than 16) to read and to
        /// write.
        pub unsafe fn $name(
            rows: usize,
            _columns: usize,
            steps: usize,
            left: *const u32,
            lda: usize,
            panel: *const u32,
            sums: *mut u32,
        ) {
            let (lower, stripes) = (left.wrapping_add(SIDE * lda), steps / SIDE);
            if stripes == 0 {
                // SAFETY: room that is promised.
                return unsafe { sums.write_bytes(0, rows.next_multiple_of(SIDE) * COLUMNS) };
            }
            // The lower half's sums lie 16 rows of 128 bytes after the upper one's.
            // SAFETY: every place lies in the bounds that are asked for above.
            unsafe {
                match rows > SIDE {
                    true => asm!(
                        "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                        "2:",
                        "tileloadd tmm6, [{b} + {wide}]",
                        "tileloadd tmm4, [{upper} + {lda}]",
                        "tileloadd tmm7, [{b} + {wide} + 64]",
                        "tileloadd tmm5, [{lower} + {lda}]",
                        concat!($multiply, " tmm0, tmm4, tmm6"),
                        concat!($multiply, " tmm1, tmm4, tmm7"),
                        concat!($multiply, " tmm2, tmm5, tmm6"),
                        concat!($multiply, " tmm3, tmm5, tmm7"),
                        "add {b}, 2048", "add {upper}, 64", "add {lower}, 64",
                        "dec {n}", "jnz 2b",
                        "tilestored [{sums} + {wide}], tmm0",
                        "tilestored [{sums} + {wide} + 64], tmm1",
                        "tilestored [{sums} + {wide} + 2048], tmm2",
                        "tilestored [{sums} + {wide} + 2112], tmm3",
                        b = inout(reg) panel => _, upper = inout(reg) left => _, lower = inout(reg) lower => _,
                        n = inout(reg) stripes => _, lda = in(reg) 4 * lda, wide = in(reg) 4 * COLUMNS,
                        sums = in(reg) sums, options(nostack)
                    ),
                    false => asm!(
                        "tilezero tmm0", "tilezero tmm1",
                        "2:",
                        "tileloadd tmm6, [{b} + {wide}]",
                        "tileloadd tmm4, [{upper} + {lda}]",
                        "tileloadd tmm7, [{b} + {wide} + 64]",
                        concat!($multiply, " tmm0, tmm4, tmm6"),
                        concat!($multiply, " tmm1, tmm4, tmm7"),
                        "add {b}, 2048", "add {upper}, 64",
                        "dec {n}", "jnz 2b",
                        "tilestored [{sums} + {wide}], tmm0",
                        "tilestored [{sums} + {wide} + 64], tmm1",
                        b = inout(reg) panel => _, upper = inout(reg) left => _,
                        n = inout(reg) stripes => _, lda = in(reg) 4 * lda, wide = in(reg) 4 * COLUMNS,
                        sums = in(reg) sums, options(nostack)
                    ),
                }
            }
        }
    };
}

tiles!(tile_bf16, "tdpbf16ps");
tiles!(tile_int8, "tdpbusd");
