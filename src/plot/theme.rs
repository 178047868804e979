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

/// Colors that can be read on white and on black and that every kind of eye tells apart: found by a
/// search for the set whose closest two, as seen with each kind of color blindness, differ most.
const SERIES: [Color; 7] = [
    BLUE,
    ORANGE,
    Color::rgb(0x05_b6_6b),
    Color::rgb(0xa1_27_5e),
    Color::rgb(0x8f_a0_ae),
    Color::rgb(0x80_4b_ff),
    Color::rgb(0x66_57_21),
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

    /// How much red, green and blue an eye of each kind sees of a color: one with all cones, and
    /// without those for red, green or blue (Machado, Oliveira and Fernandes, 2009).
    const EYES: [(&str, [[f64; 3]; 3]); 4] = [
        ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "no red",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "no green",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "no blue",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// CIE L*a*b* of red, green and blue as light, each 0 to 1: distances are as eyes see them.
    fn lab(light: [f64; 3]) -> [f64; 3] {
        let light = light.map(|share| share.clamp(0.0, 1.0));
        let root = |value: f64| match value > 0.008856 {
            true => value.cbrt(),
            false => 7.787 * value + 16.0 / 116.0,
        };
        let x = root(dot(light, [0.4124, 0.3576, 0.1805]) / 0.95047);
        let y = root(dot(light, [0.2126, 0.7152, 0.0722]));
        let z = root(dot(light, [0.0193, 0.1192, 0.9505]) / 1.08883);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn light(color: Color) -> [f64; 3] {
        let Color::Rgb(parts) = color else {
            panic!("series have colors of their own")
        };
        parts.map(|part| match f64::from(part) / 255.0 {
            dim if dim <= 0.04045 => dim / 12.92,
            bright => ((bright + 0.055) / 1.055).powf(2.4),
        })
    }

    #[test]
    fn every_kind_of_eye_tells_the_series_apart() {
        for (eye, rows) in EYES {
            let seen = |number| lab(rows.map(|row| dot(row, light(series(number)))));
            for a in 0..COLORS {
                for b in 0..a {
                    let (x, y) = (seen(a), seen(b));
                    let difference = [0, 1, 2].map(|i| x[i] - y[i]);
                    let distance = dot(difference, difference).sqrt();
                    assert!(distance > 20.0, "{eye}: {a} and {b} differ by {distance}");
                }
            }
        }
    }

    #[test]
    fn an_unknown_theme_is_an_error() {
        let error = set_theme("drak").expect_err("no such theme");
        assert!(error.to_string().contains("did you mean `dark`"), "{error}");
    }
}
