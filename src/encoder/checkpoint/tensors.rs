//! The few calls in a pickle that mean a tensor, and tensors by name out of nested dictionaries.

use super::pickle::{Machine, Node, Ref, Storage, Tensor};
use crate::encoder::weights::TensorEntry;
use safetensors::Dtype;
use std::collections::BTreeMap;

/// Dictionaries within dictionaries that are followed.
const DEPTH_LIMIT: usize = 24;
/// Values that are looked at; dictionaries that hold each other twice would never end.
const VISITS_LIMIT: usize = 200_000;
/// Bytes of a path.
const PATH_LIMIT: usize = 1024;
/// Dimensions of a tensor.
const RANK_LIMIT: usize = 12;

/// What a call of `function` would give, as far as it means a tensor or a dictionary.
pub(super) fn rebuilt<'a>(machine: &Machine<'a>, function: Ref, arguments: Ref) -> Result<Node<'a>, String> {
    let (Node::Global(module, name), Node::Tuple(arguments)) =
        (machine.node(function), machine.node(arguments))
    else {
        return Ok(Node::Opaque);
    };
    Ok(match (*module, *name) {
        (b"torch._utils", b"_rebuild_tensor_v2" | b"_rebuild_tensor") => match arguments.as_slice() {
            [storage, offset, shape, strides, ..] => tensor(machine, [*storage, *offset, *shape, *strides])?,
            _ => Node::Opaque,
        },
        (b"torch._utils", b"_rebuild_parameter" | b"_rebuild_parameter_with_state") => {
            let inner = arguments.first().map(|&a| machine.node(a).clone());
            inner
                .filter(|n| matches!(n, Node::Tensor(_)))
                .unwrap_or(Node::Opaque)
        }
        (b"collections", b"OrderedDict" | b"defaultdict") => Node::Dict(pairs(machine, arguments)),
        _ => Node::Opaque,
    })
}

/// `OrderedDict([(key, value), …])`, as old versions wrote it.
fn pairs(machine: &Machine<'_>, arguments: &[Ref]) -> Vec<(Ref, Ref)> {
    let Some(Node::List(items)) = arguments.first().map(|&a| machine.node(a)) else {
        return Vec::new();
    };
    let pair = |&item: &Ref| match machine.node(item) {
        Node::Tuple(two) | Node::List(two) => match two.as_slice() {
            &[key, value] => Some((key, value)),
            _ => None,
        },
        _ => None,
    };
    items.iter().filter_map(pair).collect()
}

/// A persistent id `("storage", torch.FloatStorage, key, device, count)`; anything else is opaque.
pub(super) fn storage<'a>(machine: &Machine<'a>, id: Ref) -> Node<'a> {
    let Node::Tuple(parts) = machine.node(id) else {
        return Node::Opaque;
    };
    let &[kind, class, key, _, count, ..] = parts.as_slice() else {
        return Node::Opaque;
    };
    let (Node::Text(b"storage"), Node::Global(_, class), Node::Int(count)) =
        (machine.node(kind), machine.node(class), machine.node(count))
    else {
        return Node::Opaque;
    };
    let dtype = match *class {
        b"FloatStorage" => Dtype::F32,
        b"DoubleStorage" => Dtype::F64,
        b"HalfStorage" => Dtype::F16,
        b"BFloat16Storage" => Dtype::BF16,
        b"LongStorage" => Dtype::I64,
        b"IntStorage" => Dtype::I32,
        b"ShortStorage" => Dtype::I16,
        b"CharStorage" => Dtype::I8,
        b"ByteStorage" => Dtype::U8,
        b"BoolStorage" => Dtype::BOOL,
        _ => return Node::Opaque,
    };
    match u64::try_from(*count) {
        Ok(count) => Node::Storage(Storage { key, dtype, count }),
        Err(_) => Node::Opaque,
    }
}

