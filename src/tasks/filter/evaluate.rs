//! A condition worked out for all objects: block by block, so that what is in between stays in the
//! processor's cache, on all cores.

use super::Categories;
use super::bind::{Number, Sign, Test};
use rayon::prelude::*;

/// Objects at a time.
const BLOCK: usize = 4096;

/// By object, whether the condition holds.
pub fn evaluate(test: &Test, rows: usize) -> Vec<bool> {
    let mut passes = vec![false; rows];
    passes
        .par_chunks_mut(BLOCK)
        .enumerate()
        .for_each(|(i, out)| test.fill(i * BLOCK, out));
    passes
}

/// Numbers of one block.
enum Block<'a> {
    One(f64),
    Many(std::borrow::Cow<'a, [f64]>),
}

impl Number {
    fn block(&self, start: usize, len: usize) -> Block<'_> {
        match self {
            Self::One(value) => Block::One(*value),
            Self::Column(values) => {
                let held = values.get(start..).unwrap_or_default();
                Block::Many(match held.get(..len) {
                    Some(whole) => whole.into(),
                    None => {
                        // A column that is too short has no values beyond its end.
                        let mut padded = held.to_vec();
                        padded.resize(len, f64::NAN);
                        padded.into()
                    }
                })
            }
            Self::Map(of, a) => match a.block(start, len) {
                Block::One(value) => Block::One(of(value)),
                Block::Many(values) => {
                    let mut values = values.into_owned();
                    values.iter_mut().for_each(|v| *v = of(*v));
                    Block::Many(values.into())
                }
            },
            Self::Zip(of, a, b) => match (a.block(start, len), b.block(start, len)) {
                (Block::One(x), Block::One(y)) => Block::One(of(x, y)),
                (Block::Many(x), Block::One(y)) => {
                    let mut x = x.into_owned();
                    x.iter_mut().for_each(|v| *v = of(*v, y));
                    Block::Many(x.into())
                }
                (Block::One(x), Block::Many(y)) => {
                    let mut y = y.into_owned();
                    y.iter_mut().for_each(|v| *v = of(x, *v));
                    Block::Many(y.into())
                }
                (Block::Many(x), Block::Many(y)) => {
                    let mut x = x.into_owned();
                    x.iter_mut().zip(y.iter()).for_each(|(v, y)| *v = of(*v, *y));
                    Block::Many(x.into())
                }
            },
        }
    }
}

impl Test {
    fn fill(&self, start: usize, out: &mut [bool]) {
        match self {
            Self::One(truth) => out.fill(*truth),
            Self::Compare(sign, a, b) => compare(*sign, a, b, start, out),
            Self::Lookup(words, table) => {
                let without = table.first().copied().unwrap_or(false);
                let held = words.of.get(start..).unwrap_or_default();
                out.fill(without);
                for (o, word) in out.iter_mut().zip(held) {
                    *o = table.get(*word as usize).copied().unwrap_or(without);
                }
            }
            Self::Words(sign, a, b) => {
                for (i, o) in out.iter_mut().enumerate() {
                    let (x, y) = (word(a, start + i), word(b, start + i));
                    *o = x.zip(y).is_some_and(|(x, y)| sign.holds(x, y));
                }
            }
            Self::Missing(a) => match a.block(start, out.len()) {
                Block::One(value) => out.fill(value.is_nan()),
                Block::Many(values) => {
                    out.iter_mut()
                        .zip(values.iter())
                        .for_each(|(o, v)| *o = v.is_nan());
                }
            },
            Self::Not(a) => {
                a.fill(start, out);
                out.iter_mut().for_each(|o| *o = !*o);
            }
            Self::And(list) => join(list, start, out, true),
            Self::Or(list) => join(list, start, out, false),
        }
    }
}

/// All of `list` if `all`, else one of it. What can no longer change is not worked out.
fn join(list: &[Test], start: usize, out: &mut [bool], all: bool) {
    out.fill(all);
    let mut next = vec![false; out.len()];
    for test in list {
        if !out.contains(&all) {
            return;
        }
        test.fill(start, &mut next);
        if all {
            out.iter_mut().zip(&next).for_each(|(o, n)| *o &= n);
        } else {
            out.iter_mut().zip(&next).for_each(|(o, n)| *o |= n);
        }
    }
}

fn word(words: &Categories, row: usize) -> Option<&str> {
    let number = *words.of.get(row)? as usize;
    words.words.get(number.checked_sub(1)?).map(String::as_str)
}

fn compare(sign: Sign, a: &Number, b: &Number, start: usize, out: &mut [bool]) {
    // One loop a sign, so that each is a single instruction on many numbers.
    macro_rules! each {
        ($x:expr, $y:expr) => {
            match sign {
                Sign::Less => run(out, $x, $y, |x, y| x < y),
                Sign::LessOrEqual => run(out, $x, $y, |x, y| x <= y),
                Sign::Greater => run(out, $x, $y, |x, y| x > y),
                Sign::GreaterOrEqual => run(out, $x, $y, |x, y| x >= y),
                Sign::Equal => run(out, $x, $y, |x, y| x == y),
                Sign::Unequal => run(out, $x, $y, |x, y| (x < y) | (x > y)),
            }
        };
    }
    match (a.block(start, out.len()), b.block(start, out.len())) {
        (Block::One(x), Block::One(y)) => out.fill(sign.holds(x, y)),
        (Block::Many(x), Block::One(y)) => each!(x.iter().copied(), std::iter::repeat(y)),
        (Block::One(x), Block::Many(y)) => each!(std::iter::repeat(x), y.iter().copied()),
        (Block::Many(x), Block::Many(y)) => each!(x.iter().copied(), y.iter().copied()),
    }
}

fn run(
    out: &mut [bool],
    x: impl Iterator<Item = f64>,
    y: impl Iterator<Item = f64>,
    holds: impl Fn(f64, f64) -> bool,
) {
    for ((o, x), y) in out.iter_mut().zip(x).zip(y) {
        *o = holds(x, y);
    }
}
