//! The random draws of the protocol, made as numpy makes them.
//!
//! The published figures come from a Python script that draws with numpy. With the same generators the
//! same seed picks the same objects here, so a figure can be compared with the script's one by one
//! instead of only on average. Sources: Matsumoto & Nishimura 1998 (MT19937), O'Neill 2014 (PCG
//! XSL-RR 128/64), O'Neill 2015 (the seed sequence), Lemire 2019 (bounded integers), Floyd's sample
//! (Bentley 1987); which of them numpy takes where is tested in `tests/core/evaluate`.

/// `numpy.random.RandomState(seed)`: what scikit-learn shuffles folds with.
pub struct Legacy {
    key: [u32; 624],
    at: usize,
}

impl Legacy {
    /// Seeds it.
    pub fn new(seed: u32) -> Self {
        let mut key = [0u32; 624];
        key[0] = seed;
        for i in 1..624 {
            let before = key[i - 1];
            key[i] = 1_812_433_253u32
                .wrapping_mul(before ^ (before >> 30))
                .wrapping_add(i as u32);
        }
        Self { key, at: 624 }
    }

    fn next(&mut self) -> u32 {
        if self.at == 624 {
            for i in 0..624 {
                let joined = (self.key[i] & 0x8000_0000) | (self.key[(i + 1) % 624] & 0x7fff_ffff);
                let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.key[i] = self.key[(i + 397) % 624] ^ (joined >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut y = self.key[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// Shuffles in place.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = masked(i as u32, || self.next()) as usize;
            items.swap(i, j);
        }
    }
}

/// A number from 0 to `most`, both included: bits that reach so far, until they don't pass it.
fn masked(most: u32, mut next: impl FnMut() -> u32) -> u32 {
    let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
    loop {
        let value = next() & mask;
        if value <= most {
            return value;
        }
    }
}

/// `numpy.random.default_rng(seed)`.
pub struct Draws {
    state: u128,
    increment: u128,
    half: Option<u32>,
}

/// The 256 bits that a seed becomes, as four words of 64.
fn seed_words(seed: u32) -> [u64; 4] {
    let mut constant = 0x43b0_d7e5u32;
    let mut hashed = |value: u32| {
        let value = value ^ constant;
        constant = constant.wrapping_mul(0x931e_8875);
        let value = value.wrapping_mul(constant);
        value ^ (value >> 16)
    };
    let mut pool = [seed, 0, 0, 0].map(&mut hashed);
    for from in 0..4 {
        for to in 0..4 {
            if from != to {
                let other = hashed(pool[from]);
                let mixed = 0xca01_f9ddu32
                    .wrapping_mul(pool[to])
                    .wrapping_sub(0x4973_f715u32.wrapping_mul(other));
                pool[to] = mixed ^ (mixed >> 16);
            }
        }
    }
    let mut constant = 0x8b51_f9ddu32;
    let mut words = [0u64; 4];
    for i in 0..8 {
        let value = pool[i % 4] ^ constant;
        constant = constant.wrapping_mul(0x58f3_8ded);
        let value = value.wrapping_mul(constant);
        words[i / 2] |= u64::from(value ^ (value >> 16)) << (32 * (i % 2));
    }
    words
}

impl Draws {
    /// Seeds it.
    pub fn new(seed: u32) -> Self {
        let words = seed_words(seed).map(u128::from);
        let mut draws = Self {
            state: 0,
            increment: (((words[2] << 64) | words[3]) << 1) | 1,
            half: None,
        };
        draws.step();
        draws.state = draws.state.wrapping_add((words[0] << 64) | words[1]);
        draws.step();
        draws
    }

    fn step(&mut self) {
        const MULTIPLIER: u128 = (2_549_297_995_355_413_924 << 64) + 4_865_540_595_714_422_341;
        self.state = (self.state.wrapping_mul(MULTIPLIER)).wrapping_add(self.increment);
    }

    fn next(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        let value = folded.rotate_right((self.state >> 122) as u32);
        self.half = Some((value >> 32) as u32);
        value as u32
    }

    /// A number from 0 to `most`, both included, by Lemire's product: what samples are drawn with.
    fn up_to(&mut self, most: usize) -> usize {
        if most == 0 {
            return 0;
        }
        let count = most as u64 + 1;
        let mut product = u64::from(self.next()) * count;
        if u64::from(product as u32) < count {
            let threshold = ((1u64 << 32) - count) % count;
            while u64::from(product as u32) < threshold {
                product = u64::from(self.next()) * count;
            }
        }
        (product >> 32) as usize
    }

    /// The items in random order.
    pub fn permuted(&mut self, items: &[usize]) -> Vec<usize> {
        let mut out = items.to_vec();
        for i in (1..out.len()).rev() {
            let j = masked(i as u32, || self.next()) as usize;
            out.swap(i, j);
        }
        out
    }

    /// `count` of the items, each at most once, in random order; all of them where there are fewer.
    pub fn chosen(&mut self, items: &[usize], count: usize) -> Vec<usize> {
        let all = items.len();
        let count = count.min(all);
        // numpy takes the end of a shuffle where it draws much of something large.
        if all > 10_000 && count > all / 50 {
            let mut order: Vec<usize> = (0..all).collect();
            for i in ((all - count).max(1)..all).rev() {
                let j = self.up_to(i);
                order.swap(i, j);
            }
            return order[all - count..].iter().map(|&i| items[i]).collect();
        }
        let mut seen = std::collections::HashSet::new();
        let mut picked = Vec::with_capacity(count);
        for last in all - count..all {
            let drawn = self.up_to(last);
            let taken = if seen.insert(drawn) { drawn } else { last };
            seen.insert(taken);
            picked.push(taken);
        }
        for i in (1..count).rev() {
            let j = self.up_to(i);
            picked.swap(i, j);
        }
        picked.into_iter().map(|i| items[i]).collect()
    }
}

/// Parts that the protocol deals objects to.
pub const FOLDS: usize = 5;

/// Which of `folds` parts each object is tested in, every class spread evenly over them, as
/// scikit-learn's `StratifiedKFold(folds, shuffle=True, random_state=seed)` deals them.
pub fn stratified_folds(class: &[usize], folds: usize, seed: u32) -> Vec<usize> {
    // Classes are numbered by their first appearance.
    let mut order: Vec<usize> = Vec::new();
    let numbered: Vec<usize> = class
        .iter()
        .map(|c| {
            order.iter().position(|o| o == c).unwrap_or_else(|| {
                order.push(*c);
                order.len() - 1
            })
        })
        .collect();
    let mut sorted = numbered.clone();
    sorted.sort_unstable();
    let mut rng = Legacy::new(seed);
    let mut fold_of = vec![0; class.len()];
    for c in 0..order.len() {
        let mut own = Vec::new();
        for fold in 0..folds {
            let count = sorted
                .iter()
                .skip(fold)
                .step_by(folds)
                .filter(|&&s| s == c)
                .count();
            own.extend(std::iter::repeat_n(fold, count));
        }
        rng.shuffle(&mut own);
        let members = (0..class.len()).filter(|&i| numbered[i] == c);
        for (i, fold) in members.zip(own) {
            fold_of[i] = fold;
        }
    }
    fold_of
}
