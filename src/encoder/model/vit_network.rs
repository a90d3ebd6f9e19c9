//! The Vision Transformer as a [`Network`]: tokens pooled to vectors.

use super::vit::Vit;
use crate::encoder::network::{Network, Pooling, check_block, mean_tokens, transformer_bytes};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::team::Team;

/// Most tokens of one call (but never less than one image): eight images of 224 px in patches of
/// 14, one of 518 px, whose matrices are large enough by themselves.
const GROUP_TOKENS: usize = 8 * 261;

impl Network for Vit {
    fn family(&self) -> &'static str {
        "vit"
    }

    fn short_name(&self) -> String {
        let config = self.config();
        let size = match config.width {
            192 => "t",
            384 => "s",
            768 => "b",
            1024 => "l",
            1536 => "g",
            other => return format!("vit_{other}w{}", config.patch_px),
        };
        format!("vit_{size}{}", config.patch_px)
    }

    fn settings(&self) -> serde_json::Value {
        serde_json::json!({
            "architecture": "vit",
            "key_names": self.key_names,
            "config": self.config(),
        })
    }

    fn channels(&self) -> usize {
        3
    }

    fn native_side(&self) -> usize {
        let config = self.config();
        config.patch_px.saturating_mul(config.position_grid)
    }

    fn check_side(&self, px: usize) -> Result<(), String> {
        let patch = self.config().patch_px;
        if px > 0 && px.is_multiple_of(patch) {
            return Ok(());
        }
        Err(format!("must be a multiple of the network's patch of {patch} px"))
    }

    fn blocks(&self) -> usize {
        self.config().depth
    }

    fn usual_pooling(&self) -> Pooling {
        Pooling::Cls
    }

    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String> {
        check_block(block, self.blocks())?;
        Ok(match pooling {
            Pooling::Cls | Pooling::MeanPatches => self.config().width,
            Pooling::ClsAndMean => 2 * self.config().width,
        })
    }

    fn group_images(&self, height: usize, width: usize) -> usize {
        let tokens = self.token_count(height, width).unwrap_or(GROUP_TOKENS);
        (GROUP_TOKENS / tokens.max(1)).clamp(1, 8)
    }

    fn image_bytes(&self, height: usize, width: usize) -> usize {
        let c = self.config();
        let tokens = self.token_count(height, width).unwrap_or(0);
        // SwiGLU has two halves of `hidden`.
        transformer_bytes(tokens, c.width, 2 * c.hidden, c.heads)
    }

    fn is_one_by_one(&self) -> bool {
        self.plan().is_some()
    }

    fn compile(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        Vit::compile(self, kernels).map(|()| true)
    }

    fn converted(&self, precision: Precision) -> Option<Box<dyn Network>> {
        Vit::converted(self, precision).map(|vit| Box::new(vit) as Box<dyn Network>)
    }

    fn flops(&self, side_px: usize, block: Option<usize>) -> Option<u64> {
        let tokens = self.token_count(side_px, side_px).ok()?;
        let blocks = block.map_or(self.blocks(), |b| b + 1);
        Some(self.plan()?.flops(tokens, blocks))
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
        let batch = shape[0];
        if out.len() != batch * dim {
            let found = out.len();
            return Err(format!(
                "room for {found} values, where {batch} vectors of {dim} are made"
            ));
        }
        let tokens = (self.tokens_on(team, input, shape, block)).map_err(|e| e.to_string())?;
        let (width, leading) = (self.config().width, self.leading_tokens());
        let image_tokens = tokens.len() / batch.max(1);
        for (tokens, vector) in tokens
            .chunks_exact(image_tokens.max(1))
            .zip(out.chunks_exact_mut(dim))
        {
            let class = &tokens[..width];
            match pooling {
                Pooling::Cls => vector.copy_from_slice(class),
                Pooling::MeanPatches => mean_tokens(&tokens[leading * width..], vector),
                Pooling::ClsAndMean => {
                    let (first, second) = vector.split_at_mut(width);
                    first.copy_from_slice(class);
                    mean_tokens(&tokens[leading * width..], second);
                }
            }
        }
        Ok(())
    }
}
