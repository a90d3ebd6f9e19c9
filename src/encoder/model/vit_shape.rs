//! The shape of a Vision Transformer, told from the shapes of its tensors.

use super::position::PositionResize;
use super::vit::VitConfig;
use super::vit_keys::{BlockKeys, Family};
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;

/// The network's shape from its tensors' shapes; only what the shapes contradict among themselves
/// is left to `VitKeys::check`.
pub(super) fn infer(
    file: &WeightsFile,
    family: Family,
    patch: &str,
    positions: &str,
    registers: Option<&str>,
    blocks: &[BlockKeys],
    layer_scale: bool,
) -> Result<VitConfig, EncoderError> {
    let shape_of = |key: &str| {
        (file.shape(key))
            .ok_or_else(|| file.error(format!("misses '{key}', from which the network's shape is told")))
    };
    let wrong = |key: &str, shape: &[usize], want: &str| file.error(format!("'{key}' is {shape:?}: {want}"));
    let patch_key = format!("{patch}.weight");
    let (width, patch_px) = match *shape_of(&patch_key)? {
        [w, 3, p, q] if p == q && p > 0 && w > 0 => (w, p),
        ref s => {
            return Err(wrong(
                &patch_key,
                s,
                "expected [width, 3, patch, patch], an image of three channels and square patches",
            ));
        }
    };
    if width % 64 != 0 {
        return Err(file.error(format!(
            "tokens are {width} wide: only networks with heads of 64, so a multiple of 64, are known"
        )));
    }
    let count = match *shape_of(positions)? {
        [1, n, w] if w == width && n > 0 => n,
        ref s => {
            let want = format!("expected [1, grid * grid + 1, {width}]");
            return Err(wrong(positions, s, &want));
        }
    };
    let (position_grid, class_has_position) = match (count.isqrt(), (count - 1).isqrt()) {
        (g, _) if g * g == count => (g, false),
        (_, g) if g * g == count - 1 => (g, true),
        _ => {
            let want = "only square grids of positions, with or without one for the class token, are known";
            return Err(wrong(positions, shape_of(positions)?, want));
        }
    };
    let registers = match registers {
        None => 0,
        Some(key) => match *shape_of(key)? {
            [1, n, w] if w == width && n > 0 && n < 1024 => n,
            ref s => return Err(wrong(key, s, &format!("expected [1, registers, {width}]"))),
        },
    };
    let (fc1, fc2) = match blocks.first() {
        Some(b) => (format!("{}.weight", b.fc1), format!("{}.weight", b.fc2)),
        None => return Err(file.error("has no blocks".into())),
    };
    let (inner, hidden) = match (shape_of(&fc1)?, shape_of(&fc2)?) {
        (&[inner, _], &[_, hidden]) if hidden > 0 => (inner, hidden),
        (a, b) => {
            return Err(file.error(format!(
                "'{fc1}' is {a:?} and '{fc2}' is {b:?}: expected two dimensions each"
            )));
        }
    };
    Ok(VitConfig {
        width,
        depth: blocks.len(),
        heads: width / 64,
        patch_px,
        position_grid,
        registers,
        class_has_position,
        hidden,
        swiglu: Some(inner) == hidden.checked_mul(2),
        layer_scale,
        position_resize: published_resize(family, registers > 0),
    })
}

/// How a family's own code resizes positions (see [`super::position`]).
pub fn published_resize(family: Family, has_registers: bool) -> PositionResize {
    let antialias = has_registers || family == Family::Timm;
    let offset = if family == Family::Original && !has_registers {
        0.1
    } else {
        0.0
    };
    PositionResize { antialias, offset }
}
