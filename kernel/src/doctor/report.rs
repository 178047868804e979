//! What the findings look like in a terminal, within 80 columns.

use std::io::IsTerminal;

use super::{Finding, Health};

const WIDTH: usize = 79;
/// Where the texts begin.
const INDENT: usize = 21;

pub(super) struct Report {
    colored: bool,
    warnings: usize,
    problems: usize,
}

impl Report {
    pub(super) fn start() -> Report {
        println!("kerust {}", env!("CARGO_PKG_VERSION"));
        Report {
            colored: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            warnings: 0,
            problems: 0,
        }
    }

    pub(super) fn print(&mut self, finding: &Finding) {
        let (name, color) = match finding.health {
            Health::Ok => ("ok", "32"),
            Health::Warning => ("warning", "33"),
            Health::Problem => ("problem", "1;31"),
        };
        self.warnings += usize::from(finding.health == Health::Warning);
        self.problems += usize::from(finding.health == Health::Problem);
        let name = self.in_color(&format!("{name:<7}"), color);
        let mut lines = wrapped(&finding.text, WIDTH - INDENT).into_iter();
        println!(
            "{name}  {:<10}  {}",
            finding.subject,
            lines.next().unwrap_or_default()
        );
        for line in lines {
            println!("{:INDENT$}{line}", "");
        }
        if let Some(fix) = &finding.fix {
            for (index, line) in wrapped(fix, WIDTH - INDENT - 3).iter().enumerate() {
                let arrow = if index == 0 {
                    self.in_color("->", "36")
                } else {
                    "  ".to_owned()
                };
                println!("{:INDENT$}{arrow} {line}", "");
            }
        }
    }

    fn in_color(&self, text: &str, color: &str) -> String {
        if self.colored {
            format!("\x1b[{color}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Prints the sum and returns whether there is no problem.
    pub(super) fn finish(self) -> bool {
        let count = |number: usize, what: &str| match number {
            0 => None,
            1 => Some(format!("1 {what}")),
            _ => Some(format!("{number} {what}s")),
        };
        let counts: Vec<String> = [
            count(self.problems, "problem"),
            count(self.warnings, "warning"),
        ]
        .into_iter()
        .flatten()
        .collect();
        println!();
        if counts.is_empty() {
            println!("Everything is fine.");
        } else if self.problems == 0 {
            println!("Everything works: {}.", counts.join(", "));
        } else {
            println!("Not everything works: {}.", counts.join(", "));
        }
        self.problems == 0
    }
}

/// `text` in lines of at most `width` characters, broken between words; a word that is longer, a
/// path say, is broken where it has to be.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for character in word.chars() {
            if length == width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(character);
            length += 1;
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn long_texts_are_broken() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdefg hi", 4), ["abcd", "efg", "hi"]);
        assert_eq!(wrapped("a bcdef", 4), ["a", "bcde", "f"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
