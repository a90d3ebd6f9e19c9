//! Values read lately, at most so many bytes of them.

use super::Place;
use crate::io::raster::Plane;
use std::collections::HashMap;
use std::sync::Arc;

/// Values of one tile of one layer of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileKey {
    /// The layer: red 0, green 1, blue 2, or 0 alone.
    pub layer: u8,
    /// Whether in the scene's grid (true) or in the band's own, which differs.
    pub is_warped: bool,
    /// Where.
    pub place: Place,
}

/// Tiles of values; those not used for longest are forgotten first.
pub struct ValueCache {
    held: HashMap<TileKey, (u64, Arc<Plane>)>,
    bytes: usize,
    most: usize,
    clock: u64,
}

impl ValueCache {
    /// A cache of at most `most` bytes.
    pub fn new(most: usize) -> Self {
        Self {
            held: HashMap::new(),
            bytes: 0,
            most,
            clock: 0,
        }
    }

    /// A tile, if it is held.
    pub fn get(&mut self, key: TileKey) -> Option<Arc<Plane>> {
        self.clock += 1;
        let clock = self.clock;
        self.held.get_mut(&key).map(|(used, plane)| {
            *used = clock;
            plane.clone()
        })
    }

    /// Keeps a tile.
    pub fn put(&mut self, key: TileKey, plane: Arc<Plane>) {
        self.clock += 1;
        self.bytes += bytes_of(&plane);
        if let Some((_, old)) = self.held.insert(key, (self.clock, plane)) {
            self.bytes = self.bytes.saturating_sub(bytes_of(&old));
        }
        if self.bytes > self.most {
            // A quarter goes at once, so that looking for the oldest is rare.
            let mut ages: Vec<u64> = self.held.values().map(|(used, _)| *used).collect();
            ages.sort_unstable();
            let limit = ages.get(ages.len() / 4).copied().unwrap_or(0);
            self.held.retain(|_, (used, _)| *used > limit);
            self.bytes = self.held.values().map(|(_, p)| bytes_of(p)).sum();
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

fn bytes_of(plane: &Plane) -> usize {
    plane.pixels.len() * size_of::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut cache = ValueCache::new(4 * 4 * 8);
        let key = |x| TileKey {
            layer: 0,
            is_warped: false,
            place: Place { level: 0, x, y: 0 },
        };
        for x in 0..8 {
            cache.put(key(x), Arc::new(Plane::filled(2, 2, 0.0)));
        }
        assert!(cache.get(key(0)).is_some(), "used again: now the newest");
        cache.put(key(8), Arc::new(Plane::filled(2, 2, 0.0)));
        assert!(cache.bytes() <= 128);
        assert!(cache.get(key(0)).is_some());
        assert!(cache.get(key(1)).is_none());
    }
}
