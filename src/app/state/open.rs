//! An open project in the window.

use crate::app::columns::Columns;
use crate::app::context::{Outbox, View};
use crate::app::derived::Derived;
use crate::app::jobs::Jobs;
use crate::app::listing::Visible;
use crate::app::live::Live;
use crate::app::mind::{Mind, Request};
use crate::app::notices::Notices;
use crate::app::selection::Selection;
use crate::app::settings::Settings;
use crate::app::survey::Survey;
use crate::app::thumbs::Thumbs;
use std::sync::Arc;

/// A project in the window.
pub struct Open {
    /// Objects and images.
    pub survey: Arc<Survey>,
    /// Columns.
    pub columns: Arc<Columns>,
    /// Labels, marks, scores.
    pub live: Arc<Live>,
    /// What is chosen.
    pub selection: Selection,
    /// What the filter lets through.
    pub visible: Visible,
    /// The filter's answer in the making.
    pub filtering: Derived<(String, u64, u64), Result<Vec<bool>, String>>,
    /// Pictures.
    pub thumbs: Thumbs,
    /// The thread that holds the project.
    pub mind: Mind,
    /// What drives the strangeness of the object looked at.
    pub drivers: Option<(u32, Vec<crate::discovery::anomaly::Driver>)>,
    /// What was said about the object looked at.
    pub history: Option<(u32, Vec<crate::project::journal::Event>)>,
    /// What looks most like the object that the inspector asked about: object, cosine.
    pub neighbours: Option<(u32, Vec<(u32, f32)>)>,
    /// The object that was last asked about.
    pub asked_about: Option<u32>,
}

impl Open {
    /// What panels see.
    pub fn view<'a>(
        &'a self,
        settings: &'a Settings,
        jobs: &'a Jobs,
        notices: &'a Notices,
        out: &'a Outbox,
    ) -> View<'a> {
        View {
            survey: &self.survey,
            columns: &self.columns,
            live: &self.live,
            selection: &self.selection,
            visible: &self.visible,
            thumbs: &self.thumbs,
            settings,
            jobs,
            notices,
            drivers: self.drivers.as_ref(),
            history: self.history.as_ref(),
            neighbours: self.neighbours.as_ref(),
            out,
        }
    }

    /// Keeps the filter's answer in step with its expression and the columns it reads.
    pub(super) fn follow_filter(&mut self, ctx: &egui::Context) {
        let text = self.visible.text.trim().to_owned();
        if text.is_empty() {
            if self.visible.passes.is_some() || self.visible.error.is_some() {
                self.visible.passes = None;
                self.visible.error = None;
                self.visible.count = self.survey.count();
                self.visible.generation += 1;
            }
            return;
        }
        // An expression over columns that stand still needs no new answer after a label.
        let values = crate::app::filter::generation(&text, &self.columns, &self.live);
        let key = (text.clone(), self.survey.generation, values);
        let (columns, live) = (self.columns.clone(), self.live.clone());
        let held = self.filtering.get(ctx, &key, move || {
            crate::app::filter::passes(&text, &columns, &live)
        });
        match held.as_deref() {
            Some(Ok(passes)) => {
                let is_new = self.visible.passes.as_ref().is_none_or(|p| **p != *passes);
                self.visible.error = None;
                if is_new {
                    self.visible.count = passes.iter().filter(|p| **p).count();
                    self.visible.passes = Some(Arc::new(passes.clone()));
                    self.visible.generation += 1;
                }
            }
            Some(Err(why)) => self.visible.error = Some(why.clone()),
            None => {}
        }
    }

    /// Asks the mind about the object that is looked at, once.
    pub(super) fn ask_about_focus(&mut self) {
        let focus = self.selection.focus();
        if focus != self.asked_about {
            self.asked_about = focus;
            if let Some(object) = focus {
                self.mind.ask(Request::History(object));
                self.mind.ask(Request::Drivers(object));
            }
        }
    }
}
