//! The window with a hand that plays all acts and a clock.

use super::acts::{Act, Hand, ON_OBJECTS, ON_POINTS, kept};
use super::report::{Frames, Report};
use super::survey::Made;
use crate::app::command::Command;
use crate::app::files::ScriptedPicker;
use crate::app::panels::Pane;
use crate::app::selection::Meets;
use crate::app::shell::Window;
use crate::app::state::AppState;
use egui::{Key, Rect};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than this nothing may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Frames drawn before an act is measured, so that what its beginning asks for is there.
const BEFORE: usize = 30;
/// Labels given at [`PACE`], and after pauses, and marks.
const LABELS: usize = 60;
const RESTED: usize = 8;
const MARKS: usize = 20;
/// A hand that gives ten labels a second.
const PACE: Duration = Duration::from_millis(100);
/// A hand that comes back when answers are being kept in the project.
const REST: Duration = Duration::from_millis(1550);

/// What happens now.
enum Scene {
    /// A mosaic is dropped on the empty window.
    Drop,
    /// Its picture is waited for.
    Sheet,
    /// The project of objects is opened with the image in front.
    OpenObjects,
    /// The image's first pixels are waited for.
    Pixels,
    /// Jobs are waited for.
    Settle(Box<Scene>),
    /// An act of the first or second list, by number and frame.
    Play(&'static [Act], usize, usize, Box<Scene>),
    /// A rest before labelling.
    Labels(Labelling),
    /// The project of points is opened.
    OpenPoints,
    /// Its table is waited for.
    Points,
    /// The window closes.
    End,
}

/// Labels given, and those whose answers are waited for.
struct Labelling {
    given: usize,
    pace: Duration,
    many: usize,
    what: &'static str,
    marks: bool,
    /// When the next is given; `None` before anything was prepared.
    due: Option<Instant>,
    waiting: Vec<(usize, Instant)>,
    ranked: Option<Arc<crate::app::live::Ranked>>,
}

impl Labelling {
    /// Whether the answer to what was given as the `number`th is on the screen, sorted by it.
    fn is_answered(&self, state: &AppState, number: usize) -> bool {
        let Some(open) = &state.open else { return false };
        let is_there = if self.marks {
            match (&self.ranked, &open.live.ranked) {
                (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
                (old, new) => old.is_none() && new.is_some(),
            }
        } else {
            open.live.predicted.as_ref().map_or(0, |p| p.labels) >= number
        };
        is_there && state.panels.gallery.is_settled()
    }

    /// When the next frame is wanted: at once to note that an answer was shown, else when the hand
    /// moves again. Answers wake the window by themselves, as they do for a person.
    fn next_frame(&self, state: &AppState) -> Duration {
        if self.waiting.iter().any(|(n, _)| self.is_answered(state, *n)) {
            return Duration::ZERO;
        }
        let due = self
            .due
            .map_or(Duration::ZERO, |d| d.saturating_duration_since(Instant::now()));
        if due.is_zero() && !self.waiting.is_empty() {
            PACE
        } else {
            due
        }
    }
}

/// The window with a hand and a clock.
pub struct Driver {
    window: Window,
    made: Made,
    report: Arc<Mutex<Report>>,
    scene: Scene,
    since: Instant,
    frame: Option<Instant>,
    ms: Vec<f64>,
    labelled: usize,
    part: usize,
}

impl Driver {
    /// The empty window.
    pub fn new(cc: &eframe::CreationContext<'_>, made: Made, report: Arc<Mutex<Report>>) -> Self {
        if let (Some(gl), Ok(mut report)) = (&cc.gl, report.lock()) {
            use eframe::glow::HasContext as _;
            #[allow(unsafe_code, reason = "the driver's name is only told by OpenGL itself")]
            // SAFETY: the context is the window's own, current on this thread while the window is made.
            let name = unsafe { gl.get_parameter_string(eframe::glow::RENDERER) };
            report.drawn_by(&name);
        } else if let (Some(wgpu), Ok(mut report)) = (&cc.wgpu_render_state, report.lock()) {
            report.drawn_by(&wgpu.adapter.get_info().name);
        }
        Self {
            window: Window::from_kept("", cc.egui_ctx.clone(), Arc::new(ScriptedPicker::default())),
            made,
            report,
            scene: Scene::Drop,
            since: Instant::now(),
            frame: None,
            ms: Vec::new(),
            labelled: 0,
            part: 0,
        }
    }

