//! Line charts side by side, drawn with plotters.
//!
//! plotters knows neither a theme's colors nor dashes nor fractions of a pixel in SVG. So it draws
//! four times as large, with colors that stand for others, and `finish` puts in what they stand
//! for.

use plotters::coord::Shift;
use plotters::coord::types::{RangedCoordf64, RangedCoordi32};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Figure;
use crate::display::escape;

/// One chart.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) curves: Vec<Curve>,
}

/// One line of a chart: (epoch, value).
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) pen: Pen,
    pub(super) points: Vec<(i32, f64)>,
}

/// How a curve is drawn.
#[derive(Clone, Copy)]
pub(super) enum Pen {
    Training,
    Validation,
}

impl Pen {
    fn placeholder(self) -> RGBColor {
        match self {
            Pen::Training => TRAINING.0,
            Pen::Validation => VALIDATION.0,
        }
    }
}

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordi32, RangedCoordf64>>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Pixels of plotters in a pixel of the figure.
const SCALE: i32 = 4;
/// The size of a panel.
const PANEL: (u32, u32) = (380, 280);
/// Up to so many epochs get a dot each.
const DOTS: usize = 40;
/// A curve has no more points than this; of more, the extremes are kept.
const POINTS: usize = 200;

/// A color for plotters to draw with, and its code.
type Placeholder = (RGBColor, &'static str);
const INK: Placeholder = (RGBColor(1, 2, 3), "\"#010203\"");
const TRAINING: Placeholder = (RGBColor(2, 3, 4), "\"#020304\"");
const VALIDATION: Placeholder = (RGBColor(3, 4, 5), "\"#030405\"");
/// Blue and orange: told apart by every kind of eye, seen on light and dark.
const BLUE: &str = "\"#3a85d0\"";
const ORANGE: &str = "\"#d9730d\"";

/// Draws the panels side by side.
pub(super) fn draw(panels: &[Panel], description: &str) -> Figure {
    let columns = panels.len().max(1) as u32;
    let (width, height) = (PANEL.0 * columns, PANEL.1);
    let mut svg = String::new();
    let size = (width * SCALE as u32, height * SCALE as u32);
    let drawn = {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.split_evenly((1, columns as usize))
            .iter()
            .zip(panels)
            .try_for_each(|(area, panel)| panel.draw(area))
            .and_then(|()| root.present())
    };
    // Writing into a string cannot fail; a chart that cannot be laid out stays empty.
    debug_assert!(drawn.is_ok(), "{drawn:?}");
    Figure::from_svg(
        finish(&svg, width, height, description),
        width,
        height,
        description,
    )
}

/// Puts in colors, dashes, size and description.
fn finish(svg: &str, width: u32, height: u32, description: &str) -> String {
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    let body = body
        .replace(INK.1, "\"currentColor\"")
        .replace(TRAINING.1, BLUE)
        .replace(
            &format!("stroke={} ", VALIDATION.1),
            &format!("stroke={ORANGE} stroke-dasharray=\"28 14\" "),
        )
        .replace(VALIDATION.1, ORANGE)
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "");
    let description = escape(description.trim_matches(['<', '>']));
    format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" role=\"img\" \
         aria-label=\"{description}\" {} xmlns=\"http://www.w3.org/2000/svg\">{body}",
        width * SCALE as u32,
        height * SCALE as u32,
        super::figure::THEME,
    )
}

fn font(size: f64) -> TextStyle<'static> {
    ("sans-serif", size * f64::from(SCALE) * 1.24)
        .into_font()
        .color(&INK.0)
}

