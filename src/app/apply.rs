//! The one place where commands change something.

use super::command::{Action, Command, Purpose};
use super::files::Pick;
use super::import_sheet::{ImportSheet, glimpse, project_beside, understand};
use super::jobs::Done;
use super::mind::{Likeness, Request};
use super::notices::Notice;
use super::panels::Pane;
use super::selection::Meets;
use super::state::{AppState, Dialog};
use crate::project::journal::{INTERESTING, ORDINARY};
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

/// Does what a command says.
pub fn apply(state: &mut AppState, command: Command) {
    match command {
        Command::Do(action) => act(state, action),
        Command::Open(paths) => open_paths(state, paths),
        Command::Import(options) => import(state, *options),
        Command::Reconsider(options) => reconsider(state, *options),
        Command::DropImport => {
            state.sheet = None;
            state.jobs.cancel_titled(LOOKING);
        }
        Command::Embed(encoder) => {
            if let Some(root) = root(state) {
                start_embed(state, root, encoder);
            }
        }
        Command::Label(objects, class, from) => ask(state, Request::Label(objects, class, from)),
        Command::Mark(objects, mark, from) => ask(state, Request::Mark(objects, mark, from)),
        Command::NewClass(name) => new_class(state, &name),
        Command::Choose(objects, meets) => {
            if let Some(open) = &mut state.open {
                open.selection.choose(&objects, meets);
            }
        }
        Command::LookAt(object) => {
            if let Some(open) = &mut state.open {
                open.selection.look_at(object);
            }
        }
        Command::Similar(like, unlike) => {
            if !like.is_empty() {
                ask(state, Request::Similar(like, unlike));
            }
        }
        Command::SimilarToFile(path) => ask(state, Request::SimilarTo(Likeness::File(path))),
        Command::SimilarToBox { field, centre, side } => {
            ask(state, Request::SimilarTo(Likeness::Box { field, centre, side }));
        }
        Command::RankBy(method) => {
            if let Some(open) = &mut state.open {
                std::sync::Arc::make_mut(&mut open.live).method = method;
                open.mind.ask(Request::Rank(method));
            }
        }
        Command::Filter(text) => {
            if let Some(open) = &mut state.open {
                open.visible.text = text;
            }
        }
        Command::Look(recipe) => state.settings.look = *recipe,
        Command::LookOf(object, recipe) => match recipe {
            Some(recipe) => drop(state.settings.looks.insert(object, *recipe)),
            None => drop(state.settings.looks.remove(&object)),
        },
        Command::Show(pane) => super::dock::show(&mut state.tree, pane),
        Command::CancelJob(id) => state.jobs.cancel(id),
        Command::Dismiss(id) => state.notices.dismiss(id),
        Command::DismissAll => state.notices.clear(),
        Command::Ask(request) => ask(state, request),
        Command::Tell(notice) => state.notices.tell(notice),
    }
}

fn ask(state: &AppState, request: Request) {
    if let Some(open) = &state.open {
        open.mind.ask(request);
    }
}

fn root(state: &AppState) -> Option<PathBuf> {
    state.open.as_ref().map(|o| o.survey.root.clone())
}

/// Whether an action makes sense now; menus show the others grey.
pub fn can(state: &AppState, action: Action) -> bool {
    let open = state.open.as_ref();
    match action {
        Action::OpenFiles
        | Action::OpenFolder
        | Action::OpenPath
        | Action::OpenSample
        | Action::Quit
        | Action::ResetLayout
        | Action::ToggleTheme
        | Action::Larger
        | Action::Smaller
        | Action::Palette
        | Action::Shortcuts
        | Action::About => true,
        Action::StopAll => !state.jobs.running().is_empty(),
        Action::Undo => open.is_some_and(|o| o.live.can_undo),
        Action::Redo => open.is_some_and(|o| o.live.can_redo),
        Action::Back => open.is_some_and(|o| o.selection.can_go_back()),
        Action::Forward => open.is_some_and(|o| o.selection.can_go_forward()),
        Action::SelectNone
        | Action::Interesting
        | Action::Ordinary
        | Action::ClearMark
        | Action::ClearLabel
        | Action::SimilarToThis => open.is_some_and(|o| !o.selection.is_empty()),
        _ => match action.class() {
            Some(class) => open.is_some_and(|o| class < o.live.classes.len() && !o.selection.is_empty()),
            None => open.is_some(),
        },
    }
}

