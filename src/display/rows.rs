//! What tables as text and long tables have in common.

use super::grouped;
use super::html::{folded, lines};
use super::width::width;

/// More rows than this are not shown: the first ones, the best one and the last ones remain.
pub(super) const MOST_ROWS: usize = 30;
const FIRST_ROWS: usize = 5;
/// So many of the others can be unfolded.
const MOST_FOLDED: usize = 1000;
/// What stands for rows and columns that are not shown.
pub(super) const MORE: &str = "...";
/// The columns of a table are so far apart.
const GAP: usize = 2;

/// Which of so many rows are shown; `None` stands for rows that are left out.
pub(super) fn shown(count: usize, best: Option<usize>) -> Vec<Option<usize>> {
    if count <= MOST_ROWS {
        return (0..count).map(Some).collect();
    }
    let last = count - (MOST_ROWS - FIRST_ROWS - 1);
    let mut shown: Vec<Option<usize>> = (0..FIRST_ROWS).map(Some).collect();
    match best.filter(|row| (FIRST_ROWS..last).contains(row)) {
        Some(row) => {
            if row > FIRST_ROWS {
                shown.push(None);
            }
            shown.push(Some(row));
            if row + 1 < last {
                shown.push(None);
            }
        }
        None => shown.push(None),
    }
    shown.extend((last..count).map(Some));
    shown
}

/// The rows that [`shown`] leaves out, to be unfolded; `write` makes text of those it is given.
/// `name` is what the rows are, as `epochs`.
pub(super) fn others(
    count: usize,
    best: Option<usize>,
    name: &str,
    write: impl Fn(&[Option<usize>]) -> String,
) -> String {
    let shown = shown(count, best);
    let mut others: Vec<Option<usize>> = (0..count)
        .map(Some)
        .filter(|row| !shown.contains(row))
        .collect();
    if others.is_empty() {
        return String::new();
    }
    let summary = format!("{} more {name}", grouped(others.len()));
    if others.len() > MOST_FOLDED {
        others.truncate(MOST_FOLDED);
        others.push(None);
    }
    folded(&summary, &lines(&write(&others)))
}

/// Lines of cells as text, aligned to the right. The first line is the head: a cell beyond its last
/// one is a remark.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let widths = widths(lines);
    let mut text = String::new();
    for line in lines {
        for (column, cell) in line.iter().enumerate() {
            let wide = widths.get(column).copied().unwrap_or(0);
            let gap = if column == 0 { 0 } else { GAP };
            let blank = gap + wide.saturating_sub(width(cell));
            text += &" ".repeat(blank);
            text += cell;
        }
        text.push('\n');
    }
    text
}

/// The same in lines of at most `room` columns: where they would be longer, columns of the table are
/// left out in the middle.
pub(super) fn fitted(lines: &[Vec<String>], room: usize) -> String {
    let widths: Vec<Option<usize>> = widths(lines).into_iter().map(Some).collect();
    let remarks = lines.iter().filter_map(|line| line.get(widths.len()));
    let remark = remarks.map(|remark| GAP + width(remark)).max().unwrap_or(0);
    let chosen = fitting(&widths, (room + GAP).saturating_sub(remark));
    let fit = |line: &Vec<String>| {
        let cell = |column: &Option<usize>| match column {
            Some(column) => line.get(*column).cloned().unwrap_or_default(),
            None => MORE.to_string(),
        };
        let remark = line.get(widths.len()).cloned();
        chosen.iter().map(cell).chain(remark).collect()
    };
    aligned(&lines.iter().map(fit).collect::<Vec<_>>())
}

/// How wide each column is.
fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let columns = lines.first().map_or(0, Vec::len);
    let widest = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    (0..columns).map(widest).collect()
}

/// Which columns of these widths fit into a line, each with a gap: all, or some of the first and of
/// the last.
pub(super) fn fitting(widths: &[Option<usize>], room: usize) -> Vec<Option<usize>> {
    let wide = |at: usize| widths[at].map_or(usize::MAX / 2, |width| width + GAP);
    let count = widths.len();
    let all = (0..count).fold(0usize, |sum, at| sum.saturating_add(wide(at)));
    if all <= room {
        return (0..count).map(Some).collect();
    }
    let mut left = room.saturating_sub(MORE.len() + GAP);
    let (mut first, mut last) = (0, 0);
    loop {
        let at = if first <= last {
            first
        } else {
            count - 1 - last
        };
        if first + last >= count || wide(at) > left {
            break;
        }
        left -= wide(at);
        if first <= last {
            first += 1;
        } else {
            last += 1;
        }
    }
    // One column is shown however wide it is.
    ends(count, first.max(1), last)
}

/// The first and the last of `count`, and a gap between them.
pub(super) fn ends(count: usize, first: usize, last: usize) -> Vec<Option<usize>> {
    if first + last >= count {
        return (0..count).map(Some).collect();
    }
    let tail = (count - last..count).map(Some);
    (0..first).map(Some).chain([None]).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;

    #[test]
    fn lines_fit_and_keep_their_ends_and_remarks() {
        let line = |text: &str| (0..20).map(|i| format!("{text}{i}")).collect();
        let mut lines: Vec<Vec<String>> = vec![line("column "), line("")];
        lines[1].push("* best".to_string());
        for room in [30, 60, 80, 120] {
            let text = fitted(&lines, room);
            assert!(text.lines().all(|line| width(line) <= room), "{text}");
            let head = text.lines().next().unwrap_or_default();
            assert!(head.starts_with("column 0  "), "{text}");
            assert!(head.contains("  ..."), "{text}");
            assert!(text.ends_with("  * best\n"), "{text}");
        }
        assert_eq!(fitted(&lines, 300), aligned(&lines));
        assert_eq!(fitted(&lines, 30), "column 0  ...\n       0  ...  * best\n");
    }

    #[test]
    fn wide_letters_are_aligned() {
        let lines = [["城市", "n"], ["Aachen", "1"]].map(|line| line.map(String::from).to_vec());
        assert_eq!(aligned(&lines), "  城市  n\nAachen  1\n");
    }

    #[test]
    fn what_is_left_out_can_be_unfolded() {
        let numbers = |rows: &[Option<usize>]| {
            let number = |row: &Option<usize>| row.map_or(MORE.into(), |row| format!("{row}"));
            rows.iter().map(number).collect::<Vec<String>>().join(" ")
        };
        assert_eq!(others(30, None, "rows", numbers), "");
        let text = well_formed(&others(33, Some(6), "rows", numbers));
        assert_eq!(text, "3 more rows5 7 8");
        let text = others(5000, None, "rows", numbers);
        assert!(text.contains("<details><summary>4,971 more rows</summary>"));
        assert!(text.contains(" 1004 ...") && text.len() < 6000, "{text}");
    }
}
