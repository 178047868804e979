//! Text with a terminal's color codes, taken apart.

/// A piece of text in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// A style; colors are numbers 0 to 15, or an exact one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) foreground: Option<Color>,
    pub(crate) background: Option<Color>,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) underline: bool,
    pub(crate) dim: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Named(u8),
    Exact(u8, u8, u8),
}

/// The pieces of `text`; codes that are not about style are left out.
pub(crate) fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut style = Style::default();
    let mut rest = text;
    while let Some(start) = rest.find('\x1b') {
        add(&mut spans, &rest[..start], style);
        rest = &rest[start + 1..];
        if let Some(code) = rest.strip_prefix('[') {
            let end = code.find(|character: char| ('@'..='~').contains(&character));
            let Some(end) = end else {
                return spans;
            };
            if code[end..].starts_with('m') {
                style.apply(&code[..end]);
            }
            rest = &code[end + 1..];
        }
    }
    add(&mut spans, rest, style);
    spans
}

fn add(spans: &mut Vec<Span>, text: &str, style: Style) {
    if !text.is_empty() {
        spans.push(Span {
            text: text.to_owned(),
            style,
        });
    }
}

impl Style {
    fn apply(&mut self, codes: &str) {
        let mut numbers = codes
            .split([';', ':'])
            .map(|code| code.parse::<u8>().unwrap_or(0));
        while let Some(number) = numbers.next() {
            match number {
                0 => *self = Style::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underline = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underline = false,
                30..=37 => self.foreground = Some(Color::Named(number - 30)),
                38 => self.foreground = extended(&mut numbers),
                39 => self.foreground = None,
                40..=47 => self.background = Some(Color::Named(number - 40)),
                48 => self.background = extended(&mut numbers),
                49 => self.background = None,
                90..=97 => self.foreground = Some(Color::Named(number - 90 + 8)),
                100..=107 => self.background = Some(Color::Named(number - 100 + 8)),
                _ => {}
            }
        }
    }
}

fn extended(numbers: &mut impl Iterator<Item = u8>) -> Option<Color> {
    match numbers.next()? {
        5 => Some(match numbers.next()? {
            number @ 0..=15 => Color::Named(number),
            number @ 16..=231 => {
                let level = |value: u8| if value == 0 { 0 } else { 55 + 40 * value };
                let cube = number - 16;
                Color::Exact(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
            }
            number => {
                let gray = 8 + 10 * (number - 232);
                Color::Exact(gray, gray, gray)
            }
        }),
        2 => Some(Color::Exact(
            numbers.next()?,
            numbers.next()?,
            numbers.next()?,
        )),
        _ => None,
    }
}
