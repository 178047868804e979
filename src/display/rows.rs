//! What tables as text and long tables have in common.

/// More rows than this are not shown: the first ones, the best one and the last ones remain.
pub(super) const MOST_ROWS: usize = 30;
const FIRST_ROWS: usize = 5;

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

/// Lines of cells as text, aligned to the right. The first line is the head: a cell beyond its last
/// one is a remark.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        for (column, cell) in line.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or(0);
            let gap = if column == 0 { "" } else { "  " };
            text += &format!("{gap}{cell:>width$}");
        }
        text.push('\n');
    }
    text
}