    fn waited(&self, what: &'static str, since: Instant) {
        if let Ok(mut report) = self.report.lock() {
            report.waited(what, since.elapsed().as_secs_f64() * 1e3);
        }
    }

    /// Before a frame: what the last one took, what is seen now, what the hand does next.
    fn next(&mut self, ctx: &egui::Context, events: &mut Vec<egui::Event>) {
        let now = Instant::now();
        let last = self.frame.replace(now);
        let scene = std::mem::replace(&mut self.scene, Scene::End);
        self.scene = match scene {
            Scene::Drop => {
                self.since = now;
                let mosaic = self.made.mosaic.clone();
                self.window.state_mut().out.send(Command::Open(vec![mosaic]));
                Scene::Sheet
            }
            Scene::Sheet => match &self.window.state_mut().sheet {
                Some(sheet) if sheet.shows_picture() => {
                    self.waited("mosaic dropped: first pixels on the sheet", self.since);
                    self.window.state_mut().jobs.cancel_all();
                    self.window.state_mut().out.send(Command::DropImport);
                    Scene::Settle(Box::new(Scene::OpenObjects))
                }
                _ => Scene::Sheet,
            },
            Scene::OpenObjects => {
                self.since = now;
                let state = self.window.state_mut();
                crate::app::dock::show(&mut state.tree, Pane::Image);
                state.panels.map = kept(r#"{"axes":["u","v"],"colour":"ratio"}"#);
                state.read_project(self.made.project.clone());
                Scene::Pixels
            }
            Scene::Pixels => {
                if self.window.state_mut().panels.image.has_pixels() {
                    self.waited("project opened: first pixels of its mosaic", self.since);
                    Scene::Settle(Box::new(Scene::Play(
                        &ON_OBJECTS,
                        0,
                        0,
                        Box::new(Self::labelling(0)),
                    )))
                } else {
                    Scene::Pixels
                }
            }
            Scene::Settle(then) => {
                let state = self.window.state_mut();
                if state.jobs.running().is_empty() && now - self.since > Duration::from_secs(1) {
                    *then
                } else {
                    Scene::Settle(then)
                }
            }
            Scene::Play(acts, act, frame, then) => self.play(acts, act, frame, then, last, now, events),
            Scene::Labels(labels) => self.label(labels, now, events),
            Scene::OpenPoints => {
                self.since = now;
                let state = self.window.state_mut();
                crate::app::dock::show(&mut state.tree, Pane::Table);
                state.read_project(self.made.points.clone());
                Scene::Points
            }
            Scene::Points => {
                let state = self.window.state_mut();
                let is_there = state
                    .open
                    .as_ref()
                    .is_some_and(|o| o.survey.root == self.made.points);
                if is_there && state.panels.table.has_rows() {
                    self.waited("project of points opened: its table's rows", self.since);
                    Scene::Settle(Box::new(Scene::Play(&ON_POINTS, 0, 0, Box::new(Scene::End))))
                } else {
                    Scene::Points
                }
            }
            Scene::End => {
                if let Ok(mut report) = self.report.lock() {
                    report.is_complete = true;
                }
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                Scene::End
            }
        };
        if !matches!(self.scene, Scene::Play(..)) && self.since.elapsed() > PATIENCE {
            if let Ok(mut report) = self.report.lock() {
                report.trouble = Some("something that was waited for did not come".into());
            }
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    fn play(
        &mut self,
        acts: &'static [Act],
        number: usize,
        frame: usize,
        then: Box<Scene>,
        last: Option<Instant>,
        now: Instant,
        events: &mut Vec<egui::Event>,
    ) -> Scene {
        let Some(act) = acts.get(number) else {
            self.since = now;
            return *then;
        };
        let state = self.window.state_mut();
        if frame == 0 {
            (act.setup)(state);
            crate::app::dock::show(&mut state.tree, act.pane);
            self.ms.clear();
        } else if frame > BEFORE
            && let Some(last) = last
        {
            self.ms.push((now - last).as_secs_f64() * 1e3);
        }
        let rect = pane_rect(state, act.pane);
        let mut hand = Hand { rect, events, state };
        if frame == BEFORE + act.frames {
            hand.rest();
            let ms = std::mem::take(&mut self.ms);
            if let Ok(mut report) = self.report.lock() {
                report.frames.push(Frames { what: act.what, ms });
            }
            return Scene::Play(acts, number + 1, 0, then);
        }
        if frame >= BEFORE {
            (act.play)(&mut hand, frame - BEFORE);
        }
        Scene::Play(acts, number, frame + 1, then)
    }

    /// The part of labelling that begins with the `part`th, after which the points come.
    fn labelling(part: usize) -> Scene {
        let of = |what, many, pace, marks| {
            Scene::Labels(Labelling {
                given: 0,
                pace,
                many,
                what,
                marks,
                due: None,
                waiting: Vec::new(),
                ranked: None,
            })
        };
        match part {
            0 => of("label at ten a second: answers in all views", LABELS, PACE, false),
            1 => of("label after a rest: answers in all views", RESTED, REST, false),
            2 => of("mark: ranking in all views", MARKS, PACE, true),
            _ => Scene::OpenPoints,
        }
    }

    fn label(&mut self, mut l: Labelling, now: Instant, events: &mut Vec<egui::Event>) -> Scene {
        let state = self.window.state_mut();
        let due = *l.due.get_or_insert(now + Duration::from_secs(1));
        if l.given == 0 && l.waiting.is_empty() && due > now {
            // Sorted by what changes with every answer.
            let column = if l.marks { "anomaly_score" } else { "probability" };
            state.panels.gallery = kept(&format!(
                r#"{{"source":"All","orders":[{{"column":"{column}","descending":false}},{{"column":"","descending":false}},{{"column":"","descending":false}},{{"column":"","descending":false}},{{"column":"","descending":false}}]}}"#
            ));
            crate::app::dock::show(&mut state.tree, Pane::Gallery);
            if state.open.as_ref().is_some_and(|o| o.live.classes.is_empty()) {
                for name in ["one", "two", "three", "four"] {
                    state.out.send(Command::NewClass(name.into()));
                }
            }
        }
        let what = l.what;
        let mut seen = Vec::new();
        for (number, since) in std::mem::take(&mut l.waiting) {
            if l.is_answered(state, number) {
                seen.push(since);
            } else {
                l.waiting.push((number, since));
            }
        }
        let many = l.many;
        let Some(open) = &state.open else {
            return Scene::End;
        };
        let (ranked, count) = (open.live.ranked.clone(), open.survey.count() as u32);
        for since in seen {
            self.waited(what, since);
        }
        if l.given == many && l.waiting.is_empty() {
            self.since = now;
            self.part += 1;
            return Self::labelling(self.part);
        }
        // Marks one after the other; labels whether or not the last one's answer is there.
        if l.given < many && now >= due && (!l.marks || l.waiting.is_empty()) {
            let object = (self.labelled as u32).wrapping_mul(7919) % count.max(1);
            let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
            let key = match l.marks {
                true => Key::I,
                false => keys[self.labelled % keys.len()],
            };
            self.labelled += 1;
            l.given += 1;
            l.due = Some(due + l.pace);
            // A choice by hand and the key after it, in one frame.
            let state = self.window.state_mut();
            if let Some(open) = &mut state.open {
                open.selection.choose(&[object], Meets::Replaces);
            }
            let rect = Rect::ZERO;
            Hand { rect, events, state }.key(key);
            l.ranked = ranked;
            // The first answer needs two classes.
            if l.marks || self.labelled > 1 {
                l.waiting.push((self.labelled, now));
            }
        }
        Scene::Labels(l)
    }
}

fn pane_rect(state: &AppState, pane: Pane) -> Rect {
    let tiles = &state.tree.tiles;
    let id = tiles.iter().find_map(|(id, tile)| match tile {
        egui_tiles::Tile::Pane(p) if *p == pane => Some(*id),
        _ => None,
    });
    id.and_then(|id| tiles.rect(id)).unwrap_or(Rect::ZERO)
}

impl eframe::App for Driver {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.window.frame(ui);
        match &self.scene {
            Scene::Labels(labels) => {
                let after = labels.next_frame(self.window.state_mut());
                ui.ctx().request_repaint_after(after);
            }
            _ => ui.ctx().request_repaint(),
        }
    }

    fn raw_input_hook(&mut self, ctx: &egui::Context, raw: &mut egui::RawInput) {
        raw.focused = true;
        self.next(ctx, &mut raw.events);
    }
}
