//! The one place where commands change something.

mod encoders;
mod evaluation;
mod files;
mod hands;
mod runs;

use crate::app::command::{Action, Command, Purpose};
use crate::app::dialogs::{EmbedDialog, EmbedRequest, RunsDialog};
use crate::app::files::Pick;
use crate::app::mind::{Likeness, Request};
use crate::app::panels::Pane;
use crate::app::selection::Meets;
use crate::app::state::{AppState, Dialog};
use crate::encoder::registry::{MORPHOMETRY, OWN_NETWORK};
use crate::project::journal::{INTERESTING, ORDINARY};
use crate::tasks::map::MapMethod;
pub use encoders::{ADDING, Doing, working_on};
use evaluation::start_evaluate;
pub use files::{LOOKING, chosen, import_now, sheet_of, start_embed, start_map};
use files::{import, open_paths, open_sample, pick, reconsider};
use hands::{choose_where, label_as, mark, new_class, skip, step};
use std::path::PathBuf;

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
        Command::Embed(request) => {
            if let Some(root) = root(state) {
                start_embed(state, root, *request);
            }
        }
        Command::ShowEncoders(name) => encoders::show(state, name),
        Command::Encoder(name, doing) => encoders::start(state, name, doing),
        Command::AddEncoders(files) => encoders::start_add(state, files),
        Command::AddEncoder => pick(
            state,
            Pick::Files,
            Purpose::AddEncoder,
            "Weights, or a description (.toml)",
            "",
        ),
        Command::PickWeights => pick(state, Pick::File, Purpose::Weights, "Weights of a network", ""),
        Command::Evaluate(request) => {
            if let Some(root) = root(state) {
                start_evaluate(state, root, *request);
            }
        }
        Command::Compare(first, second) => {
            if let Some(root) = root(state) {
                runs::start_compare(state, root, first, second);
            }
        }
        Command::DeleteRun(run) => {
            if let Some(root) = root(state) {
                runs::start_delete(state, root, run);
            }
        }
        Command::SaveEvaluation(purpose) => {
            let (title, name) = match purpose {
                Purpose::EvaluationCsv => ("Save the figures", "evaluation.csv"),
                _ => ("Save the evaluation as a page", "evaluation.html"),
            };
            pick(state, Pick::Save, purpose, title, name);
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
        Command::Show(pane) => crate::app::dock::show(&mut state.tree, pane),
        Command::CancelJob(id) => state.jobs.cancel(id),
        Command::Dismiss(id) => state.notices.dismiss(id),
        Command::DismissAll => state.notices.clear(),
        Command::Ask(request) => ask(state, request),
        Command::Tell(notice) => state.notices.tell(notice),
    }
}

pub(super) fn ask(state: &AppState, request: Request) {
    if let Some(open) = &state.open {
        open.mind.ask(request);
    }
}

pub(super) fn root(state: &AppState) -> Option<PathBuf> {
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
        | Action::Encoders
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
        return crate::app::dock::show(&mut state.tree, pane);
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
            state.dialogs.close_of_project();
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
            crate::app::dock::show(&mut state.tree, Pane::Labels);
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
        Action::Embed | Action::EmbedMorphometry => {
            let encoder = if action == Action::Embed {
                OWN_NETWORK
            } else {
                MORPHOMETRY
            };
            apply(state, Command::Embed(Box::new(EmbedRequest::plain(encoder))));
        }
        Action::EmbedWith => {
            state.encoders.look_again();
            state.dialogs.embed = Some(EmbedDialog::default());
        }
        Action::Encoders => encoders::show(state, None),
        Action::Runs => state.dialogs.runs = Some(RunsDialog::default()),
        Action::MapPca | Action::MapUmap => {
            let method = if action == Action::MapPca {
                MapMethod::Pca
            } else {
                MapMethod::Umap
            };
            if let Some(root) = root(state) {
                start_map(state, root, method);
                crate::app::dock::show(&mut state.tree, Pane::Map);
            }
        }
        Action::StopAll => state.jobs.cancel_all(),
        Action::ResetLayout => state.tree = crate::app::dock::default_tree(),
        Action::ToggleTheme => state.settings.theme = state.settings.theme.other(),
        Action::Larger => state.settings.zoom = (state.settings.zoom * 1.1).min(3.0),
        Action::Smaller => state.settings.zoom = (state.settings.zoom / 1.1).max(0.5),
        Action::Palette => state.dialog = Some(Dialog::Palette(String::new(), 0)),
        Action::Shortcuts => state.dialog = Some(Dialog::Shortcuts),
        Action::About => state.dialog = Some(Dialog::About),
        _ => {}
    }
}
