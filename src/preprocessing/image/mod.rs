//! Pictures: read from files, brought to a size, turned into arrays and back.
//!
//! Keras: `keras.utils.load_img` and its neighbors, also known as `keras.preprocessing.image`.

mod array;
mod load;
mod picture;
mod resize;
mod smart_resize;

pub use self::array::{
    ArrayToImg, SaveImg, array_to_img, array_to_img_with, img_to_array, save_img, save_img_with,
};
pub use self::load::{LoadImg, load_img, load_img_with};
pub use self::picture::Image;
pub use self::resize::ImageInterpolation;
pub use self::smart_resize::{SmartResize, smart_resize, smart_resize_with};
pub use crate::data::ColorMode;
