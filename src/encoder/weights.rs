//! Network weights by name, out of a `.safetensors` file or a PyTorch checkpoint: the header
//! checked first, then one tensor at a time.
//!
//! The file is read by seeking rather than mapped or swallowed whole, so that memory stays at one
//! tensor above what the network keeps, and so that a damaged header can never ask for more than
//! the file holds. Format: <https://huggingface.co/docs/safetensors> (8 bytes little-endian header
//! length, JSON header, tensor bytes without gaps). Checkpoints (`.pth`, `.pt`, `.bin`, `.ckpt`)
//! are read by [`checkpoint`](super::checkpoint), which builds data out of a pickle and never
//! executes one.

use super::EncoderError;
use crate::io::replace::replace_file;
use burn::tensor::Device;
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Longest header that is read: a network of ten thousand tensors needs about 1.5 MB.
const HEADER_BYTES_LIMIT: u64 = 16 << 20;

/// Where one tensor lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    /// Type of its values.
    pub dtype: Dtype,
    /// Its dimensions, slowest first.
    pub shape: Vec<usize>,
    /// First byte in the file.
    offset: u64,
    /// Number of bytes from the first value to the last.
    len: usize,
    /// Values between neighbours of each dimension, where the tensor doesn't lie in a row.
    strides: Option<Vec<usize>>,
}

impl TensorEntry {
    /// A tensor whose neighbours lie `strides` values apart. The caller has checked that its
    /// values lie within the file.
    pub(super) fn strided(dtype: Dtype, shape: Vec<usize>, strides: Vec<usize>, offset: u64) -> Self {
        let count: usize = shape.iter().product();
        let reach = shape.iter().zip(&strides).map(|(d, s)| d.saturating_sub(1) * s);
        let values = if count == 0 { 0 } else { 1 + reach.sum::<usize>() };
        let mut row = 1;
        let in_a_row = (shape.iter().zip(&strides).rev()).all(|(&d, &s)| {
            let fits = d == 1 || s == row;
            row *= d;
            fits
        });
        Self {
            dtype,
            shape,
            offset,
            len: values * dtype.bitsize() / 8,
            strides: (!in_a_row && count > 0).then_some(strides),
        }
    }
}

/// An open weights file whose header fits the file's size.
#[derive(Debug)]
pub struct WeightsFile {
    path: PathBuf,
    file: File,
    tensors: BTreeMap<String, TensorEntry>,
    /// Where the network's tensors go.
    device: Device,
}

