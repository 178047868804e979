//! Which color and dash stands for what.

use super::scene::{Pen, Scene, Text};
use super::text;

/// One line of a legend.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) key: Key,
}

/// What stands for the name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Key {
    Line(Pen),
    /// The dot of the class with this number.
    Dot(usize),
    /// Nothing: the name speaks for itself.
    Nothing,
}

impl Entry {
    pub(super) fn line(name: impl Into<String>, pen: Pen) -> Entry {
        let (name, key) = (name.into(), Key::Line(pen));
        Entry { name, key }
    }

    pub(super) fn class(name: impl Into<String>, class: usize) -> Entry {
        let (name, key) = (name.into(), Key::Dot(class));
        Entry { name, key }
    }

    fn draw(&self, scene: &mut Scene, x: f64, y: f64, room: f64) {
        match self.key {
            Key::Line(pen) => scene.line(vec![(x, y), (x + KEY, y)], pen),
            Key::Dot(class) => scene.dots_of_class(class, vec![(x + KEY / 2.0, y)], 4.5),
            Key::Nothing => {}
        }
        scene.text(
            Text::new(&self.name, x + KEY + SPACE, y)
                .size(SIZE)
                .within(room - KEY - SPACE),
        );
    }

    fn width(&self) -> f64 {
        KEY + SPACE + text::width(&text::clean(&self.name), SIZE)
    }
}

const SIZE: f64 = 12.0;
pub(super) const ROW: f64 = 19.0;
/// The width of what stands for the name, and the space behind.
const KEY: f64 = 24.0;
const SPACE: f64 = 6.0;
/// Between two entries in a row.
const GAP: f64 = 18.0;

/// Entries side by side, in as many rows as they need.
pub(super) struct Rows {
    /// Each entry with its place and its room.
    placed: Vec<(Entry, f64, usize, f64)>,
    rows: usize,
}

impl Rows {
    /// Entries in rows of this width; no more than `most` rows.
    pub(super) fn new(entries: &[Entry], width: f64, most: usize) -> Rows {
        // A long name leaves room for another beside it.
        let longest = match entries.len() {
            1 => width,
            _ => (width - GAP) / 2.0,
        };
        let (mut placed, mut x, mut row) = (Vec::new(), 0.0, 0);
        for (i, entry) in entries.iter().enumerate() {
            let room = entry.width().min(longest);
            if x > 0.0 && x + room > width {
                (x, row) = (0.0, row + 1);
            }
            let more = entries.len() - i;
            let is_last = row + 1 == most && more > 1;
            let words = format!("… and {more} more");
            let needed = room + GAP + text::width(&words, SIZE);
            if is_last && x + needed > width {
                let (name, key) = (words, Key::Nothing);
                placed.push((Entry { name, key }, x - KEY, row, width));
                break;
            }
            placed.push((entry.clone(), x, row, room));
            x += room + GAP;
        }
        let rows = if placed.is_empty() { 0 } else { row + 1 };
        Rows { placed, rows }
    }

    pub(super) fn height(&self) -> f64 {
        self.rows as f64 * ROW
    }

    pub(super) fn draw(&self, scene: &mut Scene, left: f64, top: f64) {
        for (entry, x, row, room) in &self.placed {
            let y = top + (*row as f64 + 0.5) * ROW;
            entry.draw(scene, left + x, y, *room);
        }
    }
}

/// Entries one below the other.
pub(super) struct Column<'a> {
    shown: &'a [Entry],
    left_out: usize,
    width: f64,
}

impl<'a> Column<'a> {
    /// As many entries as have room in a column of this height, at most so wide.
    pub(super) fn new(entries: &'a [Entry], height: f64, widest: f64) -> Column<'a> {
        let fitting = (height / ROW).max(1.0) as usize;
        let shown = match entries.len() <= fitting {
            true => entries,
            false => &entries[..fitting.saturating_sub(1)],
        };
        let widths = shown.iter().map(Entry::width);
        Column {
            shown,
            left_out: entries.len() - shown.len(),
            width: widths.fold(0.0, f64::max).min(widest),
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.width
    }

    pub(super) fn draw(&self, scene: &mut Scene, left: f64, top: f64) {
        let mut y = top + ROW / 2.0;
        for entry in self.shown {
            entry.draw(scene, left, y, self.width);
            y += ROW;
        }
        if self.left_out > 0 {
            let words = format!("… {} more", self.left_out);
            scene.text(
                Text::new(words, left + KEY + SPACE, y)
                    .size(SIZE)
                    .within(self.width - KEY - SPACE),
            );
        }
    }
}
