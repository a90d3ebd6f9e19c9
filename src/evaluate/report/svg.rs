//! Plots as SVG that stands inside a page: lines with bands, axes, marks. No scripts, no fonts of its own.

use std::fmt::Write;

/// Colours of encoders, in order; the first nine are told apart by people without red, green or blue cones.
pub(crate) const COLOURS: [&str; 9] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#6a3d9a", "#b15928",
];

/// A line.
pub(crate) struct Series {
    pub name: String,
    pub colour: &'static str,
    /// x, y, half width of the band (0 for none).
    pub points: Vec<[f64; 3]>,
    pub marks: bool,
}

/// A plot with y from 0 to 1.
pub(crate) struct Plot<'p> {
    pub title: &'p str,
    pub x_label: &'p str,
    pub y_label: &'p str,
    /// Whether x is logarithmic.
    pub log: bool,
    /// Marks of the x axis.
    pub x_marks: Vec<f64>,
    /// Whether a line from (0, 0) to (1, 1) is drawn.
    pub diagonal: bool,
    pub series: Vec<Series>,
}

const WIDTH: f64 = 430.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 26.0;
const RIGHT: f64 = 10.0;
const BOTTOM: f64 = 42.0;

/// Text that stands inside markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A number without needless zeros.
fn short(v: f64) -> String {
    let text = format!("{v:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Plot<'_> {
    fn x(&self, value: f64) -> f64 {
        let (low, high) = (
            self.x_marks.first().copied().unwrap_or(0.0),
            self.x_marks.last().copied().unwrap_or(1.0),
        );
        let part = if self.log {
            (value / low).ln() / (high / low).ln().max(1e-9)
        } else {
            (value - low) / (high - low).max(1e-9)
        };
        LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - value.clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM)
    }

    /// The plot as an `<svg>` element.
    pub fn svg(&self) -> String {
        let mut s = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{0}\"><text class=\"t\" x=\"{LEFT}\" y=\"16\">{0}</text>",
            escaped(self.title)
        );
        let floor = HEIGHT - BOTTOM;
        for i in 0..=5 {
            let v = f64::from(i) / 5.0;
            let y = self.y(v);
            let _ = write!(
                s,
                "<path class=\"g\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text class=\"a\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 5.0,
                y + 3.5,
                short(v)
            );
        }
        for &v in &self.x_marks {
            let x = self.x(v);
            let _ = write!(
                s,
                "<path class=\"g\" d=\"M{x:.1} {TOP}V{floor:.1}\"/><text class=\"a\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                floor + 14.0,
                short(v)
            );
        }
        let _ = write!(
            s,
            "<text class=\"a\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text class=\"a\" transform=\"translate(12 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 8.0,
            escaped(self.x_label),
            (TOP + floor) / 2.0,
            escaped(self.y_label)
        );
        if self.diagonal {
            let _ = write!(
                s,
                "<path class=\"d\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
                self.x(0.0),
                self.y(0.0),
                self.x(1.0),
                self.y(1.0)
            );
        }
        for line in &self.series {
            self.line(&mut s, line);
        }
        s.push_str("</svg>");
        s
    }

    fn line(&self, s: &mut String, line: &Series) {
        let at = |x: f64, y: f64| format!("{:.1} {:.1}", self.x(x), self.y(y));
        let joined = |points: Vec<String>| points.join("L");
        if line.points.iter().any(|p| p[2] > 0.0) {
            let upper = line.points.iter().map(|p| at(p[0], p[1] + p[2]));
            let lower = line.points.iter().rev().map(|p| at(p[0], p[1] - p[2]));
            let _ = write!(
                s,
                "<path d=\"M{}Z\" fill=\"{}\" fill-opacity=\".15\"/>",
                joined(upper.chain(lower).collect()),
                line.colour
            );
        }
        let path = joined(line.points.iter().map(|p| at(p[0], p[1])).collect());
        let _ = write!(
            s,
            "<path d=\"M{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"><title>{}</title></path>",
            line.colour,
            escaped(&line.name)
        );
        for p in line.points.iter().filter(|_| line.marks) {
            let _ = write!(
                s,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{}\"><title>{}: {} at {}</title></circle>",
                self.x(p[0]),
                self.y(p[1]),
                line.colour,
                escaped(&line.name),
                short(p[1]),
                short(p[0])
            );
        }
    }
}
