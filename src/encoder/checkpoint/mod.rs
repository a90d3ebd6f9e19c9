//! PyTorch checkpoints (`.pth`, `.pt`, `.bin`, `.ckpt`) as tensors by name, without ever executing
//! a pickle: [`pickle`] only builds data out of its opcodes, and every name in it that could be
//! called is a word and nothing more.
//!
//! Both of PyTorch's formats are known: the zip archive (`data.pkl` and a stored entry a storage;
//! since version 1.6) and the older row of pickles with the storages behind them. Nested
//! dictionaries become names with dots: Lightning's `state_dict.encoder.stem.0.weight`.

pub(crate) mod archive;
pub mod pickle;
mod tensors;

use super::weights::TensorEntry;
use archive::Archive;
use pickle::{Machine, Node};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Most bytes of pickle that are read; a network of ten thousand tensors needs about 3 MB.
const PICKLE_BYTES_LIMIT: u64 = 64 << 20;
/// What the older format begins with, as a number.
const LEGACY_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Where the tensors of the checkpoint `file` of `file_len` bytes lie.
///
/// # Errors
/// A sentence if it is damaged, cut short, holds no tensors, or what can't be understood.
pub(super) fn read(file: &mut File, file_len: u64) -> Result<BTreeMap<String, TensorEntry>, String> {
    let mut start = [0u8; 4];
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.read_exact(&mut start).map_err(unreadable)?;
    if start == *b"PK\x03\x04" {
        from_archive(file, file_len)
    } else {
        from_pickles(file, file_len)
    }
}

fn unreadable(e: std::io::Error) -> String {
    format!("can't be read: {e}")
}

/// The zip archive.
fn from_archive(file: &mut File, file_len: u64) -> Result<BTreeMap<String, TensorEntry>, String> {
    let archive = Archive::open(file, file_len)?;
    let Some(pickle) = archive
        .names()
        .find(|n| *n == "data.pkl" || n.ends_with("/data.pkl"))
    else {
        return Err("is a zip archive without a data.pkl: not a PyTorch checkpoint".into());
    };
    let root = pickle.strip_suffix("data.pkl").unwrap_or_default().to_string();
    let (offset, len) = archive.stored(file, pickle)?;
    if len > PICKLE_BYTES_LIMIT {
        return Err(format!("its data.pkl is {len} bytes long, more than are read"));
    }
    if let Ok((at, len @ 1..=16)) = archive.stored(file, &format!("{root}byteorder")) {
        let order = bytes_at(file, at, len)?;
        if order.starts_with(b"big") {
            return Err("was saved on a big-endian machine: save it again with byteorder little".into());
        }
    }
    let bytes = bytes_at(file, offset, len)?;
    let mut machine = Machine::new(&bytes);
    let value = machine.run()?;
    let found = tensors::named(&machine, value)?;
    let mut places: HashMap<String, (u64, u64)> = HashMap::new();
    let mut entries = BTreeMap::new();
    for (name, tensor) in found {
        let key = machine.storage_key(&tensor);
        let place = match places.get(&key) {
            Some(place) => *place,
            None => {
                let place = archive.stored(file, &format!("{root}data/{key}"))?;
                *places.entry(key).or_insert(place)
            }
        };
        entries.insert(name.clone(), tensors::entry(&name, &tensor, place)?);
    }
    Ok(entries)
}

/// Three pickles that say what this is, the state, the storages' keys; then the storages.
fn from_pickles(file: &mut File, file_len: u64) -> Result<BTreeMap<String, TensorEntry>, String> {
    let bytes = bytes_at(file, 0, file_len.min(PICKLE_BYTES_LIMIT))?;
    let mut machine = Machine::new(&bytes);
    let magic = machine.run()?;
    if !matches!(machine.node(magic), Node::Long(digits) if *digits == LEGACY_MAGIC) {
        return Err("is a pickle, but not a PyTorch checkpoint".into());
    }
    machine.run()?;
    machine.run()?;
    let state = machine.run()?;
    let keys = machine.run()?;
    let found = tensors::named(&machine, state)?;
    let sizes: HashMap<String, u64> = machine.storage_sizes();
    let mut at = machine.position() as u64;
    let mut places: HashMap<String, (u64, u64)> = HashMap::new();
    for key in machine.text_list(keys)? {
        let count = bytes_at(file, at, 8)?;
        let count = u64::from_le_bytes(count.try_into().unwrap_or_default());
        // A storage that no tensor of ours names is of unknown width: what follows can't be found.
        let width = sizes
            .get(&key)
            .copied()
            .ok_or("names a storage that no tensor has")?;
        let len = count
            .checked_mul(width)
            .ok_or("has a storage of an impossible length")?;
        at += 8;
        let end = at.checked_add(len).filter(|end| *end <= file_len);
        let end = end.ok_or("is cut short: a storage ends behind the file; fetch it again")?;
        places.insert(key, (at, len));
        at = end;
    }
    let mut entries = BTreeMap::new();
    for (name, tensor) in found {
        let key = machine.storage_key(&tensor);
        let place = places
            .get(&key)
            .ok_or_else(|| format!("misses the storage of tensor '{name}'"))?;
        entries.insert(name.clone(), tensors::entry(&name, &tensor, *place)?);
    }
    Ok(entries)
}

/// `len` bytes at `at`; the caller has bounded `len`.
fn bytes_at(file: &mut File, at: u64, len: u64) -> Result<Vec<u8>, String> {
    file.seek(SeekFrom::Start(at)).map_err(unreadable)?;
    // Grows with what is there, so that a wrong length costs nothing.
    let mut bytes = Vec::new();
    file.take(len).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 != len {
        return Err("is cut short; fetch it again".into());
    }
    Ok(bytes)
}
