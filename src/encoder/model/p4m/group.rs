//! The eight rotations and reflections of a square (the group D4; with shifts, p4m), and what
//! becomes of kernels under them.
//!
//! Element `g` is `4 * reflected + quarter turns`: columns are reversed first if it is reflected,
//! then the square is turned counter-clockwise. Source: Cohen & Welling 2016 (arXiv:1602.07576).

/// Number of rotations and reflections.
pub const TURNS: usize = 8;

/// Where the value at (`y`, `x`) of a turned square of side `n` comes from.
pub fn source(g: usize, n: usize, y: usize, x: usize) -> (usize, usize) {
    let (mut y, mut x) = (y, x);
    for _ in 0..g % 4 {
        (y, x) = (x, n - 1 - y);
    }
    match g / 4 {
        0 => (y, x),
        _ => (y, n - 1 - x),
    }
}

/// A square of side `n`, row by row, turned by `g`.
pub fn turned<T: Copy>(square: &[T], n: usize, g: usize) -> Vec<T> {
    (0..n * n)
        .map(|i| {
            let (y, x) = source(g, n, i / n, i % n);
            square[y * n + x]
        })
        .collect()
}

/// `[g][h]` = g⁻¹h: which of a group convolution's eight weights joins the input turned by `h` with
/// the output turned by `g`.
pub fn quotients() -> [[usize; TURNS]; TURNS] {
    let labels: Vec<usize> = (0..9).collect();
    let seen: Vec<Vec<usize>> = (0..TURNS).map(|g| turned(&labels, 3, g)).collect();
    let mut table = [[0; TURNS]; TURNS];
    for (g, row) in table.iter_mut().enumerate() {
        for (k, first) in seen.iter().enumerate() {
            // g after k is h, so g⁻¹h is k.
            let both = turned(first, 3, g);
            if let Some(h) = seen.iter().position(|s| *s == both) {
                row[h] = k;
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_is_counter_clockwise_and_a_reflection_swaps_columns() {
        assert_eq!(turned(&[1, 2, 3, 4], 2, 1), [2, 4, 1, 3]);
        assert_eq!(turned(&[1, 2, 3, 4], 2, 4), [2, 1, 4, 3]);
    }

    #[test]
    fn quotients_are_those_of_a_group() {
        let table = quotients();
        for (g, row) in table.iter().enumerate() {
            let mut seen = *row;
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6, 7], "row {g} is a permutation");
            assert_eq!(row[g], 0, "g⁻¹g is the identity");
            // (g⁻¹h)⁻¹ is h⁻¹g.
            for (h, &k) in row.iter().enumerate() {
                assert_eq!(table[k][0], table[h][g]);
            }
        }
    }
}
