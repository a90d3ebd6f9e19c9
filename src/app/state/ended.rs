//! What follows when a job has ended.

use super::AppState;
use crate::app::jobs::{Done, Ended};
use crate::app::mind::counted;
use crate::app::notices::Notice;
use crate::project::ProjectError;
use crate::tasks::Skipped;

impl AppState {
    pub(super) fn job_ended(&mut self, ended: Ended) {
        let title = ended.job.title;
        // What is noted while files are only looked at is noted again when they are imported.
        if !ended.notes.is_empty() && title != crate::app::apply::LOOKING {
            let mut notes = ended.notes;
            let mut seen = std::collections::HashSet::new();
            notes.retain(|n| seen.insert(n.clone()));
            let count = counted(notes.len(), "note");
            self.notices
                .tell(Notice::warning(format!("{title}: {count}"), notes.join("\n")));
        }
        match ended.end {
            // Stopped by the sheet itself, which asks anew or is gone.
            Err(ProjectError::Cancelled) if title == crate::app::apply::LOOKING => {}
            Err(ProjectError::Cancelled) => self.notices.tell(Notice::warning(
                format!("{title}: stopped"),
                "What was done is kept; the same command goes on from here.",
            )),
            Err(why) => {
                // Understanding failed: the sheet can't stay up waiting.
                if title == crate::app::apply::LOOKING {
                    self.sheet = None;
                }
                self.notices
                    .tell(Notice::error(format!("{title}: failed"), why.to_string()));
            }
            Ok(done) => self.job_done(&title, done),
        }
    }

    pub(super) fn job_done(&mut self, title: &str, done: Done) {
        match done {
            Done::Opened(loaded) => self.show(*loaded),
            Done::Surveyed(understood) => {
                if let Some(sheet) = &mut self.sheet {
                    sheet.take(understood);
                }
            }
            Done::Glimpsed(paths, glimpse) => {
                if let Some(sheet) = &mut self.sheet
                    && sheet.options().paths == paths
                {
                    sheet.take_glimpse(glimpse);
                }
            }
            Done::Imported(root, report) => {
                let skipped: Vec<String> = report.skipped.iter().map(Skipped::told).collect();
                let text = format!("Imported {}", counted(report.objects, "object"));
                self.notices.tell(if skipped.is_empty() {
                    Notice::done(text)
                } else {
                    Notice::warning(
                        format!("{text}; {} left out", counted(skipped.len(), "input")),
                        skipped.join("\n"),
                    )
                });
                if report.objects > 0 {
                    self.embed_when_open = true;
                    if let Some(open) = &self.open
                        && open.survey.root == root
                    {
                        self.reload();
                    } else {
                        self.read_project(root);
                    }
                } else if self.open.is_none() && crate::project::Project::is_project(&root) {
                    self.read_project(root);
                }
            }
            Done::Embedded(report) => {
                let text = format!(
                    "Embedded {} in {:.1} s",
                    counted(report.done, "object"),
                    report.seconds
                );
                let skipped: Vec<String> = report
                    .skipped
                    .iter()
                    .map(|s| format!("{}: {}", s.what, s.why))
                    .collect();
                self.notices.tell(if skipped.is_empty() {
                    Notice::done(text)
                } else {
                    Notice::warning(
                        format!("{text}; {} left out", counted(skipped.len(), "object")),
                        skipped.join("\n"),
                    )
                });
                self.reload();
                if let Some(open) = &self.open
                    && self.panels.map.wants_map()
                {
                    let root = open.survey.root.clone();
                    crate::app::apply::start_map(self, root, crate::tasks::map::MapMethod::Pca);
                }
            }
            Done::Mapped(how) => {
                self.notices.tell(Notice::done(format!("Map: {how}")));
                self.reload();
            }
            Done::Exported(report) => {
                let files: Vec<String> = report.files.iter().map(|f| f.display().to_string()).collect();
                let mut notice = Notice::done(format!(
                    "Exported {} and {}",
                    counted(report.rows, "row"),
                    counted(report.columns, "column")
                ));
                notice.detail = files.join("\n");
                self.notices.tell(notice);
            }
            Done::Evaluated(root, report) => {
                let count = counted(report.encoders.len(), "encoder");
                self.notices.tell(Notice::done(format!("Evaluated {count}")));
                self.panels.evaluation.take(root, *report);
            }
            Done::EvaluationSaved(path) => {
                let mut notice = Notice::done("The evaluation is saved");
                notice.detail = path.display().to_string();
                self.notices.tell(notice);
            }
            Done::Labelled(report) => {
                self.notices.tell(Notice::done(format!(
                    "{} from {title}",
                    counted(report.changed, "label")
                )));
                self.reload();
            }
            Done::Sample(root) => {
                self.embed_when_open = true;
                self.read_project(root);
            }
            Done::IsProject(root) => {
                self.sheet = None;
                self.read_project(root);
            }
            Done::AreFiles(paths, beside) => crate::app::apply::sheet_of(self, paths, &beside),
            Done::Nothing => {}
            Done::Chosen(purpose, paths) => crate::app::apply::chosen(self, purpose, paths),
        }
    }
}
