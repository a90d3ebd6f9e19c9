//! Training on the disk: the state as a `.safetensors` file that appears whole or not at all.

use super::optimiser::AdamW;
use super::trainer::{Settings, State};
use crate::encoder::EncoderError;
use crate::encoder::weights::{WeightsFile, weights_error, write_whole};
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::path::Path;

/// Tensors of a state, with their names.
pub(super) fn parts(state: &State) -> [(&'static str, &Vec<f32>); 7] {
    [
        ("weights", &state.weights),
        ("mean", &state.mean),
        ("heads", &state.heads),
        ("optimiser.first", &state.optimiser.first),
        ("optimiser.second", &state.optimiser.second),
        ("heads_optimiser.first", &state.heads_optimiser.first),
        ("heads_optimiser.second", &state.heads_optimiser.second),
    ]
}

/// Writes `tensors`, `(name, shape, little-endian bytes, type)`, and remarks to `path`.
///
/// # Errors
/// [`EncoderError::Weights`] if the file can't be written.
pub fn write_tensors(
    path: &Path,
    tensors: &[(String, Vec<usize>, Vec<u8>, Dtype)],
    remarks: HashMap<String, String>,
) -> Result<(), EncoderError> {
    let failed = |e: String| weights_error(path, format!("can't be written: {e}"));
    let views = (tensors.iter())
        .map(|(name, shape, bytes, dtype)| {
            TensorView::new(*dtype, shape.clone(), bytes).map(|v| (name.clone(), v))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| failed(e.to_string()))?;
    let bytes = safetensors::serialize(views, Some(remarks)).map_err(|e| failed(e.to_string()))?;
    write_whole(path, &bytes)
}

/// Little-endian bytes.
pub fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Keeps `state` at `path`, the older one is replaced.
///
/// # Errors
/// [`EncoderError::Weights`] if it can't be written.
pub fn save(path: &Path, state: &State, settings: &Settings, images: &str) -> Result<(), EncoderError> {
    let tensors: Vec<_> = (parts(state).into_iter())
        .map(|(name, values)| (name.to_owned(), vec![values.len()], bytes_of(values), Dtype::F32))
        .collect();
    let text = serde_json::to_string(settings).map_err(|e| weights_error(path, e.to_string()))?;
    let remarks = HashMap::from([
        ("settings".to_owned(), text),
        ("images".to_owned(), images.to_owned()),
        ("step".to_owned(), state.step.to_string()),
    ]);
    write_tensors(path, &tensors, remarks)
}

/// How many steps the training at `path` has from beginning to end; none if there is no such file or it
/// doesn't say.
pub fn steps(path: &Path) -> Option<u64> {
    let remarks = remarks_of(path).ok()?;
    let settings: Settings = serde_json::from_str(remarks.get("settings")?).ok()?;
    Some(settings.steps)
}

/// What was remarked when a checkpoint was written.
fn remarks_of(path: &Path) -> Result<HashMap<String, String>, EncoderError> {
    let wrong = |e: String| weights_error(path, e);
    let bytes = std::fs::read(path).map_err(|e| wrong(format!("can't be read: {e}")))?;
    let (_, head) = safetensors::SafeTensors::read_metadata(&bytes)
        .map_err(|e| wrong(format!("is no checkpoint: {e}; delete it to begin anew")))?;
    Ok(head.metadata().clone().unwrap_or_default())
}

/// The state at `path`; of the same settings and images, or an error.
///
/// # Errors
/// [`EncoderError::Weights`] if the file is damaged, or of another training (saying which setting differs).
pub fn load(path: &Path, settings: &Settings, images: &str) -> Result<State, EncoderError> {
    let wrong = |e: String| weights_error(path, e);
    let remarks = remarks_of(path)?;
    // Through text, as theirs came: single precision becomes other digits without.
    let mine: serde_json::Value = (serde_json::to_string(settings).ok())
        .and_then(|s| serde_json::from_str(&s).ok())
        .unwrap_or_default();
    let theirs: serde_json::Value = remarks
        .get("settings")
        .and_then(|s| serde_json::from_str(s).ok())
        .unwrap_or_default();
    if mine != theirs {
        let differs: Vec<String> = (mine.as_object().into_iter().flatten())
            .filter(|(key, value)| theirs.get(key) != Some(value))
            .map(|(key, value)| {
                let was = theirs.get(key).cloned().unwrap_or_default();
                format!("{key} was {was} and is {value}")
            })
            .collect();
        return Err(wrong(format!(
            "is a training with other settings ({}): give those, or another --out",
            differs.join("; ")
        )));
    }
    if remarks.get("images").map(String::as_str) != Some(images) {
        return Err(wrong(
            "is a training on other images or labels: give those, or another --out".into(),
        ));
    }
    let step = (remarks.get("step").and_then(|s| s.parse().ok()))
        .ok_or_else(|| wrong("is no checkpoint: it doesn't say its step".into()))?;
    let mut file = WeightsFile::open(path)?;
    let mut read = |name: &str| file.read_f32(name);
    Ok(State {
        step,
        weights: read("weights")?,
        mean: read("mean")?,
        heads: read("heads")?,
        optimiser: AdamW {
            first: read("optimiser.first")?,
            second: read("optimiser.second")?,
        },
        heads_optimiser: AdamW {
            first: read("heads_optimiser.first")?,
            second: read("heads_optimiser.second")?,
        },
    })
}
