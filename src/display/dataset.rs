//! A dataset as the value of a cell: what its elements are made of.

use std::fmt::Write;

use super::html::{AMBER, FAINT, Table, escape, folded, frame};
use super::{Bundle, grouped, show, show_result};
use crate::data::{Dataset, TensorSpec};

/// So many classes are named, and so many files.
const FEW: usize = 12;

impl Dataset {
    /// The dataset in every form in which it can be shown: how many elements, their shapes and types,
    /// and the classes and files that they come from. For that, the first element may have to be
    /// made.
    pub fn bundle(&self) -> Bundle {
        let mut text = self.to_string();
        if let Some(classes) = self.classes() {
            let _ = write!(text, "\n{classes}");
        }
        Bundle::text(text).html(frame(&self.to_html()))
    }

    /// Shows the dataset below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the dataset as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }

    fn to_html(&self) -> String {
        let mut html = format!(
            "<div><b>Dataset</b> <span style=\"{FAINT}\">of {}</span></div>",
            self.cardinality()
        );
        match self.element_spec() {
            Ok(spec) => {
                let head = ["", "Shape", "Type"].map(str::to_string).to_vec();
                let mut table = Table::new(&[0, 1, 2], head);
                for (name, specs) in [
                    ("x", &spec.x),
                    ("y", &spec.y),
                    ("sample_weight", &spec.sample_weight),
                ] {
                    for (i, spec) in specs.iter().enumerate() {
                        table.row(row(name, i, specs.len(), spec), false);
                    }
                }
                html += &table.to_html();
            }
            Err(error) => {
                let error = escape(&error.to_string());
                let _ = write!(html, "<div style=\"color:{AMBER}\">{error}</div>");
            }
        }
        if let Some(classes) = self.classes() {
            let _ = write!(html, "<div>{}</div>", escape(&classes));
        }
        html + &self.files()
    }

    /// `3 classes: cat, dog, frog`.
    fn classes(&self) -> Option<String> {
        let names = self.class_names();
        let mut few: Vec<&str> = names.iter().take(FEW).map(String::as_str).collect();
        if names.len() > FEW {
            few.push("…");
        }
        let count = grouped(names.len());
        (!names.is_empty()).then(|| format!("{count} classes: {}", few.join(", ")))
    }

    /// The first files, folded up.
    fn files(&self) -> String {
        let files = self.file_paths();
        if files.is_empty() {
            return String::new();
        }
        let mut html = String::new();
        for path in files.iter().take(FEW) {
            let _ = write!(html, "<div>{}</div>", escape(&path.display().to_string()));
        }
        if files.len() > FEW {
            html += "<div>…</div>";
        }
        folded(&format!("{} files", grouped(files.len())), &html)
    }
}

fn row(name: &str, i: usize, count: usize, spec: &TensorSpec) -> Vec<String> {
    let name = match count {
        1 => name.to_string(),
        _ => format!("{name}[{i}]"),
    };
    vec![name, spec.shape.to_string(), spec.dtype.to_string()]
}

#[cfg(test)]
mod tests {
    use crate::data::Dataset;
    use crate::display::html::well_formed;
    use crate::{Result, Tensor};

    #[test]
    fn shapes_and_types_are_there() -> Result<()> {
        let (x, y) = (Tensor::zeros((100, 28, 28)), Tensor::zeros(100));
        let dataset = Dataset::from_tensor_slices((&x, &y))?.batch(32);
        let shown = dataset.bundle();
        assert_eq!(shown.plain(), dataset.to_string());
        let text = well_formed(shown.get("text/html").unwrap_or_default());
        assert!(text.contains("of 4 elements"), "{text}");
        assert!(text.contains("x(None, 28, 28)float32"), "{text}");
        assert!(text.contains("y(None,)float32"), "{text}");
        Ok(())
    }

    #[test]
    fn what_cannot_be_made_is_told() -> Result<()> {
        let none = Dataset::from_tensor_slices(Tensor::zeros(3))?.take(0);
        let shown = none.bundle();
        let text = well_formed(shown.get("text/html").unwrap_or_default());
        assert!(text.contains("empty"), "{text}");
        Ok(())
    }
}
