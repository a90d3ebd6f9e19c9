//! The loop: batches drawn, augmented, through the network and back, weights moved. A step depends on
//! the settings, the images and the state before it alone, so that what goes on after a stop is what
//! would have come without.

use super::augment::{Augmentation, augmented};
use super::checkpoint::parts;
use super::data::{ImageSet, SEEN_PX, draw, stream};
use super::heads::{Batch, Heads, Losses, Weights};
use super::optimiser::{AdamW, rate};
use super::passes::{Kept, backward, forward, note_statistics};
use crate::encoder::model::p4m::graph::{Graph, circle};
use crate::encoder::model::p4m::shape::{Kind, Layout, P4mShape};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Everything that the result depends on but the images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How large the network is.
    pub shape: P4mShape,
    /// How images are changed.
    pub augmentation: Augmentation,
    /// How much each loss counts.
    pub losses: Weights,
    /// Largest rate of learning.
    pub rate: f32,
    /// How much weights shrink.
    pub decay: f32,
    /// Views in a batch; with a contrastive loss, of half as many images, with one of rotation alone, of three
    /// quarters.
    pub batch: usize,
    /// Batches, from beginning to end.
    pub steps: u64,
    /// Batches until the rate is at its largest.
    pub warm_up: u64,
    /// All that is random depends on it.
    pub seed: u64,
}

/// Where training is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Steps done.
    pub step: u64,
    /// The network's weights.
    pub weights: Vec<f32>,
    /// The weights' running mean, which is what is kept in the end.
    pub mean: Vec<f32>,
    /// The heads' weights.
    pub heads: Vec<f32>,
    /// What is remembered of the network's gradients.
    pub optimiser: AdamW,
    /// And of the heads'.
    pub heads_optimiser: AdamW,
}

/// Share of the running mean's past that a step keeps, in the end.
const MEMORY: f32 = 0.998;
/// Batches over which norms are measured in the end.
const SETTLING: u64 = 24;

/// A training in progress.
pub struct Trainer<'a> {
    /// What it does.
    pub settings: Settings,
    /// Where each weight is.
    pub layout: Layout,
    /// Where it is.
    pub state: State,
    sets: &'a [ImageSet],
    heads: Heads,
    kept: Kept,
    circle: Vec<f32>,
    decays: [Vec<bool>; 2],
    images: Vec<f32>,
    device: Option<Device>,
}

impl<'a> Trainer<'a> {
    /// A beginning: weights of `from`, or drawn.
    ///
    /// # Errors
    /// A sentence if there is nothing to train on or the settings make no sense.
    pub fn new(settings: Settings, sets: &'a [ImageSet], from: Option<Vec<f32>>) -> Result<Self, String> {
        settings.shape.check()?;
        let w = &settings.losses;
        if sets.is_empty() || sets.iter().any(ImageSet::is_empty) {
            return Err("there are no images to train on".into());
        }
        if settings.batch < 8 || settings.steps == 0 {
            return Err("a batch has at least 8 images, and there is at least one step".into());
        }
        let layout = settings.shape.layout();
        let heads = Heads::new(sets, w, [settings.shape.dim, settings.shape.pooled()]);
        if heads.len == 0 {
            return Err(
                "nothing to learn: give labels, votes or a teacher, or a weight for the contrastive loss"
                    .into(),
            );
        }
        let mut rng = stream(settings.seed, 0, u64::MAX - 1);
        let weights = match from {
            Some(weights) if weights.len() == layout.weights => weights,
            Some(_) => return Err("the weights to begin with are of a network of another size".into()),
            None => initial(&layout, &mut rng),
        };
        let mut decays = [vec![false; layout.weights], vec![false; heads.len]];
        for entry in layout.entries.iter().filter(|e| e.kind == Kind::Weight) {
            decays[0][entry.at..entry.at + entry.len()].fill(true);
        }
        for range in &heads.matrices {
            decays[1][range.clone()].fill(true);
        }
        let state = State {
            step: 0,
            mean: weights.clone(),
            optimiser: AdamW::new(weights.len()),
            heads: heads.initial(&mut rng),
            heads_optimiser: AdamW::new(heads.len),
            weights,
        };
        Ok(Self {
            layout,
            state,
            sets,
            heads,
            kept: Kept::default(),
            circle: circle(SEEN_PX),
            decays,
            images: Vec::new(),
            device: None,
            settings,
        })
    }

