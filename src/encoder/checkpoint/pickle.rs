//! A pickle read as data: the opcodes that state dictionaries are made of build nodes in one
//! table, and nothing is ever called.
//!
//! A pickle is a program for a stack machine that may name any function of Python and call it.
//! Here a name stays a [`Node::Global`]; "calling" one gives a tensor for the three names that
//! PyTorch puts around tensors, a dictionary for `OrderedDict`, and [`Node::Opaque`] for all
//! others. Values are places in the table, so that cycles and shared values cost nothing, and the
//! table can't grow faster than the pickle is long. Source: CPython's `pickletools.py`.

use std::collections::HashMap;

/// A value's place in the table.
pub type Ref = usize;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// `None`, and what isn't needed.
    Nothing,
    /// A truth value or whole number.
    Int(i64),
    /// A whole number of any size, little-endian two's complement.
    Long(&'a [u8]),
    /// A text or bytes.
    Text(&'a [u8]),
    /// Values in a row that won't change.
    Tuple(Vec<Ref>),
    /// Values in a row.
    List(Vec<Ref>),
    /// Keys and values in the order they came.
    Dict(Vec<(Ref, Ref)>),
    /// A name of Python's: module and attribute.
    Global(&'a [u8], &'a [u8]),
    /// A piece of memory that the file holds elsewhere: class, key, number of values.
    Storage(Storage),
    /// A tensor on a storage.
    Tensor(Tensor),
    /// The result of what was not called.
    Opaque,
}

/// A storage: which, of what, how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// Its key, a text in the table.
    pub key: Ref,
    /// Type of its values.
    pub dtype: safetensors::Dtype,
    /// Number of its values.
    pub count: u64,
}

/// A view of a storage; numbers are values, not bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// What it looks at.
    pub storage: Storage,
    /// First value.
    pub offset: u64,
    /// Its dimensions, slowest first.
    pub shape: Vec<u64>,
    /// Values between neighbours of each dimension.
    pub strides: Vec<u64>,
}

/// What a pickle is put together on.
pub struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Ref>,
    marks: Vec<usize>,
    memo: HashMap<u64, Ref>,
}

/// Bytes of a name that are used; tensors are called shorter things.
const TEXT_LIMIT: usize = 512;
/// Storages of the older format.
const ITEMS_LIMIT: usize = 100_000;

const SHORT: &str = "its pickle is cut short; fetch the file again";
const DAMAGED: &str = "its pickle is damaged; fetch the file again";

