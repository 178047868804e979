//! `model.summary()`: Keras's text table, and the same as HTML.

use std::fmt;

use super::html::{FAINT, Table, escape, folded, frame};
use super::numbers::{grouped, memory};
use super::width::{cut, filled, width};
use super::{Bundle, show, show_result};
use crate::models::{Model, Summary, SummaryRow};

/// The columns, with their widths in Keras's table of 80 characters.
const CHAIN: &[(&str, usize)] = &[("Layer (type)", 33), ("Output Shape", 24), (PARAMS, 13)];
/// The columns where layers do not simply follow each other.
const CONNECTED: &[(&str, usize)] = &[
    ("Layer (type)", 21),
    ("Output Shape", 17),
    (PARAMS, 11),
    ("Connected to", 18),
];
/// The column that is aligned to the right.
const PARAMS: &str = "Param #";
/// A page shows so many layers; the others are unfolded.
const LAYERS: usize = 40;
/// The bytes of a parameter.
const PARAMETER: f64 = 4.0;

impl Model {
    /// Shows the summary as the value of a cell that ends with a model; notebooks call it.
    pub fn evcxr_display(&self) {
        self.summary().evcxr_display();
    }
}

impl Summary {
    /// The summary in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string().trim_end()).html(self.to_html())
    }

    /// Shows the summary below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the summary as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }

    /// Names, counts and memory of the lines below the table.
    fn totals(&self) -> Vec<(&'static str, usize)> {
        let weights = self.trainable_params + self.non_trainable_params;
        let mut totals = vec![
            ("Total params", weights + self.optimizer_params),
            ("Trainable params", self.trainable_params),
            ("Non-trainable params", self.non_trainable_params),
        ];
        if self.optimizer_params > 0 {
            totals.push(("Optimizer params", self.optimizer_params));
        }
        totals
    }

    /// Whether it is said what each layer is connected to.
    fn is_connected(&self) -> bool {
        self.rows.iter().any(|row| !row.connected_to.is_empty())
    }

    fn columns(&self) -> &'static [(&'static str, usize)] {
        if self.is_connected() {
            CONNECTED
        } else {
            CHAIN
        }
    }

    fn to_html(&self) -> String {
        let (seen, others) = self.rows.split_at(self.rows.len().min(LAYERS));
        let mut html = format!(
            "<div><b>Model: &quot;{}&quot;</b></div>{}",
            escape(&self.name),
            self.table(seen)
        );
        if !others.is_empty() {
            let plural = if others.len() == 1 { "" } else { "s" };
            let summary = format!("{} more layer{plural}", grouped(others.len()));
            html += &folded(&summary, &self.table(others));
        }
        for (name, count) in self.totals() {
            html += &format!(
                "<div>{name}: <b>{}</b> <span style=\"{FAINT}\">({})</span></div>",
                grouped(count),
                memory(count as f64 * PARAMETER)
            );
        }
        frame(&html)
    }

    fn table(&self, rows: &[SummaryRow]) -> String {
        let head = self.columns().iter().map(|(name, _)| name.to_string());
        let mut table = Table::new(&[0, 1, 3], head.collect()).wrap(&[0, 3]);
        for row in rows {
            let name = format!(
                "{} <span style=\"{FAINT}\">({})</span>",
                escape(&row.name),
                escape(&row.class_name)
            );
            let mut cells = vec![name, escape(&row.output_shape), params(row)];
            if self.is_connected() {
                cells.push(escape(&row.connected_to.join(", ")));
            }
            table.row(cells, false);
        }
        table.to_html()
    }
}

fn params(row: &SummaryRow) -> String {
    let unbuilt = if row.output_shape == "?" && row.params == 0 {
        " (unbuilt)"
    } else {
        ""
    };
    format!("{}{unbuilt}", grouped(row.params))
}

impl fmt::Display for Summary {
    /// Keras's table in box-drawing characters, line by line the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns();
        let rule = |left: char, line: char, cross: char, right: char| {
            let pieces: Vec<String> = columns
                .iter()
                .map(|(_, width)| line.to_string().repeat(width + 2))
                .collect();
            format!("{left}{}{right}", pieces.join(&cross.to_string()))
        };
        let head: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        writeln!(f, "Model: \"{}\"", self.name)?;
        writeln!(f, "{}", rule('┏', '━', '┳', '┓'))?;
        writeln!(f, "{}", line('┃', columns, &head))?;
        writeln!(f, "{}", rule('┡', '━', '╇', '┩'))?;
        for (i, row) in self.rows.iter().enumerate() {
            if i > 0 {
                writeln!(f, "{}", rule('├', '─', '┼', '┤'))?;
            }
            let cells = [
                format!("{} ({})", row.name, row.class_name),
                row.output_shape.clone(),
                params(row),
                row.connected_to.join(", "),
            ];
            let wrapped: Vec<Vec<String>> = cells
                .iter()
                .zip(columns)
                .map(|(cell, (_, width))| wrap(cell, *width))
                .collect();
            let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
            for i in 0..height {
                let part = |lines: &Vec<String>| lines.get(i).cloned().unwrap_or_default();
                let parts: Vec<String> = wrapped.iter().map(part).collect();
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                writeln!(f, "{}", line('│', columns, &parts))?;
            }
        }
        writeln!(f, "{}", rule('└', '─', '┴', '┘'))?;
        for (name, count) in self.totals() {
            let size = memory(count as f64 * PARAMETER);
            writeln!(f, " {name}: {} ({size})", grouped(count))?;
        }
        Ok(())
    }
}