    /// Computes by burn on `device`, instead of on the processor by passes of its own. The same up to
    /// rounding.
    pub fn on(&mut self, device: Device) {
        self.device = Some(device);
    }

    /// Goes on from `state`.
    ///
    /// # Errors
    /// A sentence if it is of another network or other sets.
    pub fn restore(&mut self, state: State) -> Result<(), String> {
        let lengths = |s: &State| parts(s).map(|(_, values)| values.len());
        if lengths(&state) != lengths(&self.state) {
            return Err("the checkpoint is of another network, or of other labels or teachers".into());
        }
        self.state = state;
        Ok(())
    }

    /// How many of a batch's views are second ones.
    fn again(&self) -> usize {
        let s = &self.settings;
        match (s.losses.contrastive > 0.0, s.losses.rotation > 0.0) {
            (true, _) => s.batch / 2,
            (false, true) => s.batch / 4,
            (false, false) => 0,
        }
    }

    /// Draws and augments the batch of `step`.
    fn prepare(&mut self, step: u64) -> Vec<(usize, usize)> {
        let again = self.again();
        let s = &self.settings;
        let one_set = s.losses.contrastive > 0.0 && step % 2 == 1;
        let once = match s.losses.contrastive > 0.0 {
            true => again,
            false => s.batch - again,
        };
        let mut rows = draw(self.sets, s.seed, step, once, one_set);
        rows.extend_from_within(..again);
        let long = 3 * SEEN_PX * SEEN_PX;
        self.images.resize(rows.len() * long, 0.0);
        (self.images.par_chunks_mut(long))
            .zip(&rows)
            .enumerate()
            .for_each(|(slot, (out, &(set, i)))| {
                // With a loss of rotation alone, the second view is the first, turned.
                let same = s.losses.contrastive == 0.0 && slot >= once;
                let random = (s.seed, step, (if same { slot - once } else { slot }) as u64);
                let mut more = 0.0;
                if same {
                    more = stream(s.seed, step, slot as u64).random::<f32>() * std::f32::consts::TAU;
                }
                augmented(
                    &self.sets[set],
                    i,
                    &s.augmentation,
                    random,
                    more,
                    &self.circle,
                    out,
                );
            });
        rows
    }

