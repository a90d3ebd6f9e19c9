//! The bytes of a FITS file: opened by its literal path, unpacked when it is gzip or `.Z`.
//!
//! cfitsio would inflate a packed file into memory however large it becomes. Here it goes through
//! a bounded stream into an unnamed temporary file, so a bomb gives an error and a large image
//! costs no memory.

use super::error::FitsError;
use super::lzw;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What a packed file may unpack to.
struct Limits {
    /// At most this many bytes.
    bytes: u64,
    /// Above this many bytes the packing ratio is looked at,
    ratio_from: u64,
    /// which may be at most this (deflate's own limit is 1032; no real gigabyte comes near).
    ratio: u64,
}

const LIMITS: Limits = Limits {
    bytes: 8 << 30,
    ratio_from: 1 << 30,
    ratio: 200,
};

/// Readable bytes with random access.
#[derive(Debug)]
pub(crate) struct Source {
    file: File,
    /// Length in bytes, after unpacking.
    pub len: u64,
}

impl Source {
    /// Opens `path`; the second value is what was wrong with the packing, if what could be
    /// unpacked is still worth reading.
    pub fn open(path: &Path) -> Result<(Self, Option<FitsError>), FitsError> {
        let io_err = |action| move |e| FitsError::io(path, action, e);
        let meta = std::fs::metadata(path).map_err(io_err("open"))?;
        if !meta.is_file() {
            return Err(FitsError::NotFits {
                path: path.to_owned(),
                cause: "it is a folder or device; give a file".to_owned(),
            });
        }
        let mut file = File::open(path).map_err(io_err("open"))?;
        let mut magic = [0_u8; 6];
        let got = read_up_to(&mut file, &mut magic).map_err(io_err("read"))?;
        file.seek(SeekFrom::Start(0)).map_err(io_err("read"))?;
        let packed_len = meta.len();
        let refuse = |cause: &str| {
            Err(FitsError::NotFits {
                path: path.to_owned(),
                cause: cause.to_owned(),
            })
        };
        match &magic[..got] {
            [] => refuse("it is empty; the download or copy probably failed"),
            [0x1f, 0x8b, ..] | [0x1f, 0x9d, ..] => unpack(path, file, magic[1] == 0x8b, packed_len, &LIMITS),
            [b'B', b'Z', b'h', ..] => refuse("it is packed with bzip2; unpack it with bunzip2 first"),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => refuse("it is packed with xz; unpack it with unxz first"),
            [b'P', b'K', 3, 4, ..] => refuse("it is a zip archive; unpack it first"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => refuse("it is packed with zstd; unpack it with unzstd first"),
            _ => Ok((
                Self {
                    file,
                    len: packed_len,
                },
                None,
            )),
        }
    }

    /// Fills `buffer` from byte `offset`.
    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        // One call of the system instead of two: a cutout is hundreds of short lines.
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset);
        #[cfg(not(unix))]
        {
            self.file.seek(SeekFrom::Start(offset))?;
            self.file.read_exact(buffer)
        }
    }
}

fn read_up_to(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

/// Counts what passes and stops a bomb.
struct Bounded<'a> {
    out: &'a mut File,
    written: u64,
    packed_len: u64,
    limits: &'a Limits,
    burst: bool,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written = self.written.saturating_add(bytes.len() as u64);
        let ratio = self.written / self.packed_len.max(1);
        if self.written > self.limits.bytes
            || (self.written > self.limits.ratio_from && ratio > self.limits.ratio)
        {
            self.burst = true;
            return Err(io::Error::other("unpacks to too much"));
        }
        self.out.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn unpack(
    path: &Path,
    file: File,
    is_gzip: bool,
    packed_len: u64,
    limits: &Limits,
) -> Result<(Source, Option<FitsError>), FitsError> {
    let io_err = |action| move |e| FitsError::io(path, action, e);
    let mut temporary = tempfile::tempfile().map_err(io_err("make a temporary file to unpack it"))?;
    let mut out = Bounded {
        out: &mut temporary,
        written: 0,
        packed_len,
        limits,
        burst: false,
    };
    let mut reader = io::BufReader::with_capacity(1 << 16, file);
    let result = if is_gzip {
        let mut inflate = flate2::bufread::MultiGzDecoder::new(reader);
        copy(&mut inflate, &mut out)
    } else {
        let mut buffered = io::BufWriter::with_capacity(1 << 16, &mut out);
        lzw::unpack(&mut reader, &mut buffered).and_then(|()| buffered.flush())
    };
    let (written, burst) = (out.written, out.burst);
    let packed = |cause: String| FitsError::Packed {
        path: path.to_owned(),
        cause,
    };
    if burst {
        return Err(packed(format!(
            "its {packed_len} bytes unpack to more than {written} bytes, which no observation does; if it is real, unpack it yourself first"
        )));
    }
    let problem = match result {
        Ok(()) => None,
        Err(e) if e.kind() == io::ErrorKind::StorageFull => return Err(FitsError::io(path, "unpack", e)),
        // A cut download: the HDUs before the cut may be whole.
        Err(e) => Some(packed(format!(
            "{e} after {written} unpacked bytes; the download or copy was probably cut short, fetch it again"
        ))),
    };
    let len = temporary.metadata().map_err(io_err("read"))?.len();
    let problem = match problem {
        Some(problem) if len < 2880 => return Err(problem),
        other => other,
    };
    Ok((Source { file: temporary, len }, problem))
}

fn copy(reader: &mut dyn Read, out: &mut dyn Write) -> io::Result<()> {
    let mut block = vec![0_u8; 1 << 18];
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => out.write_all(&block[..n])?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_refused_and_a_real_file_is_not() -> io::Result<()> {
        let limits = Limits {
            bytes: 1 << 20,
            ratio_from: 1 << 16,
            ratio: 50,
        };
        let unpacked = |content: &[u8]| -> io::Result<Result<u64, FitsError>> {
            let mut packed = tempfile::tempfile()?;
            let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::default());
            encoder.write_all(content)?;
            encoder.finish()?;
            packed.seek(SeekFrom::Start(0))?;
            let length = packed.metadata()?.len();
            Ok(unpack(Path::new("x.fits.gz"), packed, true, length, &limits).map(|(source, _)| source.len))
        };
        // Zeros pack a thousandfold, counters hardly.
        assert!(matches!(
            unpacked(&vec![0; 1 << 19])?,
            Err(FitsError::Packed { .. })
        ));
        let counters: Vec<u8> = (0..1_u32 << 18)
            .flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        assert!(matches!(unpacked(&counters[..1 << 19])?, Ok(n) if n == 1 << 19));
        let long = [&counters[..], &counters[..1 << 18]].concat();
        assert!(matches!(unpacked(&long)?, Err(FitsError::Packed { .. })));
        Ok(())
    }
}
