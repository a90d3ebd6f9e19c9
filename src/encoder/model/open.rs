//! Opening any weights file: the family is told from the tensors' names and shapes.

use super::convnext::ConvNext;
use super::convnext_keys::{ConvNextKeys, find_convnext};
use super::vit::Vit;
use super::vit_keys::VitKeys;
use crate::encoder::EncoderError;
use crate::encoder::network::Network;
use crate::encoder::weights::WeightsFile;
use std::path::Path;

/// Opens the network in the weights file `path`.
///
/// # Errors
/// [`EncoderError::Weights`] if the file can't be read or is damaged, if no known family's names
/// are in it (saying what it looks like), or if they are and don't fit (saying which, what was
/// expected and what was found).
pub fn open_network(path: &Path) -> Result<Box<dyn Network>, EncoderError> {
    let mut file = WeightsFile::open(path)?;
    if find_convnext(&file).is_some() {
        let keys = ConvNextKeys::find(&file)?;
        return Ok(Box::new(ConvNext::load(&mut file, &keys)?));
    }
    let keys = VitKeys::find(&file)?;
    Ok(Box::new(Vit::load(&mut file, &keys)?))
}
