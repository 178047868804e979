//! The layers of a model as a graph.

use super::layered::{self, Graph};
use super::scene::{Pen, Point, Scene, Text};
use super::theme::Color;
use super::{Figure, model_card::Card};
use crate::models::{Diagram, Model};
use crate::{Error, Result, Setting};

/// The arguments of [`plot_model`], with Keras's defaults.
///
/// Keras: those of `keras.utils.plot_model`, but for `splines`: lines are always the same.
#[derive(Clone, Debug)]
pub struct PlotModel {
    /// A file for the drawing, `.svg` or `.png`; none unless set (`"model.png"` in Keras).
    pub to_file: Option<String>,
    /// Whether shapes are shown.
    pub show_shapes: bool,
    /// Whether types of elements are shown.
    pub show_dtype: bool,
    /// Whether the names of layers are shown.
    pub show_layer_names: bool,
    /// Where the layers go: `"TB"` from top to bottom, as unless set, `"BT"`, `"LR"` or `"RL"`.
    pub rankdir: Setting<RankDir>,
    /// Whether the layers of models inside of the model are shown.
    pub expand_nested: bool,
    /// The resolution of a PNG file, in dots per inch; 200 unless set.
    pub dpi: u32,
    /// Whether activations are shown.
    pub show_layer_activations: bool,
    /// Whether it is shown which layers training changes.
    pub show_trainable: bool,
}

impl Default for PlotModel {
    fn default() -> Self {
        Self {
            to_file: None,
            show_shapes: false,
            show_dtype: false,
            show_layer_names: false,
            rankdir: RankDir::TopToBottom.into(),
            expand_nested: false,
            dpi: 200,
            show_layer_activations: false,
            show_trainable: false,
        }
    }
}

/// Where the layers of a drawn model go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankDir {
    /// `"TB"`
    TopToBottom,
    /// `"BT"`
    BottomToTop,
    /// `"LR"`
    LeftToRight,
    /// `"RL"`
    RightToLeft,
}

impl std::str::FromStr for RankDir {
    type Err = Error;

    fn from_str(name: &str) -> Result<RankDir> {
        match name {
            "TB" => Ok(RankDir::TopToBottom),
            "BT" => Ok(RankDir::BottomToTop),
            "LR" => Ok(RankDir::LeftToRight),
            "RL" => Ok(RankDir::RightToLeft),
            _ => Err(Error::unknown_name(
                "direction",
                name,
                &["TB", "BT", "LR", "RL"],
            )),
        }
    }
}

impl From<RankDir> for Setting<RankDir> {
    fn from(rankdir: RankDir) -> Self {
        Setting::value(rankdir)
    }
}

/// A model as a graph: a card for each layer, an arrow to each layer that takes its output.
///
/// Before a model is built its shapes are shown as `?`. Of more than 400 layers, the first are
/// shown. Nothing but kerust is needed.
///
/// Keras: `keras.utils.plot_model`.
///
/// # Errors
/// When an argument is wrong, or the file cannot be written.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let inputs = Input::new(4);
/// let a = Dense::new(8).activation("relu").on(&inputs)?;
/// let b = Dense::new(8).on(&inputs)?;
/// let model = Model::new(&inputs, &Add::new().on([&a, &b])?)?.named("two_ways");
/// let figure = plot::plot_model(
///     &model,
///     plot::PlotModel {
///         show_shapes: true,
///         show_layer_names: true,
///         rankdir: "LR".into(),
///         ..Default::default()
///     },
/// )?;
/// assert_eq!(figure.to_string(), "<model two_ways: 4 layers>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn plot_model(model: &Model, arguments: PlotModel) -> Result<Figure> {
    let drawn = draw(&model.diagram(), &arguments);
    let saved = drawn.and_then(|figure| {
        if let Some(path) = &arguments.to_file {
            figure.save(path)?;
        }
        Ok(figure)
    });
    saved.map_err(|error| error.at("plot_model"))
}

/// Of more layers than this the first ones are drawn.
const MOST: usize = 400;
/// Models inside of models inside of models ... are drawn so deep.
const DEEPEST: usize = 8;
/// The room round everything.
const MARGIN: f64 = 12.0;

