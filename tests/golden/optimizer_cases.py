"""Optimizers: a kernel and a bias after one, three and five updates with given gradients."""

import keras
import numpy as np
from keras import optimizers
from keras.optimizers import schedules

from golden_file import generator, normal

STEPS = 5
SHAPE = (4, 3)

OPTIMIZERS = [
    ("sgd", optimizers.SGD()),
    ("sgd_momentum", optimizers.SGD(momentum=0.9)),
    ("sgd_nesterov", optimizers.SGD(momentum=0.9, nesterov=True)),
    ("sgd_fast_momentum", optimizers.SGD(learning_rate=0.2, momentum=0.5)),
    ("sgd_decay", optimizers.SGD(learning_rate=0.1, weight_decay=0.1)),
    ("sgd_clipnorm", optimizers.SGD(learning_rate=0.1, clipnorm=1.0)),
    ("sgd_global_clipnorm", optimizers.SGD(learning_rate=0.1, global_clipnorm=2.0)),
    ("sgd_clipvalue", optimizers.SGD(learning_rate=0.1, momentum=0.9, clipvalue=0.5)),
    ("sgd_ema", optimizers.SGD(learning_rate=0.1, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=2)),
    ("sgd_accumulation", optimizers.SGD(learning_rate=0.1, momentum=0.9, gradient_accumulation_steps=2)),
    ("sgd_exponential", optimizers.SGD(learning_rate=schedules.ExponentialDecay(0.3, 2, 0.5))),
    ("rmsprop", optimizers.RMSprop()),
    ("rmsprop_momentum", optimizers.RMSprop(momentum=0.9)),
    ("rmsprop_centered", optimizers.RMSprop(centered=True)),
    ("rmsprop_fast", optimizers.RMSprop(learning_rate=0.1, rho=0.7, momentum=0.3, centered=True, epsilon=1e-3)),
    ("adam", optimizers.Adam()),
    ("adam_amsgrad", optimizers.Adam(amsgrad=True)),
    ("adam_fast", optimizers.Adam(learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-3)),
    ("adam_amsgrad_fast", optimizers.Adam(learning_rate=0.1, beta_2=0.5, amsgrad=True)),
    ("adam_clipnorm_decay", optimizers.Adam(learning_rate=0.1, clipnorm=0.5, weight_decay=0.05)),
    ("adam_all", optimizers.Adam(
        learning_rate=schedules.CosineDecay(0.01, 4, warmup_target=0.2, warmup_steps=2), weight_decay=0.1,
        global_clipnorm=1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=1, gradient_accumulation_steps=2)),
    ("adamw", optimizers.AdamW()),
    ("adamw_excluded", optimizers.AdamW(learning_rate=0.1, weight_decay=0.2, beta_1=0.8)),
    ("adagrad", optimizers.Adagrad()),
    ("adagrad_fast", optimizers.Adagrad(learning_rate=0.5, initial_accumulator_value=0.01, epsilon=1e-3)),
    ("adadelta", optimizers.Adadelta()),
    ("adadelta_fast", optimizers.Adadelta(learning_rate=1.0, rho=0.8, epsilon=1e-3)),
    ("adamax", optimizers.Adamax()),
    ("adamax_fast", optimizers.Adamax(learning_rate=0.1, beta_1=0.8, beta_2=0.7, epsilon=1e-3)),
    ("nadam", optimizers.Nadam()),
    ("nadam_fast", optimizers.Nadam(learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-3)),
    ("nadam_accumulation", optimizers.Nadam(learning_rate=0.1, gradient_accumulation_steps=2)),
    ("ftrl", optimizers.Ftrl()),
    ("ftrl_regularized", optimizers.Ftrl(
        learning_rate=0.1, l1_regularization_strength=0.1, l2_regularization_strength=0.2,
        l2_shrinkage_regularization_strength=0.05, beta=0.3)),
    ("ftrl_power", optimizers.Ftrl(learning_rate=0.1, learning_rate_power=-0.7, initial_accumulator_value=0.5)),
    ("lion", optimizers.Lion()),
    ("lion_fast", optimizers.Lion(learning_rate=0.1, beta_1=0.5, beta_2=0.7, weight_decay=0.1)),
    ("lamb", optimizers.Lamb()),
    ("lamb_fast", optimizers.Lamb(learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-3)),
    ("adafactor", optimizers.Adafactor()),
    ("adafactor_fast", optimizers.Adafactor(learning_rate=0.5, beta_2_decay=-0.5, epsilon_2=0.1, clip_threshold=0.3)),
    ("muon", optimizers.Muon()),
    ("muon_wide", optimizers.Muon(learning_rate=0.1, momentum=0.5, nesterov=False, rms_rate=None, ns_steps=3)),
    ("muon_adam", optimizers.Muon(
        learning_rate=0.1, exclude_layers=["kernel"], adam_beta_1=0.8, adam_beta_2=0.95, adam_lr_ratio=0.5,
        adam_weight_decay=0.1, epsilon=1e-3)),
    ("schedule_free_adamw", optimizers.ScheduleFreeAdamW()),
    ("schedule_free_adamw_fast", optimizers.ScheduleFreeAdamW(
        learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-3, warmup_steps=3, weight_decay=0.1)),
    ("loss_scale", optimizers.LossScaleOptimizer(optimizers.Adam(learning_rate=0.1))),
    # So large at first that some steps are left out.
    ("loss_scale_halved", optimizers.LossScaleOptimizer(
        optimizers.SGD(learning_rate=0.1, momentum=0.5), initial_scale=2.0**125, dynamic_growth_steps=2)),
]  # fmt: skip
EXCLUDED = {"adamw_excluded": ["bias"]}


