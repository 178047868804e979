//! How wide a text is at a terminal, and how wide the terminal is.

use super::Destination;

/// The width of lines in notebooks and files, and where a terminal does not tell its own.
const USUAL: usize = 80;

/// How many columns a line may take: those of the terminal that the standard output goes to; 80 where
/// it goes into a notebook or a file.
pub(crate) fn terminal_width() -> usize {
    if Destination::now() != Destination::Terminal {
        return USUAL;
    }
    let told = std::env::var("COLUMNS").ok();
    let told = told.and_then(|columns| columns.trim().parse().ok());
    let widths = asked().into_iter().chain(told);
    widths.into_iter().find(|width| *width > 0).unwrap_or(USUAL)
}

/// What the terminal itself says.
fn asked() -> Option<usize> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: this request writes nothing but the `winsize` that it is given.
    let result = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) };
    (result == 0).then_some(size.ws_col.into())
}

/// How many columns a text takes, without its colors.
pub(super) fn width(text: &str) -> usize {
    let mut in_color = false;
    let mut width = 0;
    for character in text.chars() {
        if in_color || character == COLOR {
            in_color = character != 'm';
        } else {
            width += cells(character);
        }
    }
    width
}

/// What the code of a color begins with; it ends with an `m`.
const COLOR: char = '\x1b';

/// Chinese, Japanese and Korean characters are two columns wide.
fn cells(character: char) -> usize {
    let wide = matches!(u32::from(character),
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff | 0x20000..=0x3fffd);
    if wide { 2 } else { 1 }
}

/// A line that takes no more than `limit` columns: what is too long ends with `…`. Colors that end
/// behind it still end.
pub(super) fn cut(line: &str, limit: usize) -> String {
    if width(line) <= limit {
        return line.to_string();
    }
    let mut text = String::new();
    let (mut used, mut is_cut, mut in_color) = (0, false, false);
    for character in line.chars() {
        if in_color || character == COLOR {
            in_color = character != 'm';
            text.push(character);
        } else if !is_cut && used + cells(character) < limit {
            used += cells(character);
            text.push(character);
        } else if !is_cut {
            is_cut = true;
            // Half of a wide character is left blank.
            text += &" ".repeat(limit.saturating_sub(used + 1));
            text.extend((limit > 0).then_some('…'));
        }
    }
    text
}

/// Lines with as many of these words, which end with their spaces, as fit into `limit` columns; a
/// longer word has a line of its own.
pub(super) fn filled<'a>(words: impl Iterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for (i, word) in words.enumerate() {
        if used + width(word.trim_end()) <= limit {
            used += width(word);
        } else {
            if i > 0 {
                lines.push(String::new());
            }
            used = width(word);
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    let trimmed = lines.iter().map(|line| line.trim_end().to_string());
    trimmed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_a_file_is_80_columns_wide() {
        if Destination::now() != Destination::Terminal {
            assert_eq!(terminal_width(), 80);
        }
        assert!(terminal_width() > 0);
    }

    #[test]
    fn colors_take_no_room_and_end_where_the_line_is_cut() {
        let line = "\x1b[1mbold\x1b[0m and \x1b[32mgreen\x1b[0m";
        assert_eq!(width(line), 14);
        assert_eq!(cut(line, 14), line);
        assert_eq!(cut(line, 12), "\x1b[1mbold\x1b[0m and \x1b[32mgr…\x1b[0m");
        assert_eq!(width(&cut(line, 3)), 3);
        assert_eq!(cut("飞机场", 4), "飞 …");
        assert_eq!(cut("word", 1), "…");
        assert_eq!(cut("word", 0), "");
    }
}
