//! The calls into cfitsio: HCOMPRESS_1 decoding and the compression of images for writing.
//!
//! Everything else about FITS is done in Rust, on purpose: cfitsio trusts headers and streams more
//! than files from the wild deserve. What crosses this border is checked first (dimensions,
//! lengths) or made by this program (images to compress).
#![expect(unsafe_code, reason = "cfitsio is a C library")]

use super::error::{Trouble, corrupt};
use super::hcompress;
use fitsio_sys as sys;
use std::ffi::{CStr, CString, c_char, c_int, c_uchar};
use std::ptr;

unsafe extern "C" {
    // In cfitsio's fitsio.h, but not among the generated bindings.
    fn fits_hdecompress64(
        input: *mut c_uchar,
        smooth: c_int,
        a: *mut i64,
        nx: *mut c_int,
        ny: *mut c_int,
        scale: *mut c_int,
        status: *mut c_int,
    ) -> c_int;
}

/// Decodes an HCOMPRESS_1 tile of `count` pixels.
///
/// # Errors
/// If the stream is damaged or says it holds another number of pixels.
pub(crate) fn hdecompress(stream: &[u8], count: usize, smooth: bool) -> Result<Vec<i32>, Trouble> {
    hcompress::check(stream, count)?;
    // All bit planes are there. Only the sign bits, at most one a pixel, may run over the end.
    let mut input = stream.to_vec();
    input.resize(stream.len().saturating_add(count / 8 + 64), 0);
    let mut output = vec![0_i64; count];
    let (mut nx, mut ny, mut scale, mut status) = (0, 0, 0, 0);
    // SAFETY: `input` is longer than anything the decoder can read (see above); it writes nx * ny
    // values, which `check` made equal to the length of `output`; the other pointers are to locals. cfitsio serializes the globals of this function by its own lock (reentrant build).
    let result = unsafe {
        fits_hdecompress64(
            input.as_mut_ptr(),
            c_int::from(smooth),
            output.as_mut_ptr(),
            &raw mut nx,
            &raw mut ny,
            &raw mut scale,
            &raw mut status,
        )
    };
    if result != 0 {
        return corrupt(format!(
            "an HCOMPRESS_1 tile does not decode ({})",
            messages(result)
        ));
    }
    // The decoder leaves 32-bit values in the first half of the buffer.
    let narrow: &[i32] = bytemuck::cast_slice(&output);
    Ok(narrow[..count].to_vec())
}

/// A way to compress `f32` images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Squeeze {
    /// RICE_1 of values quantized to steps of the noise divided by this, dithered.
    Rice(f32),
    /// GZIP_2, without loss.
    Gzip,
}

/// The value cfitsio takes for "no value" in images it compresses.
const NO_VALUE: f32 = -9.119_12e-36;

/// Compresses one image (row-major, NaN for no value) and gives the bytes of a FITS file whose first
/// extension holds the tiles. The same pixels always give the same bytes.
///
/// cfitsio writes to a file with a plain name in a temporary folder of its own: its files in memory
/// cannot hold tiles that are written past the end.
///
/// # Errors
/// What cfitsio or the system says, in words.
pub(crate) fn compress(pixels: &[f32], width: usize, height: usize, how: Squeeze) -> Result<Vec<u8>, String> {
    if width.checked_mul(height) != Some(pixels.len()) {
        return Err("width times height is not the number of pixels".to_owned());
    }
    let mut values: Vec<f32> = pixels
        .iter()
        .map(|&v| if v.is_nan() { NO_VALUE } else { v })
        .collect();
    let mut axes = [width as i64, height as i64];
    let count = values.len() as i64;
    let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
    let path = folder.path().join("tiles.fits");
    let name = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|e| e.to_string())?;
    // The longest name cfitsio takes (FLEN_FILENAME).
    if name.as_bytes().len() > 1000 {
        return Err("the path of the temporary folder is too long; set TMPDIR to a shorter one".to_owned());
    }
    let mut file: *mut sys::fitsfile = ptr::null_mut();
    let mut status: c_int = 0;
    let (method, level) = match how {
        Squeeze::Rice(level) => (sys::RICE_1, level),
        Squeeze::Gzip => (sys::GZIP_2, 0.0),
    };
    // SAFETY: `name` is terminated and outlives the calls; `ffclos` is called on every path once
    // `file` is open; cfitsio's calls do nothing when `status` is already set. `axes` and `values`
    // are as long as the calls are told.
    unsafe {
        sys::ffdkinit(&raw mut file, name.as_ptr(), &raw mut status);
        if status == 0 {
            sys::fits_set_compression_type(file, method as c_int, &raw mut status);
            sys::fits_set_quantize_level(file, level, &raw mut status);
            sys::fits_set_quantize_method(file, sys::SUBTRACTIVE_DITHER_2 as c_int, &raw mut status);
            sys::fits_set_dither_seed(file, 1, &raw mut status);
            sys::ffcrimll(file, -32, 2, axes.as_mut_ptr(), &raw mut status);
            sys::ffppne(file, 1, 1, count, values.as_mut_ptr(), NO_VALUE, &raw mut status);
            let mut closing = 0;
            sys::ffclos(file, &raw mut closing);
            status = if status == 0 { closing } else { status };
        }
    }
    if status != 0 {
        return Err(messages(status));
    }
    std::fs::read(&path).map_err(|e| format!("reading the temporary file: {e}"))
}

/// cfitsio's words for `status` and everything on its message stack, which is emptied.
fn messages(status: c_int) -> String {
    let mut text: [c_char; 81] = [0; 81];
    let mut words = Vec::new();
    let mut take = |text: &[c_char; 81]| {
        // SAFETY: the array is zeroed before each call and cfitsio writes at most 80 characters
        // and a terminator.
        let line = unsafe { CStr::from_ptr(text.as_ptr()) }
            .to_string_lossy()
            .trim()
            .to_owned();
        if !line.is_empty() {
            words.push(line);
        }
    };
    // SAFETY: cfitsio writes at most 31 (status) or 81 (message) bytes including the terminator.
    unsafe { sys::ffgerr(status, text.as_mut_ptr()) };
    take(&text);
    // The stack holds at most a few dozen messages.
    for _ in 0..100 {
        text = [0; 81];
        // SAFETY: as above.
        if unsafe { sys::ffgmsg(text.as_mut_ptr()) } == 0 {
            break;
        }
        take(&text);
    }
    words.join("; ")
}
