//! How values are spread, by group: counts in equal bins.

use super::points::percentiles;

/// Counts of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Lower edge of the first and upper edge of the last bin, in the unit of the values.
    pub range: [f64; 2],
    /// By group and bin.
    pub groups: Vec<Vec<u32>>,
    /// Of the chosen objects, by bin.
    pub chosen: Vec<u32>,
    /// Values below and above the range, which some wild ones would make useless.
    pub beyond: usize,
}

impl Histogram {
    /// Counts values of which there is a finite one into `bins`. `group` says by object which of
    /// `groups` it belongs to, `shown` which count at all; `chosen` are counted once more.
    /// `None` without a value.
    pub fn new(
        values: &[f64],
        bins: usize,
        groups: usize,
        group: impl Fn(usize) -> usize,
        shown: impl Fn(usize) -> bool,
        chosen: &[u32],
    ) -> Option<Self> {
        let bins = bins.max(1);
        let (low, high) = values
            .iter()
            .filter(|v| v.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| {
                (l.min(v), h.max(v))
            });
        if low > high {
            return None;
        }
        let most = percentiles(values, 0.5, 99.5)?;
        let mut range = [low, high];
        let width = most.1 - most.0;
        if width > 0.0 && high - low > 8.0 * width {
            range = [low.max(most.0 - 0.25 * width), high.min(most.1 + 0.25 * width)];
        }
        if range[0] >= range[1] {
            let by = (low.abs() * 0.01).max(0.5);
            range = [low - by, high + by];
        }
        let mut made = Self {
            range,
            groups: vec![vec![0; bins]; groups.max(1)],
            chosen: vec![0; bins],
            beyond: 0,
        };
        for (i, &value) in values.iter().enumerate() {
            if !value.is_finite() || !shown(i) {
                continue;
            }
            match made.bin(value, bins) {
                Some(bin) => {
                    let group = group(i).min(made.groups.len() - 1);
                    made.groups[group][bin] += 1;
                }
                None => made.beyond += 1,
            }
        }
        for &object in chosen {
            let value = values.get(object as usize).copied().unwrap_or(f64::NAN);
            if let Some(bin) = made.bin(value, bins)
                && shown(object as usize)
            {
                made.chosen[bin] += 1;
            }
        }
        Some(made)
    }

    fn bin(&self, value: f64, bins: usize) -> Option<usize> {
        let [low, high] = self.range;
        let inside = value >= low && value <= high;
        inside.then(|| (((value - low) / (high - low) * bins as f64) as usize).min(bins - 1))
    }

    /// Number of bins.
    pub fn bins(&self) -> usize {
        self.chosen.len()
    }

    /// Width of a bin.
    pub fn width(&self) -> f64 {
        (self.range[1] - self.range[0]) / self.bins() as f64
    }

    /// Middle of a bin.
    pub fn middle(&self, bin: usize) -> f64 {
        self.range[0] + (bin as f64 + 0.5) * self.width()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_counted_once_in_its_group() {
        let values = [0.0, 1.0, 2.0, 3.0, 4.0, f64::NAN, 4.0];
        let h = Histogram::new(&values, 4, 2, |i| i % 2, |i| i != 6, &[0, 4, 6]).expect("values");
        assert_eq!((h.range, h.width(), h.middle(0)), ([0.0, 4.0], 1.0, 0.5));
        assert_eq!(
            h.groups,
            [[1, 0, 1, 1], [0, 1, 0, 1]],
            "the last edge belongs to the last bin"
        );
        assert_eq!((h.chosen, h.beyond), (vec![1, 0, 0, 1], 0));
        assert!(Histogram::new(&[f64::NAN], 4, 1, |_| 0, |_| true, &[]).is_none());
        let same = Histogram::new(&[7.0; 3], 4, 1, |_| 0, |_| true, &[]).expect("values");
        assert_eq!(same.groups[0].iter().sum::<u32>(), 3);
    }

    #[test]
    fn a_wild_value_does_not_hide_the_rest() {
        let mut values: Vec<f64> = (0..1000).map(f64::from).collect();
        values.push(-1e9);
        let h = Histogram::new(&values, 10, 1, |_| 0, |_| true, &[]).expect("values");
        assert_eq!(h.beyond, 1);
        assert!(h.range[1] - h.range[0] < 2000.0);
    }
}
