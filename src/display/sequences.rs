//! Sequences of different lengths as the value of a cell: how many and how long, and the first ones.

use super::html::{FAINT, Table, folded, frame};
use super::{Bundle, grouped, show, show_result};
use crate::datasets::{Sequences, preview};

/// So many are seen, and so many more can be unfolded.
const FIRST: usize = 3;
const MOST_FOLDED: usize = 20;

impl Sequences {
    /// The sequences in every form in which they can be shown.
    pub fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string()).html(frame(&self.to_html()))
    }

    /// Shows the sequences below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the sequences as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }

    fn to_html(&self) -> String {
        let mut lengths: Vec<usize> = self.iter().map(Vec::len).collect();
        lengths.sort_unstable();
        let (Some(shortest), Some(longest)) = (lengths.first(), lengths.last()) else {
            return "<b>no sequences</b>".to_string();
        };
        let plural = if self.len() == 1 { "" } else { "s" };
        let mut html = format!(
            "<div><b>{} sequence{plural}</b> <span style=\"{FAINT}\">of {} to {} numbers, median \
             {}</span></div>",
            grouped(self.len()),
            grouped(*shortest),
            grouped(*longest),
            grouped(lengths[lengths.len() / 2]),
        );
        let seen = self.len().min(FIRST);
        let folded_end = self.len().min(FIRST + MOST_FOLDED);
        html += &self.table(0..seen);
        if folded_end > seen {
            let summary = format!("the next {}", folded_end - seen);
            html += &folded(&summary, &self.table(seen..folded_end));
        }
        html
    }

    fn table(&self, rows: std::ops::Range<usize>) -> String {
        let head = ["", "Length", "Numbers"].map(str::to_string).to_vec();
        let mut table = Table::new(&[2], head).wrap(&[2]);
        for row in rows {
            let number = format!("<span style=\"{FAINT}\">{row}</span>");
            let length = grouped(self[row].len());
            table.row(vec![number, length, preview(&self[row])], false);
        }
        table.to_html()
    }
}

#[cfg(test)]
mod tests {
    use crate::datasets::Sequences;
    use crate::display::html::well_formed;

    #[test]
    fn their_number_and_lengths_are_told_and_the_first_are_there() {
        let sequences: Sequences = (0..2000)
            .map(|n| (0..n).collect())
            .collect::<Vec<_>>()
            .into();
        let bundle = sequences.bundle();
        assert_eq!(bundle.plain(), sequences.to_string());
        let html = bundle.get("text/html").unwrap_or_default();
        let text = well_formed(html);
        let start = "2,000 sequences of 0 to 1,999 numbers, median 1,000";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("LengthNumbers00110220, 1"), "{text}");
        assert!(html.contains("<details><summary>the next 20</summary><table"));
        assert!(html.len() < 10_000, "{}", html.len());
        let few = Sequences::from(vec![vec![1, 14, 22]]).bundle().to_html();
        assert!(
            few.contains("1 sequence<") && !few.contains("<details>"),
            "{few}"
        );
        assert!(
            Sequences::default()
                .bundle()
                .to_html()
                .contains("no sequences")
        );
    }
}
