//! A first, small computation on a card, with every kind of operation that networks are made of,
//! held against the processor's.

use burn::tensor::activation::gelu;
use burn::tensor::module::{attention, conv2d, layer_norm, linear};
use burn::tensor::ops::{AttentionModuleOptions, ConvOptions};
use burn::tensor::{Device, Tensor, TensorData};

/// Largest difference, as a share of the largest value: a few roundings, not a wrong kernel.
const TOLERANCE: f32 = 1e-3;

/// Tries `device`.
///
/// # Errors
/// A sentence if it can't compute, or does so wrongly.
pub(super) fn trial(device: &Device) -> Result<(), String> {
    let expected = small_network(&Device::flex())?;
    let found = small_network(device)?;
    let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    // NaN is never close.
    let alike = expected.len() == found.len()
        && (expected.iter().zip(&found)).all(|(e, f)| (e - f).abs() <= TOLERANCE * largest);
    match alike {
        true => Ok(()),
        false => Err("it computes other numbers than the processor".into()),
    }
}

/// Two images of 16 px through a convolution, one block of attention, and a perceptron.
fn small_network(device: &Device) -> Result<Vec<f32>, String> {
    let mut state = 7u32;
    let mut noise = |count: usize| -> Vec<f32> {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    };
    let (batch, width, tokens, heads) = (2, 32, 16, 2);
    let image = Tensor::<4>::from_data(
        TensorData::new(noise(batch * 3 * 256), [batch, 3, 16, 16]),
        device,
    );
    let kernel = Tensor::<4>::from_data(TensorData::new(noise(width * 3 * 16), [width, 3, 4, 4]), device);
    let mut matrix =
        |rows: usize| Tensor::<2>::from_data(TensorData::new(noise(rows * width), [rows, width]), device);
    let (queries, keys, values, after) = (matrix(width), matrix(width), matrix(width), matrix(width));
    let scale = Tensor::<1>::ones([width], device);
    let places = conv2d(image, kernel, None, ConvOptions::new([4, 4], [0, 0], [1, 1], 1));
    let x = places.reshape([batch, width, tokens]).swap_dims(1, 2);
    let x = layer_norm(x, scale, None, 1e-6);
    let head = |weight: Tensor<2>| {
        (linear(x.clone(), weight, None))
            .reshape([batch, tokens, heads, width / heads])
            .swap_dims(1, 2)
    };
    let options = AttentionModuleOptions::default();
    let mixed = attention(head(queries), head(keys), head(values), None, None, options);
    let mixed = mixed.swap_dims(1, 2).reshape([batch, tokens, width]);
    let out = gelu(linear(mixed, after, None)) + x;
    let data = out.try_into_data().map_err(|e| e.to_string())?;
    data.try_into_vec().map_err(|e| format!("{e:?}"))
}
