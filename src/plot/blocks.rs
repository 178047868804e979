//! Pictures in a terminal: two pixels in each character.

use std::fmt::Write;

use image::RgbaImage;
use image::imageops::{FilterType, resize};

/// No more columns than this.
const COLUMNS: u32 = 64;

/// The picture in half blocks with 24-bit colors; each line ends with a newline.
pub(super) fn preview(pixels: &RgbaImage) -> String {
    let largest = pixels.width().max(pixels.height());
    let shrunk;
    let pixels = if largest > COLUMNS {
        let scale = |size: u32| (size * COLUMNS / largest).max(1);
        let (width, height) = (scale(pixels.width()), scale(pixels.height()));
        shrunk = resize(pixels, width, height, FilterType::Triangle);
        &shrunk
    } else {
        pixels
    };
    let mut text = String::new();
    for y in (0..pixels.height()).step_by(2) {
        for x in 0..pixels.width() {
            let [r, g, b, _] = pixels.get_pixel(x, y).0;
            // Writing into a string cannot fail.
            let _ = write!(text, "\x1b[38;2;{r};{g};{b}m");
            if y + 1 < pixels.height() {
                let [r, g, b, _] = pixels.get_pixel(x, y + 1).0;
                let _ = write!(text, "\x1b[48;2;{r};{g};{b}m");
            } else {
                text.push_str("\x1b[49m");
            }
            text.push('▀');
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn two_pixels_share_a_character() {
        let mut pixels = RgbaImage::from_pixel(1, 2, Rgba([1, 2, 3, 255]));
        pixels.put_pixel(0, 1, Rgba([4, 5, 6, 255]));
        assert_eq!(
            preview(&pixels),
            "\x1b[38;2;1;2;3m\x1b[48;2;4;5;6m▀\x1b[0m\n"
        );
        let large = RgbaImage::new(1000, 500);
        assert_eq!(preview(&large).lines().count(), 16);
    }
}
