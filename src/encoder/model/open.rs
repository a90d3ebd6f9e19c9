//! Opening any weights file: the family is told from the tensors' names and shapes.

use super::aion::Aion;
use super::aion_keys::{AionKeys, find_aion};
use super::astroclip::{AstroClip, find_astroclip};
use super::astropt::AstroPt;
use super::astropt_keys::{AstroPtKeys, find_astropt};
use super::convnext::ConvNext;
use super::convnext_keys::{ConvNextKeys, find_convnext};
use super::efficientnet::EfficientNet;
use super::efficientnet_keys::{EfficientNetKeys, find_efficientnet};
use super::p4m::file::find_p4m;
use super::p4m::network::P4m;
use super::vit::Vit;
use super::vit_keys::VitKeys;
use crate::encoder::EncoderError;
use crate::encoder::device::ComputeDevice;
use crate::encoder::network::Network;
use crate::encoder::weights::{WeightsFile, weights_error};
use crate::memory::{free, human};
use std::path::Path;

/// Opens the network in the weights file `path`, for the processor.
///
/// # Errors
/// [`EncoderError::Weights`] if the file can't be read or is damaged, if no known family's names
/// are in it (saying what it looks like), or if they are and don't fit (saying which, what was
/// expected and what was found).
pub fn open_network(path: &Path) -> Result<Box<dyn Network>, EncoderError> {
    open_network_on(path, &ComputeDevice::Processor)
}

/// As [`open_network`], with the weights put on `device`, which computes.
///
/// # Errors
/// As [`open_network`], and if the device can't take them.
pub fn open_network_on(path: &Path, device: &ComputeDevice) -> Result<Box<dyn Network>, EncoderError> {
    let opened = device.guarded(|| Ok(open_any(path, device)));
    opened.unwrap_or_else(|why| Err(weights_error(path, why)))
}

fn open_any(path: &Path, device: &ComputeDevice) -> Result<Box<dyn Network>, EncoderError> {
    let mut file = WeightsFile::open(path)?.onto(device.burn());
    foresee(path)?;
    if find_p4m(&file) {
        return Ok(Box::new(P4m::load(&mut file)?));
    }
    if find_aion(&file).is_some() {
        let keys = AionKeys::find(&file)?;
        return Ok(Box::new(Aion::load(&mut file, &keys)?));
    }
    if let Some(prefix) = find_astroclip(&file) {
        return Ok(Box::new(AstroClip::load(&mut file, &prefix)?));
    }
    if find_astropt(&file).is_some() {
        let keys = AstroPtKeys::find(&file)?;
        return Ok(Box::new(AstroPt::load(&mut file, &keys)?));
    }
    if find_convnext(&file).is_some() {
        let keys = ConvNextKeys::find(&file)?;
        return Ok(Box::new(ConvNext::load(&mut file, &keys)?));
    }
    if find_efficientnet(&file).is_some() {
        let keys = EfficientNetKeys::find(&file)?;
        return Ok(Box::new(EfficientNet::load(&mut file, &keys)?));
    }
    let keys = VitKeys::find(&file)?;
    Ok(Box::new(Vit::load(&mut file, &keys)?))
}

/// Whether the weights of `path` can be held: twice while they are packed for the processor.
fn foresee(path: &Path) -> Result<(), EncoderError> {
    let held = std::fs::metadata(path).map_or(0, |m| m.len()).saturating_mul(2);
    match free() {
        Some(free) if free.bytes < held => Err(weights_error(
            path,
            format!(
                "opening these weights needs about {} of memory, but only {}: close other programs, raise the \
                 limit, or use a smaller network",
                human(held),
                free.sentence()
            ),
        )),
        _ => Ok(()),
    }
}
