//! Patterns with `*`, `?` and `[…]`, as SQLite's GLOB has them, which other kernels search with.

/// Whether all of `text` matches `pattern`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last `*` is, and up to where it stands for the text.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
            continue;
        }
        match one(&pattern[p..], text[t]) {
            Some(length) => {
                p += length;
                t += 1;
            }
            None => {
                let Some((star_p, star_t)) = star else {
                    return false;
                };
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
        }
    }
    pattern[p..].iter().all(|character| *character == '*')
}

/// How much of the pattern's start matches one character; nothing if it does not match.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => set(pattern, character),
        first => (*first == character).then_some(1),
    }
}

/// The same for a set: `[abc]`, `[a-z]`, `[^a]`; a `]` in the first place belongs to it.
fn set(pattern: &[char], character: char) -> Option<usize> {
    let mut position = 1;
    let inverted = pattern.get(position) == Some(&'^');
    if inverted {
        position += 1;
    }
    let first = position;
    let mut found = false;
    loop {
        let member = *pattern.get(position)?;
        if member == ']' && position > first {
            return (found != inverted).then_some(position + 1);
        }
        match (pattern.get(position + 1), pattern.get(position + 2)) {
            (Some('-'), Some(end)) if *end != ']' => {
                found |= (member..=*end).contains(&character);
                position += 3;
            }
            _ => {
                found |= member == character;
                position += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text) in [
            ("*", ""),
            ("let *", "let x = 1;"),
            ("*x*", "let x = 1;"),
            ("a*b*c", "axxbxxbc"),
            ("?", "√"),
            ("[a-c]*", "bat"),
            ("[^a-c]*", "dog"),
            ("[]x]", "]"),
            ("*\n*", "two\nlines"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("let", "let x"),
            ("a*b", "abc"),
            ("??", "√"),
            ("[a-c]", "d"),
            ("[^d]", "d"),
            ("[open", "o"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(50) + "b";
        assert!(!matches(&pattern, &"a".repeat(5_000)));
    }
}
