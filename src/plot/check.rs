//! What tests ask of every chart: that it can be read.

use super::figure::Figure;
use super::scene::Point;
use super::text;
use super::theme::Color;
use crate::display::html::well_formed;

/// Fails unless the chart fits into a notebook and is [`readable`]. Returns its source.
pub(super) fn checked(figure: &Figure) -> String {
    let (width, height) = figure.size();
    assert!((100..=820).contains(&width), "{width} pixels wide");
    assert!((30..=6000).contains(&height), "{height} pixels high");
    readable(figure)
}

/// Fails unless the chart is well-formed, and all its texts are inside and apart. Returns its
/// source.
pub(super) fn readable(figure: &Figure) -> String {
    let svg = figure.svg().expect("charts are drawings").to_string();
    well_formed(&svg);
    // Pictures may have any letters in them.
    let drawn: String = svg
        .split("base64,")
        .enumerate()
        .map(|(i, piece)| match (i, piece.find('"')) {
            (1.., Some(end)) => &piece[end..],
            _ => piece,
        })
        .collect();
    for nonsense in ["NaN", "inf\"", "9223372036854775807"] {
        assert!(!drawn.contains(nonsense), "{nonsense} in {drawn}");
    }
    let (width, height) = figure.size();
    let boxes: Vec<TextBox> = elements(&svg, "text").iter().map(TextBox::of).collect();
    let edge = (f64::from(width), f64::from(height));
    for (i, one) in boxes.iter().enumerate() {
        assert!(one.is_within(edge), "{one:?} leaves the chart of {edge:?}");
        for other in &boxes[i + 1..] {
            assert!(!one.overlaps(other), "{one:?} lies over {other:?}");
        }
    }
    svg
}

/// The texts of a chart, as they are seen.
pub(super) fn texts(figure: &Figure) -> Vec<String> {
    let elements = elements(figure.svg().unwrap_or_default(), "text");
    elements.into_iter().map(|element| element.text).collect()
}

/// The rectangles of a chart in this color: corner and size.
pub(super) fn rectangles(figure: &Figure, color: Color) -> Vec<(Point, Point)> {
    let rectangles = elements(figure.svg().unwrap_or_default(), "rect");
    let colored = rectangles
        .iter()
        .filter(|rectangle| rectangle.get("fill") == Some(&code(color)));
    colored
        .map(|rectangle| {
            let number = |name| rectangle.number(name);
            (
                (number("x"), number("y")),
                (number("width"), number("height")),
            )
        })
        .collect()
}

/// The points of each line of a chart in this color.
pub(super) fn curves(figure: &Figure, color: Color) -> Vec<Vec<Point>> {
    let paths = elements(figure.svg().unwrap_or_default(), "path");
    let lines = paths
        .iter()
        .filter(|path| path.get("stroke") == Some(&code(color)) && path.get("fill").is_some());
    lines
        .map(|path| points(path.get("d").map_or("", |d| d)))
        .collect()
}

/// How many dots of this color a chart has.
pub(super) fn dots(figure: &Figure, color: Color) -> usize {
    let paths = elements(figure.svg().unwrap_or_default(), "path");
    let dots = paths
        .iter()
        .filter(|path| path.get("stroke") == Some(&code(color)) && path.get("fill").is_none());
    dots.map(|path| path.get("d").map_or(0, |d| d.matches('M').count()))
        .sum()
}

