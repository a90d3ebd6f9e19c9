//! Stories of encoders: fetched through the dialog, dropped on the window, checked, removed.

use crate::hub::{Hub, send};
use crate::names::nameless;
use crate::support::Desk;
use crate::tiny;
use astrolabel::encoder::registry::Registry;
use egui::{Key, Pos2};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A window whose encoders are in its own folder: `own` for descriptions, `models` for weights.
pub fn desk_with_encoders(hub: &str) -> Desk {
    let mut desk = Desk::new();
    std::fs::create_dir_all(desk.folder.path().join("own")).unwrap();
    use_hub(&mut desk, hub);
    desk
}

/// Fetches from another hub from now on.
fn use_hub(desk: &mut Desk, hub: &str) {
    let (own, models) = (at(desk, "own"), at(desk, "models"));
    let registry = Registry::of_folders(Some(own), vec![models]);
    desk.harness.state_mut().use_encoders(registry, hub.to_owned());
}

fn at(desk: &Desk, path: &str) -> PathBuf {
    desk.folder.path().join(path)
}

/// Describes the network `net` of a hub; its bytes.
fn describe_net(desk: &Desk) -> Vec<u8> {
    let source = at(desk, "source.safetensors");
    tiny::write(&source, 1);
    let lines = "hub_repo = \"somebody/net\"\nhub_file = \"model.safetensors\"\ndim = 64\ncitation = \"Somebody 2026\"";
    std::fs::write(at(desk, "own/net.toml"), tiny::description("net", lines)).unwrap();
    std::fs::read(source).unwrap()
}

#[test]
fn weights_are_fetched_stopped_gone_on_with_and_checked() {
    let mut desk = desk_with_encoders(&nobody());
    let bytes = describe_net(&desk);
    desk.command("Encoders…");
    desk.see("Encoder morphometry");
    desk.see_part("Always ready");
    desk.click("Encoder net");
    desk.see("Its weights are not here.");
    assert_eq!(nameless(&desk), Vec::<String>::new());
    desk.picture("encoders-missing");
    // Nobody answers: the same words as on the command line, with what to do by hand.
    desk.click("Get");
    desk.see_part("is there a network, and does it need a proxy");
    desk.see_part("by hand: download ");
    let place = at(&desk, "models/net.safetensors").display().to_string();
    desk.see_part(&format!("elsewhere and save it as {place}"));
    desk.see("Copy what was said of net");
    desk.picture("encoders-offline");
    desk.press(Key::Escape);
    desk.gone("Encoders");

    // A hub that sends half and waits.
    let gate = Arc::new(AtomicBool::new(false));
    let (open, file) = (gate.clone(), bytes.clone());
    let hub = Hub::serve(move |asked, stream| {
        let is_open = open.load(Ordering::Relaxed);
        let most = if is_open { file.len() } else { file.len() / 2 };
        send(stream, asked, &file, "\"v1\"", most);
        if !is_open {
            std::thread::sleep(Duration::from_secs(60));
        }
    });
    use_hub(&mut desk, &hub.address);
    desk.command("Encoders…");
    desk.click("Encoder net");
    desk.click("Get");
    desk.see_part("fetching net.safetensors");
    desk.see_part(" kB of ");
    desk.picture("encoders-fetching");
    desk.click("Stop Fetching net");
    desk.see_part("are kept, and Get goes on from there");
    desk.see_part("of its weights have been fetched");
    let part = at(&desk, "models/net.safetensors.part").metadata().unwrap().len();
    assert!(part > 0 && part < bytes.len() as u64);
    gate.store(true, Ordering::Relaxed);
    desk.click("Get");
    desk.see_part("Ready: its weights are here");
    desk.see_part("noted, and checked from now on");
    assert_eq!(std::fs::read(at(&desk, "models/net.safetensors")).unwrap(), bytes);
    let asked = hub.asked();
    assert_eq!(
        asked.last().unwrap().from() as u64,
        part,
        "it went on where it stopped"
    );
    desk.click("Verify");
    desk.see_part("every tensor is there, fits and is finite");
    desk.picture("encoders-here");

    // A byte turns over on the disk: Verify says so. Cut short: it can't be used at all.
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(at(&desk, "models/net.safetensors"), &damaged).unwrap();
    desk.click("Verify");
    desk.see_part("these weights have changed since they were first used here");
    std::fs::write(at(&desk, "models/net.safetensors"), &bytes[..bytes.len() / 2]).unwrap();
    desk.click("Close");
    desk.command("Encoders…");
    desk.click("Encoder net");
    desk.see_part("Its weights can't be read: ");
    desk.picture("encoders-damaged");
}

