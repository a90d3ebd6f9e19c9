//! The objects that every encoder has a vector of: all are compared on the same ones.

use super::subjects::Subject;
use super::{FUSION, LEAST, Truth};
use crate::discovery::Matrix;
use crate::evaluate::fusion::fused;
use crate::project::ProjectError;

/// Leaves the objects of which every encoder has a vector, so that all are compared on the same ones, and
/// makes the fusion's vectors. Classes with too few objects are left out.
pub(super) fn keep_common(
    truth: &mut Truth,
    subjects: &mut [Subject],
    notes: &mut Vec<String>,
) -> Result<(), ProjectError> {
    let all = truth.names.len();
    let mut keep = vec![true; all];
    for s in subjects.iter().filter(|s| s.name != FUSION) {
        let mut missing = 0;
        for (i, keep) in keep.iter_mut().enumerate() {
            let is_there = s.vectors.is_finite_row(i);
            missing += usize::from(!is_there);
            *keep &= is_there;
        }
        if missing > 0 {
            notes.push(format!(
                "{missing} of {all} labelled objects have no vector of {}: all encoders are compared on the others",
                s.name
            ));
        }
    }
    let count = |keep: &[bool], class: usize| {
        (keep.iter().zip(&truth.class))
            .filter(|(k, c)| **k && **c == class)
            .count()
    };
    let sizes: Vec<usize> = (0..truth.classes.len()).map(|c| count(&keep, c)).collect();
    for (class, size) in sizes.iter().enumerate().filter(|(_, n)| **n < LEAST) {
        notes.push(format!(
            "class '{}' is left out: of its objects {size} can be evaluated, and {LEAST} are needed",
            truth.classes[class]
        ));
        (keep.iter_mut().zip(&truth.class)).for_each(|(k, c)| *k &= *c != class);
    }
    let kept: Vec<usize> = (0..all).filter(|&i| keep[i]).collect();
    let names: Vec<String> = (truth.classes.iter().zip(&sizes))
        .filter(|(_, n)| **n >= LEAST)
        .map(|(c, _)| c.clone())
        .collect();
    if names.len() < 2 {
        return Err(ProjectError::Ask(format!(
            "an evaluation needs two classes with at least {LEAST} objects each that have a label and vectors; {}",
            if notes.is_empty() {
                format!("{all} objects are labelled: label more of them")
            } else {
                notes.join("; ")
            }
        )));
    }
    let class_of = |i: &usize| names.iter().position(|n| *n == truth.classes[truth.class[*i]]);
    truth.class = kept.iter().filter_map(class_of).collect();
    truth.names = kept.iter().map(|&i| truth.names[i].clone()).collect();
    truth.objects = kept.iter().map(|&i| truth.objects[i]).collect();
    truth.classes = names;
    for s in subjects.iter_mut().filter(|s| s.name != FUSION) {
        s.vectors = s.vectors.select(&kept);
    }
    if let Some(at) = subjects.iter().position(|s| s.name == FUSION) {
        let parts: Vec<&Matrix> = (subjects.iter().enumerate())
            .filter(|(i, _)| *i != at)
            .map(|(_, s)| &s.vectors)
            .collect();
        let made = fused(&parts, &crate::progress::Silent).map_err(|e| ProjectError::Ask(e.to_string()))?;
        subjects[at].vectors = made;
    }
    Ok(())
}
