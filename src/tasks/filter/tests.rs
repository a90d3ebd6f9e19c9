//! What expressions mean, what is said about wrong ones, and a naive evaluator that must agree.

use super::bind::{larger, power, smaller};
use super::parse::{Expr, Kind};
use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

/// Columns in memory.
struct Memory {
    rows: usize,
    numbers: HashMap<&'static str, Vec<f64>>,
    words: HashMap<&'static str, Vec<Option<&'static str>>>,
}

impl Source for Memory {
    fn rows(&self) -> usize {
        self.rows
    }

    fn names(&self) -> Vec<String> {
        let all = self.numbers.keys().chain(self.words.keys());
        let mut all: Vec<String> = all.map(|n| (*n).to_owned()).collect();
        all.sort();
        all
    }

    fn values(&self, name: &str) -> Option<Values> {
        if let Some(values) = self.numbers.get(name) {
            return Some(Values::Numbers(Arc::new(values.clone())));
        }
        let mut made = Categories::default();
        for word in self.words.get(name)? {
            let number = word.map_or(0, |w| {
                let place = made.words.iter().position(|h| h == w).unwrap_or_else(|| {
                    made.words.push(w.to_owned());
                    made.words.len() - 1
                });
                place as u32 + 1
            });
            made.of.push(number);
        }
        Some(Values::Words(Arc::new(made)))
    }
}

fn sky() -> Memory {
    Memory {
        rows: 5,
        numbers: HashMap::from([
            ("mag_r", vec![18.0, 20.5, f64::NAN, 22.0, 21.0]),
            ("mag_g", vec![18.5, 21.5, 20.0, 22.25, 21.5]),
            ("z short", vec![0.1, 0.2]),
        ]),
        words: HashMap::from([
            (
                "label",
                vec![Some("merger"), None, Some("ring"), Some("merger"), Some("plain")],
            ),
            (
                "truth",
                vec![Some("merger"), Some("ring"), Some("ring"), Some("plain"), None],
            ),
            (
                "is_star",
                vec![Some("true"), Some("false"), None, Some("true"), Some("false")],
            ),
            (
                "name",
                vec![Some("NGC 1"), Some("ngc 2"), Some("M31"), None, Some("x")],
            ),
            ("p_edge-on", vec![Some("a"); 5]),
        ]),
    }
}

/// Numbers of the objects that pass.
fn which(text: &str) -> Vec<usize> {
    let passes = Filter::parse(text).and_then(|f| f.passes(&sky()));
    let passes = passes.unwrap_or_else(|e| panic!("{text}: {e}"));
    (0..5).filter(|&i| passes[i]).collect()
}

fn wrong(text: &str) -> String {
    match Filter::parse(text).and_then(|f| f.passes(&sky())) {
        Ok(_) => panic!("{text} was understood"),
        Err(why) => why.to_string(),
    }
}

#[test]
fn expressions_mean_what_they_say() {
    assert_eq!(which("mag_r < 21 and label == \"merger\""), [0]);
    assert_eq!(which("mag_r<21 AND label='merger' OR label = \"ring\""), [0, 2]);
    assert_eq!(which("18 < mag_r <= 21"), [1, 4]);
    assert_eq!(which("mag_g - mag_r > 0.4 + 0.2 * 2"), [1]);
    assert_eq!(which("label in (\"ring\", \"plain\")"), [2, 4]);
    assert_eq!(which("label not in (\"ring\", \"plain\")"), [0, 1, 3]);
    assert_eq!(which("mag_r in (18, 2*11)"), [0, 3]);
    assert_eq!(which("name ~ \"NgC\""), [0, 1]);
    assert_eq!(which("name not ~ 'ngc' and not isnull(name)"), [2, 4]);
    assert_eq!(which("label == truth"), [0, 2]);
    assert_eq!(which("min(mag_r, mag_g, 20) < 20"), [0]);
    assert_eq!(
        which("-2^2 == -4 and 2^3^2 == 512 and 2**-1 == .5 and 7-4-2 == 1"),
        [0, 1, 2, 3, 4]
    );
    assert_eq!(which("`z short` > 0.15 or `z short` > 1e9"), [1]);
    assert_eq!(which("label > \"merger\""), [2, 4]);
    assert_eq!(which("\"merger\" < label"), [2, 4]);
    assert_eq!(
        which("abs(-1) + sqrt(4) + log10(100) + ln(exp(1)) == 6"),
        [0, 1, 2, 3, 4]
    );
}

