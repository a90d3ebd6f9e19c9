//! A p4m network as one of the encoders: loaded, compiled for the processor, or computed by burn.

use super::file;
use super::graph::Graph;
use super::shape::Layout;
use super::turn::Turn;
use super::{SEEN_PX, contract};
use crate::encoder::EncoderError;
use crate::encoder::model::layers::{check_lengths, values_of};
use crate::encoder::network::{Network, Pooling, check_block};
use crate::encoder::plan::isa::{Isa, Precision};
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::p4m::P4mPlan;
use crate::encoder::plan::team::Team;
use crate::encoder::preprocess::Preprocessing;
use crate::encoder::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::{Arc, Mutex, PoisonError};

/// Images that one call gets at most: they are small.
const GROUP: usize = 32;

/// A p4m network with its weights.
pub struct P4m {
    layout: Layout,
    weights: Vec<f32>,
    stats: Vec<f32>,
    device: Device,
    plan: Option<P4mPlan>,
    turns: usize,
    /// The turns of the side that was last asked for.
    ready: Mutex<(usize, Arc<[Turn]>)>,
}

impl P4m {
    /// Reads the network in `file`.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if tensors are missing or don't fit.
    pub fn load(file: &mut WeightsFile) -> Result<Self, EncoderError> {
        let read = file::read(file)?;
        Ok(Self {
            device: file.device().clone(),
            ..Self::new(read.layout, read.weights, read.stats, read.turns)
        })
    }

    /// A network of these weights and statistics, which are as long as `layout` says; a vector is the mean over
    /// `turns` of an image.
    pub fn new(layout: Layout, weights: Vec<f32>, stats: Vec<f32>, turns: usize) -> Self {
        Self {
            layout,
            weights,
            stats,
            device: Device::flex(),
            plan: None,
            turns: turns.max(1),
            ready: Mutex::new((0, Arc::new([]))),
        }
    }

    /// The turns of images of `side` px.
    fn turns(&self, side: usize) -> Arc<[Turn]> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.0 != side {
            *ready = (side, Turn::all(side, self.turns).into());
        }
        ready.1.clone()
    }
}

impl Network for P4m {
    fn family(&self) -> &'static str {
        "p4m"
    }

    fn short_name(&self) -> String {
        let fields: Vec<String> = self.layout.shape.fields.iter().map(usize::to_string).collect();
        format!("p4m_{}", fields.join("_"))
    }

    fn settings(&self) -> serde_json::Value {
        serde_json::json!({ "architecture": "p4m", "config": self.layout.shape, "turns": self.turns })
    }

    fn channels(&self) -> usize {
        self.layout.shape.planes
    }

    fn native_side(&self) -> usize {
        SEEN_PX
    }

    fn usual_contract(&self) -> Preprocessing {
        contract()
    }

    fn check_side(&self, px: usize) -> Result<(), String> {
        let multiple = self.layout.shape.side_multiple();
        if px >= multiple && px.is_multiple_of(multiple) {
            return Ok(());
        }
        Err(format!(
            "must be a multiple of {multiple} px, which become one place of the last stage"
        ))
    }

    fn precisions(&self, isa: Isa) -> Vec<Precision> {
        let mut known = isa.precisions();
        if isa == Isa::Amx {
            // Tiles take hardly any time there, and rows are short: finding what a row's bytes are worth takes more
            // than bytes save.
            known.sort_by_key(|p| {
                [Precision::F32, Precision::Int8, Precision::Bf16]
                    .iter()
                    .position(|k| k == p)
            });
        }
        known
    }

    fn blocks(&self) -> usize {
        1
    }

    fn usual_pooling(&self) -> Pooling {
        Pooling::MeanPatches
    }

    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String> {
        check_block(block, self.blocks())?;
        if pooling != Pooling::MeanPatches {
            return Err("a p4m network has no class token: use the mean of the patches as pooling".into());
        }
        Ok(self.layout.shape.dim)
    }

    fn group_images(&self, _height: usize, _width: usize) -> usize {
        GROUP
    }

    fn is_one_by_one(&self) -> bool {
        self.plan.is_some()
    }

    fn compile(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        self.plan = Some(P4mPlan::new(
            kernels,
            &self.layout,
            &self.weights,
            &self.stats,
            Precision::F32,
        ));
        Ok(true)
    }

    fn converted(&self, precision: Precision) -> Option<Box<dyn Network>> {
        let kernels = self.plan.as_ref()?.kernels;
        let plan = P4mPlan::new(kernels, &self.layout, &self.weights, &self.stats, precision);
        let mut copy = Self::new(
            self.layout.clone(),
            self.weights.clone(),
            self.stats.clone(),
            self.turns,
        );
        copy.plan = Some(plan);
        Some(Box::new(copy))
    }

    fn flops(&self, side_px: usize, _block: Option<usize>) -> Option<u64> {
        Some(self.turns as u64 * self.plan.as_ref()?.flops(side_px))
    }

    fn embed_on(
        &self,
        team: &Team,
        input: &[f32],
        shape: [usize; 3],
        block: Option<usize>,
        pooling: Pooling,
        out: &mut [f32],
    ) -> Result<(), String> {
        let dim = self.dim(block, pooling)?;
        let planes = self.layout.shape.planes;
        check_lengths(input, shape, planes, out, dim)?;
        let [batch, height, width] = shape;
        if height != width {
            return Err(format!("images must be square, not {width}x{height} px"));
        }
        self.check_side(height)?;
        if batch == 0 {
            return Ok(());
        }
        let turns = self.turns(height);
        if let Some(plan) = &self.plan {
            plan.embed(team, input, [batch, height], &turns, out);
            return Ok(());
        }
        let row = |v: &[f32]| Tensor::<1>::from_data(TensorData::new(v.to_vec(), [v.len()]), &self.device);
        let graph = Graph {
            layout: &self.layout,
            weights: row(&self.weights),
            statistics: Some(row(&self.stats)),
        };
        out.fill(0.0);
        let (mut images, mut bordered) = (vec![0.0; input.len()], Vec::new());
        let long = planes * height * width;
        for turn in turns.iter() {
            for (image, to) in input.chunks_exact(long).zip(images.chunks_exact_mut(long)) {
                turn.apply(image, &mut bordered, to);
            }
            let data = TensorData::new(images.clone(), [batch, planes, height, width]);
            let pooled = graph.pooled(Tensor::from_data(data, &self.device));
            let vectors = values_of(graph.vectors(graph.normed(pooled)))?;
            for (sum, v) in out.iter_mut().zip(&vectors) {
                *sum += v / turns.len() as f32;
            }
        }
        Ok(())
    }
}
