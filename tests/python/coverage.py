"""Writes tests/COVERAGE.md: every public name of Keras and its arguments beside what kerust has.

Usage: python tests/python/coverage.py
Needs the packages of tests/golden/requirements.txt. The names and arguments of Keras come from Keras itself by inspection,
those of kerust from its documentation, which `cargo doc` writes first, so that nothing is counted by hand.
"""

import html
import importlib
import inspect
import os
import re
import subprocess
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]

DOCS = ROOT / "target" / "doc" / "kerust"
# Keras's modules; kerust's have the same names.
FAMILIES = [
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "callbacks",
    "activations",
    "initializers",
    "regularizers",
    "constraints",
]

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
# Where Keras takes a name as a string: the file with kerust's table of them.
STRINGS = {
    "losses": "src/losses/table.rs",
    "metrics": "src/metrics/table.rs",
    "optimizers": "src/optimizers/table.rs",
    "activations": "src/activations.rs",
    "initializers": "src/initializers.rs",
    "regularizers": "src/regularizers.rs",
    "constraints": "src/constraints.rs",
}
# Arguments that change no numbers, or choose among back ends that kerust does not have.
WITHOUT_EFFECT = {"dtype", "sparse", "ragged", "unroll", "use_cudnn", "flash_attention", "synchronized", "autocast"}
# What Keras itself does nothing with: it takes any argument, never reads it, or knows one value alone.
UNUSED = {"Bidirectional": {"weights"}, "ReduceLROnPlateau": {"baseline"}, "Resizing": {"fill_mode"}}
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


def document():
    """Lets `cargo doc` write the documentation of kerust."""
    command = ["cargo", "doc", "--package", "kerust", "--no-deps", "--locked", "--quiet"]
    subprocess.run(command, cwd=ROOT, check=True)


def exported(family):
    """What a module of kerust has for its users: a page of the documentation for each name."""
    folder = DOCS.joinpath(*family.split("."))
    pages = folder.glob("*.html")
    items = ((page.name.split("."), page) for page in pages if page.name.count(".") == 2)
    return {name: page for (kind, name, _), page in items if kind in ("struct", "enum", "trait", "fn", "constant")}


def members(page):
    """The members of an enumeration."""
    return set(re.findall(r'id="variant\.(\w+)"', page.read_text()))


def arguments(page):
    """What can be set: the methods, and the arguments of `new`."""
    text = page.read_text()
    found = set(re.findall(r'id="(?:ty)?method\.(\w+?)(?:-\d+)?"', text))
    plain = html.unescape(re.sub(r"<[^>]*>", "", text))
    for given in re.findall(r"pub (?:const )?fn new(?:<[^(]*>)?\((.*?)\) -> ", plain, re.S):
        found.update(re.findall(r"(\w+): ", given))
    return found


def words_of(family):
    """The names that kerust takes as strings."""
    if family not in STRINGS:
        return set()
    lines = (ROOT / STRINGS[family]).read_text().splitlines()
    code = "\n".join(line for line in lines if not line.lstrip().startswith("//"))
    words = set(re.findall(r'"(\w+)"', code))
    # As in Keras, capitals do not matter for optimizers.
    return {word.lower() for word in words} if family == "optimizers" else words


