//! The other names that layers have in Keras.

pub use super::{
    AveragePooling1D as AvgPool1D, AveragePooling2D as AvgPool2D, AveragePooling3D as AvgPool3D,
    Conv1D as Convolution1D, Conv1DTranspose as Convolution1DTranspose, Conv2D as Convolution2D,
    Conv2DTranspose as Convolution2DTranspose, Conv3D as Convolution3D,
    Conv3DTranspose as Convolution3DTranspose, GlobalAveragePooling1D as GlobalAvgPool1D,
    GlobalAveragePooling2D as GlobalAvgPool2D, GlobalAveragePooling3D as GlobalAvgPool3D,
    GlobalMaxPooling1D as GlobalMaxPool1D, GlobalMaxPooling2D as GlobalMaxPool2D,
    GlobalMaxPooling3D as GlobalMaxPool3D, MaxPooling1D as MaxPool1D, MaxPooling2D as MaxPool2D,
    MaxPooling3D as MaxPool3D, SeparableConv1D as SeparableConvolution1D,
    SeparableConv2D as SeparableConvolution2D,
};

/// The class that Keras knows by `name`, which may be an alias: `MaxPooling2D` for `MaxPool2D`.
pub(super) fn class_of(name: &str) -> String {
    if name.contains("Pooling") {
        return name.to_string();
    }
    name.replace("Convolution", "Conv")
        .replace("AvgPool", "AveragePooling")
        .replace("MaxPool", "MaxPooling")
}
