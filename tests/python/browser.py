"""The tutorial in JupyterLab, operated in a real browser as a person would.

    KERUST_HOME=HOME python browser.py SCREENSHOTS

HOME holds a small data set; the kernel `kerust` is registered. Pictures of each step go to the
folder SCREENSHOTS, for people to look at.
"""

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from lab import ERROR, Lab, Notebook, launch, wait_until

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "notebooks" / "cifar10_tutorial.ipynb"

# The kernel's first cell may have to wait until the library is compiled.
FIRST_CELL_SECONDS = 1800
TRAINING_SECONDS = 180

# Looks at an output in every frame that the browser draws, until the training is complete: how often
# it was empty, and by how many pixels it became lower.
WATCH = """cell => {
    const seen = window.watched = { frames: 0, empty: 0, shrunk: 0, height: 0 };
    const look = () => {
        const areas = [...cell.querySelectorAll(".jp-OutputArea-output")];
        const text = areas.map(area => area.innerText).join("\\n");
        if (text.includes("10 epochs in")) return;
        const height = cell.querySelector(".jp-OutputArea").getBoundingClientRect().height;
        seen.frames += 1;
        seen.empty += text.trim() === "" ? 1 : 0;
        seen.shrunk = Math.max(seen.shrunk, seen.height - height);
        seen.height = Math.max(seen.height, height);
        requestAnimationFrame(look);
    };
    look();
}"""


def training_states(notebook):
    """The different states that the training's output shows, until it is complete."""
    states = []
    deadline = time.monotonic() + TRAINING_SECONDS
    pictured = False
    while time.monotonic() < deadline:
        html = notebook.output("fit")
        if html and not states:
            notebook.cell("fit").evaluate(WATCH)
        if html and (not states or states[-1] != html):
            states.append(html)
        if not pictured and "Epoch 4/10" in html:
            notebook.picture("2-training", "fit")
            pictured = True
        if "10 epochs in" in html:
            return states
        time.sleep(0.1)
    raise AssertionError(f"the training does not end: {notebook.text('fit')}")


def bar_shares(states):
    """How full the bar is in each state, in percent."""
    found = [re.search(r"width:\s*([\d.]+)%", html) for html in states]
    return [float(match.group(1)) for match in found if match]


def charts(states):
    """The different images of the curves, in order; none before the second epoch ended."""
    seen = []
    for html in states:
        found = re.findall(r'src="(data:image/svg\+xml;base64,[^"]+)"', html)
        assert len(found) == (epochs_in_table(html) > 1), f"one chart, from two epochs on: {html}"
        if found and found[0] not in seen:
            seen.append(found[0])
    return seen


def epochs_in_table(html):
    return max(len(re.findall(r"<tr", html)) - 1, 0)


def run_all(notebook):
    """Runs all cells, and watches the bar and the table of epochs while the model learns."""
    notebook.menu("Run", "Run All Cells")
    wait_until(
        lambda: notebook.output("fit"),
        FIRST_CELL_SECONDS,
        "the training starts",
        lambda: notebook.text("load"),
    )
    states = training_states(notebook)
    seen = notebook.page.evaluate("window.watched")
    assert seen["frames"] > 100, seen
    assert seen["empty"] == 0 and seen["shrunk"] <= 1, f"nothing flickers: {seen}"
    shares = bar_shares(states)
    assert len(set(shares)) > 5, f"the bar moves: {shares}"
    rows = [epochs_in_table(html) for html in states]
    assert rows == sorted(rows) and rows[0] < 3 and rows[-1] == 10, f"the table grows: {rows}"
    assert len(set(rows)) > 5, f"the table grows epoch by epoch: {rows}"
    curves = charts(states)
    assert len(curves) > 5, f"the curves grow while the model learns: {len(curves)} images"
    print(f"the training was seen in {len(states)} states, its curves in {len(curves)}")
    print(f"no frame of {seen['frames']} was empty or lower than one before")
    check_results(notebook)
    notebook.picture("1-summary", "summary")
    notebook.picture("3-trained", "fit")
    notebook.picture("4-curves", "plot")
    notebook.picture("5-pictures", "show", "start")
    notebook.picture("6-probabilities", notebook.code[-1])


def check_results(notebook):
    """Every cell of the notebook ran, in order and without an error, and shows what it should."""
    last = notebook.code[-1]
    wait_until(lambda: notebook.is_done(last), 60, "the last cell is done")
    for number, name in enumerate(notebook.code, 1):
        assert notebook.prompt(name) == f"[{number}]:", f"{name}: {notebook.prompt(name)}"
    assert notebook.page.locator(ERROR).count() == 0
    assert "923,914" in notebook.text("summary")
    assert "10 epochs in" in notebook.text("fit")
    assert notebook.cell("plot").locator("svg, img").count() >= 1
    assert notebook.cell("show").locator("img").count() == 5
    assert "Test accuracy" in notebook.text("evaluate")


