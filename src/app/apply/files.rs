//! What goes in and out: files chosen and opened, imports, embedding, maps, exports; each on a job.

use super::{ask, root};
use crate::app::background::give_way;
use crate::app::command::Purpose;
use crate::app::dialogs::{EmbedDialog, EmbedRequest};
use crate::app::files::Pick;
use crate::app::import_sheet::{ImportSheet, glimpse, project_beside, understand};
use crate::app::jobs::Done;
use crate::app::mind::{Likeness, Request};
use crate::app::notices::Notice;
use crate::app::state::AppState;
use crate::encoder::device::choose_for;
use crate::encoder::registry::EncoderOptions;
use crate::progress::Progress;
use crate::project::{Project, ProjectError};
use crate::tasks::import::{Gathered, ImportOptions, current_user};
use crate::tasks::map::MapMethod;
use std::path::{Path, PathBuf};

/// How long an export waits for the newest answers to be kept.
const KEEPING: std::time::Duration = std::time::Duration::from_secs(60);

/// The title of the job that understands the files of the import sheet.
pub const LOOKING: &str = "Looking at the files";

/// Objects embedded at a time: small enough to stop soon, large enough to keep all cores at work.
const BATCH: usize = 64;

/// Asks for paths on a job; the answer comes back as [`Done::Chosen`].
pub(super) fn pick(
    state: &mut AppState,
    what: Pick,
    purpose: Purpose,
    title: &'static str,
    name: &'static str,
) {
    let (ctx, picker) = (state.ctx.clone(), state.picker.clone());
    state.jobs.start(&ctx, "Choosing a file", move |_| {
        Ok(Done::Chosen(purpose, picker.pick(what, title, name)))
    });
}

/// What follows a dialog.
pub fn chosen(state: &mut AppState, purpose: Purpose, paths: Vec<PathBuf>) {
    let Some(first) = paths.first().cloned() else {
        if state.open.is_none() || purpose != Purpose::Open {
            let ways = if state.takes_drops {
                "drop files on the window, or type a path (File, Open path…)"
            } else {
                "type a path (File, Open path…)"
            };
            let why = format!("If no dialog appeared, this system has none: {ways}.");
            state.notices.tell(Notice::warning("Nothing was chosen", why));
        }
        return;
    };
    match purpose {
        Purpose::Open => open_paths(state, paths),
        Purpose::Export => export(state, first),
        Purpose::Like => ask(state, Request::SimilarTo(Likeness::File(first))),
        Purpose::EvaluationPage | Purpose::EvaluationCsv => {
            super::evaluation::save(state, first, purpose);
        }
        Purpose::Labels => labels_from(state, first),
        Purpose::Weights => {
            let dialog = state.dialogs.embed.get_or_insert_with(EmbedDialog::default);
            dialog.take_file(first);
        }
        Purpose::AddEncoder => super::encoders::start_add(state, paths),
    }
}

/// Files, folders and projects from anywhere: dropped, chosen, typed, given on the command line. What
/// they are is looked at on a job.
pub(super) fn open_paths(state: &mut AppState, paths: Vec<PathBuf>) {
    if paths.is_empty() {
        return;
    }
    let ctx = state.ctx.clone();
    state.jobs.start(&ctx, "Opening", move |_| {
        Ok(match paths.as_slice() {
            [one] if Project::is_project(one) => Done::IsProject(one.clone()),
            _ => {
                let beside = project_beside(&paths);
                Done::AreFiles(paths, beside)
            }
        })
    });
}

/// Brings files onto the import sheet, which is made if none is up, for a project in `beside` if none is
/// open.
pub fn sheet_of(state: &mut AppState, paths: Vec<PathBuf>, beside: &Path) {
    if let Some(sheet) = &mut state.sheet {
        sheet.add(paths);
        let options = sheet.options().clone();
        start_glimpse(state, options.paths.clone());
        return reconsider(state, options);
    }
    for path in &paths {
        state.settings.remember(path);
    }
    let options = ImportOptions {
        paths,
        who: current_user(),
        ..Default::default()
    };
    state.sheet = Some(ImportSheet::new(options.clone(), root(state).as_deref(), beside));
    start_glimpse(state, options.paths.clone());
    reconsider(state, options);
}

/// Draws the first image of the sheet's files, if nothing of them can be seen yet.
fn start_glimpse(state: &mut AppState, paths: Vec<PathBuf>) {
    if state.sheet.as_ref().is_some_and(|s| !s.has_glimpse()) {
        let ctx = state.ctx.clone();
        state.jobs.start(&ctx, "Drawing the first image", move |_| {
            // Without an image, or one that can't be read, the sheet says so when all is understood.
            Ok(glimpse(&paths).map_or(Done::Nothing, |g| Done::Glimpsed(paths, g)))
        });
    }
}