    /// One step; says what the losses were.
    ///
    /// # Errors
    /// A sentence if a loss is no number any more: the rate is too high.
    pub fn step(&mut self) -> Result<Losses, String> {
        let (step, again) = (self.state.step, self.again());
        let rows = self.prepare(step);
        let shape = [rows.len(), SEEN_PX];
        let state = &mut self.state;
        let device = self.device.clone().unwrap_or_else(Device::flex).autodiff();
        let leaf = |values: &[f32]| {
            Tensor::<1>::from_data(TensorData::new(values.to_vec(), [values.len()]), &device).require_grad()
        };
        let graph = Graph {
            layout: &self.layout,
            weights: leaf(&state.weights),
            statistics: None,
        };
        let heads = leaf(&state.heads);
        let width = self.settings.shape.pooled();
        let batch = Batch {
            sets: self.sets,
            rows: &rows,
            again,
        };
        // On a processor the network has passes of its own, and burn begins where its numbers are pooled.
        let numbers = self.device.is_none().then(|| {
            leaf(&forward(
                &self.layout,
                &state.weights,
                &self.images,
                shape,
                &mut self.kept,
            ))
        });
        let pooled = match &numbers {
            Some(numbers) => numbers.clone().reshape([rows.len(), width]),
            None => {
                let images = TensorData::new(self.images.clone(), [rows.len(), 3, SEEN_PX, SEEN_PX]);
                graph.pooled(Tensor::from_data(images, &device))
            }
        };
        let (total, parts) = self
            .heads
            .losses(&heads, &graph, pooled, &batch, &self.settings.losses);
        let mut losses = [0.0; Losses::NAMES.len()];
        for (to, part) in losses.iter_mut().zip(parts) {
            *to = part.map_or(Ok(0.0), |p| values(p).map(|v| v[0]))?;
        }
        let all = values(total.clone())?[0];
        if !all.is_finite() {
            return Err(format!(
                "the loss is no number any more at step {step}: take a lower rate than {}",
                self.settings.rate
            ));
        }
        let gradients = total.backward();
        let of = |x: &Tensor<1>, len: usize| x.grad(&gradients).map_or_else(|| Ok(vec![0.0; len]), values);
        let mut gradient = of(&graph.weights, state.weights.len())?;
        let of_heads = of(&heads, state.heads.len())?;
        if let Some(numbers) = &numbers {
            let into_network = of(numbers, rows.len() * width)?;
            let mut of_network = vec![0.0; state.weights.len()];
            backward(
                &self.layout,
                &state.weights,
                &self.images,
                shape,
                &mut self.kept,
                &into_network,
                &mut of_network,
            );
            gradient.iter_mut().zip(&of_network).for_each(|(g, n)| *g += n);
        }
        state.step += 1;
        let s = &self.settings;
        let now = (rate(s.rate, step, s.steps, s.warm_up), s.decay);
        let [decays, heads_decay] = &self.decays;
        (state.optimiser).step(&mut state.weights, &gradient, decays, now, state.step);
        (state.heads_optimiser).step(&mut state.heads, &of_heads, heads_decay, now, state.step);
        let share = 1.0 - MEMORY.min(state.step as f32 / (state.step as f32 + 9.0));
        for (m, w) in state.mean.iter_mut().zip(&state.weights) {
            *m += share * (w - *m);
        }
        Ok(losses.into())
    }

    /// The weights' mean as a finished network: with its norms' statistics, measured over batches that are
    /// augmented as in training.
    pub fn finished(&mut self) -> (Vec<f32>, Vec<f32>) {
        let mut stats = vec![0.0; self.layout.stats];
        for batch in 0..SETTLING {
            let rows = self.prepare(u64::MAX - batch);
            let shape = [rows.len(), SEEN_PX];
            let pooled = forward(
                &self.layout,
                &self.state.mean,
                &self.images,
                shape,
                &mut self.kept,
            );
            let share = 1.0 / (batch + 1) as f32;
            note_statistics(&self.layout, &self.kept, share, &mut stats);
            note_head(&self.layout, &pooled, share, &mut stats);
        }
        (self.state.mean.clone(), stats)
    }
}

/// The pooled numbers' own norm.
fn note_head(layout: &Layout, pooled: &[f32], share: f32, stats: &mut [f32]) {
    let width = layout.head_norm.width();
    let count = (pooled.len() / width) as f64;
    for j in 0..width {
        let column = || pooled.iter().skip(j).step_by(width).map(|&v| f64::from(v));
        let mean = column().sum::<f64>() / count;
        let variance = column().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        let at = layout.head_norm.stats + j;
        stats[at] += share * (mean as f32 - stats[at]);
        stats[at + width] += share * (variance as f32 - stats[at + width]);
    }
}

fn values(x: Tensor<1>) -> Result<Vec<f32>, String> {
    (x.into_data().try_into_vec::<f32>()).map_err(|e| format!("burn gives no values: {e:?}"))
}

/// Weights to begin with: normal, of a size that keeps signals as large as they are; layer scale at 0.2.
fn initial(layout: &Layout, rng: &mut impl Rng) -> Vec<f32> {
    let mut row = vec![0.0; layout.weights];
    for entry in &layout.entries {
        let values = entry.of_mut(&mut row);
        match entry.kind {
            Kind::Scale => values.fill(1.0),
            Kind::Shift => {}
            Kind::LayerScale => values.fill(0.2),
            Kind::Weight => {
                let gain = if entry.name == "lift.weight" { 2.0 } else { 1.0 };
                let deviation = (gain / entry.fan_in as f32).sqrt();
                for v in values {
                    let n: f32 = StandardNormal.sample(rng);
                    *v = n * deviation;
                }
            }
        }
    }
    row
}