impl WeightsFile {
    /// Opens `path`, a `.safetensors` file or a PyTorch checkpoint, and checks its header: lengths, offsets without gaps or overlaps, shapes that
    /// match them, and a file that is neither cut short nor longer than the header says.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if the file can't be read, is neither or is damaged.
    pub fn open(path: &Path) -> Result<Self, EncoderError> {
        let fail = |cause: String| weights_error(path, cause);
        let mut file = File::open(path).map_err(|e| fail(format!("can't be opened: {e}")))?;
        let file_len = match file.metadata() {
            Ok(m) if m.is_file() => m.len(),
            Ok(_) => {
                return Err(fail("is not a file; give the path of a weights file".into()));
            }
            Err(e) => return Err(fail(format!("can't be read: {e}"))),
        };
        let mut start = [0u8; 8];
        file.read_exact(&mut start).map_err(|_| {
            fail(format!(
                "is only {file_len} bytes long: not a safetensors file; fetch it again"
            ))
        })?;
        let header_len = u64::from_le_bytes(start);
        if is_checkpoint(&start) {
            let tensors = super::checkpoint::read(&mut file, file_len).map_err(fail)?;
            return Ok(Self {
                path: path.to_path_buf(),
                file,
                tensors,
                device: Device::flex(),
            });
        }
        if let Some(kind) = foreign_kind(&start) {
            return Err(fail(format!("is {kind}, not a safetensors file")));
        }
        let called = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let as_checkpoint = called.is_some_and(|e| ["pth", "pt", "bin", "ckpt"].contains(&e.as_str()));
        if as_checkpoint && header_len.saturating_add(8) > file_len {
            return Err(fail(
                "is called like a PyTorch checkpoint, but is neither one nor a safetensors file: damaged, or \
                 something else; fetch it again"
                    .into(),
            ));
        }
        if header_len > HEADER_BYTES_LIMIT {
            return Err(fail(format!(
                "says that its header is {header_len} bytes long, more than the {HEADER_BYTES_LIMIT} \
                 that are read: not a safetensors file, or damaged"
            )));
        }
        // Below the limit, so neither sum can overflow.
        if header_len + 8 > file_len {
            return Err(fail(format!(
                "is cut short: {file_len} bytes, but its header alone should be {header_len}; \
                 fetch it again"
            )));
        }
        let mut header = vec![0u8; header_len as usize];
        file.read_exact(&mut header)
            .map_err(|e| fail(format!("its header can't be read: {e}")))?;
        let metadata: Metadata = serde_json::from_slice(&header).map_err(|e| {
            fail(format!(
                "its header is damaged ({e}): not a safetensors file, or fetch it again"
            ))
        })?;
        let data_len = metadata.data_len() as u64;
        let data_start = header_len + 8;
        let expected_len = data_start.checked_add(data_len);
        if expected_len != Some(file_len) {
            return Err(fail(format!(
                "is {file_len} bytes long, but its header tells of {} of tensors after byte \
                 {data_start}: cut short or damaged; fetch it again",
                data_len
            )));
        }
        let tensors = metadata
            .tensors()
            .into_iter()
            .map(|(name, info)| {
                let (from, to) = info.data_offsets;
                let entry = TensorEntry {
                    dtype: info.dtype,
                    shape: info.shape.clone(),
                    offset: data_start + from as u64,
                    len: to - from,
                    strides: None,
                };
                (name, entry)
            })
            .collect();
        Ok(Self {
            path: path.to_path_buf(),
            file,
            tensors,
            device: Device::flex(),
        })
    }

    /// For a network whose tensors go to `device` instead of the processor.
    pub fn onto(self, device: Device) -> Self {
        Self { device, ..self }
    }

    /// Where the network's tensors go.
    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every tensor by name, in alphabetical order.
    pub fn tensors(&self) -> &BTreeMap<String, TensorEntry> {
        &self.tensors
    }

    /// The shape of tensor `name`, if there is one.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|t| t.shape.as_slice())
    }

    /// Tensor `name` as `f32`, row-major; stored as F32, F64, F16 or BF16.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if there is no such tensor, its type is another, the file can't
    /// be read, or a value is not finite (a network with one gives nothing but NaN).
    pub fn read_f32(&mut self, name: &str) -> Result<Vec<f32>, EncoderError> {
        let Some(entry) = self.tensors.get(name) else {
            return Err(self.error(format!("has no tensor '{name}'")));
        };
        let (shape, strides) = (entry.shape.clone(), entry.strides.clone());
        let dtype = entry.dtype;
        if !matches!(dtype, Dtype::F32 | Dtype::F64 | Dtype::F16 | Dtype::BF16) {
            return Err(self.error(format!(
                "tensor '{name}' is stored as {dtype:?}: only F32, F64, F16 and BF16 are read; \
                 quantised weights need converting"
            )));
        }
        let bytes = self.read_bytes(name)?;
        let mut values = decode(&bytes, dtype);
        if let Some(strides) = strides {
            values = gathered(&values, &shape, &strides);
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(self.error(format!(
                "tensor '{name}' holds {} at place {at}: the weights are damaged or don't fit in f32",
                values[at]
            )));
        }
        Ok(values)
    }

    /// Tensor `name` as whole numbers, stored as I32 or I64 in a row.
    ///
    /// # Errors
    /// As [`read_f32`](Self::read_f32).
    pub fn read_integers(&mut self, name: &str) -> Result<Vec<i64>, EncoderError> {
        let bytes = self.read_bytes(name)?;
        match self.tensors.get(name).map(|t| (t.dtype, t.strides.is_none())) {
            Some((Dtype::I32, true)) => Ok((bytes.as_chunks().0.iter())
                .map(|&b| i64::from(i32::from_le_bytes(b)))
                .collect()),
            Some((Dtype::I64, true)) => Ok((bytes.as_chunks().0.iter())
                .map(|&b| i64::from_le_bytes(b))
                .collect()),
            _ => Err(self.error(format!("tensor '{name}' is not of whole numbers"))),
        }
    }

    /// The bytes from a tensor's first value to its last.
    fn read_bytes(&mut self, name: &str) -> Result<Vec<u8>, EncoderError> {
        let Some(entry) = self.tensors.get(name) else {
            return Err(self.error(format!("has no tensor '{name}'")));
        };
        let mut bytes = vec![0u8; entry.len];
        let read = self.file.seek(SeekFrom::Start(entry.offset));
        match read.and_then(|_| self.file.read_exact(&mut bytes)) {
            Ok(()) => Ok(bytes),
            Err(e) => Err(self.error(format!("tensor '{name}' can't be read: {e}"))),
        }
    }

    /// An error that names this file.
    pub fn error(&self, cause: String) -> EncoderError {
        weights_error(&self.path, cause)
    }
}

