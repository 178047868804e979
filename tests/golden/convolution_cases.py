"""Convolutions of every kind over sequences, pictures and volumes."""

from keras import layers

from layer_cases import INFERENCE, layer_case

SEQUENCE = (2, 9, 3)
WIDE_SEQUENCE = (2, 8, 4)
IMAGE = (2, 7, 6, 3)
ODD_EVEN = (2, 8, 7, 4)
SMALL = (2, 4, 3, 3)
VOLUME = (2, 5, 4, 6, 2)

# name, layer, input shape
CASES = [
    ("conv1d_valid", layers.Conv1D(4, 3), SEQUENCE),
    ("conv1d_same", layers.Conv1D(4, 4, padding="same"), SEQUENCE),
    ("conv1d_causal", layers.Conv1D(4, 3, padding="causal"), SEQUENCE),
    ("conv1d_causal_dilation2", layers.Conv1D(3, 3, padding="causal", dilation_rate=2), SEQUENCE),
    ("conv1d_causal_strides2", layers.Conv1D(3, 3, padding="causal", strides=2), WIDE_SEQUENCE),
    ("conv1d_causal_kernel_beyond", layers.Conv1D(2, 5, padding="causal", dilation_rate=3), SEQUENCE),
    ("conv1d_same_strides3", layers.Conv1D(4, 2, padding="same", strides=3), SEQUENCE),
    ("conv1d_valid_strides2_relu", layers.Conv1D(4, 3, strides=2, activation="relu"), WIDE_SEQUENCE),
    ("conv1d_dilation3", layers.Conv1D(3, 2, dilation_rate=3), SEQUENCE),
    ("conv1d_groups2", layers.Conv1D(6, 3, groups=2, padding="same"), WIDE_SEQUENCE),
    ("conv1d_groups4_causal", layers.Conv1D(4, 3, groups=4, padding="causal"), WIDE_SEQUENCE),
    ("conv1d_1_no_bias", layers.Conv1D(5, 1, use_bias=False), SEQUENCE),
    ("conv1d_one_channel", layers.Conv1D(2, 3, activation="tanh"), (1, 6, 1)),
    ("conv2d_one_channel_batch1", layers.Conv2D(3, (2, 3), padding="same", activation="sigmoid"), (1, 5, 7, 1)),
    ("conv2d_groups4_dilation", layers.Conv2D(8, (2, 3), groups=4, dilation_rate=(2, 1), padding="same"), ODD_EVEN),
    ("conv3d_valid", layers.Conv3D(3, 3), VOLUME),
    ("conv3d_same_strides2", layers.Conv3D(3, 3, strides=2, padding="same"), VOLUME),
    ("conv3d_kernel213_relu", layers.Conv3D(4, (2, 1, 3), activation="relu"), VOLUME),
    ("conv3d_dilation", layers.Conv3D(2, 2, dilation_rate=(1, 2, 3), padding="same"), VOLUME),
    ("conv3d_strides121", layers.Conv3D(2, (1, 2, 2), strides=(1, 2, 1)), VOLUME),
    ("conv3d_groups2_no_bias", layers.Conv3D(4, 2, groups=2, use_bias=False), VOLUME),
    ("conv3d_one_channel", layers.Conv3D(2, 2), (1, 3, 3, 3, 1)),
    ("conv1dtranspose_valid", layers.Conv1DTranspose(4, 3), SEQUENCE),
    ("conv1dtranspose_same", layers.Conv1DTranspose(4, 3, padding="same"), SEQUENCE),
    ("conv1dtranspose_valid_strides2", layers.Conv1DTranspose(3, 3, strides=2), SEQUENCE),
    ("conv1dtranspose_same_strides3", layers.Conv1DTranspose(3, 4, strides=3, padding="same"), SEQUENCE),
    ("conv1dtranspose_kernel_below_stride", layers.Conv1DTranspose(3, 2, strides=3), SEQUENCE),
    ("conv1dtranspose_kernel_below_stride_same", layers.Conv1DTranspose(3, 1, strides=3, padding="same"), SEQUENCE),
    ("conv1dtranspose_output_padding", layers.Conv1DTranspose(3, 3, strides=3, output_padding=2), SEQUENCE),
    ("conv1dtranspose_output_padding_same", layers.Conv1DTranspose(3, 3, strides=2, output_padding=1, padding="same"), SEQUENCE),
    ("conv1dtranspose_output_padding0_same", layers.Conv1DTranspose(3, 4, strides=2, output_padding=0, padding="same"), SEQUENCE),
    ("conv1dtranspose_dilation2", layers.Conv1DTranspose(3, 3, dilation_rate=2, padding="same"), SEQUENCE),
    ("conv2dtranspose_valid", layers.Conv2DTranspose(4, (3, 2)), SMALL),
    ("conv2dtranspose_same_strides2", layers.Conv2DTranspose(4, 3, strides=2, padding="same"), SMALL),
    ("conv2dtranspose_valid_strides2_relu", layers.Conv2DTranspose(4, 3, strides=2, activation="relu"), SMALL),
    ("conv2dtranspose_strides32_kernel25", layers.Conv2DTranspose(2, (2, 5), strides=(3, 2), padding="same"), SMALL),
    ("conv2dtranspose_output_padding", layers.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=(0, 1)), SMALL),
    ("conv2dtranspose_output_padding_valid", layers.Conv2DTranspose(2, (3, 2), strides=(2, 3), output_padding=(1, 2)), SMALL),
    ("conv2dtranspose_dilation", layers.Conv2DTranspose(2, 3, dilation_rate=(2, 1)), SMALL),
    ("conv2dtranspose_1_no_bias", layers.Conv2DTranspose(5, 1, use_bias=False), SMALL),
    ("conv2dtranspose_one_channel", layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"), (1, 3, 3, 1)),
    ("conv3dtranspose_valid", layers.Conv3DTranspose(2, 2), (2, 2, 3, 2, 2)),
    ("conv3dtranspose_same_strides", layers.Conv3DTranspose(2, 3, strides=(1, 2, 2), padding="same"), (2, 2, 3, 2, 2)),
    ("conv3dtranspose_output_padding", layers.Conv3DTranspose(1, (1, 3, 2), strides=2, output_padding=1), (1, 2, 2, 2, 2)),
    ("depthwiseconv1d_valid", layers.DepthwiseConv1D(3), SEQUENCE),
    ("depthwiseconv1d_same_strides2", layers.DepthwiseConv1D(3, strides=2, padding="same"), SEQUENCE),
    ("depthwiseconv1d_multiplier3", layers.DepthwiseConv1D(2, depth_multiplier=3, activation="relu"), SEQUENCE),
    ("depthwiseconv1d_dilation2", layers.DepthwiseConv1D(3, dilation_rate=2, padding="same", use_bias=False), SEQUENCE),
    ("depthwiseconv2d_valid", layers.DepthwiseConv2D(3), IMAGE),
    ("depthwiseconv2d_same", layers.DepthwiseConv2D((2, 3), padding="same"), IMAGE),
    ("depthwiseconv2d_same_relu", layers.DepthwiseConv2D(3, padding="same", activation="relu"), IMAGE),
    ("depthwiseconv2d_strides2_same", layers.DepthwiseConv2D(3, strides=2, padding="same"), ODD_EVEN),
    ("depthwiseconv2d_strides2_valid", layers.DepthwiseConv2D((3, 2), strides=2), ODD_EVEN),
    ("depthwiseconv2d_multiplier2", layers.DepthwiseConv2D(3, depth_multiplier=2), IMAGE),
    ("depthwiseconv2d_multiplier3_strides2", layers.DepthwiseConv2D(3, depth_multiplier=3, strides=2, padding="same"), IMAGE),
    ("depthwiseconv2d_dilation", layers.DepthwiseConv2D(2, dilation_rate=(2, 3), padding="same"), IMAGE),
    ("depthwiseconv2d_one_channel", layers.DepthwiseConv2D(3, use_bias=False), (1, 5, 4, 1)),
    ("depthwiseconv2d_many_channels", layers.DepthwiseConv2D(3, padding="same"), (1, 6, 7, 39)),
    ("depthwiseconv2d_many_channels_multiplier", layers.DepthwiseConv2D(2, depth_multiplier=2), (1, 4, 5, 10)),
    ("separableconv1d_valid", layers.SeparableConv1D(4, 3), SEQUENCE),
    ("separableconv1d_same_strides2", layers.SeparableConv1D(4, 3, strides=2, padding="same"), SEQUENCE),
    ("separableconv1d_multiplier2_relu", layers.SeparableConv1D(4, 2, depth_multiplier=2, activation="relu"), SEQUENCE),
    ("separableconv1d_dilation2", layers.SeparableConv1D(2, 3, dilation_rate=2, padding="same", use_bias=False), SEQUENCE),
    ("separableconv2d_valid", layers.SeparableConv2D(4, 3), IMAGE),
    ("separableconv2d_same_strides2", layers.SeparableConv2D(4, 3, strides=2, padding="same"), ODD_EVEN),
    ("separableconv2d_multiplier3_tanh", layers.SeparableConv2D(2, (3, 2), depth_multiplier=3, activation="tanh"), IMAGE),
    ("separableconv2d_dilation", layers.SeparableConv2D(5, 2, dilation_rate=(1, 3), padding="same"), IMAGE),
    ("separableconv2d_one_channel", layers.SeparableConv2D(3, 3, use_bias=False), (1, 4, 5, 1)),
]  # fmt: skip


def convolution_cases(tensors):
    """All cases of convolutions."""
    return [layer_case(tensors, *case, INFERENCE) for case in CASES]
