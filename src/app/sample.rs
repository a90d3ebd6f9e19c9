//! The sample survey in one click: simulated once, imported into a folder of the person's own.

use crate::progress::Progress;
use crate::project::{Project, ProjectError};
use crate::tasks::import::{ImportOptions, current_user, import_into};
use std::path::PathBuf;

/// The folder that comes with the program's source, where there is one; else the survey is simulated
/// again, which gives the same files.
fn files(progress: &dyn Progress) -> Result<PathBuf, ProjectError> {
    let beside = PathBuf::from("sample_data");
    if beside.join("catalog.fits").is_file() {
        return Ok(beside);
    }
    let folder = home()?.join("sample_data");
    if !folder.join("catalog.fits").is_file() {
        progress.begin("simulating the sample survey", None);
        crate::simulate::simulate(&folder, &Default::default(), progress)
            .map_err(|e| ProjectError::Ask(e.to_string()))?;
    }
    Ok(folder)
}

/// Where the program keeps what belongs to no project.
pub fn home() -> Result<PathBuf, ProjectError> {
    directories::ProjectDirs::from("", "", "astrolabel")
        .map(|d| d.data_dir().to_owned())
        .ok_or_else(|| {
            ProjectError::Ask(
                "this system names no folder for a program's data: open a folder of your own".into(),
            )
        })
}

/// The sample's project, made if there is none.
pub fn open(progress: &dyn Progress) -> Result<PathBuf, ProjectError> {
    let root = home()?.join("sample.astrolabel");
    if Project::is_project(&root) {
        return Ok(root);
    }
    let options = ImportOptions {
        paths: vec![files(progress)?],
        who: current_user(),
        ..Default::default()
    };
    import_into(&root, &options, progress)?;
    Ok(root)
}
