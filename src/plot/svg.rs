//! A chart as SVG: small, without scripts, style sheets or anything from elsewhere.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::figure::THEME;
use super::scene::{Anchor, Mark, Paint, Pen, Point, Scene, Text};
use super::theme::Color;
use crate::display::escape;

/// What is looked for, in order, until something has a letter: fonts of the systems first, then
/// those with Chinese, Japanese and Korean.
const FONTS: &str = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,'PingFang SC',\
    'Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif";

impl Scene {
    /// The drawing; `description` stands for it where it is not seen.
    pub(super) fn to_svg(&self, description: &str) -> String {
        let mut svg = format!(
            "<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" \
             aria-label=\"{2}\" {THEME} font-family=\"{FONTS}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n",
            number(self.width),
            number(self.height),
            escape(description),
        );
        for mark in &self.marks {
            mark.write(&mut svg);
        }
        svg.push_str("</svg>");
        svg
    }
}

impl Mark {
    fn write(&self, svg: &mut String) {
        // Writing into a string cannot fail.
        let _ = match self {
            Mark::Rectangle {
                corner,
                size,
                radius,
                fill,
            } => {
                let radius = match *radius {
                    0.0 => String::new(),
                    radius => format!(" rx=\"{}\"", number(radius)),
                };
                writeln!(
                    svg,
                    "<rect {}{radius}{}/>",
                    place(*corner, *size),
                    paint("fill", *fill)
                )
            }
            Mark::Line { points, pen } => {
                writeln!(svg, "<path d=\"{}\"{}/>", path(points), stroke(*pen))
            }
            Mark::Polygon { points, fill } => {
                let fill = paint("fill", *fill);
                writeln!(svg, "<path d=\"{}Z\"{fill}/>", path(points))
            }
            // Lines without length whose ends are all that is seen: far shorter than circles.
            Mark::Dots {
                points,
                radius,
                fill,
                square,
            } => writeln!(
                svg,
                "<path d=\"{}\"{} stroke-width=\"{}\" stroke-linecap=\"{}\"/>",
                points
                    .iter()
                    .map(|(x, y)| format!("M{} {}h0", number(*x), number(*y)))
                    .collect::<String>(),
                paint("stroke", *fill),
                number(2.0 * radius),
                if *square { "square" } else { "round" },
            ),
            Mark::Text(text) => writeln!(svg, "{}", text.to_svg()),
            Mark::Image {
                corner, size, png, ..
            } => writeln!(
                svg,
                "<image {} preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
                 href=\"data:image/png;base64,{}\"/>",
                place(*corner, *size),
                STANDARD.encode(png.as_slice()),
            ),
        };
    }
}

impl Text {
    fn to_svg(&self) -> String {
        let mut attributes = String::new();
        match self.anchor {
            Anchor::Start => {}
            Anchor::Middle => attributes.push_str(" text-anchor=\"middle\""),
            Anchor::End => attributes.push_str(" text-anchor=\"end\""),
        }
        if self.bold {
            attributes.push_str(" font-weight=\"600\"");
        }
        let (x, y) = (number(self.x), number(self.y));
        if self.turn != 0.0 {
            let _ = write!(
                attributes,
                " transform=\"rotate({} {x} {y})\"",
                number(self.turn)
            );
        }
        format!(
            "<text x=\"{x}\" y=\"{}\" font-size=\"{}\"{attributes}{}>{}</text>",
            number(self.baseline()),
            number(self.size),
            paint("fill", self.paint),
            escape(&self.text),
        )
    }
}

fn place(corner: Point, size: Point) -> String {
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        number(corner.0),
        number(corner.1),
        number(size.0),
        number(size.1)
    )
}

fn path(points: &[Point]) -> String {
    let mut path = String::from("M");
    for (i, (x, y)) in points.iter().enumerate() {
        let between = if i == 0 { "" } else { " " };
        let _ = write!(path, "{between}{} {}", number(*x), number(*y));
    }
    path
}

fn stroke(pen: Pen) -> String {
    let dash = match pen.dash {
        Some((dash, gap)) => {
            format!(" stroke-dasharray=\"{} {}\"", number(dash), number(gap))
        }
        None => String::new(),
    };
    format!(
        " fill=\"none\"{} stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}",
        paint("stroke", pen.paint),
        number(pen.width),
    )
}

fn paint(attribute: &str, paint: Paint) -> String {
    let color = match paint.color {
        Color::Ink => "currentColor".to_string(),
        Color::Rgb([red, green, blue]) => format!("#{red:02x}{green:02x}{blue:02x}"),
    };
    match paint.opacity {
        1.0 => format!(" {attribute}=\"{color}\""),
        opacity => format!(" {attribute}=\"{color}\" {attribute}-opacity=\"{opacity:.2}\""),
    }
}

/// A tenth of a pixel is as exact as anybody sees.
fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => whole.to_string(),
        _ => format!("{:.1}", tenths as f64 / 10.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;

    #[test]
    fn what_is_drawn_is_written_down_in_few_letters() {
        let mut scene = Scene::new(100.0, 50.0);
        scene.rectangle((1.0, 2.04), (3.0, 4.5), Color::rgb(0xff_00_10));
        scene.line(
            vec![(0.0, 0.0), (10.26, 5.0)],
            Pen::new(Color::Ink.faint(0.5), 1.0).dashed(),
        );
        scene.dots(vec![(1.0, 1.0)], 2.0, Color::Ink);
        scene.text(Text::new("<&>", 5.0, 5.0).size(10.0).end().bold());
        let svg = scene.to_svg("a \"test\"");
        well_formed(&svg);
        for part in [
            "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4.5\" fill=\"#ff0010\"/>",
            "d=\"M0 0 10.3 5\"",
            "stroke=\"currentColor\" stroke-opacity=\"0.50\"",
            "stroke-dasharray=\"6 4\"",
            "d=\"M1 1h0\"",
            "y=\"8.6\" font-size=\"10\" text-anchor=\"end\" font-weight=\"600\"",
            ">&lt;&amp;&gt;</text>",
            "aria-label=\"a &quot;test&quot;\"",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
    }
}
