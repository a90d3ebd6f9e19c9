//! What follows from an answer of the mind.

use super::AppState;
use crate::app::live::Predicted;
use crate::app::mind::Reply;
use crate::app::notices::Notice;
use crate::app::panels::Pane;
use std::sync::Arc;

impl AppState {
    pub(super) fn replied(&mut self, reply: Reply) {
        let Some(open) = &mut self.open else { return };
        let live = Arc::make_mut(&mut open.live);
        match reply {
            Reply::Journal {
                changed,
                can_undo,
                can_redo,
                said,
            } => {
                for (object, kind, value) in &changed {
                    live.apply(*object, *kind, value.as_deref());
                }
                (live.can_undo, live.can_redo) = (can_undo, can_redo);
                // What is shown of the object looked at has a new line.
                open.asked_about = None;
                if let Some(said) = said {
                    self.notices.tell(Notice::done(said));
                }
            }
            Reply::Classified {
                names,
                predicted,
                suggestions,
                note,
                labels,
            } => {
                live.predicted = predicted.map(|mut p| {
                    for class in &mut p.predictions.classes {
                        if let Some(name) = names.get(*class) {
                            *class = live
                                .classes
                                .iter()
                                .position(|c| c.name == *name)
                                .unwrap_or(*class);
                        }
                    }
                    if let Some(v) = &p.validation {
                        let row = [labels as f64, v.accuracy, v.accuracy_low, v.accuracy_high];
                        live.learning.retain(|l| l[0] != row[0]);
                        live.learning.push(row);
                        live.learning.sort_by(|a, b| a[0].total_cmp(&b[0]));
                    } else if let Some(old) = &live.predicted {
                        // Until the hand rests the last accuracy stands.
                        p.validation = old.validation.clone();
                    }
                    Arc::new(Predicted {
                        predictions: p.predictions,
                        validation: p.validation,
                        labels,
                    })
                });
                live.suggestions = Arc::new(suggestions);
                live.classifier_note = note;
                live.generation += 1;
                live.answered.predicted = live.generation;
            }
            Reply::Ranked(ranked) => {
                live.ranked = Some(Arc::new(ranked));
                live.generation += 1;
                live.answered.ranked = live.generation;
                self.jobs.unwatch("Ranking what is strange");
                open.asked_about = None;
            }
            Reply::Found(found) => {
                let best = found.order.clone();
                live.found = Some(Arc::new(found));
                live.generation += 1;
                live.answered.found = live.generation;
                self.panels.gallery.show_found();
                if let Some(first) = best.first()
                    && open.selection.is_empty()
                {
                    open.selection
                        .choose(&[*first], crate::app::selection::Meets::Replaces);
                }
                crate::app::dock::show(&mut self.tree, Pane::Gallery);
            }
            Reply::Drivers(object, found) => open.drivers = Some((object, found)),
            Reply::History(object, events) => open.history = Some((object, events)),
            Reply::Neighbours(object, found) => open.neighbours = Some((object, found)),
            Reply::Failed(doing, why) => {
                self.jobs.unwatch("Ranking what is strange");
                self.notices
                    .tell(Notice::error(format!("{doing}: failed"), why.to_string()));
            }
        }
    }
}