/// A view, checked to lie within its storage and to be no larger than it.
fn tensor<'a>(
    machine: &Machine<'a>,
    [storage, offset, shape, strides]: [Ref; 4],
) -> Result<Node<'a>, String> {
    let &Node::Storage(storage) = machine.node(storage) else {
        return Ok(Node::Opaque);
    };
    let number = |at: Ref| match machine.node(at) {
        Node::Int(n) => u64::try_from(*n).ok(),
        _ => None,
    };
    let numbers = |at: Ref| match machine.node(at) {
        Node::Tuple(items) | Node::List(items) if items.len() <= RANK_LIMIT => {
            items.iter().map(|&i| number(i)).collect::<Option<Vec<u64>>>()
        }
        _ => None,
    };
    let read = || {
        let (offset, shape, strides) = (number(offset)?, numbers(shape)?, numbers(strides)?);
        (shape.len() == strides.len()).then_some(())?;
        let count = shape.iter().try_fold(1u64, |n, &d| n.checked_mul(d))?;
        // Repeating views are never weights, and could ask for any amount of memory.
        (count <= storage.count).then_some(())?;
        let mut last = offset;
        for (&d, &s) in shape.iter().zip(&strides) {
            last = last.checked_add(d.saturating_sub(1).checked_mul(s)?)?;
        }
        (count == 0 || last < storage.count).then_some(Tensor {
            storage,
            offset,
            shape,
            strides,
        })
    };
    let tensor = read().ok_or("has a tensor that doesn't lie within its storage: damaged; fetch it again")?;
    Ok(Node::Tensor(tensor))
}

/// Every tensor below `root`, under its path in dots.
pub(super) fn named(machine: &Machine<'_>, root: Ref) -> Result<BTreeMap<String, Tensor>, String> {
    let mut found = BTreeMap::new();
    let mut visits = 0;
    let mut open = vec![(root, String::new(), 0)];
    while let Some((at, path, depth)) = open.pop() {
        visits += 1;
        if visits > VISITS_LIMIT || path.len() > PATH_LIMIT {
            return Err("holds too many values within each other: damaged".into());
        }
        let below = |key: &str| match path.as_str() {
            "" => key.to_string(),
            path => format!("{path}.{key}"),
        };
        match machine.node(at) {
            Node::Tensor(tensor) => {
                found.insert(path, tensor.clone());
            }
            Node::Dict(items) if depth < DEPTH_LIMIT => {
                for &(key, value) in items {
                    if is_container(machine, value) {
                        open.push((value, below(&machine.text(key)), depth + 1));
                    }
                }
            }
            Node::List(items) | Node::Tuple(items) if depth < DEPTH_LIMIT => {
                for (i, &value) in items.iter().enumerate() {
                    if is_container(machine, value) {
                        open.push((value, below(&i.to_string()), depth + 1));
                    }
                }
            }
            _ => {}
        }
        if open.len() > VISITS_LIMIT {
            return Err("holds too many values within each other: damaged".into());
        }
    }
    if found.is_empty() {
        return Err(
            "holds no tensors by name: only state dictionaries are read, not whole models; save \
                    model.state_dict()"
                .into(),
        );
    }
    Ok(found)
}

/// Whether tensors can be below it.
fn is_container(machine: &Machine<'_>, at: Ref) -> bool {
    matches!(
        machine.node(at),
        Node::Tensor(_) | Node::Dict(_) | Node::List(_) | Node::Tuple(_)
    )
}

/// Where `tensor` lies, given first byte and length of its storage.
pub(super) fn entry(name: &str, tensor: &Tensor, (start, len): (u64, u64)) -> Result<TensorEntry, String> {
    let width = (tensor.storage.dtype.bitsize() / 8) as u64;
    let place = || {
        let held = tensor.storage.count.checked_mul(width)?;
        (held <= len).then_some(())?;
        let size = |d: &u64| usize::try_from(*d).ok();
        let shape = tensor.shape.iter().map(size).collect::<Option<Vec<_>>>()?;
        let strides = tensor.strides.iter().map(size).collect::<Option<Vec<_>>>()?;
        let offset = start.checked_add(tensor.offset.checked_mul(width)?)?;
        Some(TensorEntry::strided(tensor.storage.dtype, shape, strides, offset))
    };
    place().ok_or_else(|| format!("holds less of tensor '{name}' than it says: cut short; fetch it again"))
}