fn draw(diagram: &Diagram, arguments: &PlotModel) -> Result<Figure> {
    let rankdir = *arguments.rankdir.get().map_err(|e| e.at("rankdir"))?;
    if !(10..=1200).contains(&arguments.dpi) {
        return Err(Error::argument(
            "dpi",
            "a number from 10 to 1200",
            arguments.dpi,
        ));
    }
    let mut left = MOST;
    let drawing = Drawing::new(diagram, arguments, rankdir, DEEPEST, &mut left);
    let count = diagram.nodes.len();
    let words = match count - drawing.cards.len() {
        0 => String::new(),
        more => format!("… and {more} more layers"),
    };
    let least = super::text::width(&words, 12.0);
    let foot = if words.is_empty() { 0.0 } else { 26.0 };
    let width = drawing.size.0.max(least).max(76.0) + 2.0 * MARGIN;
    let mut scene = Scene::new(width, drawing.size.1 + 2.0 * MARGIN + foot);
    let corner = ((scene.width - drawing.size.0) / 2.0, MARGIN);
    drawing.draw(&mut scene, corner);
    let middle = (scene.width / 2.0, scene.height - foot / 2.0);
    scene.text(Text::new(words, middle.0, middle.1 - 4.0).middle());
    let noun = if count == 1 { "layer" } else { "layers" };
    let description = format!("model {}: {count} {noun}", diagram.name);
    let figure = Figure::from_scene(scene, &description);
    Ok(figure.with_scale(f64::from(arguments.dpi) / 96.0))
}

/// The cards of a model and the arrows between them, with places.
struct Drawing {
    size: Point,
    cards: Vec<(Content, Point)>,
    arrows: Vec<Vec<Point>>,
}

/// What stands at the place of a layer.
enum Content {
    Card(Card),
    /// The layers of a model inside, with its name above.
    Model(String, Drawing),
}

/// The room above and beside the layers of a model inside.
const HEAD: f64 = 24.0;
const FRAME: f64 = 12.0;

impl Content {
    fn size(&self) -> Point {
        match self {
            Content::Card(card) => card.size(),
            Content::Model(name, inner) => {
                let least = super::text::width(name, 12.0) * 1.12 + 2.0 * FRAME;
                let (width, height) = inner.size;
                ((width + 2.0 * FRAME).max(least), height + HEAD + FRAME)
            }
        }
    }

    fn draw(&self, scene: &mut Scene, middle: Point) {
        let size = self.size();
        let corner = (middle.0 - size.0 / 2.0, middle.1 - size.1 / 2.0);
        match self {
            Content::Card(card) => card.draw(scene, corner),
            Content::Model(name, inner) => {
                scene.rounded(corner, size, 6.0, Color::Ink.faint(0.06));
                scene.frame(corner, size, Pen::new(Color::Ink.faint(0.7), 1.0).dashed());
                let name = Text::new(name, corner.0 + FRAME, corner.1 + HEAD / 2.0 + 1.0);
                scene.text(name.bold());
                let left = middle.0 - inner.size.0 / 2.0;
                inner.draw(scene, (left, corner.1 + HEAD));
            }
        }
    }
}