#[test]
fn missing_values_make_comparisons_false() {
    assert_eq!(which("mag_r < 100 or mag_r >= 100"), [0, 1, 3, 4]);
    assert_eq!(which("mag_r != 18"), [1, 3, 4]);
    assert_eq!(which("not mag_r == 18"), [1, 2, 3, 4]);
    assert_eq!(which("label != \"merger\""), [2, 4]);
    assert_eq!(which("isnull(mag_r)"), [2]);
    assert_eq!(which("isnull(mag_r ^ 0)"), [2], "a missing value stays missing");
    assert_eq!(
        which("isnull(label) or isnull(`z short`) and isnull(truth)"),
        [1, 4]
    );
    assert_eq!(which("isnull(max(mag_r, 99))"), [2]);
}

#[test]
fn flags_are_conditions() {
    assert_eq!(which("is_star"), [0, 3]);
    assert_eq!(which("not is_star and mag_g > 20"), [1, 4]);
    assert_eq!(which("is_star == false"), [1, 4]);
    assert_eq!(which("true"), [0, 1, 2, 3, 4]);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let cases = [
        ("", "character 1: the expression ends too early"),
        ("mag_r <", "character 8: the expression ends too early"),
        (
            "mga_r < 21",
            "character 1: there is no column mga_r; did you mean mag_r?",
        ),
        (
            "mag_r < 21 label",
            "character 12: label can't follow here; join conditions with and or or",
        ),
        (
            "label == merger",
            "character 10: there is no column merger; a word is written \"merger\"",
        ),
        (
            "label == merge",
            "character 10: there is no column merge; a word is written \"merger\"",
        ),
        (
            "label == 3",
            "character 10: label holds words: compare it with a text in quotes, as in \"3\"",
        ),
        (
            "mag_r < \"21\"",
            "character 9: mag_r is a number: compare it with a number, without quotes",
        ),
        ("label == \"ring", "character 10: this \" is never closed"),
        (
            "(mag_r < 21",
            "character 12: the ( at character 1 is not closed by a ) here",
        ),
        ("mag_r < 21)", "character 11: this ) closes nothing"),
        (
            "mag_r < and",
            "character 9: a column or a value is missing before and",
        ),
        ("mag_r ? 3", "character 7: ? has no meaning here"),
        (
            "mag_r",
            "character 1: mag_r is a number, not a condition: compare it, as in mag_r > 0",
        ),
        (
            "label",
            "character 1: label is a word, not a condition: compare it, as in label == \"merger\"",
        ),
        (
            "p_edge-on == \"a\"",
            "character 1: there is no column p_edge; a name like that of `p_edge-on` is written in backticks",
        ),
        (
            "sqr(mag_r) < 3",
            "character 1: there is no function sqr; did you mean sqrt? The functions are abs, log10, ln, sqrt, exp, min, max, isnull",
        ),
        ("sqrt(mag_r, 2) < 3", "character 1: sqrt takes one value, not 2"),
        (
            "min(mag_r) < 3",
            "character 1: min takes two values or more, not 1",
        ),
        (
            "label + 1 > 2",
            "character 1: + takes numbers, and label is words",
        ),
        (
            "mag_r ~ \"2\"",
            "character 1: ~ looks into words, and mag_r is a number",
        ),
        (
            "(mag_r < 2) < 3",
            "character 13: a condition can't be compared; join conditions with and or or",
        ),
        ("grün == 3", "character 1: there is no column grün"),
        ("“ring” == label", "character 1: write straight quotes, \" or '"),
    ];
    for (text, message) in cases {
        assert_eq!(wrong(text), message, "{text}");
    }
}

#[test]
fn hostile_expressions_end_in_a_message() {
    for text in [
        "(".repeat(100_000),
        "not ".repeat(1500),
        "-".repeat(1500) + "1 < 2",
        "mag_r < ".repeat(900) + "2",
        "1+".repeat(100_000) + "1 < 2",
        "2^".repeat(900) + "2 < 1",
        "x < (".repeat(90) + "1" + &") < x".repeat(90),
        "abs(".repeat(1000),
        "\u{0}".to_owned(),
        "1e999999 < 2 2".to_owned(),
    ] {
        let answer = Filter::parse(&text).and_then(|f| f.passes(&sky()));
        if let Err(why) = answer {
            assert!(why.at <= text.chars().count());
        }
    }
}

