//! Encoders by command: listed, described, fetched over a bad line, added, checked and used.

use crate::hub::{Hub, proxy, say, send};
use crate::support::{arg, command, survey, text};
use crate::tiny;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// One person's folders: descriptions, weights, and what a hub has.
pub struct Person {
    pub dir: tempfile::TempDir,
}

impl Person {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("own")).unwrap();
        Self { dir }
    }

    /// A person who has described the network `net` of a hub, and the network's bytes.
    fn with_net(lines: &str) -> (Self, Vec<u8>) {
        let person = Self::new();
        let source = person.at("source.safetensors");
        tiny::write(&source, 1);
        let lines = format!("hub_repo = \"some body/net\"\nhub_file = \"model.safetensors\"\n{lines}");
        std::fs::write(person.at("own/net.toml"), tiny::description("net", &lines)).unwrap();
        (person, std::fs::read(source).unwrap())
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = command(args);
        command
            .env("ASTROLABEL_ENCODERS", self.at("own"))
            .env("ASTROLABEL_MODELS", self.at("models"));
        command
    }

    pub fn run(&self, code: i32, args: &[&str]) -> String {
        Self::ended(code, args, &self.command(args).output().unwrap())
    }

    fn ended(code: i32, args: &[&str], out: &Output) -> String {
        let all = text(&out.stdout) + &text(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{args:?}\n{all}");
        assert!(!all.contains("panicked"), "{all}");
        all
    }

    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let out = self.command(args).args(["--format", "json"]).output().unwrap();
        Self::ended(0, args, &out);
        serde_json::from_slice(&out.stdout).unwrap()
    }

    fn get(&self, code: i32, hub: &str) -> String {
        self.run(code, &["encoders", "get", "net", "--from", hub])
    }

    fn weights(&self) -> PathBuf {
        self.at("models/net.safetensors")
    }

    fn part(&self) -> PathBuf {
        self.at("models/net.safetensors.part")
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn weights_are_fetched_whole_noted_checked_and_used() {
    let (person, bytes) = Person::with_net("");
    let hub = Hub::of_file(bytes.clone(), "\"v1\"");
    let list = person.json(&["encoders", "list"]);
    let row = |list: &serde_json::Value| {
        let rows = list["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|r| r["name"] == "net").unwrap()
    };
    assert_eq!(
        (&row(&list)["weights"], &row(&list)["licence"]),
        (&"not here".into(), &"MIT".into())
    );
    let said = person.get(0, &hub.address);
    assert!(said.contains("noted, and checked from now on"), "{said}");
    // The name of the repository has a space, which an address can't have.
    assert_eq!(
        hub.asked()[0].path,
        "/some%20body/net/resolve/main/model.safetensors"
    );
    assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
    assert!(!person.part().exists() && !person.at("models/net.safetensors.part.json").exists());
    assert_eq!(row(&person.json(&["encoders", "list"]))["weights"], "here");
    std::fs::write(person.weights(), &bytes[..1000]).unwrap();
    assert_eq!(row(&person.json(&["encoders", "list"]))["weights"], "damaged");
    std::fs::write(person.weights(), &bytes).unwrap();
    let info = person.json(&["encoders", "info", "net"]);
    assert!(
        info["sha256"].as_str().unwrap().starts_with(&sha256(&bytes)),
        "{info}"
    );
    assert_eq!(info["flux_stretch.low_percentile"], "0.5");
    // Nothing is fetched twice.
    assert!(person.get(0, &nobody()).contains("here already"));
    let verified = person.json(&["encoders", "verify", "net"]);
    assert_eq!(
        (&verified["sha256"], &verified["numbers_an_object"]),
        (&sha256(&bytes).into(), &"64".into())
    );
    let (data, project) = (survey(person.dir.path(), 8), person.at("p"));
    person.run(0, &["import", arg(&data), "--project", arg(&project)]);
    let said = person.run(0, &["embed", "--project", arg(&project), "--encoder", "net"]);
    assert!(said.contains("net: 8 vectors of 64 numbers each"), "{said}");
    // Other weights under the same name are noticed, wherever they come in.
    tiny::write(&person.weights(), 2);
    for args in [
        &["encoders", "verify", "net"][..],
        &["embed", "--project", arg(&project), "--encoder", "net"],
        &["encoders", "get", "net"],
    ] {
        let said = person.run(1, args);
        assert!(
            said.contains("have changed since they were first used here"),
            "{said}"
        );
    }
}

#[test]
fn a_line_that_breaks_is_taken_up_where_it_broke() {
    let (person, bytes) = Person::with_net("");
    let whole = bytes.clone();
    let hub = Hub::serve(move |asked, stream| send(stream, asked, &whole, "\"v1\"", 100_000));
    person.get(0, &hub.address);
    assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
    let starts: Vec<usize> = hub.asked().iter().map(|a| a.from()).collect();
    let expected: Vec<usize> = (0..bytes.len()).step_by(100_000).collect();
    assert_eq!(starts, expected);
    assert_eq!(hub.asked()[1].header("if-range"), Some("\"v1\""));
}

/// Begins to fetch from a hub that stops after `sent` bytes, and kills the program there.
fn begun_and_killed(person: &Person, bytes: &[u8], sent: usize) {
    let first = bytes[..sent].to_vec();
    let length = bytes.len();
    let hub = Hub::serve(move |_, stream| {
        use std::io::Write;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nETag: \"v1\"\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&first).unwrap();
        // Silence, as on a line that hangs.
        std::thread::sleep(Duration::from_secs(60));
    });
    let args = ["encoders", "get", "net", "--from", &hub.address];
    let mut child = person.command(&args).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while std::fs::metadata(person.part()).map_or(0, |m| m.len()) < sent as u64 {
        assert!(start.elapsed() < Duration::from_secs(20), "nothing arrives");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Points the note of what was begun to another hub, as if it were the same.
fn moved_to(person: &Person, hub: &Hub) {
    let note = person.at("models/net.safetensors.part.json");
    let mut of: serde_json::Value = serde_json::from_slice(&std::fs::read(&note).unwrap()).unwrap();
    of["url"] = format!("{}/some%20body/net/resolve/main/model.safetensors", hub.address).into();
    std::fs::write(note, of.to_string()).unwrap();
}

#[test]
fn a_killed_fetch_goes_on_and_a_file_that_changed_meanwhile_is_fetched_anew() {
    for etag in ["\"v1\"", "\"v2\""] {
        let (person, bytes) = Person::with_net("");
        begun_and_killed(&person, &bytes, 120_000);
        let listed = person.run(0, &["encoders", "list"]);
        assert!(listed.contains("begun: 0.1 MB"), "{listed}");
        let newer = if etag == "\"v1\"" {
            bytes.clone()
        } else {
            bytes.iter().rev().copied().collect()
        };
        let hub = Hub::of_file(newer.clone(), etag);
        moved_to(&person, &hub);
        let said = person.get(0, &hub.address);
        assert_eq!(std::fs::read(person.weights()).unwrap(), newer, "{etag}");
        assert_eq!(
            hub.asked().iter().map(|a| a.from()).collect::<Vec<_>>(),
            [120_000]
        );
        assert_eq!(
            said.contains("120000 bytes of it before"),
            etag == "\"v1\"",
            "{said}"
        );
        assert_eq!(
            said.contains("has changed at its source"),
            etag == "\"v2\"",
            "{said}"
        );
    }
}

#[test]
fn what_was_begun_elsewhere_is_not_mixed_in() {
    let (person, bytes) = Person::with_net("");
    begun_and_killed(&person, &bytes, 120_000);
    let hub = Hub::of_file(bytes.clone(), "\"v1\"");
    person.get(0, &hub.address);
    assert_eq!(hub.asked()[0].from(), 0);
    assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
}

#[test]
fn a_wrong_checksum_is_said_and_the_file_put_aside() {
    let (person, bytes) = Person::with_net(&format!("sha256 = \"{}\"", "ab".repeat(32)));
    let hub = Hub::of_file(bytes.clone(), "\"v1\"");
    let said = person.get(1, &hub.address);
    assert!(
        said.contains(&sha256(&bytes)) && said.contains(&"ab".repeat(32)),
        "{said}"
    );
    let aside = person.at("models/net.safetensors.rejected");
    assert!(said.contains(arg(&aside)), "{said}");
    assert_eq!(std::fs::read(aside).unwrap(), bytes);
    assert!(!person.weights().exists() && !person.part().exists());
    // A hub that names the checksum itself is believed where nobody else does.
    let (person, bytes) = Person::with_net("");
    let changed = Hub::of_file(bytes.iter().rev().copied().collect(), "\"v1\"");
    let (to, sum) = (changed.address.clone(), sha256(&bytes));
    let hub = Hub::serve(move |_, stream| {
        let tag = format!("\"{sum}\"");
        say(
            stream,
            "302 Found",
            &[("Location", &format!("{to}/cdn")), ("X-Linked-ETag", &tag)],
            b"",
        );
    });
    let said = person.get(1, &hub.address);
    assert!(said.contains("is not the file that is described"), "{said}");
    assert!(!person.weights().exists());
}

#[test]
fn redirects_are_followed_and_circles_are_not() {
    let (person, bytes) = Person::with_net("hub_revision = \"v 2\"");
    let whole = bytes.clone();
    let hub = Hub::serve(move |asked, stream| match asked.path.as_str() {
        "/some%20body/net/resolve/v%202/model.safetensors" => say(
            stream,
            "307 Temporary Redirect",
            &[("Location", "/cache/a")],
            b"moved",
        ),
        "/cache/a" => say(stream, "302 Found", &[("Location", "b?x=1")], b""),
        "/cache/b?x=1" => send(stream, asked, &whole, "\"v1\"", whole.len()),
        _ => say(stream, "404 Not Found", &[], b""),
    });
    person.get(0, &hub.address);
    assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
    let (person, _) = Person::with_net("");
    let round = Hub::serve(|_, stream| say(stream, "302 Found", &[("Location", "/again")], b""));
    let said = person.get(1, &round.address);
    assert!(said.contains("it leads on and on"), "{said}");
    assert_eq!(round.asked().len(), 11);
    let away = Hub::serve(|_, stream| say(stream, "302 Found", &[("Location", "file:///etc/passwd")], b""));
    assert!(person.get(1, &away.address).contains("which is no web address"));
}

#[test]
fn a_codec_comes_along_and_is_fetched_later_where_it_is_missing() {
    let (person, bytes) = Person::with_net("codec_file = \"codecs/image.safetensors\"");
    let codec = person.at("models/net.codec.safetensors");
    let whole = bytes.clone();
    let hub = Hub::serve(
        move |asked, stream| match asked.path.ends_with("image.safetensors") {
            true => send(stream, asked, b"a codec", "\"c\"", 7),
            false => send(stream, asked, &whole, "\"w\"", whole.len()),
        },
    );
    person.get(0, &hub.address);
    assert_eq!(std::fs::read(&codec).unwrap(), b"a codec");
    assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
    // What is here isn't asked for again; what is missing is.
    std::fs::remove_file(&codec).unwrap();
    let before = hub.asked().len();
    person.get(0, &hub.address);
    let asked: Vec<String> = hub.asked().drain(before..).map(|a| a.path).collect();
    assert_eq!(asked, ["/some%20body/net/resolve/main/codecs/image.safetensors"]);
    assert_eq!(std::fs::read(&codec).unwrap(), b"a codec");
    // Whoever can't fetch is told of both files.
    std::fs::remove_file(&codec).unwrap();
    let said = person.get(1, &nobody());
    assert!(said.contains("codecs/image.safetensors as "), "{said}");
    assert!(said.contains(&codec.display().to_string()), "{said}");
}

#[test]
fn whoever_cannot_fetch_is_told_which_file_goes_where() {
    let (person, _) = Person::with_net("");
    let gone = Hub::serve(|_, stream| say(stream, "404 Not Found", &[], b"no"));
    let place = person.weights();
    for (hub, why) in [
        (gone.address.clone(), "404: there is no such file"),
        (nobody(), "is there a network"),
    ] {
        let said = person.get(1, &hub);
        assert!(said.contains(why), "{said}");
        let url = format!("{hub}/some%20body/net/resolve/main/model.safetensors");
        assert!(
            said.contains(&format!("download {url} (MIT) elsewhere")),
            "{said}"
        );
        assert!(
            said.contains(&format!("save it as {}", place.display())),
            "{said}"
        );
    }
    let closed = Hub::serve(|_, stream| say(stream, "403 Forbidden", &[], b"no"));
    assert!(
        person
            .get(1, &closed.address)
            .contains("a licence to be accepted in a browser")
    );
    // A server that is being mended is asked again.
    let busy = Hub::serve(|_, stream| say(stream, "503 Service Unavailable", &[], b""));
    assert!(person.get(1, &busy.address).contains("try later"));
    assert_eq!(busy.asked().len(), 3);
    assert!(
        person
            .run(2, &["encoders", "get", "nothing"])
            .contains("there is no encoder 'nothing'")
    );
}

#[test]
fn a_proxy_is_used_unless_the_host_is_spared() {
    let (person, bytes) = Person::with_net("");
    let (hub, between) = (Hub::of_file(bytes.clone(), "\"v1\""), proxy());
    let fetch = |no_proxy: &str| {
        let _ = std::fs::remove_file(person.weights());
        let args = ["encoders", "get", "net"];
        let out = person
            .command(&args)
            .env("ASTROLABEL_HUB", &hub.address)
            .env("HTTP_PROXY", &between.address)
            .env("NO_PROXY", no_proxy)
            .output()
            .unwrap();
        Person::ended(0, &args, &out);
        assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
    };
    fetch("example.org");
    assert_eq!(between.asked().len(), 1);
    assert_eq!(between.asked()[0].path, hub.address.trim_start_matches("http://"));
    fetch("127.0.0.1");
    assert_eq!(between.asked().len(), 1, "spared");
    let args = ["encoders", "get", "net", "--from", &hub.address];
    let _ = std::fs::remove_file(person.weights());
    let out = person
        .command(&args)
        .env("HTTP_PROXY", nobody())
        .output()
        .unwrap();
    let said = Person::ended(1, &args, &out);
    assert!(said.contains("does it need a proxy"), "{said}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_heard_while_the_line_hangs_and_a_second_fetch_waits_its_turn() {
    let (person, bytes) = Person::with_net("");
    let first = bytes[..50_000].to_vec();
    let asked = AtomicUsize::new(0);
    let hub = Hub::serve(move |_, stream| {
        use std::io::Write;
        asked.fetch_add(1, Ordering::Relaxed);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\nETag: \"v1\"\r\n\r\n");
        let _ = stream.write_all(&first);
        std::thread::sleep(Duration::from_secs(60));
    });
    let args = ["encoders", "get", "net", "--from", &hub.address];
    let child = person.command(&args).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while std::fs::metadata(person.part()).map_or(0, |m| m.len()) < 50_000 {
        assert!(start.elapsed() < Duration::from_secs(20), "nothing arrives");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(
        person
            .get(1, &hub.address)
            .contains("another process is fetching this file")
    );
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let asked_at = Instant::now();
    let out = child.wait_with_output().unwrap();
    assert!(
        asked_at.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked_at.elapsed()
    );
    let said = Person::ended(1, &args, &out);
    assert!(said.contains("50000 bytes are kept in"), "{said}");
    assert_eq!(std::fs::metadata(person.part()).unwrap().len(), 50_000);
}

#[cfg(unix)]
#[test]
fn a_full_disk_keeps_what_has_arrived() {
    let (person, bytes) = Person::with_net("");
    let hub = Hub::of_file(bytes.clone(), "\"v1\"");
    // No file may grow above 100 blocks of 1024 (or 512) bytes.
    let out = std::process::Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_astrolabel"),
        ])
        .args(["encoders", "get", "net", "--from", &hub.address])
        .env("ASTROLABEL_ENCODERS", person.at("own"))
        .env("ASTROLABEL_MODELS", person.at("models"))
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .output()
        .unwrap();
    let said = Person::ended(1, &[], &out);
    assert!(
        said.contains("make room on this disk") && said.contains(arg(&person.part())),
        "{said}"
    );
    person.get(0, &hub.address);
    assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
}

#[test]
fn own_weights_are_told_apart_described_and_used() {
    let person = Person::new();
    let file = person.at("given/My net.safetensors");
    std::fs::create_dir(person.at("given")).unwrap();
    tiny::write(&file, 3);
    let added = person.json(&["encoders", "add", arg(&file)]);
    assert_eq!(
        (&added["name"], &added["family"], &added["numbers_an_object"]),
        (&"My_net".into(), &"vit".into(), &"64".into())
    );
    assert!(person.at("own/My_net.toml").is_file());
    // The given file may go: its second name stays.
    std::fs::remove_file(&file).unwrap();
    person.run(0, &["encoders", "verify", "My_net"]);
    let (data, project) = (survey(person.dir.path(), 8), person.at("p"));
    person.run(0, &["import", arg(&data), "--project", arg(&project)]);
    let said = person.run(0, &["embed", "--project", arg(&project), "--encoder", "My_net"]);
    assert!(said.contains("My_net: 8 vectors of 64 numbers each"), "{said}");
    let similar = person.run(
        0,
        &["similar", "--project", arg(&project), "--like", "#1", "-k", "2"],
    );
    assert!(similar.contains("similarity"), "{similar}");
    // A description with its weights beside it, and one whose weights don't fit.
    std::fs::write(person.at("given/two.toml"), tiny::description("two", "dim = 64")).unwrap();
    let said = person.run(1, &["encoders", "add", arg(&person.at("given/two.toml"))]);
    assert!(said.contains("not beside it as two.safetensors"), "{said}");
    tiny::write(&person.at("given/two.safetensors"), 4);
    person.run(0, &["encoders", "add", arg(&person.at("given/two.toml"))]);
    let said = person.run(1, &["encoders", "add", arg(&person.at("given/two.toml"))]);
    assert!(said.contains("there is an encoder 'two' already"), "{said}");
    person.run(0, &["encoders", "verify", "two"]);
    // Removed only when that was meant; what comes with the program can't be.
    let said = person.run(2, &["encoders", "remove", "two"]);
    assert!(
        said.contains("--yes") && person.at("own/two.toml").is_file(),
        "{said}"
    );
    let said = person.run(0, &["encoders", "remove", "two", "--yes"]);
    assert!(
        said.contains("two.toml") && !person.at("own/two.toml").exists(),
        "{said}"
    );
    assert!(person.at("given/two.safetensors").is_file());
    person.run(1, &["encoders", "remove", "vit_s14_dinov2", "--yes"]);
    person.run(0, &["encoders", "add", arg(&person.at("given/two.toml"))]);
    let bad = person.at("given/bad.safetensors");
    std::fs::write(&bad, b"not weights at all").unwrap();
    person.run(1, &["encoders", "add", arg(&bad)]);
    // One description that can't be read is told of; the others are listed.
    std::fs::write(person.at("own/broken.toml"), "name = 3").unwrap();
    let said = person.run(3, &["encoders", "list"]);
    assert!(
        said.contains("broken.toml") && said.contains("My_net") && said.contains("two"),
        "{said}"
    );
}

#[test]
fn weights_called_like_a_known_encoder_become_its_weights() {
    let (person, bytes) = Person::with_net("");
    let file = person.at("net.safetensors");
    std::fs::write(&file, &bytes).unwrap();
    person.run(0, &["encoders", "add", arg(&file)]);
    assert_eq!(std::fs::read(person.weights()).unwrap(), bytes);
    person.run(0, &["encoders", "verify", "net"]);
    // What comes with the program is described in full.
    let info = person.run(0, &["encoders", "info", "vit_s14_dinov2"]);
    for word in [
        "facebook/dinov2-small",
        "Apache-2.0",
        "not here",
        "image_px",
        "antialiased bicubic",
    ] {
        assert!(info.contains(word), "{word}: {info}");
    }
}
