//! What is written about one layer of a model.

use super::plot_model::PlotModel;
use super::scene::{Pen, Point, Scene, Text};
use super::text;
use super::theme::Color;
use crate::models::DiagramNode;

/// A layer: its class, its name, and what else is asked for.
pub(super) struct Card {
    class_name: String,
    name: Option<String>,
    rows: Vec<Row>,
    head: Color,
}

struct Row {
    name: &'static str,
    value: String,
    color: Color,
}

const TITLE: f64 = 13.0;
const SIZE: f64 = 11.5;
const HEAD: f64 = 26.0;
const LINE: f64 = 19.0;
const PADDING: f64 = 10.0;
/// Longer names and shapes are cut.
const LONGEST: f64 = 240.0;

impl Card {
    pub(super) fn new(node: &DiagramNode, arguments: &PlotModel) -> Card {
        let mut rows = Vec::new();
        let mut row = |name, value: String| {
            let value = text::shorten(&value, SIZE, LONGEST);
            let color = Color::Ink;
            rows.push(Row { name, value, color });
        };
        if arguments.show_layer_activations
            && let Some(activation) = &node.activation
        {
            row("Activation", activation.clone());
        }
        if arguments.show_shapes {
            row("Input shape", all(&node.input_shapes));
            row("Output shape", all(&node.output_shapes));
        }
        if arguments.show_dtype {
            row("Output dtype", node.dtype.clone());
        }
        if arguments.show_trainable {
            let (value, color) = match node.trainable {
                true => ("Trainable", super::theme::RIGHT),
                false => ("Non-trainable", super::theme::WRONG),
            };
            rows.push(Row {
                name: "",
                value: value.to_string(),
                color,
            });
        }
        let name = arguments.show_layer_names;
        Card {
            class_name: text::shorten(&node.class_name, TITLE, LONGEST),
            name: name.then(|| text::shorten(&node.name, SIZE, LONGEST)),
            rows,
            head: head(&node.class_name),
        }
    }

    pub(super) fn size(&self) -> Point {
        let name = match &self.name {
            Some(name) => text::width(name, SIZE) + 14.0,
            None => 0.0,
        };
        let head = text::width(&self.class_name, TITLE) * 1.12 + name;
        let (names, values) = self.columns();
        let rows = names + values + if names > 0.0 { 12.0 } else { 0.0 };
        let width = head.max(rows).max(56.0) + 2.0 * PADDING;
        let body = match self.rows.len() {
            0 => 0.0,
            count => count as f64 * LINE + 6.0,
        };
        (width, HEAD + body)
    }

    /// The widths of what the rows are called and of what they say.
    fn columns(&self) -> (f64, f64) {
        let names = self.rows.iter().map(|row| row.name);
        let values = self.rows.iter().map(|row| row.value.as_str());
        (text::widest(names, SIZE), text::widest(values, SIZE))
    }

    pub(super) fn draw(&self, scene: &mut Scene, corner: Point) {
        let ((left, top), size) = (corner, self.size());
        scene.rectangle(corner, size, Color::Ink.faint(0.08));
        scene.rectangle(corner, (size.0, HEAD), self.head);
        scene.frame(corner, size, Pen::new(self.head, 1.0));
        let white = Color::rgb(0xff_ff_ff);
        let middle = top + HEAD / 2.0;
        let class_name = Text::new(&self.class_name, left + PADDING, middle).size(TITLE);
        match &self.name {
            Some(name) => {
                scene.text(class_name.paint(white).bold());
                let right = left + size.0 - PADDING;
                let name = Text::new(name, right, middle).size(SIZE).end();
                scene.text(name.paint(white.faint(0.9)));
            }
            None => {
                let centered = Text::new(&self.class_name, left + size.0 / 2.0, middle);
                scene.text(centered.size(TITLE).middle().paint(white).bold());
            }
        }
        for (i, row) in self.rows.iter().enumerate() {
            let middle = top + HEAD + 3.0 + (i as f64 + 0.5) * LINE;
            let name = Text::new(row.name, left + PADDING, middle).size(SIZE);
            scene.text(name.paint(Color::Ink));
            let (place, color) = (left + size.0 - PADDING, row.color);
            let value = match row.name {
                "" => Text::new(&row.value, left + size.0 / 2.0, middle).middle(),
                _ => Text::new(&row.value, place, middle).end(),
            };
            scene.text(value.size(SIZE).paint(color));
        }
    }
}

fn all(shapes: &[String]) -> String {
    match shapes {
        [] => "?".to_string(),
        shapes => shapes.join(", "),
    }
}

/// A color for what layers do, dark enough for white letters.
fn head(class_name: &str) -> Color {
    let has = |parts: &[&str]| parts.iter().any(|part| class_name.contains(part));
    Color::rgb(if has(&["Input"]) {
        0x5b_65_6f
    } else if has(&["Conv"]) {
        0x1d_63_a8
    } else if has(&["Dense", "Embedding"]) {
        0x16_75_59
    } else if has(&["Pooling", "Cropping", "Padding", "UpSampling"]) {
        0xa6_52_0c
    } else if has(&["LSTM", "GRU", "RNN", "Bidirectional", "Attention"]) {
        0x87_43_78
    } else if has(&["Normalization", "Dropout", "Noise"]) {
        0x7a_64_10
    } else if has(&["Functional", "Sequential", "Model"]) {
        0x4a_55_8f
    } else {
        0x4d_6a_70
    })
}