def fixed_start():
    """Weights of every size from 0 to a few."""
    random = generator("optimizer start")
    kernel = normal(random, 12) * np.logspace(-3, 0.5, 12).astype(np.float32)
    return kernel.reshape(SHAPE), normal(random, SHAPE[1])


def fixed_gradients():
    """Five gradients of every size for the kernel; the first element is always 0, the second from step two on."""
    gradients = normal(generator("optimizer gradients"), STEPS, 12)
    gradients *= np.logspace(-4, 1, 12).astype(np.float32)[::-1]
    gradients[:, 0] = 0.0
    gradients[1:, 1] = 0.0
    return gradients.reshape(STEPS, *SHAPE)


def apply(optimizer, gradients, variables):
    """One step; as `fit` makes it where the loss is scaled."""
    if not isinstance(optimizer, optimizers.LossScaleOptimizer):
        optimizer.apply(gradients, variables)
        return
    scaled = [gradient * optimizer.dynamic_scale for gradient in gradients]
    state = [v.value for v in optimizer.variables], scaled, [v.value for v in variables]
    moved, state = optimizer.stateless_apply(*state)
    for variable, value in zip(variables + optimizer.variables, moved + state):
        variable.assign(value)


def optimizer_case(name, optimizer, tensors, shared):
    """One JSON entry; the start and the gradients are the same for all of them."""
    variables = [keras.Variable(start, name=what) for start, what in zip(fixed_start(), ("kernel", "bias"))]
    if name in EXCLUDED:
        optimizer.exclude_from_weight_decay(var_names=EXCLUDED[name])
    optimizer.build(variables)
    after = {}
    for step, gradient in enumerate(fixed_gradients(), start=1):
        # As of a layer whose inputs are the unit vectors.
        apply(optimizer, [keras.ops.convert_to_tensor(g) for g in (gradient, gradient.sum(0))], variables)
        if step % 2 == 1:
            after[str(step)] = [
                tensors.add(f"optimizer_{name}/{v.name}_after_{step}", v.numpy()) for v in variables
            ]
    return {
        "name": f"optimizer_{name}",
        "kind": "optimizer",
        "class_name": type(optimizer).__name__,
        "config": optimizer.get_config(),
        "excluded": EXCLUDED.get(name, []),
        **shared,
        "after": after,
    }


def optimizer_cases(tensors):
    """All optimizer cases."""
    start = fixed_start()
    shared = {
        "start": [tensors.add("optimizer/kernel", start[0]), tensors.add("optimizer/bias", start[1])],
        "gradients": tensors.add("optimizer/gradients", fixed_gradients()),
    }
    return [optimizer_case(name, optimizer, tensors, shared) for name, optimizer in OPTIMIZERS]
