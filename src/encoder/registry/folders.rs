//! Where descriptions and weights are looked for.

use super::description::EncoderDescription;
use std::path::{Path, PathBuf};

/// Endings of weights files, the safest first.
pub const ENDINGS: [&str; 5] = ["safetensors", "bin", "pth", "pt", "ckpt"];

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
}

/// The folder of the user's own descriptions: `$ASTROLABEL_ENCODERS`, else `encoders` in the system's
/// place for settings.
pub fn own_folder() -> Option<PathBuf> {
    variable("ASTROLABEL_ENCODERS").or_else(|| {
        directories::ProjectDirs::from("", "", "astrolabel").map(|d| d.config_dir().join("encoders"))
    })
}

/// The folders where weights are looked for, first to last: `$ASTROLABEL_MODELS`, then
/// `~/.cache/astrolabel/models`. What is downloaded goes to the first.
pub fn model_folders() -> Vec<PathBuf> {
    let own = variable("ASTROLABEL_MODELS");
    let home = variable("HOME")
        .or_else(|| variable("USERPROFILE"))
        .map(|home| home.join(".cache/astrolabel/models"));
    own.into_iter().chain(home).collect()
}

/// The hub's address: `$ASTROLABEL_HUB` or `$HF_ENDPOINT`, else huggingface.co.
pub fn hub() -> String {
    let set = |name| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
    set("ASTROLABEL_HUB")
        .or_else(|| set("HF_ENDPOINT"))
        .unwrap_or_else(|| "https://huggingface.co".into())
}

/// The weights called `name` in the first of `folders` that has them, under any of [`ENDINGS`].
pub fn weights_of(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let files = folders
        .iter()
        .flat_map(|f| ENDINGS.map(|ending| f.join(format!("{name}.{ending}"))));
    files.into_iter().find(|p| p.is_file())
}

/// The weights of a description that lies in `folder`, if it is a user's own.
pub(super) fn weights_for(
    known: &EncoderDescription,
    folder: Option<&Path>,
    models: &[PathBuf],
) -> Option<PathBuf> {
    let named = (folder.zip(known.path.as_ref()))
        .map(|(folder, path)| folder.join(path))
        .filter(|p| p.is_file());
    let beside = || folder.and_then(|f| weights_of(&known.name, &[f.to_owned()]));
    named.or_else(beside).or_else(|| weights_of(&known.name, models))
}
