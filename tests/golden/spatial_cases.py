"""Padding, cropping and up-sampling."""

from keras import layers

from layer_cases import INFERENCE, layer_case

SEQUENCE = (2, 5, 3)
IMAGE = (2, 5, 6, 3)
VOLUME = (2, 4, 3, 5, 2)

# name, layer, input shape
CASES = [
    ("zeropadding1d", layers.ZeroPadding1D(), SEQUENCE),
    ("zeropadding1d_20", layers.ZeroPadding1D((2, 0)), SEQUENCE),
    ("zeropadding2d", layers.ZeroPadding2D(), IMAGE),
    ("zeropadding2d_symmetric", layers.ZeroPadding2D((2, 1)), IMAGE),
    ("zeropadding2d_sides", layers.ZeroPadding2D(((1, 0), (0, 3))), IMAGE),
    ("zeropadding2d_none", layers.ZeroPadding2D(0), IMAGE),
    ("zeropadding3d", layers.ZeroPadding3D(1), VOLUME),
    ("zeropadding3d_symmetric", layers.ZeroPadding3D((0, 1, 2)), VOLUME),
    ("zeropadding3d_sides", layers.ZeroPadding3D(((1, 0), (0, 3), (2, 1))), VOLUME),
    ("cropping1d", layers.Cropping1D(), SEQUENCE),
    ("cropping1d_20", layers.Cropping1D((2, 0)), SEQUENCE),
    ("cropping2d_symmetric", layers.Cropping2D((2, 1)), IMAGE),
    ("cropping2d_sides", layers.Cropping2D(((1, 0), (0, 3))), IMAGE),
    ("cropping2d_none", layers.Cropping2D(), IMAGE),
    ("cropping3d", layers.Cropping3D(1), VOLUME),
    ("cropping3d_sides", layers.Cropping3D(((1, 0), (0, 2), (2, 1))), VOLUME),
    ("upsampling1d", layers.UpSampling1D(), SEQUENCE),
    ("upsampling1d_3", layers.UpSampling1D(3), SEQUENCE),
    ("upsampling2d", layers.UpSampling2D(), IMAGE),
    ("upsampling2d_13", layers.UpSampling2D((1, 3)), IMAGE),
    ("upsampling2d_bilinear", layers.UpSampling2D((2, 3), interpolation="bilinear"), IMAGE),
    ("upsampling2d_bilinear_one_cell", layers.UpSampling2D(3, interpolation="bilinear"), (1, 1, 2, 1)),
    ("upsampling2d_bicubic", layers.UpSampling2D((3, 2), interpolation="bicubic"), IMAGE),
    ("upsampling2d_lanczos3", layers.UpSampling2D((2, 3), interpolation="lanczos3"), IMAGE),
    ("upsampling2d_lanczos5", layers.UpSampling2D(2, interpolation="lanczos5"), IMAGE),
    ("upsampling3d", layers.UpSampling3D(), VOLUME),
    ("upsampling3d_132", layers.UpSampling3D((1, 3, 2)), VOLUME),
]  # fmt: skip


def spatial_cases(tensors):
    """All cases of padding, cropping and up-sampling."""
    return [layer_case(tensors, *case, INFERENCE) for case in CASES]
