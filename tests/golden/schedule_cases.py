"""Learning-rate schedules: the rate at many steps."""

from keras.optimizers import schedules

# Across every boundary of the schedules below, and far behind them. Steps at which float32 decides by chance
# whether a restart is over are left out.
STEPS = [0, 1, 2, 3, 5, 7, 9, 10, 11, 13, 19, 20, 21, 25, 31, 39, 41, 50, 55, 64, 75, 99, 101, 150, 333, 1000, 12345]

SCHEDULES = [
    ("exponential", schedules.ExponentialDecay(0.1, 10, 0.9)),
    ("exponential_staircase", schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True)),
    ("inverse_time", schedules.InverseTimeDecay(0.1, 10, 0.5)),
    ("inverse_time_staircase", schedules.InverseTimeDecay(0.1, 10, 2.0, staircase=True)),
    ("polynomial", schedules.PolynomialDecay(0.1, 50)),
    ("polynomial_square", schedules.PolynomialDecay(0.1, 50, end_learning_rate=0.01, power=2.0)),
    ("polynomial_cycle", schedules.PolynomialDecay(0.1, 20, power=0.5, cycle=True)),
    ("cosine", schedules.CosineDecay(0.1, 50)),
    ("cosine_alpha", schedules.CosineDecay(0.1, 50, alpha=0.2)),
    ("cosine_warmup", schedules.CosineDecay(0.01, 50, alpha=0.1, warmup_target=0.2, warmup_steps=20)),
    ("restarts", schedules.CosineDecayRestarts(0.1, 10)),
    ("restarts_same", schedules.CosineDecayRestarts(0.1, 12, t_mul=1.0, m_mul=0.9)),
    ("restarts_all", schedules.CosineDecayRestarts(0.1, 8, t_mul=1.5, m_mul=0.8, alpha=0.1)),
    ("piecewise", schedules.PiecewiseConstantDecay([10, 20, 100], [0.1, 0.05, 0.01, 0.001])),
    ("piecewise_single", schedules.PiecewiseConstantDecay([20], [1.0, 0.5])),
]


def schedule_cases(_tensors):
    """All schedule cases."""
    return [
        {
            "name": f"schedule_{name}",
            "kind": "schedule",
            "class_name": type(schedule).__name__,
            "config": schedule.get_config(),
            "steps": STEPS,
            "rates": [float(schedule(step)) for step in STEPS],
        }
        for name, schedule in SCHEDULES
    ]