#[test]
fn a_network_is_taken_up_by_dropping_its_file_and_removed_again() {
    let mut desk = desk_with_encoders(&nobody());
    let name = "a_very_long_name_that_somebody_gave_to_the_weights_of_epoch_0299_of_the_third_attempt";
    let weights = at(&desk, &format!("{name}.safetensors"));
    tiny::write(&weights, 2);
    let files = [weights.clone()];
    desk.hover_files(&files);
    desk.see("Drop to take up this encoder");
    desk.drop_at(Pos2::new(600.0, 400.0), &files);
    desk.see_part(&format!("{name} is taken up: family vit, 64 numbers an object"));
    desk.see_part("Ready: its weights are here");
    assert!(at(&desk, &format!("own/{name}.toml")).is_file());
    desk.picture("encoders-added");

    // The same again, and what is no network.
    desk.drop_somewhere(&files);
    desk.see_part("there is an encoder");
    let broken = at(&desk, "broken.pth");
    std::fs::write(&broken, "this is no checkpoint at all, just a few words").unwrap();
    desk.drop_somewhere(std::slice::from_ref(&broken));
    desk.see_part("broken.pth");
    desk.see("Copy what was said of files");
    desk.picture("encoders-broken");
    assert!(!at(&desk, "own/broken.toml").exists());
    let wrong = at(&desk, "wrong.toml");
    std::fs::write(&wrong, "name = \"wrong\"\n").unwrap();
    desk.drop_somewhere(std::slice::from_ref(&wrong));
    desk.see_part("is not a description of an encoder");

    desk.click(&format!("Encoder {name}"));
    desk.click("Remove…");
    desk.see_part("Vectors made with it stay");
    desk.click("Keep it");
    desk.gone("Remove it");
    desk.click("Remove…");
    desk.click("Remove it");
    desk.see_part("is removed.");
    desk.gone(&format!("Encoder {name}"));
    desk.see("Encoder morphometry");
    assert!(!at(&desk, &format!("own/{name}.toml")).exists());
    assert!(!at(&desk, &format!("own/{name}.safetensors")).exists());
    assert!(weights.is_file(), "what was dropped stays where it was");

    // By the file dialog, with a description and its weights beside it.
    std::fs::create_dir(at(&desk, "from")).unwrap();
    tiny::write(&at(&desk, "from/mine.safetensors"), 3);
    std::fs::write(at(&desk, "from/mine.toml"), tiny::description("mine", "dim = 64")).unwrap();
    desk.picker.answer(vec![
        at(&desk, "from/mine.toml"),
        at(&desk, "from/mine.safetensors"),
    ]);
    desk.click("Add…");
    desk.see_part("mine is taken up: family vit");
    desk.see("Encoder mine");
}

#[test]
fn a_second_file_that_an_encoder_needs_is_shown() {
    let mut desk = desk_with_encoders(&nobody());
    desk.command("Encoders…");
    // The list is longer than the window: arrows go through it.
    desk.see("Encoder morphometry");
    for _ in 0..22 {
        desk.press(Key::ArrowDown);
    }
    desk.see("AION-1 base");
    let codec = at(&desk, "models/aion_base.codec.safetensors")
        .display()
        .to_string();
    desk.see_part(&format!("{codec} (not here)"));
    desk.see_part("Without a network here: download ");
    desk.see("Copy citation");
    desk.see("Copy its source");
    desk.picture("encoders-aion");
}