fn act(state: &mut AppState, action: Action) {
    if !can(state, action) {
        return;
    }
    if let Some(pane) = action.pane() {
        return super::dock::show(&mut state.tree, pane);
    }
    if let Some(class) = action.class() {
        return label_as(state, class);
    }
    match action {
        Action::OpenFiles => pick(
            state,
            Pick::Files,
            Purpose::Open,
            "Open images, catalogues or cutouts",
            "",
        ),
        Action::OpenFolder => pick(
            state,
            Pick::Folder,
            Purpose::Open,
            "Open a folder or a project",
            "",
        ),
        Action::OpenPath => state.dialog = Some(Dialog::Path(String::new())),
        Action::OpenSample => open_sample(state),
        Action::ImportLabels => pick(state, Pick::File, Purpose::Labels, "Labels to read", ""),
        Action::Export => pick(
            state,
            Pick::Save,
            Purpose::Export,
            "Export the catalogue",
            "catalogue.fits",
        ),
        Action::CloseProject => {
            state.open = None;
            state.settings.project = None;
            state.jobs.cancel_all();
        }
        Action::Quit => state.ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        Action::Undo => ask(state, Request::Undo),
        Action::Redo => ask(state, Request::Redo),
        Action::SelectAll => choose_where(state, |open, object| open.visible.has(object)),
        Action::SelectNone => {
            if let Some(open) = &mut state.open {
                open.selection.choose(&[], Meets::Replaces);
            }
        }
        Action::Invert => choose_where(state, |open, o| open.visible.has(o) && !open.selection.has(o)),
        Action::SelectUnlabelled => choose_where(state, |open, o| {
            open.visible.has(o) && open.live.label_of(o).is_none()
        }),
        Action::Back => {
            if let Some(open) = &mut state.open {
                open.selection.back();
            }
        }
        Action::Forward => {
            if let Some(open) = &mut state.open {
                open.selection.forward();
            }
        }
        Action::Next => step(state, 1),
        Action::Previous => step(state, -1),
        Action::Skip => skip(state),
        Action::ClearLabel => {
            if let Some(open) = &state.open {
                let objects = open.selection.set().to_vec();
                open.mind.ask(Request::Label(objects, None, "window, keys"));
            }
        }
        Action::NewClass => {
            super::dock::show(&mut state.tree, Pane::Labels);
            state.panels.labels.wants_name = true;
        }
        Action::Interesting => mark(state, Some(INTERESTING)),
        Action::Ordinary => mark(state, Some(ORDINARY)),
        Action::ClearMark => mark(state, None),
        Action::SimilarToThis => {
            if let Some(open) = &state.open {
                open.mind
                    .ask(Request::Similar(open.selection.set().to_vec(), Vec::new()));
            }
        }
        Action::SimilarToImage => pick(
            state,
            Pick::File,
            Purpose::Like,
            "Find what looks like this image",
            "",
        ),
        Action::Embed => apply(state, Command::Embed("morphometry".into())),
        Action::EmbedWeights => pick(state, Pick::File, Purpose::Weights, "Weights (.safetensors)", ""),
        Action::MapPca | Action::MapUmap => {
            let method = if action == Action::MapPca {
                MapMethod::Pca
            } else {
                MapMethod::Umap
            };
            if let Some(root) = root(state) {
                start_map(state, root, method);
                super::dock::show(&mut state.tree, Pane::Map);
            }
        }
        Action::StopAll => state.jobs.cancel_all(),
        Action::ResetLayout => state.tree = super::dock::default_tree(),
        Action::ToggleTheme => state.settings.theme = state.settings.theme.other(),
        Action::Larger => state.settings.zoom = (state.settings.zoom * 1.1).min(3.0),
        Action::Smaller => state.settings.zoom = (state.settings.zoom / 1.1).max(0.5),
        Action::Palette => state.dialog = Some(Dialog::Palette(String::new(), 0)),
        Action::Shortcuts => state.dialog = Some(Dialog::Shortcuts),
        Action::About => state.dialog = Some(Dialog::About),
        _ => {}
    }
}

/// Chooses every object for which `wanted` holds.
fn choose_where(state: &mut AppState, wanted: impl Fn(&super::state::Open, u32) -> bool) {
    if let Some(open) = &mut state.open {
        let all: Vec<u32> = (0..open.survey.count() as u32)
            .filter(|&o| wanted(open, o))
            .collect();
        open.selection.choose(&all, Meets::Replaces);
    }
}

fn mark(state: &mut AppState, mark: Option<&'static str>) {
    if let Some(open) = &state.open {
        let objects = open.selection.set().to_vec();
        open.mind.ask(Request::Mark(objects, mark, "window, keys"));
    }
}

/// Labels the selection and, if it is one object, goes on: a hand on the keys needs nothing else.
fn label_as(state: &mut AppState, class: usize) {
    let Some(open) = &state.open else { return };
    let Some(name) = open.live.classes.get(class).map(|c| c.name.clone()) else {
        return;
    };
    let objects = open.selection.set().to_vec();
    let is_one = objects.len() == 1;
    open.mind.ask(Request::Label(objects, Some(name), "window, keys"));
    if is_one && state.settings.advance {
        step(state, 1);
    }
}