/// Little-endian values of a floating-point type as `f32`.
fn decode(bytes: &[u8], dtype: Dtype) -> Vec<f32> {
    match dtype {
        Dtype::F16 => (bytes.as_chunks().0.iter())
            .map(|&b| f16::from_le_bytes(b).to_f32())
            .collect(),
        Dtype::BF16 => (bytes.as_chunks().0.iter())
            .map(|&b| bf16::from_le_bytes(b).to_f32())
            .collect(),
        Dtype::F64 => (bytes.as_chunks().0.iter())
            .map(|&b| f64::from_le_bytes(b) as f32)
            .collect(),
        _ => (bytes.as_chunks().0.iter())
            .map(|&b| f32::from_le_bytes(b))
            .collect(),
    }
}

/// The values of a tensor in a row, slowest dimension first.
fn gathered(values: &[f32], shape: &[usize], strides: &[usize]) -> Vec<f32> {
    let count = shape.iter().product();
    let mut index = vec![0; shape.len()];
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let at: usize = index.iter().zip(strides).map(|(i, s)| i * s).sum();
        out.push(values[at]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    out
}

/// Whether a file starts as PyTorch's checkpoints do: a zip archive or a pickle.
fn is_checkpoint(start: &[u8; 8]) -> bool {
    matches!(
        start,
        [b'P', b'K', 3, 4, ..] | [0x80, 2..=5, b'}' | b'c' | b'(' | 0x8a | 0x95, ..]
    )
}

/// What a file is that starts with other well-known bytes, with what to do about it.
fn foreign_kind(start: &[u8; 8]) -> Option<&'static str> {
    match start {
        b"version " => Some("a Git LFS pointer (fetch the file itself: git lfs pull)"),
        [b'<', b'!', ..] | [b'<', b'h', b't', b'm', ..] => {
            Some("a web page (the download went wrong; fetch it again)")
        }
        [0x89, b'H', b'D', b'F', ..] => Some("an HDF5 file"),
        _ => None,
    }
}

/// Writes `bytes` to `path`, which appears whole or not at all.
///
/// # Errors
/// [`EncoderError::Weights`] if it can't be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), EncoderError> {
    let failed = |e: std::io::Error| weights_error(path, format!("can't be written: {e}"));
    replace_file(path, failed, |out| out.write_all(bytes).map_err(failed))
}

/// An error about the weights file `path`.
pub(crate) fn weights_error(path: &Path, cause: String) -> EncoderError {
    EncoderError::Weights {
        path: path.display().to_string(),
        cause,
    }
}

/// SHA-256 of a file's bytes in lower-case hex.
///
/// # Errors
/// [`EncoderError::Weights`] if the file can't be read.
pub fn sha256_of_file(path: &Path) -> Result<String, EncoderError> {
    crate::io::digest::sha256_of_file(path).map_err(|e| weights_error(path, format!("can't be read: {e}")))
}