impl<'a> Machine<'a> {
    /// A machine that reads `bytes`, pickle after pickle.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        }
    }

    /// How far it has read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The value at a place.
    pub fn node(&self, at: Ref) -> &Node<'a> {
        self.nodes.get(at).unwrap_or(&Node::Opaque)
    }

    /// The key of a tensor's storage.
    pub fn storage_key(&self, tensor: &Tensor) -> String {
        self.text(tensor.storage.key)
    }

    /// Bytes of a value of every storage by key.
    pub fn storage_sizes(&self) -> HashMap<String, u64> {
        let storages = self.nodes.iter().filter_map(|n| match n {
            Node::Storage(s) => Some((self.text(s.key), (s.dtype.bitsize() / 8) as u64)),
            _ => None,
        });
        storages.collect()
    }

    /// A list of texts.
    pub fn text_list(&self, at: Ref) -> Result<Vec<String>, String> {
        match self.node(at) {
            Node::List(items) if items.len() <= ITEMS_LIMIT => {
                Ok(items.iter().map(|&i| self.text(i)).collect())
            }
            _ => Err(DAMAGED.into()),
        }
    }

    /// The first [`TEXT_LIMIT`] bytes of a text, or a number as text; empty for anything else.
    pub fn text(&self, at: Ref) -> String {
        match self.node(at) {
            Node::Text(bytes) => {
                let bytes = &bytes[..bytes.len().min(TEXT_LIMIT)];
                String::from_utf8_lossy(bytes).into_owned()
            }
            Node::Int(number) => number.to_string(),
            _ => String::new(),
        }
    }

    /// Reads one pickle; what it holds.
    ///
    /// # Errors
    /// A sentence if it is cut short, damaged, or of opcodes that no state dictionary has.
    pub fn run(&mut self) -> Result<Ref, String> {
        self.stack.clear();
        self.marks.clear();
        self.memo.clear();
        loop {
            let opcode = self.take(1)?[0];
            if opcode == b'.' {
                return self.pop();
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), String> {
        match opcode {
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => match self.marks.last() {
                Some(&mark) if mark == self.stack.len() => drop(self.marks.pop()),
                _ => drop(self.pop()?),
            },
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' => self.push(Node::Nothing),
            0x88 => self.push(Node::Int(1)),
            0x89 => self.push(Node::Int(0)),
            b'J' => {
                let bytes = self.array()?;
                self.push(Node::Int(i64::from(i32::from_le_bytes(bytes))));
            }
            b'K' => {
                let byte = self.take(1)?[0];
                self.push(Node::Int(i64::from(byte)));
            }
            b'M' => {
                let bytes = self.array()?;
                self.push(Node::Int(i64::from(u16::from_le_bytes(bytes))));
            }
            b'I' | b'L' => self.decimal()?,
            b'F' => {
                self.line()?;
                self.push(Node::Nothing);
            }
            b'G' => {
                self.take(8)?;
                self.push(Node::Nothing);
            }
            0x8a | 0x8b => self.long(opcode)?,
            b'X' | b'T' | b'B' | b'U' | b'C' | 0x8c | 0x8d | 0x8e | 0x96 => {
                let len = match opcode {
                    b'X' | b'T' | b'B' => u64::from(u32::from_le_bytes(self.array()?)),
                    b'U' | b'C' | 0x8c => u64::from(self.take(1)?[0]),
                    _ => u64::from_le_bytes(self.array()?),
                };
                let text = self.take(usize::try_from(len).map_err(|_| SHORT)?)?;
                self.push(Node::Text(text));
            }
            b'S' | b'V' => {
                let line = self.line()?;
                let quoted = line.len() >= 2 && opcode == b'S' && matches!(line[0], b'\'' | b'"');
                self.push(Node::Text(if quoted { &line[1..line.len() - 1] } else { line }));
            }
            b')' => self.push(Node::Tuple(Vec::new())),
            b't' => {
                let items = self.pop_mark()?;
                self.push(Node::Tuple(items));
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let from = self.stack.len().checked_sub(count).filter(|f| *f >= self.floor());
                let items = self.stack.split_off(from.ok_or(DAMAGED)?);
                self.push(Node::Tuple(items));
            }
            b']' | 0x8f => self.push(Node::List(Vec::new())),
            b'l' | 0x91 => {
                let items = self.pop_mark()?;
                self.push(Node::List(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.extend_list(vec![item])?;
            }
            b'e' | 0x90 => {
                let items = self.pop_mark()?;
                self.extend_list(items)?;
            }
            b'}' => self.push(Node::Dict(Vec::new())),
            b'd' => {
                let items = self.pop_mark()?;
                self.push(Node::Dict(Vec::new()));
                self.extend_dict(&items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.extend_dict(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.extend_dict(&items)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Node::Global(module, name));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let node = match (self.node(module), self.node(name)) {
                    (&Node::Text(module), &Node::Text(name)) => Node::Global(module, name),
                    _ => return Err(DAMAGED.into()),
                };
                self.push(node);
            }
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let result = super::tensors::rebuilt(self, function, arguments)?;
                self.push(result);
            }
            0x92 => {
                for _ in 0..3 {
                    self.pop()?;
                }
                self.push(Node::Opaque);
            }
            // The state of an object: what `OrderedDict` remembers beside its items isn't needed.
            b'b' => drop(self.pop()?),
            b'i' => {
                self.line()?;
                self.line()?;
                self.pop_mark()?;
                self.push(Node::Opaque);
            }
            b'o' => {
                self.pop_mark()?;
                self.push(Node::Opaque);
            }
            b'Q' => {
                let id = self.pop()?;
                let storage = super::tensors::storage(self, id);
                self.push(storage);
            }
            b'P' => {
                self.line()?;
                self.push(Node::Opaque);
            }
            _ => self.remember(opcode)?,
        }
        Ok(())
    }

    /// The opcodes of the memo.
    fn remember(&mut self, opcode: u8) -> Result<(), String> {
        let key = match opcode {
            b'h' | b'q' => u64::from(self.take(1)?[0]),
            b'j' | b'r' => u64::from(u32::from_le_bytes(self.array()?)),
            b'g' | b'p' => {
                let line = std::str::from_utf8(self.line()?).map_err(|_| DAMAGED)?;
                line.trim().parse().map_err(|_| DAMAGED)?
            }
            0x94 => self.memo.len() as u64,
            other => {
                return Err(format!(
                    "its pickle has opcode {other:#04x} at byte {}, which no state dictionary has: damaged, \
                     or not a checkpoint",
                    self.at - 1
                ));
            }
        };
        if matches!(opcode, b'h' | b'j' | b'g') {
            let value = *self.memo.get(&key).ok_or(DAMAGED)?;
            self.stack.push(value);
        } else {
            let top = self.top()?;
            self.memo.insert(key, top);
        }
        Ok(())
    }

    fn decimal(&mut self) -> Result<(), String> {
        let line = std::str::from_utf8(self.line()?).map_err(|_| DAMAGED)?;
        let digits = line.trim().trim_end_matches('L');
        let node = digits.parse().map_or(Node::Opaque, Node::Int);
        self.push(node);
        Ok(())
    }

    fn long(&mut self, opcode: u8) -> Result<(), String> {
        let len = match opcode {
            0x8a => usize::from(self.take(1)?[0]),
            _ => usize::try_from(u32::from_le_bytes(self.array()?)).map_err(|_| SHORT)?,
        };
        let digits = self.take(len)?;
        let node = if len <= 8 {
            // Sign-extended.
            let fill = if digits.last().is_some_and(|d| d & 0x80 != 0) {
                0xff
            } else {
                0
            };
            let mut wide = [fill; 8];
            wide[..len].copy_from_slice(digits);
            Node::Int(i64::from_le_bytes(wide))
        } else {
            Node::Long(digits)
        };
        self.push(node);
        Ok(())
    }

    /// Lists of what wasn't called stay unknown.
    fn extend_list(&mut self, items: Vec<Ref>) -> Result<(), String> {
        let top = self.top()?;
        if let Some(Node::List(list)) = self.nodes.get_mut(top) {
            list.extend(items);
        }
        Ok(())
    }

    fn extend_dict(&mut self, items: &[Ref]) -> Result<(), String> {
        let top = self.top()?;
        if let Some(Node::Dict(dict)) = self.nodes.get_mut(top) {
            dict.extend(items.as_chunks::<2>().0.iter().map(|&[k, v]| (k, v)));
        }
        Ok(())
    }

    fn push(&mut self, node: Node<'a>) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    /// The stack may not be emptied below the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Ref, String> {
        self.stack.last().copied().ok_or_else(|| DAMAGED.into())
    }

    fn pop(&mut self) -> Result<Ref, String> {
        if self.stack.len() <= self.floor() {
            return Err(DAMAGED.into());
        }
        self.stack.pop().ok_or_else(|| DAMAGED.into())
    }

    fn pop_mark(&mut self) -> Result<Vec<Ref>, String> {
        let mark = self.marks.pop().filter(|m| *m <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or(DAMAGED)?))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(len).ok_or(SHORT)?;
        let taken = self.bytes.get(self.at..end).ok_or(SHORT)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| SHORT.to_string())
    }

    /// Bytes up to the next line feed, which is skipped.
    fn line(&mut self) -> Result<&'a [u8], String> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|&b| b == b'\n').ok_or(SHORT)?;
        self.at += len + 1;
        Ok(&rest[..len])
    }
}
