//! The best `k` of many, with ties broken by row so that a search always answers the same.

use super::Hit;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Ordered so that the heap's top is the worst of the kept hits.
#[derive(Debug, Clone, Copy)]
struct Worst(Hit);

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Worst {}
impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.0.similarity.total_cmp(&self.0.similarity)).then(self.0.row.cmp(&other.0.row))
    }
}

/// Keeps the `k` best hits that were pushed.
pub(super) struct TopK {
    k: usize,
    heap: BinaryHeap<Worst>,
}

impl TopK {
    pub(super) fn new(k: usize) -> Self {
        Self {
            k,
            heap: BinaryHeap::new(),
        }
    }

    /// Whether a hit of this similarity might still be kept: a cheap test before a full one.
    pub(super) fn admits(&self, similarity: f32) -> bool {
        self.k > 0
            && (self.heap.len() < self.k || self.heap.peek().is_some_and(|w| similarity >= w.0.similarity))
    }

    pub(super) fn push(&mut self, hit: Hit) {
        if self.heap.len() < self.k {
            self.heap.push(Worst(hit));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && Worst(hit) < *worst
        {
            *worst = Worst(hit);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for hit in other.heap {
            self.push(hit.0);
        }
    }

    /// Best first; equal similarities by row.
    pub(super) fn into_sorted(self) -> Vec<Hit> {
        self.heap.into_sorted_vec().into_iter().map(|w| w.0).collect()
    }
}