def interrupt(notebook):
    """Trains again, stops in the middle by the button, and goes on with what is there."""
    notebook.run("fit")
    wait_until(
        lambda: re.search(r"Epoch 3/10\n.*[1-9]\d/250 steps", notebook.text("fit")),
        TRAINING_SECONDS,
        "the third epoch",
        lambda: notebook.text("fit"),
    )
    asked = time.monotonic()
    notebook.page.locator("[data-jp-item-name='interrupt']").click()
    wait_until(
        lambda: "KeyboardInterrupt" in notebook.text("fit"),
        5,
        "the training stops",
        lambda: notebook.text("fit"),
    )
    took = time.monotonic() - asked
    assert took < 2, f"it took {took} s to stop"
    print(f"the training stopped {took:.1f} s after the button was pressed")
    text = notebook.text("fit")
    assert re.search(r"Interrupted at epoch \d/10, step \d+/250", text), text
    assert notebook.page.locator(ERROR).count() == 1, notebook.output("fit")
    assert notebook.cell("fit").locator("img").count() == 1, "the curves stay"
    notebook.picture("7-interrupted", "fit")
    before = notebook.output("plot")
    notebook.run("plot")
    wait_until(lambda: notebook.output("plot") not in ("", before), 60, "the curves so far")
    notebook.run("evaluate")
    wait_until(lambda: notebook.prompt("evaluate") == "[16]:", 60, "the model is there")
    assert "Test accuracy" in notebook.text("evaluate")
    notebook.picture("8-after-the-interrupt", "plot")


def restart_and_run_all(notebook):
    notebook.menu("Kernel", "Restart Kernel and Run All Cells…")
    notebook.page.locator(".jp-Dialog button.jp-mod-accept").click()
    wait_until(lambda: notebook.prompt("fit") == "[*]:", 30, "the cells wait for the new kernel")
    wait_until(
        lambda: "10 epochs in" in notebook.text("fit"),
        TRAINING_SECONDS,
        "the training ends",
        lambda: notebook.text("fit"),
    )
    check_results(notebook)
    notebook.picture("9-restarted", "fit")


def reload(notebook):
    """Reloads the page while the model learns: the kernel goes on, and so does the page.

    JupyterLab no longer shows what comes for a cell that ran when the page was left, whatever the
    kernel. What the cell made is there, and the next cell waits for it.
    """
    notebook.run("fit")
    wait_until(
        lambda: "Epoch 3/10" in notebook.text("fit"),
        TRAINING_SECONDS,
        "the third epoch",
        lambda: notebook.text("fit"),
    )
    notebook.save()
    notebook.page.wait_for_timeout(500)
    notebook.page.reload()
    notebook.wait_for_cells()
    assert "Epoch" in notebook.text("fit"), "the state that was saved"
    assert "10 epochs in" not in notebook.text("fit")
    notebook.wait_for_kernel("Busy", 60)
    notebook.picture("10-reloaded", "fit")
    # `history` shows the same table as the training itself, and its curves.
    notebook.replace("plot", "history")
    notebook.run("plot")
    assert notebook.prompt("plot") == "[*]:", "it waits for the training"
    wait_until(lambda: notebook.is_done("plot"), TRAINING_SECONDS, "the training ends")
    assert notebook.prompt("plot") == "[15]:", notebook.prompt("plot")
    assert epochs_in_table(notebook.output("plot")) == 10, notebook.text("plot")
    notebook.wait_for_kernel("Idle", 30)
    notebook.picture("11-after-the-reload", "plot")


def main():
    screenshots = Path(sys.argv[1])
    shutil.rmtree(screenshots, ignore_errors=True)
    screenshots.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        try:
            shutil.copy(TUTORIAL, lab.folder / "work" / "tutorial.ipynb")
            url, token = lab.address()
            with sync_playwright() as playwright:
                browser = launch(playwright)
                page = browser.new_page(viewport={"width": 1440, "height": 1000})
                page.on("dialog", lambda dialog: dialog.accept())
                notebook = Notebook(page, TUTORIAL, screenshots)
                try:
                    address = f"{url}lab/tree/tutorial.ipynb?token={token}"
                    notebook.open(address)
                    notebook.picture("1-opened")
                    run_all(notebook)
                    interrupt(notebook)
                    restart_and_run_all(notebook)
                    reload(notebook)
                except Exception:
                    notebook.picture("failed")
                    print(lab.said(), file=sys.stderr)
                    raise
                browser.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
