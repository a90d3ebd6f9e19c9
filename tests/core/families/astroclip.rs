//! AstroCLIP's image encoder against PyTorch (tests/golden/astroclip/make_astroclip.py).

use super::{compiled, golden, hold, seeded, tensors, vectors};
use astrolabel::encoder::network::Pooling;

#[test]
fn vectors_match_pytorch() {
    let expected = tensors(&golden("astroclip", "expected"));
    let file = seeded("astroclip", "tiny");
    let network = file.network(&[]);
    assert_eq!((network.family(), network.blocks()), ("astroclip", 4));
    assert!(network.dim(Some(1), Pooling::MeanPatches).is_err());
    let images = file.input("image");
    let found = vectors(network.as_ref(), &images, None, Pooling::MeanPatches);
    hold(&expected, "tiny", &found);
}

#[test]
fn compiled_for_every_instruction_set_they_are_the_same() {
    compiled("astroclip", "tiny", "tiny", None);
}

#[test]
fn a_head_that_does_not_fit_is_named() {
    let mut file = seeded("astroclip", "tiny");
    let key = "state_dict.image_encoder.mlp.decoder.bias";
    file.tensors.get_mut(key).unwrap().shape = vec![64];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.safetensors");
    file.write(&path, &[]);
    let error = super::open_network(&path).err().unwrap().to_string();
    assert!(
        error.contains(&format!("{key} is [64], expected [128]")),
        "{error}"
    );
    assert!(error.contains("AstroCLIP"), "{error}");
}
