//! Whether a weights file holds exactly the tensors of a network, and what to say if not.

use super::key_names::some_of;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use std::collections::BTreeSet;

/// Compares the tensors that are `expected`, with their shapes, with those in `file`. Those that
/// are `ignored` may be there; `network` says in words what is closest.
///
/// # Errors
/// [`EncoderError::Weights`] naming what is missing, unexpected and of a wrong shape.
pub(super) fn check(
    file: &WeightsFile,
    expected: &[(String, Vec<usize>)],
    ignored: impl Fn(&str) -> bool,
    network: &str,
) -> Result<(), EncoderError> {
    let mut complaints = Vec::new();
    let missing = expected.iter().filter(|(k, _)| file.shape(k).is_none());
    let missing: Vec<&str> = missing.map(|(k, _)| k.as_str()).collect();
    if !missing.is_empty() {
        complaints.push(format!("missing: {}", some_of(missing.into_iter())));
    }
    let wanted: BTreeSet<&str> = expected.iter().map(|(k, _)| k.as_str()).collect();
    let unexpected: Vec<&str> = (file.tensors().keys().map(String::as_str))
        .filter(|k| !wanted.contains(k) && !ignored(k))
        .collect();
    if !unexpected.is_empty() {
        complaints.push(format!("unexpected: {}", some_of(unexpected.into_iter())));
    }
    let wrong: Vec<String> = (expected.iter())
        .filter_map(|(k, want)| {
            let found = file.shape(k)?;
            (found != want).then(|| format!("{k} is {found:?}, expected {want:?}"))
        })
        .collect();
    if !wrong.is_empty() {
        let wrong = some_of(wrong.iter().map(String::as_str));
        complaints.push(format!("wrong shape: {wrong}"));
    }
    if complaints.is_empty() {
        return Ok(());
    }
    Err(file.error(format!(
        "doesn't fit {network}, the closest that is known: {}",
        complaints.join("; ")
    )))
}

/// Adds `NAME.weight` of `shape` and `NAME.bias` of its first dimension.
pub(super) fn pair(all: &mut Vec<(String, Vec<usize>)>, name: &str, shape: &[usize]) {
    all.push((format!("{name}.weight"), shape.to_vec()));
    all.push((format!("{name}.bias"), shape[..1].to_vec()));
}
