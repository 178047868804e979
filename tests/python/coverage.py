"""Writes tests/COVERAGE.md: every public name of Keras beside what kerust has under it.

Usage: python tests/python/coverage.py
Needs the packages of tests/golden/requirements.txt. The names of Keras come from Keras itself by inspection, those of
kerust from what its modules export (`pub use`) and from its tables of names, so that nothing is counted by hand.
"""

import importlib
import inspect
import os
import re
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]

# Keras's module, and where kerust exports the same.
FAMILIES = {
    "layers": ["src/layers/mod.rs", "src/layers/aliases.rs"],
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
# Where Keras takes a name as a string: what it knows, and kerust's tables.
STRINGS = {
    "losses": ["src/losses/mod.rs"],
    "metrics": ["src/metrics/mod.rs"],
    "optimizers": ["src/optimizers/mod.rs", "src/optimizers/table.rs"],
    "activations": ["src/activations.rs"],
    "initializers": ["src/initializers.rs"],
    "regularizers": ["src/regularizers.rs"],
    "constraints": ["src/constraints.rs"],
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


def aliases(module):
    """The further names of what `public_names` lists, and the first name of each."""
    first = {value: name for name, value in public_names(module).items()}
    others = ((name, first.get(value)) for name, value in vars(module).items() if isinstance(value, type))
    return sorted((name, of) for name, of in others if of and name != of)


def strings(family):
    """The names that Keras takes as strings, but for those of its base classes."""
    known = importlib.import_module(f"keras.src.{family}").ALL_OBJECTS_DICT
    bases = ("loss", "metric", "optimizer", "initializer", "regularizer", "constraint")
    return sorted(name for name in known if name.lower() not in bases)


def exported(files):
    """The names that Rust files export or have in their tables."""
    names = set()
    for file in files:
        text = (ROOT / file).read_text()
        for group in re.findall(r"pub use [\w:]+::(\{[^}]*\}|\w+);", text):
            # Of `A as B` the name is B.
            names.update(re.findall(r"\w+", re.sub(r"\w+ as ", "", group)))
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


def other_names():
    """The tables of aliases, and of names as strings."""
    rows = ["", "## Aliases", "", "| Keras | kerust | of |", "|---|---|---|"]
    for family, files in FAMILIES.items():
        if "." in family:
            continue
        names = exported(files)
        for alias, of in aliases(getattr(keras, family)):
            rows.append(f"| {family}.{alias} | {f'`{alias}`' if alias in names else ''} | {of} |")
    texts = ["", "## Names as strings", "", "| family | kerust takes | of | missing |", "|---|---:|---:|---|"]
    for family, files in STRINGS.items():
        wanted, names = strings(family), exported(files)
        if family == "optimizers":
            # As in Keras, capitals do not matter there.
            names = {name.lower() for name in names}
        missing = [name for name in wanted if name not in names]
        texts.append(f"| {family} | {len(wanted) - len(missing)} | {len(wanted)} | {', '.join(missing)} |")
    return rows, texts


def main():
    """Writes the table."""
    text = [
        "# Keras's names and kerust's",
        "",
        f"Written by `python tests/python/coverage.py` from Keras {keras.__version__} by inspection; an empty cell is a name that",
        "kerust does not have. Aliases (`MaxPool2D` for `MaxPooling2D`) and names as strings are counted on their own.",
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
    alias_rows, missing_strings = other_names()
    sections += alias_rows + missing_strings
    text += ["| family | kerust has | of |", "|---|---:|---:|"] + totals + sections
    (ROOT / "tests/COVERAGE.md").write_text("\n".join(text) + "\n")
    print("\n".join(totals))


if __name__ == "__main__":
    main()
