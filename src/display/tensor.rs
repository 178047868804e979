//! Tensors as the value of a cell: what they are, and a preview that fits a screen.

use super::html::{BLUE, FAINT, LINE, Table, escape, folded, frame, lines};
use super::width::{terminal_width, width};
use super::{Bundle, grouped, show, show_result};
use crate::{DType, Tensor};

/// Text and tables end after this many lines.
const LINES: usize = 12;
/// A table shows so many rows and columns at most.
const TABLE: (usize, usize) = (20, 20);
/// Probabilities of up to so many classes are shown all, of more classes the largest ones.
const CLASSES: usize = 12;
const LARGEST: usize = 5;
/// The width of a class as text: `100.0%`, and a mark.
const COLUMN: usize = 7;
/// So many values that are not seen can be unfolded.
const MOST_FOLDED: usize = 1000;
/// Lines that are unfolded are so wide at most.
const FOLDED_WIDTH: usize = 96;

impl Tensor {
    /// The tensor in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let mut text = self.headline();
        let mut html = format!("<div>{}</div>", self.headline_html(&text));
        match self.probabilities() {
            Some(rows) => {
                text += &format!("\n{}", rows.to_text(terminal_width()));
                html += &rows.to_html();
            }
            None => {
                let preview = self.preview();
                let short = short(&preview);
                html += &self.small_table().unwrap_or_else(|| {
                    let is_cut = self.is_shortened() || short != preview;
                    let rest = if is_cut {
                        self.elements()
                    } else {
                        String::new()
                    };
                    lines(&short) + &rest
                });
                text += &format!("\n{short}");
            }
        }
        if self.is_picture() {
            let hint = "a picture: see it with plot::imshow";
            text += &format!("\n({hint})");
            html += &format!("<div style=\"{FAINT}\">{}</div>", escape(hint));
        }
        Bundle::text(text).html(frame(&html))
    }

    /// Shows the tensor below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the tensor as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }

    fn headline_html(&self, line: &str) -> String {
        let line = line.strip_prefix("Tensor ").unwrap_or(line);
        let shape = self.shape().to_string();
        let rest = line.strip_prefix(&shape).unwrap_or_default();
        format!(
            "<b>Tensor {}</b><span style=\"{FAINT}\">{}</span>",
            escape(&shape),
            escape(rest)
        )
    }

    /// The elements, or the first of very many, to be unfolded.
    fn elements(&self) -> String {
        let summary = match self.size() {
            size if size > MOST_FOLDED => format!(
                "the first {} of {} values",
                grouped(MOST_FOLDED),
                grouped(size)
            ),
            size => format!("all {} values", grouped(size)),
        };
        folded(
            &summary,
            &lines(&self.first_elements(MOST_FOLDED, FOLDED_WIDTH)),
        )
    }

    /// Whether the shape is that of one picture that is worth a look.
    fn is_picture(&self) -> bool {
        matches!(*self.shape().dims(), [height, width, 1 | 3 | 4] if height >= 4 && width >= 4)
    }

    /// A table of numbers for a matrix that is not too large.
    fn small_table(&self) -> Option<String> {
        let [rows, columns] = *self.shape().dims() else {
            return None;
        };
        if rows == 0 || columns == 0 || rows > TABLE.0 || columns > TABLE.1 {
            return None;
        }
        let mut head = vec![String::new()];
        head.extend((0..columns).map(|column| column.to_string()));
        let mut table = Table::new(&[], head);
        let numbers = self.preview();
        let mut numbers = numbers
            .split(|c: char| c.is_whitespace() || c == '[' || c == ']')
            .filter(|number| !number.is_empty());
        for row in 0..rows {
            let mut cells = vec![format!("<span style=\"{FAINT}\">{row}</span>")];
            cells.extend(numbers.by_ref().take(columns).map(escape));
            table.row(cells, false);
        }
        Some(table.to_html())
    }

    /// The rows, when they are probabilities: floats from 0 to 1 that add up to 1.
    fn probabilities(&self) -> Option<Probabilities> {
        let (rows, classes) = match *self.shape().dims() {
            [classes] => (1, classes),
            [rows, classes] => (rows, classes),
            _ => return None,
        };
        if self.dtype() != DType::Float32 || rows == 0 || !(2..=100).contains(&classes) {
            return None;
        }
        let values = self.floats().ok()?;
        let is_row = |row: &[f32]| {
            let sum: f64 = row.iter().map(|v| f64::from(*v)).sum();
            row.iter().all(|v| (0.0..=1.0).contains(v)) && (sum - 1.0).abs() < 1e-3
        };
        // One-hot labels are better off as a table of zeros and ones.
        if values.iter().all(|v| v.fract() == 0.0) || !values.chunks(classes).all(is_row) {
            return None;
        }
        let shown = rows.min(TABLE.0);
        let folded = (rows - shown).min(MOST_FOLDED / classes);
        let mut all = values.chunks(classes).map(<[f32]>::to_vec);
        Some(Probabilities {
            rows: all.by_ref().take(shown).collect(),
            folded: all.take(folded).collect(),
            more: rows - shown,
        })
    }
}

