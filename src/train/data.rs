//! What is trained on: sets of images that are kept small and ready, with what is known of them.

/// Largest side in pixels at which images are kept; smaller ones stay as they are.
pub const KEPT_PX: usize = 96;
/// Side of what the network sees.
pub use crate::encoder::model::p4m::SEEN_PX;

/// Images of one kind that are drawn together: a survey, a table of labels.
#[derive(Debug, Clone, Default)]
pub struct ImageSet {
    /// What it is called in logs and on the card.
    pub name: String,
    /// Planes of an image: one if all are grey, else three.
    pub planes: usize,
    /// Side in pixels at which its images are kept.
    pub side: usize,
    /// How far kept images reach beyond what is normally seen: 1.5 where half as much again is there.
    pub reach: f32,
    /// `[count, planes, side, side]`, 255 being full.
    pub pixels: Vec<u8>,
    /// Classes, in the order of their numbers.
    pub classes: Vec<String>,
    /// The class of each image, where it is known.
    pub labels: Vec<Option<u16>>,
    /// What shares of votes are of.
    pub questions: Vec<String>,
    /// `[count, questions]`, NaN where nobody voted.
    pub votes: Vec<f32>,
    /// `[count, teachers]`: what larger encoders say, made ready to be learnt; NaN where nothing is known.
    pub teachers: Vec<f32>,
}

impl ImageSet {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Planes of image `i`.
    pub fn image(&self, i: usize) -> &[u8] {
        let long = self.planes * self.side * self.side;
        &self.pixels[i * long..(i + 1) * long]
    }

    /// Adds an image given as three planes of values from 0 to 1, each `side` px a side.
    ///
    /// # Panics
    /// If it isn't three planes of that size.
    pub fn push(&mut self, rgb: &[f32], label: Option<u16>, votes: &[f32]) {
        let area = self.side * self.side;
        assert_eq!(rgb.len(), 3 * area, "an image of another size");
        let byte = |v: &f32| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        self.planes = 3;
        self.pixels.extend(rgb.iter().map(byte));
        self.labels.push(label);
        self.votes.extend_from_slice(votes);
    }

    /// Keeps one plane an image if all are grey.
    pub fn settle(&mut self) {
        let area = self.side * self.side;
        let grey = |image: &[u8]| {
            let (first, others) = image.split_at(area);
            others.chunks_exact(area).all(|p| p == first)
        };
        if self.planes == 3 && self.pixels.chunks_exact(3 * area).all(grey) {
            for i in 0..self.len() {
                self.pixels
                    .copy_within(3 * area * i..3 * area * i + area, i * area);
            }
            self.pixels.truncate(self.len() * area);
            self.pixels.shrink_to_fit();
            self.planes = 1;
        }
    }
}

/// Which images a batch is made of: sets by the square root of their size, so that a large one helps and
/// a small one is still seen; images of a set alike. Depends on seed and step alone.
pub fn draw(sets: &[ImageSet], seed: u64, step: u64, count: usize, one_set: bool) -> Vec<(usize, usize)> {
    use rand::Rng;
    let mut rng = stream(seed, step, u64::MAX);
    let weights: Vec<f64> = sets.iter().map(|s| (s.len() as f64).sqrt()).collect();
    let total: f64 = weights.iter().sum();
    let pick = |rng: &mut rand_chacha::ChaCha8Rng| {
        let mut at = rng.random::<f64>() * total;
        for (i, w) in weights.iter().enumerate() {
            at -= w;
            if at < 0.0 {
                return i;
            }
        }
        weights.len() - 1
    };
    let common = one_set.then(|| pick(&mut rng));
    (0..count)
        .map(|_| {
            let set = common.unwrap_or_else(|| pick(&mut rng));
            (set, rng.random_range(0..sets[set].len()))
        })
        .collect()
}

/// Random numbers for one purpose: the same whoever draws them, and whenever.
pub fn stream(seed: u64, step: u64, slot: u64) -> rand_chacha::ChaCha8Rng {
    use rand::SeedableRng;
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&step.to_le_bytes());
    key[16..24].copy_from_slice(&slot.to_le_bytes());
    rand_chacha::ChaCha8Rng::from_seed(key)
}
