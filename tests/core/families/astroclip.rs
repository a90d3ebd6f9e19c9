//! AstroCLIP's image encoder against PyTorch (tests/golden/astroclip/make_astroclip.py).

use super::difference;
use super::{golden, hold, seeded, tensors, vectors};
use astrolabel::encoder::computation::cosine;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::plan::isa::Isa;
use astrolabel::encoder::plan::kernels::Kernels;
use astrolabel::encoder::plan::team::Team;

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
    let expected = tensors(&golden("astroclip", "expected"));
    let file = seeded("astroclip", "tiny");
    let (shape, images) = file.input("image");
    let (shape, block, pooling) = ([shape[0], shape[2], shape[3]], None, Pooling::MeanPatches);
    let generic = vectors(file.network(&[]).as_ref(), &file.input("image"), block, pooling);
    if Isa::available().is_empty() {
        eprintln!("skipped: no kernels for this processor");
    }
    for isa in Isa::available() {
        let mut network = file.network(&[]);
        assert_eq!(network.flops(shape[1], block), None);
        assert!(network.compile(Kernels::of(isa).unwrap()).unwrap());
        assert!(network.flops(shape[1], block).unwrap() > 0);
        hold(
            &expected,
            "tiny",
            &vectors(network.as_ref(), &file.input("image"), block, pooling),
        );
        let mut shared = vec![0.0; generic.len()];
        let team = Team::new(3).unwrap();
        (network.embed_on(&team, &images, shape, block, pooling, &mut shared)).unwrap();
        assert!(difference(&shared, &generic) <= 1e-5, "{}", isa.name());
        for precision in isa.precisions().into_iter().skip(1) {
            let rough = network.converted(precision).unwrap();
            let rough = vectors(rough.as_ref(), &file.input("image"), block, pooling);
            assert_ne!(rough, generic, "{precision:?} was not used");
            let cosine = cosine(&rough, &generic);
            assert!(cosine > 0.999, "{precision:?}: cosine {cosine}");
        }
    }
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