/// The first lines of a preview.
fn short(preview: &str) -> String {
    let lines: Vec<&str> = preview.lines().filter(|line| !line.is_empty()).collect();
    if lines.len() <= LINES {
        return preview.to_string();
    }
    lines[..LINES].join("\n") + "\n..."
}

/// Rows that add up to 1, as `predict` gives them for classes.
struct Probabilities {
    rows: Vec<Vec<f32>>,
    /// The next ones, as far as they can be unfolded.
    folded: Vec<Vec<f32>>,
    /// How many rows are not shown.
    more: usize,
}

impl Probabilities {
    fn classes(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// The classes of a row, the most likely one first.
    fn ranking(row: &[f32]) -> Vec<usize> {
        let mut classes: Vec<usize> = (0..row.len()).collect();
        classes.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        classes
    }

    fn to_text(&self, room: usize) -> String {
        let mut text = self.lines(&self.rows, 0, room);
        if self.more > 0 {
            text += &format!("... {} more rows\n", grouped(self.more));
        }
        text.trim_end().to_string()
    }

    /// Rows, of which the first one has the number `first`: each class in a column where all of them
    /// fit into a line, the most likely ones otherwise.
    fn lines(&self, rows: &[Vec<f32>], first: usize, room: usize) -> String {
        let digits = (first + rows.len()).saturating_sub(1).to_string().len();
        let all = self.classes() <= CLASSES && digits + COLUMN * self.classes() <= room;
        let mut text = String::new();
        if all {
            let classes = (0..self.classes()).map(|class| format!("{class:>6} "));
            let head = " ".repeat(digits) + &classes.collect::<String>();
            text += &format!("{}\n", head.trim_end());
        }
        for (i, row) in rows.iter().enumerate() {
            let ranking = Self::ranking(row);
            let mut line = format!("{:>digits$}", first + i);
            if all {
                for (class, value) in row.iter().enumerate() {
                    let mark = if class == ranking[0] { "*" } else { " " };
                    line += &format!("{:>6}{mark}", percent(*value));
                }
            } else {
                line += &likely(row, &ranking, room.saturating_sub(digits));
            }
            text += &format!("{}\n", line.trim_end());
        }
        text
    }

    fn to_html(&self) -> String {
        let few = self.classes() <= CLASSES;
        let mut head = vec![String::new()];
        if few {
            head.extend((0..self.classes()).map(|class| class.to_string()));
        } else {
            head.extend((1..=LARGEST).map(|rank| format!("likely {rank}")));
        }
        let mut table = Table::new(&[], head);
        for (i, row) in self.rows.iter().enumerate() {
            let mut cells = vec![format!("<span style=\"{FAINT}\">{i}</span>")];
            let ranking = Self::ranking(row);
            if few {
                let cell = |(class, value): (usize, &f32)| cell("", *value, class == ranking[0]);
                cells.extend(row.iter().enumerate().map(cell));
            } else {
                for (rank, &class) in ranking.iter().take(LARGEST).enumerate() {
                    cells.push(cell(&format!("{class}: "), row[class], rank == 0));
                }
            }
            table.row(cells, false);
        }
        let mut html = table.to_html();
        if self.more > 0 {
            let mut text = self.lines(&self.folded, self.rows.len(), FOLDED_WIDTH);
            if self.folded.len() < self.more {
                text += "...";
            }
            let summary = format!("{} more rows", grouped(self.more));
            html += &folded(&summary, &lines(&text));
        }
        html
    }
}

/// The most likely classes, as many as fit.
fn likely(row: &[f32], ranking: &[usize], room: usize) -> String {
    const END: &str = ", ...";
    let mut line = String::new();
    for &class in ranking.iter().take(LARGEST) {
        let gap = if line.is_empty() { "  " } else { ", " };
        let next = format!("{gap}{class}: {}", percent(row[class]));
        if width(&line) + width(&next) + END.len() > room {
            break;
        }
        line += &next;
    }
    line + END
}

/// A probability in percent over a bar of that length.
fn cell(label: &str, value: f32, largest: bool) -> String {
    let (weight, color) = if largest {
        ("font-weight:600", BLUE)
    } else {
        ("font-weight:normal", "rgba(128,128,128,.6)")
    };
    format!(
        "<div style=\"min-width:38px;{weight}\">{label}{}\
         <div style=\"height:4px;border-radius:2px;background:{LINE}\">\
         <div style=\"height:4px;border-radius:2px;background:{color};width:{:.1}%\"></div>\
         </div></div>",
        percent(value),
        100.0 * value
    )
}

fn percent(value: f32) -> String {
    format!("{:.1}%", 100.0 * value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;

    fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
        Tensor::from_vec(values.to_vec(), shape).expect("the values fill the shape")
    }

    fn html(tensor: &Tensor) -> String {
        well_formed(tensor.bundle().get("text/html").unwrap_or_default())
    }

    #[test]
    fn probabilities_are_readable_rows() {
        let x = tensor(&[0.1, 0.7, 0.2, 0.999, 0.0005, 0.0005], &[2, 3]);
        assert_eq!(
            x.bundle().plain().split_once('\n').map(|(_, rows)| rows),
            Some("      0      1      2\n0 10.0%  70.0%* 20.0%\n1 99.9%*  0.1%   0.1%")
        );
        assert!(html(&x).contains("70.0%"));
        let many = tensor(&[0.02; 50], &[50]);
        assert!(many.bundle().plain().contains("0: 2.0%, 1: 2.0%"));
        assert!(html(&many).contains("likely 5"));
    }

    #[test]
    fn rows_of_probabilities_fit_a_terminal_and_can_be_unfolded() {
        for classes in [2, 10, 12, 100] {
            let x = tensor(&vec![1.0 / classes as f32; 200 * classes], &[200, classes]);
            let rows = x.probabilities().expect("they add up to 1");
            for room in [60, 80, 120] {
                let text = rows.to_text(room);
                assert!(text.lines().all(|line| line.len() <= room), "{text}");
                let all = text.lines().count() == 1 + TABLE.0 + 1;
                assert_eq!(all, classes <= 12 && 2 + 7 * classes <= room, "{text}");
                assert!(text.ends_with("\n... 180 more rows"), "{text}");
            }
            let html = x.bundle().to_html();
            well_formed(&html);
            assert!(html.contains("<details><summary>180 more rows</summary><pre"));
            assert!(html.len() < 150_000, "{}", html.len());
        }
    }

    #[test]
    fn other_rows_are_not_probabilities() {
        for (values, shape) in [
            (vec![0.5, 0.6], vec![2]),
            (vec![-0.5, 1.5], vec![2]),
            (vec![1.0, 0.0, 0.0, 1.0], vec![2, 2]),
            (vec![f32::NAN, 0.5], vec![2]),
        ] {
            assert!(
                tensor(&values, &shape).probabilities().is_none(),
                "{values:?}"
            );
        }
    }

    #[test]
    fn a_matrix_is_a_table_and_a_large_tensor_stays_small() {
        let x = tensor(&[1.5, -2.0, 0.25, 4.0], &[2, 2]);
        assert!(html(&x).contains("Tensor (2, 2) float32, -2 to 4"));
        assert!(html(&x).ends_with("0101.5000-2.000010.25004.0000"));
        let large = Tensor::zeros((100, 32, 32, 3));
        assert!(large.bundle().plain().lines().count() <= LINES + 2);
        assert!(
            large
                .bundle()
                .get("text/html")
                .is_some_and(|html| html.len() < 10_000)
        );
        let text = html(&large);
        assert!(
            text.contains("the first 1,000 of 307,200 values0 0 0"),
            "{text}"
        );
        assert!(html(&Tensor::zeros((4, 10, 10))).contains("all 400 values"));
        assert!(!large.bundle().plain().contains("values"));
        assert!(!x.bundle().to_html().contains("<details>"));
    }

    #[test]
    fn pictures_point_to_imshow_and_odd_tensors_are_fine() {
        assert!(
            Tensor::zeros((32, 32, 3))
                .bundle()
                .plain()
                .contains("plot::imshow")
        );
        for shape in [vec![], vec![0], vec![0, 10], vec![3, 0]] {
            let x = Tensor::zeros(shape);
            html(&x);
            assert!(x.bundle().plain().starts_with("Tensor ("));
        }
    }
}
