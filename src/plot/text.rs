//! How much room a text needs, before anybody knows its font.

/// Longer texts are cut before anything else is done with them.
const MOST: usize = 500;

/// Widths of the letters from the space to `~` in DejaVu Sans, in thousandths of the size. It is
/// the widest of the fonts that front ends choose: in the others, text only leaves room.
const WIDTHS: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// The width of a text in pixels, at most.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(letter).sum::<f64>() * size
}

fn letter(letter: char) -> f64 {
    let code = letter as usize;
    match code {
        0x20..=0x7e => f64::from(WIDTHS[code - 0x20]) / 1000.0,
        // Marks that stand above the letter before.
        0x300..=0x36f => 0.0,
        0xb7 => 0.32,
        0x80..=0x10ff => 0.8,
        _ => 1.0,
    }
}

/// A text that every reader of SVG takes, on one line: nothing that controls anything, and nothing
/// that turns the direction of what follows.
pub(super) fn clean(text: &str) -> String {
    let harmful = |letter: &char| {
        matches!(*letter as u32,
            0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfffe | 0xffff)
    };
    let mut clean = String::new();
    for letter in text.chars().filter(|letter| !harmful(letter)).take(MOST) {
        let letter = if letter.is_whitespace() || letter.is_control() {
            ' '
        } else {
            letter
        };
        if letter != ' ' || !clean.ends_with(' ') {
            clean.push(letter);
        }
    }
    clean.trim().to_string()
}

/// A clean text, cut so that it fits into `room` pixels.
pub(super) fn shorten(text: &str, size: f64, room: f64) -> String {
    // Rooms are sums and differences of widths: what lacks a rounding error of room has enough.
    const ROUNDING: f64 = 1e-6;
    let text = clean(text);
    if width(&text, size) <= room + ROUNDING {
        return text;
    }
    let mut left = room - width("…", size);
    let mut short = String::new();
    for character in text.chars() {
        left -= letter(character) * size;
        if left < 0.0 {
            break;
        }
        short.push(character);
    }
    short.truncate(short.trim_end().len());
    short + "…"
}

/// The widest of some texts.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    let widths = texts.into_iter().map(|text| width(text, size));
    widths.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits() {
        for text in ["airplane", "飞机 airplane and more", "iiiiiiii", ""] {
            for room in [0.0, 5.0, 30.0, 60.0, 1000.0] {
                let short = shorten(text, 12.0, room);
                assert!(width(&short, 12.0) <= room.max(12.0), "{short} in {room}");
            }
        }
        assert_eq!(shorten("airplane", 12.0, 1000.0), "airplane");
        assert!(shorten("a very long name", 12.0, 60.0).ends_with('…'));
    }

    #[test]
    fn what_just_fits_is_not_cut() {
        // As a legend adds and takes away what stands before a name.
        for text in ["elu", "leaky_relu", "upper", "relu", "cat"] {
            for before in [24.0, 30.0, 0.1] {
                let room = before + width(text, 12.0) - before;
                assert_eq!(shorten(text, 12.0, room), text);
            }
        }
    }

    #[test]
    fn nothing_is_left_that_xml_forbids() {
        assert_eq!(clean("a\0b\x1b[31m\n\tc \u{202e}d\u{ffff}"), "a b [31m c d");
        assert_eq!(clean(&"x".repeat(100_000)).len(), MOST);
    }
}