def parameters(value):
    """The arguments of a class of Keras, also those that it hands on to the class it is made of."""
    found, classes = [], [value]
    while classes:
        current = classes.pop()
        signature = inspect.signature(current.__init__).parameters.values()
        named = [p.name for p in signature if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        found += [name for name in named if name != "self" and name not in found]
        # Layers hand names and types on, which every layer takes.
        if any(p.kind == p.VAR_KEYWORD for p in signature) and not issubclass(value, keras.layers.Layer):
            classes += [base for base in current.__bases__ if base.__module__.startswith("keras.")]
    return found


def row(family, name, value, items, words, enumerated):
    """A line of the table: the name, how kerust calls it, and the arguments that it lacks."""
    other = ELSEWHERE.get(family, {}).get(name)
    if other:
        return name, other, ""
    if name in items:
        if not inspect.isclass(value):
            return name, f"`{name}`", ""
        lacks = set(parameters(value)) - arguments(items[name]) - WITHOUT_EFFECT - UNUSED.get(name, set())
        return name, f"`{name}`", ", ".join(sorted(lacks))
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for candidate in (snake, name.replace("_", "")):
        if candidate in items:
            return name, f"`{candidate}`", ""
    camel = "".join(part.capitalize() for part in snake.split("_"))
    for candidate in (name, camel):
        if candidate in enumerated:
            return name, f"`{family.rstrip('s').capitalize()}::{candidate}`", ""
    if name in words:
        return name, f'by its name, `"{name}"`', ""
    # Keras writes many classes as functions as well; in Rust the class alone does.
    if inspect.isfunction(value) and any(same_words(name, other) for other in items):
        return name, "the class of the same name", ""
    return name, "", ""


def same_words(function, other):
    """Whether a function and a class are called alike: `log_cosh`, `LogCosh`."""
    return function.replace("_", "") == other.lower()


def other_names():
    """The tables of aliases, and of names as strings."""
    rows = ["", "## Aliases", "", "| Keras | kerust | of |", "|---|---|---|"]
    prelude = (ROOT / "src/layers/aliases.rs").read_text()
    for family in FAMILIES:
        if "." in family:
            continue
        names = exported(family)
        for alias, of in aliases(getattr(keras, family)):
            have = alias in names or re.search(rf"\b{alias}\b", prelude)
            rows.append(f"| {family}.{alias} | {f'`{alias}`' if have else ''} | {of} |")
    texts = ["", "## Names as strings", "", "| family | kerust takes | of | missing |", "|---|---:|---:|---|"]
    for family in STRINGS:
        wanted, names = strings(family), words_of(family)
        missing = [name for name in wanted if name not in names]
        texts.append(f"| {family} | {len(wanted) - len(missing)} | {len(wanted)} | {', '.join(missing)} |")
    return rows, texts


def main():
    """Writes the table."""
    document()
    text = [
        "# Keras's names and kerust's",
        "",
        f"Written by `python tests/python/coverage.py` from Keras {keras.__version__} by inspection and from kerust's documentation; an",
        "empty cell is a name that kerust does not have. The last column has the arguments of a class that kerust does not take",
        f"(left out are those that change no numbers: {', '.join(sorted(WITHOUT_EFFECT))}; and those that Keras itself does not use). Aliases (`MaxPool2D` for",
        "`MaxPooling2D`) and names as strings are counted on their own.",
        "",
    ]
    totals, sections = [], []
    for family in FAMILIES:
        module = keras
        for part in family.split("."):
            module = getattr(module, part)
        items, words = exported(family), words_of(family)
        enumerated = set().union(*(members(page) for page in items.values()))
        rows = [row(family, name, value, items, words, enumerated) for name, value in public_names(module).items()]
        have = sum(1 for _, ours, _ in rows if ours)
        whole = sum(1 for _, ours, lacks in rows if ours and not lacks)
        totals.append(f"| [{family}](#keras{family.replace('.', '')}) | {have} | {whole} | {len(rows)} |")
        sections += ["", f"## keras.{family}", "", "| Keras | kerust | lacks |", "|---|---|---|"]
        sections += [f"| {name} | {ours} | {lacks} |" for name, ours, lacks in rows]
    alias_rows, missing_strings = other_names()
    sections += alias_rows + missing_strings
    text += ["| family | kerust has | with every argument | of |", "|---|---:|---:|---:|"] + totals + sections
    (ROOT / "tests/COVERAGE.md").write_text("\n".join(text) + "\n")
    print("\n".join(totals))


if __name__ == "__main__":
    main()
