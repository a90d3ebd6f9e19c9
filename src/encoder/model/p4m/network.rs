//! A p4m network as one of the encoders: loaded, compiled for the processor, or computed by burn.

use super::file;
use super::graph::{Graph, circle};
use super::shape::Layout;
use crate::encoder::EncoderError;
use crate::encoder::model::layers::{check_lengths, values_of};
use crate::encoder::network::{Network, Pooling, check_block};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::p4m::P4mPlan;
use crate::encoder::plan::team::Team;
use crate::encoder::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};

/// Images that one call gets at most: they are small.
const GROUP: usize = 32;

/// A p4m network with its weights.
pub struct P4m {
    layout: Layout,
    weights: Vec<f32>,
    stats: Vec<f32>,
    device: Device,
    plan: Option<P4mPlan>,
}

impl P4m {
    /// Reads the network in `file`.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if tensors are missing or don't fit.
    pub fn load(file: &mut WeightsFile) -> Result<Self, EncoderError> {
        let (layout, weights, stats) = file::read(file)?;
        Ok(Self::new(layout, weights, stats))
    }

    /// A network of these weights and statistics, which are as long as `layout` says.
    pub fn new(layout: Layout, weights: Vec<f32>, stats: Vec<f32>) -> Self {
        Self {
            layout,
            weights,
            stats,
            device: Device::flex(),
            plan: None,
        }
    }

    /// `input` under its circle.
    fn circled(input: &[f32], [_, height, width]: [usize; 3]) -> Vec<f32> {
        let circle = circle(height.min(width));
        (input.chunks_exact(height * width))
            .flat_map(|plane| plane.iter().zip(&circle).map(|(v, c)| v * c))
            .collect()
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
        serde_json::json!({ "architecture": "p4m", "config": self.layout.shape })
    }

    fn channels(&self) -> usize {
        self.layout.shape.planes
    }

    fn native_side(&self) -> usize {
        64
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
        let mut copy = Self::new(self.layout.clone(), self.weights.clone(), self.stats.clone());
        copy.plan = Some(plan);
        Some(Box::new(copy))
    }

    fn flops(&self, side_px: usize, _block: Option<usize>) -> Option<u64> {
        Some(self.plan.as_ref()?.flops(side_px))
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
        let images = Self::circled(input, shape);
        if let Some(plan) = &self.plan {
            plan.embed(team, &images, [batch, height], out);
            return Ok(());
        }
        let row = |v: &[f32]| Tensor::<1>::from_data(TensorData::new(v.to_vec(), [v.len()]), &self.device);
        let graph = Graph {
            layout: &self.layout,
            weights: row(&self.weights),
            statistics: Some(row(&self.stats)),
        };
        let data = TensorData::new(images, [batch, planes, height, width]);
        let pooled = graph.pooled(Tensor::from_data(data, &self.device));
        out.copy_from_slice(&values_of(graph.vectors(graph.normed(pooled)))?);
        Ok(())
    }
}