impl Drawing {
    /// Draws at most `left` layers, and says how many are left then.
    fn new(
        diagram: &Diagram,
        arguments: &PlotModel,
        rankdir: RankDir,
        depth: usize,
        left: &mut usize,
    ) -> Drawing {
        let mut contents = Vec::new();
        for node in &diagram.nodes {
            if *left == 0 {
                break;
            }
            *left -= 1;
            contents.push(match &node.inner {
                Some(inner) if arguments.expand_nested && depth > 0 => {
                    let name = super::text::shorten(&node.name, 12.0, 220.0);
                    let inner = Drawing::new(inner, arguments, rankdir, depth - 1, left);
                    Content::Model(name, inner)
                }
                _ => Content::Card(Card::new(node, arguments)),
            });
        }
        let is_upright = matches!(rankdir, RankDir::TopToBottom | RankDir::BottomToTop);
        let turn = |(x, y): Point| if is_upright { (x, y) } else { (y, x) };
        // A layer that is called again on what came of it is reached by an arrow back.
        let drawn = diagram
            .edges
            .iter()
            .filter(|(from, to)| from != to && *from.max(to) < contents.len());
        let drawn: Vec<(usize, usize)> = drawn.copied().collect();
        let layout = layered::lay_out(&Graph {
            sizes: contents
                .iter()
                .map(|content| turn(content.size()))
                .collect(),
            edges: drawn.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect(),
        });
        let size = turn(layout.size);
        let place = |point: Point| {
            let (x, y) = turn(point);
            match rankdir {
                RankDir::BottomToTop => (x, size.1 - y),
                RankDir::RightToLeft => (size.0 - x, y),
                _ => (x, y),
            }
        };
        let arrows = layout.ways.iter().zip(&drawn).map(|(way, (from, to))| {
            let mut way: Vec<Point> = way.iter().map(|point| place(*point)).collect();
            if from > to {
                way.reverse();
            }
            way
        });
        Drawing {
            size,
            arrows: arrows.map(|way| rounded(&way, is_upright)).collect(),
            cards: contents
                .into_iter()
                .zip(layout.places.iter().map(|point| place(*point)))
                .collect(),
        }
    }

    fn draw(&self, scene: &mut Scene, corner: Point) {
        let moved = |point: &Point| (corner.0 + point.0, corner.1 + point.1);
        for arrow in &self.arrows {
            draw_arrow(scene, arrow.iter().map(moved).collect());
        }
        for (content, middle) in &self.cards {
            content.draw(scene, moved(middle));
        }
    }
}

/// A smooth way through these points: out of and into each place along the layers.
fn rounded(way: &[Point], is_upright: bool) -> Vec<Point> {
    const STEPS: usize = 8;
    let mut points: Vec<Point> = way.first().copied().into_iter().collect();
    for pair in way.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        let is_straight = match is_upright {
            true => (start.0 - end.0).abs() < 0.5,
            false => (start.1 - end.1).abs() < 0.5,
        };
        if is_straight {
            points.push(end);
            continue;
        }
        for step in 1..=STEPS {
            let t = step as f64 / STEPS as f64;
            // Across it starts and ends gently, along it goes on evenly.
            let gentle = t * t * (3.0 - 2.0 * t);
            let (across, along) = (gentle, t);
            let (x, y) = if is_upright {
                (across, along)
            } else {
                (along, across)
            };
            points.push((
                start.0 + (end.0 - start.0) * x,
                start.1 + (end.1 - start.1) * y,
            ));
        }
    }
    points
}

