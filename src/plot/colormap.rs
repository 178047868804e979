//! Colors that stand for numbers, told apart by every kind of eye.

use super::theme::Color;

/// Colors from the lowest to the highest number, evenly apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colormap {
    /// Matplotlib's `viridis`.
    Viridis,
    /// From nearly white to dark blue: Matplotlib's `Blues`.
    Blues,
    /// From blue over white to red, for numbers on both sides of 0: Matplotlib's `RdBu_r`.
    BlueWhiteRed,
}

const VIRIDIS: [u32; 9] = [
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725,
];
const BLUES: [u32; 9] = [
    0xf7fbff, 0xdeebf7, 0xc6dbef, 0x9ecae1, 0x6baed6, 0x4292c6, 0x2171b5, 0x08519c, 0x08306b,
];
const BLUE_WHITE_RED: [u32; 9] = [
    0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b,
];

impl Colormap {
    /// The color of a share, 0 to 1; gray where there is no number.
    pub(super) fn at(self, share: f64) -> [u8; 3] {
        if share.is_nan() {
            return [0x90; 3];
        }
        let colors = match self {
            Colormap::Viridis => VIRIDIS,
            Colormap::Blues => BLUES,
            Colormap::BlueWhiteRed => BLUE_WHITE_RED,
        };
        let place = share.clamp(0.0, 1.0) * (colors.len() - 1) as f64;
        let before = (place as usize).min(colors.len() - 2);
        let part = place - before as f64;
        let channel = |shift: u32| {
            let of = |color: u32| f64::from(color >> shift & 0xff);
            let (low, high) = (of(colors[before]), of(colors[before + 1]));
            (low + (high - low) * part).round() as u8
        };
        [channel(16), channel(8), channel(0)]
    }
}

/// How bright a color is, 0 to 1, as WCAG 2 defines it.
pub(super) fn brightness(color: [u8; 3]) -> f64 {
    let [red, green, blue] = color.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        match channel <= 0.04045 {
            true => channel / 12.92,
            false => ((channel + 0.055) / 1.055).powf(2.4),
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The color of text that can be read on `background`.
pub(super) fn readable_on(background: [u8; 3]) -> Color {
    if brightness(background) > 0.23 {
        Color::rgb(0x1a_1a_1a)
    } else {
        Color::rgb(0xff_ff_ff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_every_color() {
        for map in [Colormap::Viridis, Colormap::Blues, Colormap::BlueWhiteRed] {
            for step in 0..=100 {
                let background = map.at(f64::from(step) / 100.0);
                let Color::Rgb(text) = readable_on(background) else {
                    panic!("not of the theme");
                };
                let (a, b) = (brightness(background), brightness(text));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast > 3.7, "{map:?} at {step}: {contrast}");
            }
        }
    }

    #[test]
    fn ends_and_strange_numbers() {
        assert_eq!(Colormap::Viridis.at(0.0), [0x44, 0x01, 0x54]);
        assert_eq!(Colormap::Viridis.at(1.0), [0xfd, 0xe7, 0x25]);
        assert_eq!(Colormap::Viridis.at(f64::INFINITY), [0xfd, 0xe7, 0x25]);
        assert_eq!(Colormap::Blues.at(f64::NAN), [0x90; 3]);
    }
}