#[test]
fn names_and_words_are_written_so_that_they_are_read_again() {
    for name in ["mag_r", "z short", "p_edge-on", "a`b", "and", "1st"] {
        let filter = Filter::parse(&format!("isnull({})", written(name))).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(filter.columns().into_iter().collect::<Vec<_>>(), [name]);
    }
    let filter = Filter::parse(&format!("label == {}", quoted("a \"b\""))).unwrap_or_else(|e| panic!("{e}"));
    let Kind::Compare(_, _, text) = filter.root.kind else {
        panic!()
    };
    assert_eq!(text.kind, Kind::Text("a \"b\"".into()));
}

#[test]
fn a_million_objects_are_filtered_at_once() {
    let rows = 1_000_000;
    struct Large(Arc<Vec<f64>>, Arc<Categories>);
    impl Source for Large {
        fn rows(&self) -> usize {
            self.0.len()
        }
        fn names(&self) -> Vec<String> {
            Vec::new()
        }
        fn values(&self, name: &str) -> Option<Values> {
            Some(match name {
                "mag_r" => Values::Numbers(self.0.clone()),
                _ => Values::Words(self.1.clone()),
            })
        }
    }
    let numbers = (0..rows).map(|i| f64::from(i % 1000) / 100.0).collect();
    let words = Categories {
        words: vec!["merger".into(), "ring".into()],
        of: (0..rows as u32).map(|i| i % 3).collect(),
    };
    let large = Large(Arc::new(numbers), Arc::new(words));
    let filter = Filter::parse("mag_r < 5 and label == \"merger\"").unwrap_or_else(|e| panic!("{e}"));
    let start = std::time::Instant::now();
    let passes = filter.passes(&large).unwrap_or_else(|e| panic!("{e}"));
    let took = start.elapsed();
    eprintln!("1 M objects, two terms: {took:?}");
    assert_eq!(passes.iter().filter(|p| **p).count(), 166_667);
    // Far above what it takes, so that a busy machine doesn't fail it.
    assert!(took.as_millis() < 500, "{took:?}");
}

/// A value of one object, worked out by the book.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Number(f64),
    Word(Option<String>),
    Truth(bool),
}

/// The naive evaluator: one object at a time, straight from the tree.
fn naive(expr: &Expr, sky: &Memory, row: usize) -> Value {
    let at = |e: &Expr| naive(e, sky, row);
    let number = |e: &Expr| match at(e) {
        Value::Number(v) => v,
        other => panic!("{other:?}"),
    };
    let truth = |e: &Expr| match at(e) {
        Value::Truth(t) => t,
        other => panic!("{other:?}"),
    };
    let compare = |sign: &str, order: Option<std::cmp::Ordering>| {
        order.is_some_and(|o| match sign {
            "<" => o.is_lt(),
            "<=" => o.is_le(),
            ">" => o.is_gt(),
            ">=" => o.is_ge(),
            "==" => o.is_eq(),
            _ => o.is_ne(),
        })
    };
    let order = |a: Value, b: Value| match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(&b),
        (Value::Word(a), Value::Word(b)) => a.zip(b).map(|(a, b)| a.cmp(&b)),
        other => panic!("{other:?}"),
    };
    match &expr.kind {
        Kind::Number(v) => Value::Number(*v),
        Kind::Text(t) => Value::Word(Some(t.clone())),
        Kind::Truth(t) => Value::Truth(*t),
        Kind::Column(name) => match sky.numbers.get(name.as_str()) {
            Some(values) => Value::Number(values.get(row).copied().unwrap_or(f64::NAN)),
            None => Value::Word(sky.words[name.as_str()][row].map(str::to_owned)),
        },
        Kind::Negative(a) => Value::Number(-number(a)),
        Kind::Arithmetic(sign, a, b) => {
            let (a, b) = (number(a), number(b));
            Value::Number(match *sign {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "/" => a / b,
                _ => power(a, b),
            })
        }
        Kind::Call("isnull", list) => Value::Truth(match at(&list[0]) {
            Value::Number(v) => v.is_nan(),
            Value::Word(w) => w.is_none(),
            Value::Truth(_) => panic!(),
        }),
        Kind::Call(name, list) => {
            let all: Vec<f64> = list.iter().map(number).collect();
            Value::Number(match *name {
                "abs" => all[0].abs(),
                "log10" => all[0].log10(),
                "ln" => all[0].ln(),
                "sqrt" => all[0].sqrt(),
                "exp" => all[0].exp(),
                "min" => all.iter().copied().reduce(smaller).unwrap_or(f64::NAN),
                _ => all.iter().copied().reduce(larger).unwrap_or(f64::NAN),
            })
        }
        Kind::Compare(sign, a, b) => Value::Truth(compare(sign, order(at(a), at(b)))),
        Kind::In(a, list) => Value::Truth(list.iter().any(|e| compare("==", order(at(a), at(e))))),
        Kind::Contains(a, text) => match (at(a), at(text)) {
            (Value::Word(word), Value::Word(Some(part))) => {
                Value::Truth(word.is_some_and(|w| w.to_lowercase().contains(&part.to_lowercase())))
            }
            other => panic!("{other:?}"),
        },
        Kind::Not(a) => Value::Truth(!truth(a)),
        Kind::And(list) => Value::Truth(list.iter().map(truth).fold(true, |a, b| a & b)),
        Kind::Or(list) => Value::Truth(list.iter().map(truth).fold(false, |a, b| a | b)),
    }
}

