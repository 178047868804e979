//! A pair of axes: the room they need, their marks and names, and where a number lies between them.

use super::legend::{Column, Entry, Rows};
use super::scene::{Pen, Point, Scene, Text};
use super::text;
use super::theme::Color;
use super::thin::thin_out;
use super::ticks::{Tick, ticks};

/// One axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) name: String,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether only whole numbers have a mark.
    whole: bool,
}

impl Axis {
    pub(super) fn new(name: impl Into<String>, low: f64, high: f64) -> Axis {
        let (low, high) = proper(low, high);
        Axis {
            name: name.into(),
            low,
            high,
            whole: false,
        }
    }

    /// An axis with room for these numbers; those that are not finite do not count.
    pub(super) fn of(
        name: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
        room: f64,
    ) -> Axis {
        let (low, high) = range(values);
        let span = high - low;
        Axis::new(name, low - span * room, high + span * room)
    }

    pub(super) fn whole(mut self) -> Axis {
        self.whole = true;
        self
    }

    fn ticks(&self, most: usize) -> Vec<Tick> {
        ticks(self.low, self.high, most, self.whole)
    }
}

/// The lowest and the highest of the finite numbers; 0 and 1 where there are none.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let mut ends: Option<(f64, f64)> = None;
    for value in values.into_iter().filter(|value| value.is_finite()) {
        let (low, high) = ends.unwrap_or((value, value));
        ends = Some((low.min(value), high.max(value)));
    }
    let (low, high) = ends.unwrap_or((0.0, 1.0));
    proper(low, high)
}

/// A range that has a length which can be computed with.
fn proper(low: f64, high: f64) -> (f64, f64) {
    let bounded = |value: f64| {
        if value.is_nan() {
            0.0
        } else {
            value.clamp(-1e300, 1e300)
        }
    };
    let (low, high) = (bounded(low), bounded(high));
    let least = low.abs().max(high.abs()).max(1e-300) * 1e-12;
    if high - low > least {
        (low, high)
    } else {
        let room = (low.abs() * 0.1).max(if low == 0.0 { 0.5 } else { 1e-300 });
        (low - room, low + room)
    }
}

/// Where the legend stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Right,
}

/// What is to be drawn round a chart, and in which room.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) corner: Point,
    pub(super) size: Point,
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) legend: Vec<Entry>,
    pub(super) legend_side: Side,
    /// Whether thin lines cross the chart at the marks, of the axis x and the axis y.
    pub(super) grid: (bool, bool),
}

pub(super) const TITLE: f64 = 14.0;
const NAME: f64 = 12.0;
const LABEL: f64 = 11.0;
/// The labels of an axis are cut to this.
const LONGEST: f64 = 130.0;

impl Panel {
    pub(super) fn new(corner: Point, size: Point, x: Axis, y: Axis) -> Panel {
        Panel {
            corner,
            size,
            title: String::new(),
            x,
            y,
            legend: Vec::new(),
            legend_side: Side::Above,
            grid: (false, true),
        }
    }

    pub(super) fn title(mut self, title: impl Into<String>) -> Panel {
        self.title = title.into();
        self
    }

    pub(super) fn legend(mut self, entries: Vec<Entry>, side: Side) -> Panel {
        self.legend = entries;
        self.legend_side = side;
        self
    }

    pub(super) fn grid(mut self, x: bool, y: bool) -> Panel {
        self.grid = (x, y);
        self
    }

    /// Draws everything but the numbers; the plot says where those belong.
    pub(super) fn draw(&self, scene: &mut Scene) -> Plot {
        let (left, top) = self.corner;
        let (right, bottom) = (left + self.size.0, top + self.size.1);
        let above = Rows::new(
            match self.legend_side {
                Side::Above => &self.legend,
                Side::Right => &[],
            },
            self.size.0 - 24.0,
            4,
        );
        let title = if self.title.is_empty() { 0.0 } else { 26.0 };
        let plot_top = top + title + above.height() + if above.height() > 0.0 { 6.0 } else { 10.0 };
        let plot_bottom = bottom - 24.0 - if self.x.name.is_empty() { 0.0 } else { 20.0 };
        let height = (plot_bottom - plot_top).max(10.0);
        let y_ticks = self.y.ticks((height / 34.0).max(1.0) as usize);
        let y_labels = shortened(&y_ticks);
        let y_width = text::widest(y_labels.iter().map(String::as_str), LABEL);
        let y_name = if self.y.name.is_empty() { 0.0 } else { 20.0 };
        // The labels at both ends of the axis reach beyond it.
        let x_labels = shortened(&self.x.ticks(8));
        let reach = text::widest(x_labels.iter().map(String::as_str), LABEL) / 2.0 + 3.0;
        let plot_left = left + (y_name + y_width + 10.0).max(reach);
        let beside = Column::new(
            match self.legend_side {
                Side::Above => &[],
                Side::Right => &self.legend,
            },
            height,
            self.size.0 * 0.36,
        );
        let beside_width = if beside.width() > 0.0 {
            beside.width() + 14.0
        } else {
            0.0
        };
        let plot_right = right - reach.max(14.0) - beside_width;
        let plot = Plot {
            left: plot_left,
            top: plot_top,
            width: (plot_right - plot_left).max(10.0),
            height,
            x: (self.x.low, self.x.high),
            y: (self.y.low, self.y.high),
            detail: 600,
        };
        let title_room = self.size.0 - 10.0;
        let words = Text::new(&self.title, left + 8.0, top + 14.0)
            .size(TITLE)
            .bold();
        scene.text(words.within(title_room));
        above.draw(scene, left + 8.0, top + title);
        beside.draw(scene, right - beside.width() - 6.0, plot_top);
        self.draw_y(scene, &plot, &y_ticks, &y_labels);
        self.draw_x(scene, &plot);
        plot
    }

