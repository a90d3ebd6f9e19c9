//! Stories of embedding: an encoder is chosen and how it is used, with what that gives and takes.

use crate::encoders::desk_with_encoders;
use crate::names::nameless;
use crate::support::project;
use crate::tiny;
use astrolabel::project::Project;
use astrolabel::tasks::runs;
use egui::Key;
use egui::accesskit::{Role, Toggled};
use egui_kittest::kittest::{NodeT, Queryable};

#[test]
fn options_are_chosen_foretold_and_kept() {
    let mut desk = desk_with_encoders("http://127.0.0.1:9");
    let own = desk.folder.path().join("own");
    let root = project(desk.folder.path());
    desk.open_by_path(&root);
    desk.see("0 selected");

    // No network is here: what there is says so, and how to get it.
    desk.command("Embed…");
    desk.see("Can't be used yet");
    desk.see("Get vit_s14_dinov2");
    desk.see_part("Vectors of 128 numbers");
    desk.click("Use morphometry");
    desk.see_part("These vectors are there already: run morphometry-");
    assert_eq!(nameless(&desk), Vec::<String>::new());
    desk.picture("embed-no-networks");
    desk.click("Get vit_s14_dinov2");
    desk.see_part("Without a network here: download ");
    desk.press(Key::Escape);
    desk.gone("Encoders");
    desk.see("Embed 60 objects");
    desk.click("Cancel");

    std::fs::write(own.join("net.toml"), tiny::description("net", "dim = 64")).unwrap();
    tiny::write(&own.join("net.safetensors"), 4);
    desk.command("Embed…");
    desk.click("Use net");
    desk.see_part("Vectors of 64 numbers, computed in ");
    desk.see_part(" for 60 objects on this machine");
    desk.click("f32");
    desk.click("class token and mean");
    desk.click("stop after");
    desk.see("of 0 to 1");
    desk.see_part("Vectors of 128 numbers, computed in f32");
    desk.click("Scales: 2");
    desk.see_part("Vectors of 256 numbers");
    desk.click("their mean");
    desk.see_part("Vectors of 128 numbers");
    desk.click("side by side");
    desk.click("average over turns and mirror images");
    desk.see_part("Vectors of 256 numbers");
    desk.picture("embed-options");
    desk.click("Embed 60 objects");
    desk.see_part("Embedded 60 objects");

    let listed = runs::list(&Project::open(&root, false).unwrap()).unwrap();
    let made = listed.iter().find(|r| r.encoder == "net").unwrap();
    assert_eq!(
        (made.done, made.dim, made.precision.as_deref()),
        (60, 256, Some("f32"))
    );
    assert_eq!(
        made.options,
        "block 1, class token and mean, averaged over eight turns and mirror images, central fractions 1, 0.5 side \
         by side"
    );
    // What was foretold is what was made: the same choice finds its run.
    desk.command("Embed…");
    desk.click("Use net");
    desk.see_part("Vectors of 64 numbers");
    assert!(
        !desk
            .seen()
            .iter()
            .any(|l| l.contains("These vectors are there already"))
    );
    desk.click("f32");
    desk.click("class token and mean");
    desk.click("stop after");
    desk.click("Scales: 2");
    desk.click("average over turns and mirror images");
    desk.see_part(&format!("These vectors are there already: run {}", made.run));
    desk.picture("embed-there-already");
    // Classical numbers have no options.
    desk.click("Use morphometry");
    desk.see("Classical numbers are measured in one way. Choose a network for options.");
    desk.gone("Scales: 2");
}

#[test]
fn what_cant_be_used_so_says_why_and_a_file_can_be_chosen() {
    let mut desk = desk_with_encoders("http://127.0.0.1:9");
    let root = project(desk.folder.path());
    desk.open_by_path(&root);
    desk.see("0 selected");
    desk.command("Embed…");
    let radio = |desk: &crate::support::Desk, name: &str| {
        let found = desk
            .harness
            .query_all_by_role_and_label(Role::RadioButton, name)
            .next();
        found.map(|n| {
            (
                n.accesskit_node().is_disabled(),
                n.accesskit_node().toggled() == Some(Toggled::True),
            )
        })
    };
    desk.see("Use vit_s14_dinov2");
    assert_eq!(radio(&desk, "Use vit_s14_dinov2"), Some((true, false)));
    assert_eq!(radio(&desk, "Use morphometry"), Some((false, false)));
    assert_eq!(radio(&desk, "Use astrolabel_s"), Some((false, true)));
    let file = desk.folder.path().join("somebodys-weights.safetensors");
    tiny::write(&file, 6);
    desk.picker.answer(vec![file.clone()]);
    desk.click("A weights file…");
    desk.see_part("Vectors of 64 numbers");
    assert_eq!(
        radio(&desk, &format!("Use {}", file.display())),
        Some((false, true))
    );
    let broken = desk.folder.path().join("broken.safetensors");
    std::fs::write(&broken, "no weights").unwrap();
    desk.picker.answer(vec![broken]);
    desk.click("A weights file…");
    desk.see_part("broken.safetensors");
    desk.see_part("not a safetensors file");
    let embed = desk.harness.query_all_by_label("Embed 60 objects").next();
    assert!(embed.unwrap().accesskit_node().is_disabled());
    desk.picture("embed-broken");
}
