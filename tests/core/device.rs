//! Who computes a network: what is chosen, what the manifest says of it, and what becomes of a device
//! that fails.

use astrolabel::encoder::device::attempt::{attempt, quietly};
use astrolabel::encoder::device::{Choice, ComputeDevice, Missing, Wanted, choose};
use std::time::Duration;

#[test]
fn the_processor_is_taken_where_it_is_asked_for_and_named_nowhere() {
    let choice = choose(Wanted::Processor).unwrap();
    assert_eq!(choice, Choice::default());
    assert_eq!(choice.device, ComputeDevice::Processor);
    assert_eq!(choice.device.facts(), None);
}

#[cfg(not(feature = "gpu"))]
#[test]
fn a_build_without_gpu_support_says_how_to_get_it() {
    assert_eq!(choose(Wanted::Auto), Ok(Choice::default()), "silently");
    let said = choose(Wanted::Card).unwrap_err().to_string();
    assert!(said.contains("cargo build --release --features gpu"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn a_card_that_is_missing_or_fails_leaves_the_processor_and_one_line() {
    let failing = Missing::Fails("the driver is broken".into());
    for (missing, hint) in [
        (Missing::Absent, "no graphics card was found"),
        (failing, "the driver is broken"),
    ] {
        let choice = Choice::of(Err(missing));
        assert_eq!(choice.device, ComputeDevice::Processor);
        let note = choice.note.unwrap();
        assert!(
            note.contains(hint) && note.contains("the processor computes"),
            "{note}"
        );
        assert_eq!(note.lines().count(), 1);
    }
}

#[test]
fn what_panics_errs_or_hangs_is_a_sentence_in_one_line() {
    let limit = Duration::from_secs(30);
    assert_eq!(attempt(limit, || Ok(7)), Ok(7));
    let said = attempt::<()>(limit, || Err("Caused by:\n   a kernel\n".into())).unwrap_err();
    assert_eq!(said, "Caused by: a kernel");
    let said = attempt::<()>(limit, || panic!("wgpu error: {}", "lost")).unwrap_err();
    assert!(said.ends_with("wgpu error: lost"), "{said}");
    let said = quietly::<()>(|| Err("ä".repeat(1000))).unwrap_err();
    assert_eq!(said.chars().count(), 301);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let hangs = move || Ok(stopped.recv().is_err());
    let said = attempt(Duration::from_millis(50), hangs).unwrap_err();
    assert_eq!(said, "it did not answer within 0.05 s");
    drop(stop);
}

#[cfg(feature = "gpu")]
mod on_a_card {
    use super::{ComputeDevice, Wanted, choose};
    use crate::families::card::card;
    use crate::vit::files::{cutout_of, golden_cases, write};
    use astrolabel::encoder::Encoder;
    use astrolabel::encoder::computation::{Computation, cosine};
    use astrolabel::encoder::network::{Network, Pooling};
    use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
    use astrolabel::encoder::plan::isa::Precision;
    use astrolabel::encoder::plan::team::Team;
    use astrolabel::encoder::preprocess::Preprocessing;
    use astrolabel::encoder::registry::reopen_encoder;
    use astrolabel::io::raster::Plane;
    use astrolabel::project::runs::run_name;
    use astrolabel::sky::cutout::Cutout;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn settings(device: ComputeDevice, computation: Computation) -> NetworkSettings {
        NetworkSettings {
            pooling: Pooling::ClsAndMean,
            preprocessing: Preprocessing {
                image_px: 56,
                ..Preprocessing::default()
            },
            threads: 2,
            computation,
            device,
            ..NetworkSettings::default()
        }
    }

    fn cutouts(count: usize) -> Vec<Cutout> {
        let plane = |i: usize| (0..400).map(|p| ((p * 7 + i * 31) % 97) as f32).collect();
        (0..count)
            .map(|i| cutout_of(vec![Plane::from_pixels(20, 20, plane(i))], false))
            .collect()
    }

    #[test]
    fn another_device_is_another_run_of_nearly_the_same_vectors() {
        let Some(device) = card() else { return };
        let (cases, _) = golden_cases();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        write(&path, &cases[4].tensors);
        let exact = Computation {
            precision: Some(Precision::F32),
            ..Computation::default()
        };
        let load =
            |device: &ComputeDevice| NetworkEncoder::load(&path, settings(device.clone(), exact)).unwrap();
        let (processor, card) = (load(&ComputeDevice::Processor), load(&device));
        let (old, new) = (&processor.spec().settings, &card.spec().settings);
        let name = device.card().unwrap().name();
        assert!(old.get("device").is_none(), "runs of the processor go on: {old}");
        assert_eq!(new["device"]["adapter"], name);
        assert_eq!(new["precision"], "f32");
        assert!(new["device"]["api"].is_string());
        assert_ne!(run_name(processor.spec()), run_name(card.spec()));
        assert_eq!((card.chosen().isa, &card.chosen().device), (None, &device));
        assert!(card.chosen().sentence().starts_with(name));

        // More than one call's worth.
        let cutouts = cutouts(40);
        let (want, got) = (
            processor.encode(&cutouts).unwrap(),
            card.encode(&cutouts).unwrap(),
        );
        assert_ne!(got, want, "the card was not used");
        for (g, w) in got.chunks_exact(256).zip(want.chunks_exact(256)) {
            assert!(cosine(g, w) > 0.999_999);
        }
        let again = reopen_encoder(card.spec(), 1).unwrap();
        assert_eq!(again.spec(), card.spec());
        assert_eq!(again.encode(&cutouts).unwrap(), got, "the same bits");
        // One image in a call or many: close, whatever shares its call.
        for (i, cutout) in cutouts.iter().enumerate().take(3) {
            let alone = card.encode(std::slice::from_ref(cutout)).unwrap();
            let together = &got[i * 256..(i + 1) * 256];
            println!("alone and together, the same bits: {}", alone == together);
            assert!(cosine(&alone, together) > 0.999_999);
        }
        // A card that is gone: the processor answers in its place.
        let mut gone = card.spec().clone();
        gone.settings["device"]["adapter"] = "a card of last year".into();
        let answers = reopen_encoder(&gone, 1).unwrap();
        assert_eq!(answers.spec(), processor.spec());
    }

    #[test]
    fn fewer_bits_are_refused_on_a_card() {
        let Some(device) = card() else { return };
        let (cases, _) = golden_cases();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        write(&path, &cases[0].tensors);
        let rough = Computation {
            precision: Some(Precision::Int8),
            ..Computation::default()
        };
        let said = NetworkEncoder::load(&path, settings(device, rough))
            .err()
            .unwrap();
        let said = said.to_string();
        assert!(
            said.contains("int8 is not to be had on a graphics card"),
            "{said}"
        );
    }

    /// A network that takes one image, and whose card is then lost.
    struct Lost(AtomicBool);

    impl Network for Lost {
        fn family(&self) -> &'static str {
            "lost"
        }
        fn short_name(&self) -> String {
            "lost".into()
        }
        fn settings(&self) -> serde_json::Value {
            serde_json::json!({ "architecture": "lost" })
        }
        fn channels(&self) -> usize {
            3
        }
        fn native_side(&self) -> usize {
            56
        }
        fn check_side(&self, _px: usize) -> Result<(), String> {
            Ok(())
        }
        fn blocks(&self) -> usize {
            1
        }
        fn usual_pooling(&self) -> Pooling {
            Pooling::MeanPatches
        }
        fn dim(&self, _block: Option<usize>, _pooling: Pooling) -> Result<usize, String> {
            Ok(1)
        }
        fn embed_on(
            &self,
            _team: &Team,
            _input: &[f32],
            _shape: [usize; 3],
            _block: Option<usize>,
            _pooling: Pooling,
            out: &mut [f32],
        ) -> Result<(), String> {
            assert!(!self.0.swap(true, Ordering::Relaxed), "the device\nis poisoned");
            out.fill(1.0);
            Ok(())
        }
    }

    #[test]
    fn a_card_that_is_lost_on_the_way_is_an_error_that_says_what_to_do() {
        let Some(device) = card() else { return };
        let file = tempfile::NamedTempFile::new().unwrap();
        let name = device.card().unwrap().name().to_owned();
        let lost = Box::new(Lost(AtomicBool::new(false)));
        let encoder =
            NetworkEncoder::of(lost, file.path(), settings(device, Computation::default())).unwrap();
        assert_eq!(encoder.encode(&cutouts(1)).unwrap(), [1.0]);
        let said = encoder.encode(&cutouts(1)).unwrap_err().to_string();
        assert!(
            said.contains(&name) && said.contains("the device is poisoned"),
            "{said}"
        );
        assert!(said.contains("--device cpu"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }

    #[test]
    fn software_is_no_real_card() {
        let any = choose(Wanted::Card).unwrap();
        let real = choose(Wanted::Auto).unwrap();
        match any.device.card() {
            Some(card) if card.is_software() => {
                assert_eq!(real.device, ComputeDevice::Processor);
                assert!(any.note.unwrap().contains("in software"));
                assert_eq!(real.note, None, "nobody asked for a card");
            }
            Some(_) => assert_eq!(real.device, any.device),
            None => assert_eq!(real.device, any.device),
        }
    }
}
