//! NumPy's `.npz`: a ZIP archive of stored `.npy` arrays (NEP 1; PKWARE APPNOTE 6.3), with ZIP64
//! fields throughout, so that vectors beyond 4 GB fit.

use std::io::{self, Seek, SeekFrom, Write};

/// What the directory at the end has to say about an array.
struct Entry {
    name: String,
    crc: u32,
    size: u64,
    offset: u64,
}

/// An archive being written.
pub(super) struct NpzWriter<W: Write + Seek> {
    out: W,
    at: u64,
    entries: Vec<Entry>,
}

/// The header of an `.npy` version 1.0 array in C order.
pub(super) fn npy_header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let dims: Vec<String> = shape.iter().map(|n| n.to_string()).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut dict = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        dims.join(", ")
    );
    // Magic, version, length and text together fill multiples of 64 bytes, ended by a newline.
    while !(10 + dict.len() + 1).is_multiple_of(64) {
        dict.push(' ');
    }
    dict.push('\n');
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend(u16::try_from(dict.len()).unwrap_or(u16::MAX).to_le_bytes());
    header.extend(dict.as_bytes());
    header
}

impl<W: Write + Seek> NpzWriter<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            at: 0,
            entries: Vec::new(),
        }
    }

    /// Adds `name.npy` with the bytes that `fill` hands to its argument.
    pub(super) fn add(
        &mut self,
        name: &str,
        header: &[u8],
        fill: impl FnOnce(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>,
    ) -> io::Result<()> {
        let name = format!("{name}.npy");
        let offset = self.at;
        let mut head = local_header(&name, 0, 0);
        self.out.write_all(&head)?;
        let mut crc = flate2::Crc::new();
        let mut size = 0u64;
        let out = &mut self.out;
        let mut put = |bytes: &[u8]| {
            crc.update(bytes);
            size += bytes.len() as u64;
            out.write_all(bytes)
        };
        put(header)?;
        fill(&mut put)?;
        // Size and checksum are known only now.
        head = local_header(&name, crc.sum(), size);
        self.out.seek(SeekFrom::Start(offset))?;
        self.out.write_all(&head)?;
        self.at = offset + head.len() as u64 + size;
        self.out.seek(SeekFrom::Start(self.at))?;
        self.entries.push(Entry {
            name,
            crc: crc.sum(),
            size,
            offset,
        });
        Ok(())
    }

    /// Writes the directory.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let mut directory = Vec::new();
        for e in &self.entries {
            directory.extend(b"PK\x01\x02");
            directory.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
            directory.extend(e.crc.to_le_bytes());
            directory.extend([0xff; 8]);
            directory.extend((e.name.len() as u16).to_le_bytes());
            directory.extend(28u16.to_le_bytes());
            directory.extend([0; 10]);
            directory.extend([0xff; 4]);
            directory.extend(e.name.as_bytes());
            directory.extend([1, 0, 24, 0]);
            for n in [e.size, e.size, e.offset] {
                directory.extend(n.to_le_bytes());
            }
        }
        let count = self.entries.len() as u64;
        let size = directory.len() as u64;
        let end = self.at + size;
        directory.extend(b"PK\x06\x06");
        directory.extend(44u64.to_le_bytes());
        directory.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for n in [count, count, size, self.at] {
            directory.extend(n.to_le_bytes());
        }
        directory.extend(b"PK\x06\x07\0\0\0\0");
        directory.extend(end.to_le_bytes());
        directory.extend(1u32.to_le_bytes());
        directory.extend(b"PK\x05\x06\0\0\0\0");
        directory.extend([0xff; 12]);
        directory.extend([0, 0]);
        self.out.write_all(&directory)?;
        self.out.flush()
    }
}

/// A local file header with its sizes in the ZIP64 extra field; dated 1980-01-01.
fn local_header(name: &str, crc: u32, size: u64) -> Vec<u8> {
    let mut head = b"PK\x03\x04".to_vec();
    head.extend([45, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
    head.extend(crc.to_le_bytes());
    head.extend([0xff; 8]);
    head.extend((name.len() as u16).to_le_bytes());
    head.extend(20u16.to_le_bytes());
    head.extend(name.as_bytes());
    head.extend([1, 0, 16, 0]);
    head.extend(size.to_le_bytes());
    head.extend(size.to_le_bytes());
    head
}
