"""What layers say about themselves, with the arguments that nobody gave and with others: all of `get_config()`."""

from keras import constraints, initializers, layers, regularizers

from golden_file import whole_config

# What weights can be told, in every form.
KERNEL = {
    "kernel_initializer": initializers.HeNormal(seed=3),
    "kernel_regularizer": regularizers.L1L2(0.1, 0.2),
    "kernel_constraint": constraints.MaxNorm(2.0, axis=0),
}
BIAS = {
    "bias_initializer": initializers.Constant(0.5),
    "bias_regularizer": "l2",
    "bias_constraint": constraints.NonNeg(),
}
SETTINGS = {**KERNEL, **BIAS, "activity_regularizer": regularizers.L1(0.3), "trainable": False}
DEPTHWISE = {name.replace("kernel", "depthwise"): value for name, value in KERNEL.items()}
POINTWISE = {name.replace("kernel", "pointwise"): value for name, value in KERNEL.items()}
RECURRENT = {
    "recurrent_initializer": initializers.Orthogonal(0.7, seed=1),
    "recurrent_regularizer": regularizers.L2(0.4),
    "recurrent_constraint": constraints.UnitNorm(axis=1),
}
SCALE = {
    "beta_initializer": initializers.RandomNormal(0.1, 0.2, seed=2),
    "beta_regularizer": regularizers.L2(0.1),
    "beta_constraint": constraints.MinMaxNorm(0.1, 0.9, 0.8, axis=0),
    "gamma_initializer": initializers.RandomUniform(-0.1, 0.2),
    "gamma_regularizer": regularizers.L1(0.1),
    "gamma_constraint": constraints.NonNeg(),
}
EMBEDDINGS = {
    "embeddings_initializer": initializers.TruncatedNormal(0.0, 0.3),
    "embeddings_regularizer": regularizers.L2(0.1),
    "embeddings_constraint": constraints.UnitNorm(axis=1),
}
VARIANCE = initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=4)

