"""Writes tests/COVERAGE.md: every public name of Keras beside what kerust has under it.

Usage: python tests/python/coverage.py
Needs the packages of tests/golden/requirements.txt. The names of Keras come from Keras itself by inspection, those of
kerust from what its modules export (`pub use`) and from its tables of names, so that nothing is counted by hand.
"""

import inspect
import os
import re
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]

# Keras's module, and where kerust exports the same.
FAMILIES = {
    "layers": ["src/layers/mod.rs"],
    "losses": ["src/losses/mod.rs", "src/losses/table.rs"],
    "metrics": ["src/metrics/mod.rs", "src/metrics/table.rs"],
    "optimizers": ["src/optimizers/mod.rs"],
    "optimizers.schedules": ["src/optimizers/schedules/mod.rs"],
    "callbacks": ["src/callbacks/mod.rs"],
    "activations": ["src/activations.rs"],
    "initializers": ["src/initializers.rs"],
    "regularizers": ["src/regularizers.rs"],
    "constraints": ["src/constraints.rs"],
}

# What has another name in Rust, or lives elsewhere.
ELSEWHERE = {
    "layers": {
        "Activation": "`Activation::layer`",
        "Input": "`Input`",
        "InputLayer": "`Input`",
        "Layer": "the trait `Layer`",
    },
    "callbacks": {"History": "`models::History`, which `fit` returns", "ProgbarLogger": "`display::Progress`"},
    "optimizers": {"Optimizer": "the trait `Optimizer`"},
    "losses": {"Loss": "the trait `Loss`"},
    "metrics": {"Metric": "the trait `Metric`"},
    "initializers": {"Initializer": "`Initializer`"},
}
# Python's way to look things up; Rust has `from_config` and names.
LOOKUPS = ("deserialize", "get", "serialize")


def public_names(module):
    """The public classes and functions of a module of Keras, aliases left out: the first name of each is kept."""
    found = {}
    for name, value in sorted(vars(module).items(), key=lambda item: (item[0] != getattr(item[1], "__name__", ""), item[0])):
        if name.startswith("_") or name in LOOKUPS or inspect.ismodule(value):
            continue
        if (inspect.isclass(value) or inspect.isfunction(value)) and value not in found.values():
            found[name] = value
    return dict(sorted(found.items()))


def exported(files):
    """The names that Rust files export or have in their tables."""
    names = set()
    for file in files:
        text = (ROOT / file).read_text()
        for group in re.findall(r"pub use [\w:]+::(\{[^}]*\}|\w+);", text):
            names.update(re.findall(r"\w+", group))
        names.update(re.findall(r"pub (?:struct|enum|trait|fn|const fn|const) (\w+)", text))
        names.update(re.findall(r'"(\w+)"', text))
        # Members of an enumeration.
        names.update(re.findall(r"^    (\w+)(?:,| \{|\()", text, re.M))
    return names


def row(family, name, value, names):
    """A line of the table: the name, and how kerust calls it."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    other = ELSEWHERE.get(family, {}).get(name)
    if other:
        return name, other
    for candidate in (name, snake, name.replace("_", "")):
        if candidate in names:
            return name, f"`{candidate}`"
    # Keras writes many classes as functions as well; in Rust the class alone does.
    if inspect.isfunction(value) and any(same_words(name, other) for other in names):
        return name, "the class of the same name"
    return name, ""


def same_words(function, other):
    """Whether a function and a class are called alike: `log_cosh`, `LogCosh`."""
    return function.replace("_", "") == other.lower()


def main():
    """Writes the table."""
    text = [
        "# Keras's names and kerust's",
        "",
        f"Written by `python tests/python/coverage.py` from Keras {keras.__version__} by inspection; an empty cell is a name that",
        "kerust does not have. Aliases (`MaxPool2D` for `MaxPooling2D`) are not listed.",
        "",
    ]
    totals, sections = [], []
    for family, files in FAMILIES.items():
        module = keras
        for part in family.split("."):
            module = getattr(module, part)
        names = exported(files)
        rows = [row(family, name, value, names) for name, value in public_names(module).items()]
        have = sum(1 for _, ours in rows if ours)
        totals.append(f"| [{family}](#keras{family.replace('.', '')}) | {have} | {len(rows)} |")
        sections += ["", f"## keras.{family}", "", "| Keras | kerust |", "|---|---|"]
        sections += [f"| {name} | {ours} |" for name, ours in rows]
    text += ["| family | kerust has | of |", "|---|---:|---:|"] + totals + sections
    (ROOT / "tests/COVERAGE.md").write_text("\n".join(text) + "\n")
    print("\n".join(totals))


if __name__ == "__main__":
    main()