fn code(color: Color) -> String {
    match color {
        Color::Ink => "currentColor".to_string(),
        Color::Rgb([red, green, blue]) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

fn points(path: &str) -> Vec<Point> {
    let numbers: Vec<f64> = path
        .split(|letter: char| letter.is_alphabetic() || letter == ' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    numbers
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect()
}

/// An element of the drawing.
struct Element {
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> Option<&String> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    fn number(&self, name: &str) -> f64 {
        let value = self.get(name).map(|value| value.parse());
        value
            .and_then(Result::ok)
            .unwrap_or_else(|| panic!("no number `{name}`"))
    }
}

/// All elements of this kind.
fn elements(svg: &str, tag: &str) -> Vec<Element> {
    let start = format!("<{tag} ");
    svg.split(&start)
        .skip(1)
        .map(|rest| {
            let (head, body) = rest.split_once('>').expect("a tag ends");
            let text = body.split('<').next().unwrap_or_default();
            let mut attributes = Vec::new();
            let mut parts = head.trim_end_matches('/').split('"');
            while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                let name = name.trim().trim_end_matches('=');
                attributes.push((name.to_string(), value.to_string()));
            }
            Element {
                attributes,
                text: unescaped(text),
            }
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let codes = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let mut text = text.to_string();
    for (code, letter) in codes {
        text = text.replace(code, letter);
    }
    text
}

/// The corners of a text, in order; it may be turned.
struct TextBox {
    text: String,
    corners: [Point; 4],
}

impl std::fmt::Debug for TextBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let corners = self.corners.map(|(x, y)| (x.round(), y.round()));
        write!(f, "{:?} at {:?} to {:?}", self.text, corners[0], corners[2])
    }
}

impl TextBox {
    fn of(element: &Element) -> TextBox {
        let (x, y, size) = (
            element.number("x"),
            element.number("y"),
            element.number("font-size"),
        );
        let width = text::width(&element.text, size);
        let left = match element.get("text-anchor").map(String::as_str) {
            Some("middle") => x - width / 2.0,
            Some("end") => x - width,
            _ => x,
        };
        // What letters fill of their line.
        let (top, bottom) = (y - 0.74 * size, y + 0.1 * size);
        let corners = [
            (left, top),
            (left + width, top),
            (left + width, bottom),
            (left, bottom),
        ];
        let turn = element.get("transform").map(|transform| {
            let inside = transform
                .trim_start_matches("rotate(")
                .trim_end_matches(')');
            let numbers: Vec<f64> = inside.split(' ').filter_map(|n| n.parse().ok()).collect();
            (numbers[0].to_radians(), (numbers[1], numbers[2]))
        });
        TextBox {
            text: element.text.clone(),
            corners: corners.map(|corner| match turn {
                Some((angle, center)) => turned(corner, angle, center),
                None => corner,
            }),
        }
    }

    fn is_within(&self, (width, height): Point) -> bool {
        let inside =
            |(x, y): &Point| *x >= -1.0 && *y >= -1.0 && *x <= width + 1.0 && *y <= height + 1.0;
        self.corners.iter().all(inside)
    }

    /// Two such boxes are apart when they are along one of their sides.
    fn overlaps(&self, other: &TextBox) -> bool {
        let mut sides = [self, other].into_iter().flat_map(|of| {
            [(0, 1), (1, 2)].map(|(a, b)| {
                let (a, b) = (of.corners[a], of.corners[b]);
                (b.0 - a.0, b.1 - a.1)
            })
        });
        !sides.any(|side| {
            let length = side.0.hypot(side.1).max(1e-9);
            let along = |corner: &Point| (corner.0 * side.0 + corner.1 * side.1) / length;
            let ends = |of: &TextBox| {
                let places = of.corners.iter().map(along);
                let low = places.clone().fold(f64::INFINITY, f64::min);
                (low, places.fold(f64::NEG_INFINITY, f64::max))
            };
            let (one, two) = (ends(self), ends(other));
            one.1 <= two.0 + 0.2 || two.1 <= one.0 + 0.2
        })
    }
}

fn turned((x, y): Point, angle: f64, center: Point) -> Point {
    let (dx, dy) = (x - center.0, y - center.1);
    (
        center.0 + dx * angle.cos() - dy * angle.sin(),
        center.1 + dx * angle.sin() + dy * angle.cos(),
    )
}

/// A diagram of a model that shows all there is to show.
pub(super) fn everything() -> super::PlotModel {
    super::PlotModel {
        show_shapes: true,
        show_dtype: true,
        show_layer_names: true,
        expand_nested: true,
        show_layer_activations: true,
        show_trainable: true,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scene::{Scene, Text};

    fn figure(texts: Vec<Text>) -> Figure {
        let mut scene = Scene::new(200.0, 100.0);
        texts.into_iter().for_each(|text| scene.text(text));
        Figure::from_scene(scene, "test")
    }

    #[test]
    fn texts_side_by_side_are_apart() {
        checked(&figure(vec![
            Text::new("one", 10.0, 50.0),
            Text::new("two", 10.0, 64.0),
            Text::new("three", 60.0, 50.0),
            Text::new("turned", 120.0, 50.0).middle().turned(-90.0),
        ]));
    }

    #[test]
    #[should_panic(expected = "lies over")]
    fn texts_over_one_another_are_found() {
        checked(&figure(vec![
            Text::new("one", 50.0, 50.0),
            Text::new("turned", 60.0, 50.0).middle().turned(-90.0),
        ]));
    }

    #[test]
    #[should_panic(expected = "leaves the chart")]
    fn texts_outside_are_found() {
        checked(&figure(vec![Text::new("rather long", 160.0, 50.0)]));
    }
}