LAYERS = [
    layers.Dense(3), layers.Dense(3, activation="relu", use_bias=False, **SETTINGS),
    layers.EinsumDense("ab,bc->ac", 4), layers.EinsumDense("ab,bc->ac", 4, bias_axes="c", **SETTINGS),
    layers.Conv1D(2, 3), layers.Conv1D(4, 3, 2, "causal", groups=2, activation="elu", **SETTINGS),
    layers.Conv2D(2, 3), layers.Conv2D(2, (3, 2), dilation_rate=(2, 1), padding="same", **SETTINGS),
    layers.Conv3D(2, 3), layers.Conv3D(2, 3, (1, 2, 3), **SETTINGS),
    layers.Conv1DTranspose(2, 3), layers.Conv1DTranspose(2, 3, 2, "same", output_padding=1, **SETTINGS),
    layers.Conv2DTranspose(2, 3), layers.Conv2DTranspose(2, 3, (2, 3), output_padding=(1, 2), **SETTINGS),
    layers.Conv3DTranspose(2, 3), layers.Conv3DTranspose(2, 3, 2, "same", **SETTINGS),
    layers.DepthwiseConv1D(3), layers.DepthwiseConv1D(3, 2, depth_multiplier=2, **DEPTHWISE, **BIAS),
    layers.DepthwiseConv2D(3), layers.DepthwiseConv2D(3, dilation_rate=2, **DEPTHWISE, **BIAS),
    layers.SeparableConv1D(2, 3), layers.SeparableConv1D(2, 3, depth_multiplier=2, **DEPTHWISE, **POINTWISE, **BIAS),
    layers.SeparableConv2D(2, 3), layers.SeparableConv2D(2, 3, padding="same", **DEPTHWISE, **POINTWISE, **BIAS),
    layers.MaxPooling1D(), layers.MaxPooling2D(), layers.MaxPooling2D((2, 3), 1, "same"), layers.MaxPooling3D(),
    layers.AveragePooling1D(3, 2), layers.AveragePooling2D(2), layers.AveragePooling3D(2, (1, 2, 3)),
    layers.GlobalMaxPooling1D(), layers.GlobalMaxPooling2D(keepdims=True), layers.GlobalMaxPooling3D(),
    layers.GlobalAveragePooling1D(keepdims=True), layers.GlobalAveragePooling2D(), layers.GlobalAveragePooling3D(),
    layers.AdaptiveAveragePooling1D(2), layers.AdaptiveAveragePooling2D((2, 3)), layers.AdaptiveAveragePooling3D(2),
    layers.AdaptiveMaxPooling1D(2), layers.AdaptiveMaxPooling2D(2), layers.AdaptiveMaxPooling3D((1, 2, 3)),
    layers.BatchNormalization(), layers.BatchNormalization(1, 0.9, 1e-5, trainable=False, **SCALE),
    layers.BatchNormalization(
        renorm=True, renorm_clipping={"rmax": 3.0, "dmax": 5.0}, renorm_momentum=0.8, center=False,
        moving_mean_initializer=VARIANCE, moving_variance_initializer=initializers.Constant(2.0)),
    layers.LayerNormalization(), layers.LayerNormalization([1, 2], 1e-4, False, **SCALE),
    layers.GroupNormalization(), layers.GroupNormalization(2, 1, scale=False, **SCALE),
    layers.UnitNormalization(), layers.UnitNormalization([1, 2]), layers.RMSNormalization(),
    layers.RMSNormalization(1, 1e-4), layers.SpectralNormalization(layers.Dense(2, name="inner"), 3),
    layers.Dropout(0.3), layers.Dropout(0.3, noise_shape=(None, 1, 4), seed=5), layers.AlphaDropout(0.2),
    layers.AlphaDropout(0.2, noise_shape=(None, 1), seed=1), layers.GaussianDropout(0.2, seed=1),
    layers.GaussianNoise(0.2), layers.SpatialDropout1D(0.2), layers.SpatialDropout2D(0.2, seed=3),
    layers.SpatialDropout3D(0.2), layers.ActivityRegularization(0.1, 0.2), layers.Flatten(), layers.Reshape((2, -1)),
    layers.Permute((2, 1)), layers.RepeatVector(3), layers.Masking(1.5), layers.Identity(), layers.ZeroPadding1D(),
    layers.ZeroPadding2D(((1, 2), (3, 4))), layers.ZeroPadding3D(2), layers.Cropping1D((1, 2)), layers.Cropping2D(1),
    layers.Cropping3D(((1, 2), (0, 1), (2, 0))), layers.UpSampling1D(3), layers.UpSampling2D((2, 3), interpolation="bicubic"),
    layers.UpSampling3D(), layers.Activation("gelu"), layers.ReLU(6.0, 0.1, 0.2), layers.LeakyReLU(), layers.ELU(0.5),
    layers.PReLU(), layers.PReLU(VARIANCE, regularizers.L2(0.1), constraints.NonNeg(), [1, 2]), layers.Softmax([1, 2]),
    layers.Add(), layers.Subtract(), layers.Multiply(), layers.Average(), layers.Maximum(), layers.Minimum(),
    layers.Concatenate(1), layers.Dot((1, 2), normalize=True), layers.Embedding(5, 3),
    layers.Embedding(5, 3, mask_zero=True, **EMBEDDINGS), layers.ReversibleEmbedding(5, 3),
    layers.Attention(), layers.Attention(True, "concat", 0.2, seed=1), layers.AdditiveAttention(False, 0.3),
    layers.MultiHeadAttention(2, 3), layers.MultiHeadAttention(2, 3, 4, 0.1, False, (5,), (1, 2), seed=2, **SETTINGS),
    layers.GroupQueryAttention(3, 4, 2), layers.GroupQueryAttention(3, 4, 2, 0.1, False, seed=2, **SETTINGS),
    layers.SimpleRNN(3), layers.SimpleRNN(3, "relu", dropout=0.1, recurrent_dropout=0.2, seed=1, **SETTINGS, **RECURRENT),
    layers.GRU(3), layers.GRU(3, reset_after=False, go_backwards=True, return_state=True, seed=1, **SETTINGS, **RECURRENT),
    layers.LSTM(3), layers.LSTM(3, unit_forget_bias=False, stateful=True, return_sequences=True, **SETTINGS, **RECURRENT),
    layers.RNN(layers.LSTMCell(3, name="cell"), unroll=True, zero_output_for_mask=True),
    layers.RNN([layers.GRUCell(3, name="a"), layers.SimpleRNNCell(2, "elu", name="b", **KERNEL)]),
    layers.ConvLSTM1D(2, 3), layers.ConvLSTM2D(2, 3, 2, "same", return_sequences=True, **SETTINGS, **RECURRENT),
    layers.ConvLSTM3D(2, 2, dilation_rate=2, dropout=0.1),
    layers.Bidirectional(layers.LSTM(3, name="inside"), "sum"),
    layers.TimeDistributed(layers.Dense(3, name="inside", **KERNEL)),
    layers.Resizing(3, 4), layers.Normalization(), layers.Discretization(num_bins=3),
    layers.Discretization([0.0, 1.5], output_mode="count"), layers.CategoryEncoding(5), layers.Hashing(5),
    layers.Hashing(7, mask_value=-1, output_mode="multi_hot"), layers.HashedCrossing(5), layers.CenterCrop(3, 4),
    layers.RandomCrop(3, 4, seed=3), layers.MixUp(), layers.MixUp(0.5, seed=4), layers.CutMix(),
    layers.CutMix((0.2, 0.7)), layers.CutMix(0.3), layers.AugMix(),
    layers.AugMix((0, 1), num_chains=2, chain_depth=1, factor=0.4, alpha=0.5, all_ops=False, interpolation="nearest", seed=1),
    layers.RandAugment(), layers.RandAugment((-1, 1), num_ops=3, factor=(0.1, 0.2), interpolation="nearest", seed=2),
    layers.RandomFlip(), layers.RandomFlip("vertical", seed=1), layers.RandomRotation(0.2), layers.RandomZoom(0.2),
    layers.RandomZoom((-0.3, -0.1), (0.1, 0.2), "wrap", "nearest", seed=1, fill_value=0.5),
    layers.RandomTranslation(0.2, 0.3), layers.RandomTranslation((-0.1, 0.4), 0.0, seed=1), layers.RandomContrast(0.3),
    layers.RandomBrightness(0.3), layers.AutoContrast(), layers.Equalization(), layers.RandomInvert(),
    layers.RandomInvert(0.4), layers.RandomPosterization(4), layers.RandomPosterization((2, 6)),
    layers.RandomColorDegeneration(0.3), layers.RandomSharpness(0.3), layers.RandomGaussianBlur(),
    layers.RandomGaussianBlur(0.5, 5, 0.3, seed=1), layers.RandomErasing(),
    layers.RandomErasing(0.5, 0.2, fill_value=1.5), layers.RandomErasing(fill_value=[1.0, 2.0, 3.0], seed=1),
    layers.ContrastLimitedAdaptiveHistogramEqualization(), layers.RandomColorJitter(),
    layers.RandomColorJitter((0, 1), 0.1, 0.2, 0.3, 0.4, seed=1), layers.RandomSaturation(0.3), layers.RandomGrayscale(0.3),
    layers.RandomGrayscale(), layers.Solarization(), layers.Solarization(0.3, 0.4, (0, 1), seed=1), layers.RandomHue(0.3),
    layers.RandomShear(0.3, 0.2), layers.RandomShear((0.1, 0.2)), layers.RandomPerspective(),
    layers.RandomPerspective(0.5, 0.3, "nearest", 0.7, seed=1), layers.RandomElasticTransform(),
    layers.RandomElasticTransform(0.5, (0.2, 0.3), "nearest", "wrap", 0.5, (0, 1), seed=1), layers.Rescaling(2.0),
    layers.Rescaling([2.0, 3.0], [1.0, 2.0]), layers.IntegerLookup(vocabulary=[3, 4]),
    layers.IntegerLookup(
        vocabulary=[3, 4], max_tokens=9, num_oov_indices=2, mask_token=0, oov_token=-2, output_mode="tf_idf",
        idf_weights=[0.5, 0.7], pad_to_max_tokens=True),
    layers.IntegerLookup(vocabulary=[3], oov_method="farmhash", salt=9, num_oov_indices=4),
    layers.Pipeline([layers.RandomFlip(name="flip"), layers.Rescaling(2.0, name="more")]),
    layers.STFTSpectrogram(), layers.MelSpectrogram(),
    layers.MelSpectrogram(16, 5, 12, window="hamming", num_mel_bins=6, sampling_rate=8000, top_db=9.0),
]  # fmt: skip


def config_cases(_):
    """All layers; no tensors."""
    cases, found = [], {}
    for layer in LAYERS:
        class_name = type(layer).__name__.replace("GroupedQuery", "GroupQuery")
        number = found[class_name] = found.get(class_name, 0) + 1
        name = f"config_{class_name.lower()}_{number}"
        cases.append({"name": name, "kind": "config", "class_name": class_name, "config": whole_config(name, layer)})
    return cases
