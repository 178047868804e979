"""The measurements as Markdown, for the terminal and for a file."""

import math
import statistics

KERUST = "kerust"
KERAS = "Keras"

METHOD = """\
All sides have the same models, first weights, samples and order of batches, and must come to the same loss. \
Keras trains in one long `fit`, held between the epochs; PyTorch, burn and candle have a usual training loop \
instead (nothing compiled), which computes loss and accuracy, too.

Each number is the median of {rounds} rounds. In a round, every side is asked once, in turn, each round starting \
with another; only the side that is asked computes, and it may use all cores. One round before them warms up \
(the back ends compile then) and does not count. Other programs on the machine make numbers larger, those \
of some sides more than others, and the ranges show by how much they did: where the ranges of two sides overlap, their ratio says little. \
Small differences are noise even on an idle machine, and another processor has other ratios. Read ratios, not \
seconds."""


def table(head, rows):
    """Columns as wide as their longest cell; all but the first to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells):
        first, *others = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths)))
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return [line(head), rule, *map(line, rows)]


def rounded(value):
    """Three digits, zeros at the end included."""
    decimals = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:.{decimals}f}"


def measured(measure, sides):
    """One table: a row for each side."""
    medians = [side.median(measure) for side in sides]
    ours = [m for m, side in zip(medians, sides) if side.title == KERUST]
    keras = [m for m, side in zip(medians, sides) if side.title.startswith(KERAS)]
    head = [measure.title, f"median, {measure.unit}", "range"]
    head += [f"x {KERUST}"] * bool(ours) + ["x fastest Keras"] * bool(keras)
    rows = []
    for side, median in zip(sides, medians):
        values = side.values(measure)
        row = [side.title, rounded(median), f"{rounded(min(values))} to {rounded(max(values))}"]
        row += [f"{median / other:.2f}" for other in (*ours, *([min(keras)] if keras else []))]
        rows.append(row)
    return table(head, rows)


def workload(workload, sides):
    """The tables of a workload."""
    lines = [f"## {workload.name}", "", f"{workload.title[0].upper()}{workload.title[1:]}.", ""]
    for measure in workload.measures:
        lines += [*measured(measure, sides), ""]
    return lines


def processes(ran):
    """Memory of each side in each workload, and how long it takes to start."""
    titles = list(dict.fromkeys(side.title for _, sides in ran for side in sides))
    head = ["peak memory, MiB", *(workload.name for workload, _ in ran), "start, s"]
    rows = []
    for title in titles:
        own = [next((side for side in sides if side.title == title), None) for _, sides in ran]
        start = statistics.median(side.start for side in own if side)
        rows.append([title, *(f"{side.memory:.0f}" if side else "" for side in own), rounded(start)])
    text = "Peak of the whole process, samples included. The start is from the start of the process until its "
    text += "libraries are loaded and the model is made and compiled (the samples not), the median over the workloads."
    return ["## Memory and start", "", text, "", *table(head, rows), ""]


def versions(ran):
    """What has been compared."""
    found = {}
    for _, sides in ran:
        for side in sides:
            found.update(side.versions)
    return ", ".join(f"{name} {version}" for name, version in found.items())


def page(ran, rounds, machine):
    """All of it."""
    lines = ["# kerust beside Keras on the CPU", ""]
    lines += ["Written by `python tests/benches/compare/run.py --write`.", "", *machine, f"* {versions(ran)}", ""]
    lines += [METHOD.format(rounds=rounds), ""]
    for one, sides in ran:
        lines += workload(one, sides)
    return "\n".join(lines + processes(ran))
