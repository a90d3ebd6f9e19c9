//! Vectors that another program made: npz, CSV or Parquet.

use crate::discovery::Matrix;
use crate::encoder::checkpoint::archive::Archive;
use crate::io::catalog::read_catalog;
use crate::progress::Progress;
use crate::project::ProjectError;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use half::f16;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

/// Vectors by the name of their object.
pub struct Foreign {
    /// One row an object.
    pub vectors: Matrix,
    at: HashMap<String, usize>,
}

impl Foreign {
    /// Reads `path`: an npz with `files` (texts) and `vectors` (objects × numbers), or a table whose
    /// column `file` (or `object`, `id`, `name`) names the objects and whose other numeric columns, or
    /// one column of lists, are the vector.
    ///
    /// # Errors
    /// If it can't be read, or holds no names or numbers.
    pub fn read(path: &Path, progress: &dyn Progress) -> Result<Self, ProjectError> {
        let wrong = |cause: String| ProjectError::Ask(format!("{}: {cause}", path.display()));
        let is_npz = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz"));
        let (names, vectors) = if is_npz {
            from_npz(path).map_err(wrong)?
        } else {
            from_table(path, progress).map_err(wrong)?
        };
        if names.len() != vectors.rows() || names.is_empty() {
            return Err(wrong(format!(
                "it has {} names and {} vectors: one a row is needed",
                names.len(),
                vectors.rows()
            )));
        }
        let mut at = HashMap::new();
        for (i, name) in names.iter().enumerate() {
            at.insert(name.clone(), i);
            at.entry(base(name).to_owned()).or_insert(i);
        }
        Ok(Self { vectors, at })
    }

    /// The row of an object by its name or, failing that, by the base name of its file.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.at.get(name).or_else(|| self.at.get(base(name))).copied()
    }
}