/// One line of the table.
fn line(border: char, columns: &[(&str, usize)], cells: &[&str]) -> String {
    let mut line = border.to_string();
    for ((name, limit), cell) in columns.iter().zip(cells) {
        let pad = " ".repeat(limit.saturating_sub(width(cell)));
        line += &match *name {
            PARAMS => format!(" {pad}{cell} {border}"),
            _ => format!(" {cell}{pad} {border}"),
        };
    }
    line
}

/// Breaks a cell at its spaces, and cuts lines that are still too long, as Keras's table does.
fn wrap(cell: &str, limit: usize) -> Vec<String> {
    let lines = filled(cell.split_inclusive(' '), limit).into_iter();
    lines.map(|line| cut(&line, limit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;

    fn row(name: &str, class_name: &str, output_shape: &str, params: usize) -> SummaryRow {
        SummaryRow {
            name: name.to_string(),
            class_name: class_name.to_string(),
            output_shape: output_shape.to_string(),
            params,
            connected_to: Vec::new(),
        }
    }

    fn tutorial() -> Summary {
        Summary {
            name: "sequential".to_string(),
            rows: vec![
                row("conv2d", "Conv2D", "(None, 30, 30, 32)", 896),
                row("max_pooling2d", "MaxPooling2D", "(None, 15, 15, 32)", 0),
                row("flatten", "Flatten", "(None, 7200)", 0),
                row("dense", "Dense", "(None, 128)", 921_728),
                row("dense_1", "Dense", "(None, 10)", 1_290),
            ],
            trainable_params: 923_914,
            non_trainable_params: 0,
            optimizer_params: 0,
        }
    }

    /// Keras 3.15.1's own output for the same model.
    const TUTORIAL: &str = r#"Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                      ┃ Output Shape             ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ conv2d (Conv2D)                   │ (None, 30, 30, 32)       │           896 │
├───────────────────────────────────┼──────────────────────────┼───────────────┤
│ max_pooling2d (MaxPooling2D)      │ (None, 15, 15, 32)       │             0 │
├───────────────────────────────────┼──────────────────────────┼───────────────┤
│ flatten (Flatten)                 │ (None, 7200)             │             0 │
├───────────────────────────────────┼──────────────────────────┼───────────────┤
│ dense (Dense)                     │ (None, 128)              │       921,728 │
├───────────────────────────────────┼──────────────────────────┼───────────────┤
│ dense_1 (Dense)                   │ (None, 10)               │         1,290 │
└───────────────────────────────────┴──────────────────────────┴───────────────┘
 Total params: 923,914 (3.52 MB)
 Trainable params: 923,914 (3.52 MB)
 Non-trainable params: 0 (0.00 B)
"#;

    #[test]
    fn the_text_is_kerass() {
        assert_eq!(tutorial().to_string(), TUTORIAL);
    }

    #[test]
    fn the_html_has_the_same_words() {
        let text = well_formed(&tutorial().to_html());
        for words in [
            "Model: &quot;sequential&quot;",
            "Layer (type)Output ShapeParam #",
            "conv2d (Conv2D)(None, 30, 30, 32)896",
            "Total params: 923,914 (3.52 MB)",
            "Non-trainable params: 0 (0.00 B)",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(!text.contains("Optimizer"));
    }

    #[test]
    fn the_layers_of_a_deep_model_are_unfolded() {
        let mut summary = tutorial();
        assert!(!summary.to_html().contains("<details>"));
        let deep = (0..100).map(|i| row(&format!("dense_{i}"), "Dense", "(None, 8)", 72));
        summary.rows = deep.collect();
        let html = summary.to_html();
        well_formed(&html);
        let (seen, others) = html.split_once("<details>").expect("something is folded");
        assert_eq!(seen.matches("(Dense)").count(), LAYERS);
        assert!(others.contains("<summary>60 more layers</summary><table"));
        let (others, totals) = others.split_once("</details>").expect("it ends");
        assert_eq!(others.matches("(Dense)").count(), 60);
        assert!(totals.contains("Total params"));
    }

    #[test]
    fn the_optimizer_counts_once_it_is_there() {
        let mut summary = tutorial();
        summary.optimizer_params = 1_847_830;
        let text = summary.to_string();
        assert!(
            text.contains(" Total params: 2,771,744 (10.57 MB)\n"),
            "{text}"
        );
        assert!(
            text.ends_with(" Optimizer params: 1,847,830 (7.05 MB)\n"),
            "{text}"
        );
    }

    #[test]
    fn long_cells_are_wrapped_and_cut_as_in_keras() {
        let name = "batch_normalization_12 (BatchNormalization)";
        assert_eq!(
            wrap(name, 33),
            ["batch_normalization_12", "(BatchNormalization)"]
        );
        assert_eq!(wrap("0 (unbuilt)", 13), ["0 (unbuilt)"]);
        let long = "a".repeat(40) + " (Dense)";
        assert_eq!(
            wrap(&long, 33),
            ["a".repeat(32) + "…", "(Dense)".to_string()]
        );
        assert_eq!(
            wrap("dense 这是一个很长的名字", 10),
            ["dense", "这是一个 …"]
        );
    }
}