fn number_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("mag_r".to_owned()),
        Just("mag_g".to_owned()),
        Just("`z short`".to_owned()),
        (0..250i32).prop_map(|v| format!("{}", f64::from(v) / 10.0)),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), "[-+*/^]", inner.clone()).prop_map(|(a, s, b)| format!("{a} {s} {b}")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (
                prop_oneof![Just("abs"), Just("log10"), Just("ln"), Just("sqrt"), Just("exp")],
                inner.clone()
            )
                .prop_map(|(f, a)| format!("{f}({a})")),
            (prop_oneof![Just("min"), Just("max")], inner.clone(), inner)
                .prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
        ]
    })
}

fn condition_text() -> impl Strategy<Value = String> {
    let sign = || {
        prop_oneof![
            Just("<"),
            Just("<="),
            Just(">"),
            Just(">="),
            Just("=="),
            Just("!=")
        ]
    };
    let word = || prop_oneof![Just("\"merger\""), Just("'ring'"), Just("\"nothing\"")];
    let leaf = prop_oneof![
        (number_text(), sign(), number_text()).prop_map(|(a, s, b)| format!("{a} {s} {b}")),
        (number_text(), sign(), number_text(), sign(), number_text())
            .prop_map(|(a, s, b, t, c)| format!("{a} {s} {b} {t} {c}")),
        (sign(), word()).prop_map(|(s, w)| format!("label {s} {w}")),
        (sign(), word()).prop_map(|(s, w)| format!("{w} {s} truth")),
        sign().prop_map(|s| format!("label {s} truth")),
        (word(), word()).prop_map(|(a, b)| format!("truth in ({a}, {b})")),
        (number_text(), number_text()).prop_map(|(a, b)| format!("mag_r in ({a}, {b})")),
        Just("name ~ \"gC\"".to_owned()),
        number_text().prop_map(|a| format!("isnull({a})")),
        Just("isnull(label)".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof![Just("and"), Just("or")], inner.clone())
                .prop_map(|(a, s, b)| format!("{a} {s} {b}")),
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_vectorised_answer_is_the_naive_one(text in condition_text()) {
        let filter = Filter::parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        let sky = sky();
        let passes = filter.passes(&sky).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        for (row, pass) in passes.iter().enumerate() {
            prop_assert_eq!(Value::Truth(*pass), naive(&filter.root, &sky, row), "{} at {}", text, row);
        }
    }

    #[test]
    fn any_text_is_answered(text in "[ a-z0-9_.\"'`()<>=!~+*/^,&|-]{0,60}") {
        let _ = Filter::parse(&text).and_then(|f| f.passes(&sky()));
    }
}