    fn draw_y(&self, scene: &mut Scene, plot: &Plot, ticks: &[Tick], labels: &[String]) {
        let right = plot.left + plot.width;
        for (tick, label) in ticks.iter().zip(labels) {
            let y = plot.y(tick.value);
            if self.grid.1 {
                scene.line(vec![(plot.left, y), (right, y)], GRID);
            }
            scene.text(Text::new(label, plot.left - 7.0, y).size(LABEL).end());
        }
        let middle = plot.top + plot.height / 2.0;
        let name = Text::new(&self.y.name, self.corner.0 + 10.0, middle);
        let room = self.size.1 - 20.0;
        scene.text(name.size(NAME).middle().turned(-90.0).within(room));
    }

    fn draw_x(&self, scene: &mut Scene, plot: &Plot) {
        let bottom = plot.top + plot.height;
        let (ticks, labels) = self.x_ticks(plot);
        for (tick, label) in ticks.iter().zip(&labels) {
            let x = plot.x(tick.value);
            if self.grid.0 {
                scene.line(vec![(x, plot.top), (x, bottom)], GRID);
            }
            scene.line(vec![(x, bottom), (x, bottom + 4.0)], AXIS);
            scene.text(Text::new(label, x, bottom + 13.0).size(LABEL).middle());
        }
        scene.line(
            vec![(plot.left, bottom), (plot.left + plot.width, bottom)],
            AXIS,
        );
        let middle = plot.left + plot.width / 2.0;
        let name = Text::new(&self.x.name, middle, bottom + 33.0);
        scene.text(
            name.size(NAME)
                .middle()
                .within(plot.width + plot.left - self.corner.0),
        );
    }

    /// As many marks as have room side by side.
    fn x_ticks(&self, plot: &Plot) -> (Vec<Tick>, Vec<String>) {
        let mut most = (plot.width / 55.0).max(1.0) as usize;
        loop {
            let mut ticks = self.x.ticks(most);
            if most <= 1 {
                ticks.truncate(1);
            }
            let labels = shortened(&ticks);
            if most <= 1 || fit_side_by_side(plot, &ticks, &labels) {
                return (ticks, labels);
            }
            most -= 1;
        }
    }
}

/// Whether no label touches the next one.
fn fit_side_by_side(plot: &Plot, ticks: &[Tick], labels: &[String]) -> bool {
    let mut end = f64::NEG_INFINITY;
    ticks.iter().zip(labels).all(|(tick, label)| {
        let half = text::width(label, LABEL) / 2.0;
        let fits = plot.x(tick.value) - half > end;
        end = plot.x(tick.value) + half + 5.0;
        fits
    })
}

fn shortened(ticks: &[Tick]) -> Vec<String> {
    let shorten = |tick: &Tick| text::shorten(&tick.label, LABEL, LONGEST);
    ticks.iter().map(shorten).collect()
}

const GRID: Pen = Pen {
    paint: super::scene::Paint {
        color: Color::Ink,
        opacity: 0.2,
    },
    width: 1.0,
    dash: None,
};
const AXIS: Pen = Pen {
    paint: super::scene::Paint {
        color: Color::Ink,
        opacity: 0.7,
    },
    width: 1.0,
    dash: None,
};

/// The room between the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    x: (f64, f64),
    y: (f64, f64),
    /// How many points a curve has, at most.
    detail: usize,
}

impl Plot {
    /// The same room for so many curves: all together are not to make the file large.
    pub(super) fn for_curves(mut self, curves: usize) -> Plot {
        self.detail = (2400 / curves.max(1)).clamp(60, 600);
        self
    }

    pub(super) fn x(&self, value: f64) -> f64 {
        let share = share(value, self.x);
        self.left + share * self.width
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        let share = share(value, self.y);
        self.top + (1.0 - share) * self.height
    }

    /// Whether a point lies between the axes.
    pub(super) fn has(&self, (x, y): Point) -> bool {
        (self.x.0..=self.x.1).contains(&x) && (self.y.0..=self.y.1).contains(&y)
    }

    pub(super) fn at(&self, (x, y): Point) -> Point {
        (self.x(x), self.y(y))
    }

    /// A curve, with a gap where a number is not finite; of many points, few that look like them.
    pub(super) fn curve(&self, scene: &mut Scene, points: &[Point], pen: Pen) {
        let is_finite = |point: &Point| point.0.is_finite() && point.1.is_finite();
        for piece in points.split(|point| !is_finite(point)) {
            let places: Vec<Point> = piece.iter().map(|point| self.at(*point)).collect();
            scene.line(thin_out(&places, self.detail), pen);
        }
    }

    /// A dot for each number.
    pub(super) fn dots(&self, scene: &mut Scene, points: &[Point], radius: f64, color: Color) {
        let finite = points
            .iter()
            .filter(|point| point.0.is_finite() && point.1.is_finite());
        let places = finite.map(|point| self.at(*point)).collect();
        scene.dots(places, radius, color);
    }
}

/// How far between both ends, from 0 to 1.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}