impl Panel {
    fn draw(&self, area: &Canvas<'_>) -> Drawn {
        let (epochs, values) = (self.epochs(), self.range());
        let single = self.curves.iter().all(|curve| curve.points.len() < 2);
        let digits = digits(values.1 - values.0);
        let mut chart: Chart<'_, '_> = ChartBuilder::on(area)
            .margin_top(44 * SCALE)
            .margin_right(16 * SCALE)
            .margin_left(6 * SCALE)
            .margin_bottom(4 * SCALE)
            .x_label_area_size(40 * SCALE)
            .y_label_area_size(48 * SCALE)
            .build_cartesian_2d(epochs.0..epochs.1, values.0..values.1)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.0.mix(0.15).stroke_width(SCALE as u32))
            .axis_style(INK.0.mix(0.5).stroke_width(SCALE as u32))
            .set_all_tick_mark_size(4 * SCALE)
            .x_labels(10)
            .y_labels(6)
            .x_label_formatter(&|epoch| match epoch {
                // The room beside an only epoch.
                epoch if single && *epoch != epochs.0 + 1 => String::new(),
                epoch => epoch.to_string(),
            })
            .y_label_formatter(&|value| format!("{value:.digits$}"))
            .label_style(font(11.0))
            .axis_desc_style(font(12.0))
            .x_desc("epoch")
            .draw()?;
        for curve in &self.curves {
            curve.draw(&mut chart)?;
        }
        self.draw_head(area)
    }

    /// The name of the values, and the legend, above the lines.
    fn draw_head(&self, area: &Canvas<'_>) -> Drawn {
        let left = Pos::new(HPos::Left, VPos::Center);
        let title = font(14.0).pos(left);
        area.draw(&Text::new(
            self.title.clone(),
            (14 * SCALE, 20 * SCALE),
            title,
        ))?;
        let mut x = PANEL.0 as i32 - 16 - 100 * self.curves.len() as i32;
        for curve in &self.curves {
            let line = vec![(x * SCALE, 20 * SCALE), ((x + 24) * SCALE, 20 * SCALE)];
            let pen = curve.pen.placeholder().stroke_width(2 * SCALE as u32);
            area.draw(&PathElement::new(line, pen))?;
            let name = font(12.0).pos(left);
            area.draw(&Text::new(
                curve.name.to_string(),
                ((x + 30) * SCALE, 20 * SCALE),
                name,
            ))?;
            x += 100;
        }
        Ok(())
    }

    /// The first and the last epoch, with room on both sides when there is only one.
    fn epochs(&self) -> (i32, i32) {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let first = points().map(|point| point.0).min().unwrap_or(1);
        let last = points().map(|point| point.0).max().unwrap_or(1);
        if first == last {
            (first - 1, last + 1)
        } else {
            (first, last)
        }
    }

    /// The range of the values, and a little more; shares stay within 0 and 1.
    fn range(&self) -> (f64, f64) {
        let values = || {
            let points = self.curves.iter().flat_map(|curve| &curve.points);
            points
                .map(|point| point.1)
                .filter(|value| value.is_finite())
        };
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return (0.0, 1.0);
        }
        // Values beyond this would overflow on the way to pixels.
        let (low, high) = (low.max(-1e300), high.min(1e300));
        let room = match high - low {
            0.0 => low.abs().max(1e-3) * 0.5,
            span => span * 0.06,
        };
        let bottom = if low >= 0.0 {
            (low - room).max(0.0)
        } else {
            low - room
        };
        let top = if high <= 1.0 && low >= 0.0 && self.title.contains("acc") {
            (high + room).min(1.0)
        } else {
            high + room
        };
        if bottom < top {
            (bottom, top)
        } else {
            (bottom, bottom + 1.0)
        }
    }
}

impl Curve {
    fn draw(&self, chart: &mut Chart<'_, '_>) -> Drawn {
        let color = self.pen.placeholder();
        let points = thin_out(&self.points);
        let pieces = points.split(|point| !point.1.is_finite());
        for piece in pieces.filter(|piece| piece.len() > 1) {
            let line = color.stroke_width(2 * SCALE as u32);
            chart.draw_series(LineSeries::new(piece.iter().copied(), line))?;
        }
        if self.points.len() <= DOTS {
            let dots = points.iter().filter(|point| point.1.is_finite());
            chart.draw_series(dots.map(|dot| Circle::new(*dot, 3 * SCALE, color.filled())))?;
        }
        Ok(())
    }
}

/// Few points that look like many: the lowest and the highest of each stretch, in order.
fn thin_out(points: &[(i32, f64)]) -> Vec<(i32, f64)> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    let mut thin = Vec::with_capacity(POINTS + 2);
    thin.push(points[0]);
    for stretch in points.chunks(points.len().div_ceil(POINTS / 2)) {
        let low = stretch.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let high = stretch.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        if let (Some(low), Some(high)) = (low, high) {
            let (low, high) = (*low, *high);
            thin.extend(if low.0 <= high.0 {
                [low, high]
            } else {
                [high, low]
            });
        }
    }
    thin.extend(points.last());
    thin.dedup();
    thin
}

/// The digits after the point that tell the marks of an axis of this length apart.
fn digits(span: f64) -> usize {
    let step = span / 6.0;
    if step >= 1.0 {
        0
    } else {
        (-step.log10()).ceil().clamp(1.0, 6.0) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_survive_thinning_out() {
        let value = |i: i32| if i == 4321 { 9.0 } else { f64::from(i % 7) };
        let points: Vec<(i32, f64)> = (1..=5000).map(|i| (i, value(i))).collect();
        let thin = thin_out(&points);
        assert!(thin.len() <= POINTS + 2);
        assert!(thin.contains(&(4321, 9.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!((thin[0].0, thin[thin.len() - 1].0), (1, 5000));
    }

    #[test]
    fn axes_have_as_many_digits_as_needed() {
        assert_eq!(digits(12.0), 0);
        assert_eq!(digits(2.0), 1);
        assert_eq!(digits(0.3), 2);
        assert_eq!(digits(0.01), 3);
    }
}