fn base(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

type Read = Result<(Vec<String>, Matrix), String>;

fn from_table(path: &Path, progress: &dyn Progress) -> Read {
    let table = read_catalog(path, progress).map_err(|e| e.to_string())?;
    let key = ["file", "filename", "object", "id", "name", "object_id"]
        .into_iter()
        .find(|c| table.position(c).is_some());
    let key = key.ok_or("no column names the objects (file, object, id, name)")?;
    let names = table.texts(key).ok_or("its names can't be read as text")?;
    let others: Vec<&str> = table.names().into_iter().filter(|n| *n != key).collect();
    let is_list = |name: &&&str| {
        let kind = table.column(name).map(|c| c.data_type().clone());
        matches!(kind, Some(DataType::FixedSizeList(..)))
    };
    if let Some(list) = others.iter().find(is_list) {
        let column = table.column(list).ok_or("its vectors are gone")?;
        let lists = column.as_fixed_size_list();
        let width = usize::try_from(lists.value_length()).unwrap_or(0);
        let values = arrow::compute::cast(lists.values(), &DataType::Float64).map_err(|e| e.to_string())?;
        let values = values.as_primitive::<Float64Type>();
        let start = lists.value_offset_at(0);
        let number = |i: usize| {
            if values.is_null(i) {
                f32::NAN
            } else {
                values.value(i) as f32
            }
        };
        return Ok((
            names,
            Matrix {
                cols: width,
                values: (start..start + lists.len() * width).map(number).collect(),
            },
        ));
    }
    let columns: Vec<Vec<f64>> = others.iter().filter_map(|n| table.numbers(n)).collect();
    if columns.is_empty() {
        return Err("it has no column of numbers beside the names".into());
    }
    let mut values = Vec::with_capacity(names.len() * columns.len());
    for i in 0..names.len() {
        values.extend(columns.iter().map(|c| c[i] as f32));
    }
    Ok((
        names,
        Matrix {
            cols: columns.len(),
            values,
        },
    ))
}

fn from_npz(path: &Path) -> Read {
    let mut file = File::open(path).map_err(|e| format!("can't be opened: {e}"))?;
    let len = file.metadata().map_err(|e| e.to_string())?.len();
    let archive = Archive::open(&mut file, len)?;
    let mut entry = |names: &[&str]| -> Result<Npy, String> {
        let found = names
            .iter()
            .find(|n| archive.names().any(|a| a == format!("{n}.npy")));
        let name = found.ok_or_else(|| {
            let all: Vec<&str> = archive.names().collect();
            format!("it has no array '{}': there are {}", names[0], all.join(", "))
        })?;
        let bytes = archive.unpacked(&mut file, &format!("{name}.npy"))?;
        Npy::parse(bytes).ok_or_else(|| format!("its array '{name}' is damaged or of a kind that isn't read"))
    };
    let names = entry(&["files", "file", "names"])?.texts();
    let names =
        names.ok_or("its names are no texts: save them as numpy text (dtype U or S), not as objects")?;
    let vectors = entry(&["vectors", "embeddings"])?;
    let [_, cols] = vectors.shape[..] else {
        return Err(format!(
            "its vectors have {} dimensions: 2 are needed",
            vectors.shape.len()
        ));
    };
    let values = vectors
        .numbers()
        .ok_or("its vectors are no numbers of 16, 32 or 64 bits")?;
    Ok((names, Matrix { cols, values }))
}

/// An array as numpy writes it (NEP 1).
struct Npy {
    kind: char,
    width: usize,
    shape: Vec<usize>,
    bytes: Vec<u8>,
    start: usize,
}

impl Npy {
    fn parse(bytes: Vec<u8>) -> Option<Self> {
        bytes.starts_with(b"\x93NUMPY").then_some(())?;
        let (len, at) = match bytes.get(6)? {
            1 => (
                usize::from(u16::from_le_bytes(*bytes.get(8..)?.first_chunk()?)),
                10,
            ),
            _ => (u32::from_le_bytes(*bytes.get(8..)?.first_chunk()?) as usize, 12),
        };
        let header = std::str::from_utf8(bytes.get(at..at + len)?).ok()?;
        let after = |key: &str| {
            let at = header.find(&format!("'{key}'"))?;
            Some(header[at..].split_once(':')?.1.trim_start())
        };
        let kind = after("descr")?.strip_prefix('\'')?.split_once('\'')?.0;
        let is_c_order = after("fortran_order")?.starts_with("False");
        let shape: Vec<usize> = after("shape")?
            .strip_prefix('(')?
            .split_once(')')?
            .0
            .split(',')
            .filter(|n| !n.trim().is_empty())
            .map(|n| n.trim().parse().ok())
            .collect::<Option<_>>()?;
        if !is_c_order || kind.starts_with('>') {
            return None;
        }
        let mut letters = kind.trim_start_matches(['<', '|', '=']).chars();
        let npy = Self {
            kind: letters.next()?,
            width: letters.as_str().parse().ok()?,
            shape,
            start: at + len,
            bytes,
        };
        let count = npy.shape.iter().try_fold(1usize, |n, s| n.checked_mul(*s))?;
        let letter = if npy.kind == 'U' { 4 } else { 1 };
        let wanted = count.checked_mul(npy.width)?.checked_mul(letter)?;
        (npy.bytes.len() - npy.start >= wanted).then_some(npy)
    }

    fn items(&self, width: usize) -> impl Iterator<Item = &[u8]> {
        let count: usize = self.shape.iter().product();
        self.bytes[self.start..].chunks_exact(width.max(1)).take(count)
    }

    fn texts(&self) -> Option<Vec<String>> {
        match self.kind {
            'S' => Some(
                self.items(self.width)
                    .map(|b| String::from_utf8_lossy(b).trim_end_matches('\0').to_owned())
                    .collect(),
            ),
            'U' => self
                .items(4 * self.width)
                .map(|b| {
                    let letters = b.as_chunks::<4>().0.iter().map(|c| u32::from_le_bytes(*c));
                    letters
                        .take_while(|&c| c != 0)
                        .map(char::from_u32)
                        .collect::<Option<String>>()
                })
                .collect(),
            _ => None,
        }
    }

    fn numbers(&self) -> Option<Vec<f32>> {
        let items = self.items(self.width);
        Some(match (self.kind, self.width) {
            ('f', 2) => items
                .filter_map(|b| Some(f16::from_le_bytes(*b.first_chunk()?).to_f32()))
                .collect(),
            ('f', 4) => items
                .filter_map(|b| Some(f32::from_le_bytes(*b.first_chunk()?)))
                .collect(),
            ('f', 8) => items
                .filter_map(|b| Some(f64::from_le_bytes(*b.first_chunk()?) as f32))
                .collect(),
            _ => return None,
        })
    }
}