fn draw_arrow(scene: &mut Scene, mut points: Vec<Point>) {
    const LENGTH: f64 = 7.0;
    let [.., before, tip] = points[..] else {
        return;
    };
    let (dx, dy) = (tip.0 - before.0, tip.1 - before.1);
    let length = dx.hypot(dy).max(1e-6);
    let (dx, dy) = (dx / length, dy / length);
    let foot = (tip.0 - dx * LENGTH, tip.1 - dy * LENGTH);
    if let Some(last) = points.last_mut() {
        *last = foot;
    }
    scene.line(points, Pen::new(Color::Ink, 1.5));
    let side = |sign: f64| (foot.0 - dy * 4.0 * sign, foot.1 + dx * 4.0 * sign);
    scene.polygon(vec![tip, side(1.0), side(-1.0)], Color::Ink);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Add, Dense, Input, Layer};
    use crate::models::{Sequential, SharedLayer};
    use crate::plot::check::{everything, readable, texts};

    /// Layers that each take the two before.
    fn ladder(layers: usize) -> Result<Model> {
        let inputs = Input::new(4);
        let mut all = vec![Dense::new(4).name("dense_0").on(&inputs)?];
        for i in 1..layers {
            let before = &all[i - 1];
            let earlier = &all[i.saturating_sub(3)];
            let next = Add::new().name(&format!("add_{i}")).on([before, earlier])?;
            all.push(next);
        }
        Model::new(&inputs, &all[layers - 1])
    }

    #[test]
    fn every_layer_has_a_card_that_says_what_was_asked_for() -> Result<()> {
        let mut model = Sequential::new();
        let first = Dense::new(8).activation("relu").name("first");
        model.add(first.input_shape(4))?;
        model.add(Dense::new(1).name("<b>&\0\u{202e}last").trainable(false))?;
        let figure = plot_model(&model, everything())?;
        readable(&figure);
        let shown = texts(&figure);
        for word in [
            "Dense",
            "first",
            "<b>& last",
            "relu",
            "linear",
            "(None, 4)",
            "(None, 8)",
            "float32",
            "Trainable",
            "Non-trainable",
        ] {
            assert!(shown.iter().any(|text| text == word), "{word} in {shown:?}");
        }
        // Keras shows classes alone unless it is asked for more.
        let plain = plot_model(&model, Default::default())?;
        assert_eq!(texts(&plain), ["Dense", "Dense"]);
        Ok(())
    }

    #[test]
    fn nothing_overlaps_in_any_direction() -> Result<()> {
        for rankdir in ["TB", "BT", "LR", "RL"] {
            for layers in [1, 2, 9, 40] {
                let arguments = PlotModel {
                    rankdir: rankdir.into(),
                    ..everything()
                };
                let figure = plot_model(&ladder(layers)?, arguments)?;
                readable(&figure);
                let cards = texts(&figure).iter().filter(|text| *text == "Add").count();
                assert_eq!(cards, layers - 1);
            }
        }
        Ok(())
    }

    #[test]
    fn a_shared_layer_is_one_card_and_arrows_lead_back_to_it() -> Result<()> {
        let input = Input::new(4);
        let shared = SharedLayer::new(Dense::new(4).name("shared"));
        let between = Dense::new(4).name("between").on(&shared.on(&input)?)?;
        let model = Model::new(&input, &shared.on(&between)?)?;
        let figure = plot_model(&model, everything())?;
        readable(&figure);
        let names = texts(&figure);
        assert_eq!(names.iter().filter(|name| *name == "shared").count(), 1);
        Ok(())
    }

    #[test]
    fn models_without_layers_or_shapes_or_with_many_are_drawn() -> Result<()> {
        readable(&plot_model(&Sequential::new(), everything())?);
        let mut unbuilt = Sequential::new();
        unbuilt.add(Dense::new(3))?;
        let figure = plot_model(&unbuilt, everything())?;
        assert!(texts(&figure).contains(&"?".to_string()));
        let mut deep = Sequential::new();
        for i in 0..450 {
            deep.add(Dense::new(1).name(&format!("{i}{}", "x".repeat(i % 100))))?;
        }
        let figure = plot_model(&deep, everything())?;
        readable(&figure);
        assert!(texts(&figure).contains(&"… and 50 more layers".to_string()));
        let mut nested = Sequential::new();
        nested.add(Dense::new(1).input_shape(1))?;
        for _ in 0..20 {
            let mut outer = Sequential::new();
            outer.add(nested)?;
            nested = outer;
        }
        readable(&plot_model(&nested, everything())?);
        Ok(())
    }

    #[test]
    fn the_file_is_written_and_mistakes_are_errors() -> Result<()> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("model.svg");
        let to = |path: &std::path::Path| PlotModel {
            to_file: Some(path.display().to_string()),
            ..Default::default()
        };
        let model = ladder(3)?;
        let figure = plot_model(&model, to(&path))?;
        let saved = std::fs::read_to_string(&path).expect("the file that was saved");
        assert_eq!(saved.matches("<text").count(), texts(&figure).len());
        let sideways = PlotModel {
            rankdir: "left".into(),
            ..Default::default()
        };
        let coarse = PlotModel {
            dpi: 0,
            ..Default::default()
        };
        for arguments in [to(&folder.path().join("model.pdf")), sideways, coarse] {
            let error = plot_model(&model, arguments).expect_err("a mistake");
            assert!(error.to_string().starts_with("plot_model: "), "{error}");
        }
        Ok(())
    }
}
