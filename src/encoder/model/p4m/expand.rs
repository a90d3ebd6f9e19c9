//! Which of the few weights that a p4m network has stands where in the ordinary network that it is: every
//! kernel in its eight turns, every group convolution as a matrix over channels.
//!
//! Channel `8 * field + g` of a map is field `field` of the image turned by `g`.

use super::group::{TURNS, quotients, source};
use super::shape::{LIFT_PX, STEP};

/// Of windows `[fields, side, side]`: calls `each(tap, channel, place among the weights)`.
pub(crate) fn each_tap(fields: usize, side: usize, mut each: impl FnMut(usize, usize, usize)) {
    for g in 0..TURNS {
        for tap in 0..side * side {
            let (y, x) = source(g, side, tap / side, tap % side);
            for field in 0..fields {
                each(tap, field * TURNS + g, (field * side + y) * side + x);
            }
        }
    }
}

/// Of a group convolution `[outputs, inputs, 8]`: calls `each(place in the matrix [8 outputs, 8 inputs],
/// place among the weights)`.
pub(crate) fn each_weight(outputs: usize, inputs: usize, mut each: impl FnMut(usize, usize)) {
    let quotients = quotients();
    for o in 0..outputs {
        for (g, quotient) in quotients.iter().enumerate() {
            let row = (o * TURNS + g) * inputs * TURNS;
            for i in 0..inputs {
                for (h, k) in quotient.iter().enumerate() {
                    each(row + i * TURNS + h, (o * inputs + i) * TURNS + k);
                }
            }
        }
    }
}

/// Of the first convolution `[fields, planes, 4, 4]`: calls `each(place among [8 fields, planes, 4, 4],
/// place among the weights)`.
pub(crate) fn each_lift(fields: usize, planes: usize, mut each: impl FnMut(usize, usize)) {
    let taps = LIFT_PX * LIFT_PX;
    for field in 0..fields {
        for g in 0..TURNS {
            for plane in 0..planes {
                for tap in 0..taps {
                    let (y, x) = source(g, LIFT_PX, tap / LIFT_PX, tap % LIFT_PX);
                    let dense = ((field * TURNS + g) * planes + plane) * taps + tap;
                    let place = (field * planes + plane) * taps + y * LIFT_PX + x;
                    each(dense, place);
                }
            }
        }
    }
}

/// What the first convolution sees for the place (`y`, `x`) of its map: the window of every plane of `image`,
/// `[planes, side, side]`, into `row`, `[planes, 4, 4]`; zeros beyond the border.
pub(crate) fn seen(image: &[f32], side: usize, y: usize, x: usize, row: &mut [f32]) {
    row.fill(0.0);
    let (y, x) = (y * STEP, x * STEP);
    for (line, to) in row.chunks_exact_mut(LIFT_PX).enumerate() {
        let (plane, line) = (line / LIFT_PX, line % LIFT_PX);
        // One row of zeros above and one column before.
        let Some(from) = (y + line).checked_sub(1).filter(|&l| l < side) else {
            continue;
        };
        if x > 0 && x + LIFT_PX <= side + 1 {
            // A length that is known: no call for four numbers.
            let at = (plane * side + from) * side + x - 1;
            to[..LIFT_PX].copy_from_slice(&image[at..at + LIFT_PX]);
            continue;
        }
        let (first, last) = (usize::from(x == 0), LIFT_PX.min(side + 1 - x));
        let at = (plane * side + from) * side + x + first - 1;
        to[first..last].copy_from_slice(&image[at..at + last - first]);
    }
}