/// Looks at the sheet's files again, on a job.
pub(super) fn reconsider(state: &mut AppState, options: ImportOptions) {
    let Some(target) = state.sheet.as_ref().map(ImportSheet::root) else {
        return;
    };
    let ctx = state.ctx.clone();
    // What was being understood by older options is no longer wanted.
    state.jobs.cancel_titled(LOOKING);
    state.jobs.start(&ctx, LOOKING, move |progress| {
        understand(&target, options, progress).map(|u| Done::Surveyed(Box::new(u)))
    });
}

pub(super) fn import(state: &mut AppState, options: ImportOptions) {
    let Some(sheet) = state.sheet.take() else { return };
    let root = sheet.root();
    start_import(state, root, options, sheet.into_gathered());
}

/// Imports what the command line names into the project it names, without asking.
pub fn import_now(state: &mut AppState, root: PathBuf, paths: Vec<PathBuf>) {
    let options = ImportOptions {
        paths,
        who: current_user(),
        ..Default::default()
    };
    start_import(state, root, options, Gathered::default());
}

fn start_import(state: &mut AppState, target: PathBuf, options: ImportOptions, gathered: Gathered) {
    let ctx = state.ctx.clone();
    let title = format!("Importing into {}", target.display());
    state.jobs.start(&ctx, title, move |progress| {
        let (_, report) = crate::tasks::import::import_gathered(&target, gathered, &options, progress)?;
        Ok(Done::Imported(target, Box::new(report)))
    });
}

/// Embeds every object that has no vector yet.
pub fn start_embed(state: &mut AppState, root: PathBuf, request: EmbedRequest) {
    let (ctx, registry) = (state.ctx.clone(), state.encoders.registry.clone());
    let EmbedRequest {
        encoder,
        options,
        device,
    } = request;
    let title = format!(
        "Embedding with {}",
        Path::new(&encoder)
            .file_name()
            .map_or_else(|| encoder.clone(), |n| n.to_string_lossy().into_owned())
    );
    state.jobs.start(&ctx, title, move |progress| {
        // Minutes in which the window is used: the encoder's threads inherit that it comes first.
        give_way();
        let mut project = Project::open(&root, false)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        progress.begin("loading the encoder", None);
        let choice = choose_for(device, &options.computation).map_err(ProjectError::Ask)?;
        if let Some(line) = &choice.note {
            progress.note(line);
        }
        let options = EncoderOptions {
            threads,
            device: choice.device,
            ..options
        };
        let made = (registry.open(&encoder, &options)).map_err(|e| ProjectError::Ask(e.to_string()))?;
        let report = crate::tasks::embed::embed(&mut project, made.as_ref(), BATCH, threads, progress)?;
        if report.cancelled {
            return Err(ProjectError::Cancelled);
        }
        Ok(Done::Embedded(report))
    });
}

/// Lays the objects out.
pub fn start_map(state: &mut AppState, root: PathBuf, method: MapMethod) {
    let ctx = state.ctx.clone();
    let title = format!("Map ({})", method.name());
    state.jobs.start(&ctx, title, move |progress| {
        give_way();
        let mut project = Project::open(&root, false)?;
        let map = crate::tasks::map::map(&mut project, method, None, 0, progress)?;
        Ok(Done::Mapped(map.how))
    });
}

fn export(state: &mut AppState, path: PathBuf) {
    let Some(root) = root(state) else { return };
    let (sender, kept) = crossbeam_channel::bounded(1);
    ask(state, Request::Keep(sender));
    let ctx = state.ctx.clone();
    let title = format!("Exporting {}", path.display());
    state.jobs.start(&ctx, title, move |progress| {
        progress.begin("keeping the newest answers", None);
        // Without an answer the export holds what was kept last, which its provenance says.
        let _ = kept.recv_timeout(KEEPING);
        let project = Project::open(&root, false)?;
        crate::tasks::export::export(&project, &path, progress).map(Done::Exported)
    });
}

fn labels_from(state: &mut AppState, path: PathBuf) {
    let Some(root) = root(state) else { return };
    let ctx = state.ctx.clone();
    state
        .jobs
        .start(&ctx, path.display().to_string(), move |progress| {
            let mut project = Project::open(&root, false)?;
            let origin = format!("file {}", path.display());
            let author = crate::tasks::import::author(None, &origin);
            crate::tasks::label::from_file(&mut project, &path, None, &author, progress).map(Done::Labelled)
        });
}

/// Opens the sample survey: imported once into a folder of the person's own.
pub(super) fn open_sample(state: &mut AppState) {
    let ctx = state.ctx.clone();
    state
        .jobs
        .start(&ctx, "Opening the sample survey", move |progress| {
            crate::app::sample::open(progress).map(Done::Sample)
        });
}