/// To the next or previous object of what the gallery shows.
fn step(state: &mut AppState, by: i64) {
    let Some(open) = &mut state.open else { return };
    let count = open.survey.count() as i64;
    if count == 0 {
        return;
    }
    let focus = open.selection.focus();
    let order = state.panels.gallery.order();
    let next = match (&order, focus) {
        (Some(order), focus) if !order.is_empty() => {
            let at = focus.and_then(|f| state.panels.gallery.place_of(f));
            let place = at.map_or(0, |p| (p as i64 + by).clamp(0, order.len() as i64 - 1));
            order.get(place as usize).copied()
        }
        (_, Some(f)) => Some((i64::from(f) + by).clamp(0, count - 1) as u32),
        _ => Some(0),
    };
    if let Some(next) = next {
        // Stepping leaves a choice of several: keys then act on the one that is shown.
        open.selection.choose(&[next], Meets::Replaces);
    }
}

/// To the first suggestion that isn't labelled and isn't this one.
fn skip(state: &mut AppState) {
    let Some(open) = &mut state.open else { return };
    let rows: Vec<u32> = open.live.suggestions.iter().map(|s| s.row as u32).collect();
    let free = |o: &u32| open.live.label_of(*o).is_none();
    let at = open
        .selection
        .focus()
        .and_then(|f| rows.iter().position(|&r| r == f));
    let start = at.map_or(0, |i| i + 1);
    let next = rows[start..]
        .iter()
        .chain(&rows[..start])
        .find(|o| free(o))
        .copied();
    match next {
        Some(next) => open.selection.choose(&[next], Meets::Replaces),
        None => step(state, 1),
    }
}

fn new_class(state: &mut AppState, name: &str) {
    let Some(open) = &mut state.open else { return };
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return;
    }
    // It reaches the project with its first label.
    let live = std::sync::Arc::make_mut(&mut open.live);
    live.class_number(&name);
    live.generation += 1;
}

/// Asks for paths on a job; the answer comes back as [`Done::Chosen`].
fn pick(state: &mut AppState, what: Pick, purpose: Purpose, title: &'static str, name: &'static str) {
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
        Purpose::Labels => labels_from(state, first),
        Purpose::Weights => {
            if let Some(root) = root(state) {
                start_embed(state, root, first.display().to_string());
            }
        }
    }
}

/// Files, folders and projects from anywhere: dropped, chosen, typed, given on the command line. What
/// they are is looked at on a job.
fn open_paths(state: &mut AppState, paths: Vec<PathBuf>) {
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
    reconsider(state, options);
}

/// Looks at the sheet's files again, on a job.
fn reconsider(state: &mut AppState, options: ImportOptions) {
    let Some(target) = state.sheet.as_ref().map(ImportSheet::root) else {
        return;
    };
    let ctx = state.ctx.clone();
    // What was being understood by older options is no longer wanted.
    state.jobs.cancel_titled(LOOKING);
    if state.sheet.as_ref().is_some_and(|s| !s.has_glimpse()) {
        let paths = options.paths.clone();
        state.jobs.start(&ctx, "Drawing the first image", move |_| {
            // Without an image, or one that can't be read, the sheet says so when all is understood.
            Ok(glimpse(&paths).map_or(Done::Nothing, |g| Done::Glimpsed(paths, g)))
        });
    }
    state.jobs.start(&ctx, LOOKING, move |progress| {
        understand(&target, options, progress).map(|u| Done::Surveyed(Box::new(u)))
    });
}

fn import(state: &mut AppState, options: ImportOptions) {
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
pub fn start_embed(state: &mut AppState, root: PathBuf, encoder: String) {
    let ctx = state.ctx.clone();
    let title = format!(
        "Embedding with {}",
        Path::new(&encoder)
            .file_name()
            .map_or_else(|| encoder.clone(), |n| n.to_string_lossy().into_owned())
    );
    state.jobs.start(&ctx, title, move |progress| {
        let mut project = Project::open(&root, false)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let options = crate::encoder::registry::EncoderOptions {
            threads,
            ..Default::default()
        };
        let made = crate::encoder::registry::open_encoder(&encoder, &options)
            .map_err(|e| ProjectError::Ask(e.to_string()))?;
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
        progress_begin(progress, "keeping the newest answers");
        // Without an answer the export holds what was kept last, which its provenance says.
        let _ = kept.recv_timeout(KEEPING);
        let project = Project::open(&root, false)?;
        crate::tasks::export::export(&project, &path, progress).map(Done::Exported)
    });
}

fn progress_begin(progress: &dyn crate::progress::Progress, stage: &str) {
    progress.begin(stage, None);
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
fn open_sample(state: &mut AppState) {
    let ctx = state.ctx.clone();
    state
        .jobs
        .start(&ctx, "Opening the sample survey", move |progress| {
            super::sample::open(progress).map(Done::Sample)
        });
}
