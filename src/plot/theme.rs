//! Light or dark: what is behind a chart, and the colors in it.

use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::{Error, Result, Setting};

/// For which background charts are drawn; see [`set_theme`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// On the page itself, with text and lines in a gray that can be read on light and on dark. A
    /// file gets a white background.
    #[default]
    Auto,
    /// Dark on white.
    Light,
    /// Light on black.
    Dark,
}

impl FromStr for Theme {
    type Err = Error;

    fn from_str(name: &str) -> Result<Theme> {
        match name {
            "auto" => Ok(Theme::Auto),
            "light" => Ok(Theme::Light),
            "dark" => Ok(Theme::Dark),
            _ => Err(Error::unknown_name(
                "theme",
                name,
                &["auto", "light", "dark"],
            )),
        }
    }
}

impl From<Theme> for Setting<Theme> {
    fn from(theme: Theme) -> Self {
        Setting::value(theme)
    }
}

static THEME: AtomicU8 = AtomicU8::new(0);

/// Chooses the background of all charts that are shown or saved from now on: `"light"`, `"dark"`,
/// or `"auto"`, as it is unless set.
///
/// A chart in a notebook is an image, and an image cannot know whether JupyterLab's theme is light
/// or dark. So `"auto"` has no background of its own and draws in colors that can be read on both;
/// the others bring their background along and contrast more.
///
/// Keras users know it as Matplotlib's `plt.style.use` and seaborn's `set_theme`.
///
/// # Errors
/// When there is no such theme.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// plot::set_theme("dark")?;
/// plot::set_theme("auto")?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn set_theme(theme: impl Into<Setting<Theme>>) -> Result<()> {
    let theme = *theme.into().get().map_err(|e| e.at("set_theme"))?;
    THEME.store(theme as u8, Ordering::Relaxed);
    Ok(())
}

impl Theme {
    /// The one that was set.
    pub(super) fn current() -> Theme {
        match THEME.load(Ordering::Relaxed) {
            1 => Theme::Light,
            2 => Theme::Dark,
            _ => Theme::Auto,
        }
    }

    /// The one for a file, where nobody knows what is behind it.
    pub(super) fn for_file(self) -> Theme {
        match self {
            Theme::Auto => Theme::Light,
            other => other,
        }
    }

    /// The color of text and lines.
    pub(super) fn ink(self) -> [u8; 3] {
        match self {
            // As far from white as from JupyterLab's dark.
            Theme::Auto => [0x76, 0x76, 0x76],
            Theme::Light => [0x33, 0x33, 0x33],
            Theme::Dark => [0xdd, 0xdd, 0xdd],
        }
    }

    /// What is behind, if the chart brings it along.
    pub(super) fn paper(self) -> Option<[u8; 3]> {
        match self {
            Theme::Auto => None,
            Theme::Light => Some([0xff, 0xff, 0xff]),
            Theme::Dark => Some([0x11, 0x11, 0x11]),
        }
    }
}

/// A color of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    /// That of text and lines, which depends on the theme.
    Ink,
    Rgb([u8; 3]),
}

impl Color {
    pub(super) const fn rgb(code: u32) -> Color {
        Color::Rgb([(code >> 16) as u8, (code >> 8) as u8, code as u8])
    }
}

pub(super) const BLUE: Color = Color::rgb(0x1f_7a_c4);
pub(super) const ORANGE: Color = Color::rgb(0xd9_6a_0b);
/// What is right, and what is wrong: told apart by every kind of eye, and by a sign as well.
pub(super) const RIGHT: Color = Color::rgb(0x0a_8f_6c);
pub(super) const WRONG: Color = Color::rgb(0xd5_4e_00);

/// The colors of Okabe and Ito, which every kind of eye tells apart; those too pale for white or
/// too dark for black are a little less so, and black and yellow are left out.
const SERIES: [Color; 7] = [
    BLUE,
    ORANGE,
    Color::rgb(0x0f_9e_77),
    Color::rgb(0xc9_6a_a0),
    Color::rgb(0xb8_91_00),
    Color::rgb(0x4a_a8_de),
    Color::rgb(0x8a_7b_70),
];

/// How many series have a color of their own.
pub(super) const COLORS: usize = SERIES.len();

/// The color of the series with this number.
pub(super) fn series(number: usize) -> Color {
    SERIES[number % COLORS]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast that WCAG 2 computes.
    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let brightness = |color| super::super::colormap::brightness(color) + 0.05;
        let (a, b) = (brightness(a), brightness(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn everything_can_be_read_on_light_and_on_dark() {
        let (white, black) = ([255; 3], [0x11; 3]);
        for background in [white, black] {
            let ink = contrast(Theme::Auto.ink(), background);
            assert!(ink > 4.0, "ink {ink}");
            for number in 0..COLORS {
                if let Color::Rgb(color) = series(number) {
                    let contrast = contrast(color, background);
                    assert!(contrast > 2.6, "series {number}: {contrast}");
                }
            }
        }
        for theme in [Theme::Light, Theme::Dark] {
            let paper = theme.paper().expect("these bring theirs along");
            assert!(contrast(theme.ink(), paper) > 10.0);
        }
    }

    #[test]
    fn an_unknown_theme_is_an_error() {
        let error = set_theme("drak").expect_err("no such theme");
        assert!(error.to_string().contains("did you mean `dark`"), "{error}");
    }
}
