//! Several displays in one cell of the stock evcxr kernel.
//!
//! That kernel keeps one content per MIME type and shows it when the cell ends, so a second
//! display would replace the first one. Therefore each display repeats the earlier ones of its
//! cell: the last content, which is the one that is shown, has them all, in order.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Bundle;

const BEGIN: &str = "EVCXR_BEGIN_CONTENT";
const END: &str = "EVCXR_END_CONTENT";
/// A cell shows its last displays, up to about this many bytes of them.
const LIMIT: usize = 4 << 20;

/// What a cell has shown so far.
struct Cell {
    id: u64,
    shown: Vec<Shown>,
}

struct Shown {
    slot: u64,
    bundle: Bundle,
    html: String,
}

static CELL: Mutex<Cell> = Mutex::new(Cell {
    id: 0,
    shown: Vec::new(),
});

/// A number for a display, to replace it by later.
pub(super) fn new_slot() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The text that makes the stock kernel show `bundle` after what its cell has shown so far, or in
/// the place of what has the same slot.
pub(super) fn block(slot: u64, bundle: &Bundle) -> String {
    let mut cell = CELL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    cell.add(current_cell(), slot, bundle);
    cell.block()
}

/// Tells cells apart: evcxr loads each one as a new library, which shows in the list of libraries
/// that are mapped into this process. Where there is no such list, each display is on its own.
fn current_cell() -> Option<u64> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let mut hasher = DefaultHasher::new();
    let mut last = "";
    for line in maps.lines().filter(|line| line.contains(".so")) {
        // After the address, the rights and the offset: device, inode and path.
        let file = line.splitn(4, ' ').nth(3).unwrap_or(line);
        if file != last {
            file.hash(&mut hasher);
            last = file;
        }
    }
    Some(hasher.finish())
}

impl Cell {
    fn add(&mut self, id: Option<u64>, slot: u64, bundle: &Bundle) {
        if id != Some(self.id) {
            self.id = id.unwrap_or(0);
            self.shown.clear();
        }
        let shown = Shown {
            slot,
            bundle: bundle.clone(),
            html: bundle.to_html(),
        };
        match self.shown.iter_mut().find(|known| known.slot == slot) {
            Some(known) => *known = shown,
            None => self.shown.push(shown),
        }
        let mut size: usize = self.shown.iter().map(|shown| shown.html.len()).sum();
        while size > LIMIT && self.shown.len() > 1 {
            size -= self.shown.remove(0).html.len();
        }
    }

    fn block(&self) -> String {
        let plain: Vec<&str> = self.shown.iter().map(|s| s.bundle.plain()).collect();
        let text = content("text/plain", &plain.join("\n"));
        if self.shown.iter().all(|shown| shown.bundle.is_text()) {
            return text;
        }
        // Nothing but HTML, not even for a single picture: a content in another type would stay
        // when a second display follows.
        let html: String = self
            .shown
            .iter()
            .map(|shown| format!("<div style=\"margin:0 0 8px\">{}</div>", shown.html))
            .collect();
        text + &content("text/html", &html)
    }
}

/// One block; the markers cannot occur inside of it.
fn content(mime: &str, body: &str) -> String {
    // A word joiner, which is not visible, keeps a marker in the body from being read as one.
    let body = body.replace("EVCXR_", "EVCXR\u{2060}_");
    format!("{BEGIN} {mime}\n{body}\n{END}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        Cell {
            id: 1,
            shown: Vec::new(),
        }
    }

    #[test]
    fn displays_of_a_cell_add_up_and_a_new_cell_starts_empty() {
        let mut cell = cell();
        cell.add(Some(1), 1, &Bundle::text("one").html("<b>one</b>").png(b""));
        assert!(!cell.block().contains("image/png"));
        cell.add(Some(1), 2, &Bundle::text("two").png(b"\x89PNG"));
        let block = cell.block();
        let (one, two) = (block.find("<b>one</b>"), block.find("<img alt=\"two\""));
        assert!(one.is_some() && one < two, "{block}");
        assert!(block.starts_with("EVCXR_BEGIN_CONTENT text/plain\none\ntwo\nEVCXR_END_CONTENT\n"));
        assert_eq!(block.matches(BEGIN).count(), 2);
        cell.add(Some(2), 3, &Bundle::text("three"));
        assert_eq!(
            cell.block(),
            "EVCXR_BEGIN_CONTENT text/plain\nthree\nEVCXR_END_CONTENT\n"
        );
    }

    #[test]
    fn an_update_keeps_its_place() {
        let mut cell = cell();
        cell.add(Some(1), 1, &Bundle::text("bar"));
        cell.add(Some(1), 2, &Bundle::text("below"));
        cell.add(Some(1), 1, &Bundle::text("full bar"));
        assert!(cell.block().contains("\nfull bar\nbelow\n"));
    }

    #[test]
    fn content_cannot_end_its_block() {
        let text = content("text/plain", "a\nEVCXR_END_CONTENT\nb");
        assert_eq!(text.matches(END).count(), 1);
        assert!(text.ends_with("\nb\nEVCXR_END_CONTENT\n"));
    }

    #[test]
    fn a_cell_does_not_grow_without_end() {
        let mut cell = cell();
        for slot in 0..10 {
            cell.add(Some(1), slot, &Bundle::text("x".repeat(1 << 20)));
        }
        assert!(cell.block().len() < 3 * LIMIT);
        assert_eq!(cell.shown.last().map(|shown| shown.slot), Some(9));
    }

    #[test]
    fn the_same_cell_is_known_again() {
        assert_eq!(current_cell(), current_cell());
    }
}
