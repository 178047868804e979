"""Every notebook in JupyterLab, run in a real browser, and what a person sees of it.

    KERUST_HOME=HOME python pages.py SCREENSHOTS NOTEBOOK...

HOME holds small data sets; the kernel `kerust` is registered. Each notebook is opened as it comes,
run whole, and looked at on a wide and on a narrow page, in the light and in the dark theme: no
picture is missing or blank, nothing sticks out, the columns of tables are straight, text can be
read, and the browser reports no error. The Chinese ones, whose code is the same, are not run again.
Pictures of each, wide, in both themes, go to the folder SCREENSHOTS, for people to look at.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from lab import ERROR, Lab, Notebook, launch, wait_until

# The kernel's first cell may have to wait until the library is compiled.
NOTEBOOK_SECONDS = 1800
WIDE, NARROW, HEIGHT = 1280, 800, 1000
# Of text that one reads; what the guidelines for accessible pages ask of large text.
LEAST_CONTRAST = 3.0

# What is wrong with the outputs, in words. `contrast` is the least of text on what is behind it.
FAULTS = """
async (contrast) => {
  const faults = [];
  // Columns of a table that must fit any page.
  const WIDEST = 8;
  const about = (element) => {
    const text = (element.innerText ?? element.alt ?? "").trim().replace(/\\s+/g, " ");
    return `<${element.tagName.toLowerCase()}> ${text.slice(0, 60)}`;
  };
  const channels = (color) => {
    const parts = color.match(/[\\d.]+/g).map(Number);
    return parts.length === 3 ? [...parts, 1] : parts;
  };
  const over = (front, back) =>
    [0, 1, 2].map((i) => front[3] * front[i] + (1 - front[3]) * back[i]).concat(1);
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const color = channels(getComputedStyle(e).backgroundColor);
      layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((back, front) => over(front, back), [255, 255, 255, 1]);
  };
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((c) => {
      const share = c / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const opacity = (element) => {
    let all = 1;
    for (let e = element; e; e = e.parentElement) all *= Number(getComputedStyle(e).opacity);
    return all;
  };
  const readable = (element) => {
    const back = behind(element);
    const color = channels(getComputedStyle(element).color);
    color[3] *= opacity(element);
    const [a, b] = [luminance(over(color, back)), luminance(back)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const blank = async (image) => {
    await image.decode();
    if (!image.naturalWidth) return true;
    const canvas = new OffscreenCanvas(100, 100).getContext("2d");
    canvas.drawImage(image, 0, 0, 100, 100);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, 100, 100).data.buffer);
    return new Set(pixels).size < 3;
  };
  const scrolling = (element) =>
    element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 &&
    getComputedStyle(element).overflowX !== "visible";
  const columns = (element) =>
    Math.max(0, ...[...element.querySelectorAll("tr")].map((row) => row.cells.length));
  for (const output of document.querySelectorAll(".jp-Cell .jp-OutputArea-output")) {
    const right = output.getBoundingClientRect().right;
    for (const element of [output, ...output.querySelectorAll("*")]) {
      const box = element.getBoundingClientRect();
      if (!box.width || !box.height) continue;
      let around = element.parentElement;
      while (around !== output.parentElement && !scrolling(around)) around = around.parentElement;
      // Very wide tables scroll within their frame.
      if (scrolling(element) && columns(element) <= WIDEST)
        faults.push(`cut off: ${about(element)}`);
      else if (around === output.parentElement && box.right > right + 1)
        faults.push(`sticks out: ${about(element)}`);
      if (element instanceof HTMLImageElement && (await blank(element)))
        faults.push(`blank: ${about(element)} ${element.src.slice(0, 40)}`);
      const says = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
      if (says && element instanceof HTMLElement && readable(element) < contrast)
        faults.push(`hard to read (${readable(element).toFixed(1)}): ${about(element)}`);
    }
    for (const table of output.querySelectorAll("table")) {
      const columns = {};
      for (const cell of table.querySelectorAll("tr > *")) {
        if (cell.colSpan > 1) continue;
        const box = cell.getBoundingClientRect();
        const left = Math.round(box.left);
        (columns[cell.cellIndex] ??= new Set()).add(left);
      }
      for (const [column, lefts] of Object.entries(columns))
        if (lefts.size > 1 && !table.querySelector("[colspan]"))
          faults.push(`column ${column} is not straight: ${about(table)}`);
    }
  }
  return [...new Set(faults)];
}
"""

# Whether the browser has Chinese letters: those that it lacks all look the same.
CHINESE = """
() => {
  const drawn = (letter) => {
    const canvas = new OffscreenCanvas(40, 40).getContext("2d");
    canvas.font = "30px sans-serif";
    canvas.fillText(letter, 0, 32);
    return canvas.getImageData(0, 0, 40, 40).data.join();
  };
  return drawn("飞") !== drawn("机");
}
"""


def promised_pictures(file):
    """How many pictures each cell of the saved notebook shows."""
    counts = {}
    for cell in json.loads(file.read_text())["cells"]:
        count = 0
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            if "text/html" in shown:
                count += "".join(shown["text/html"]).count("<img")
            else:
                count += any(kind.startswith("image/") for kind in shown)
        if count:
            counts[cell["id"]] = count
    return counts


def missing_pictures(notebook, promised):
    """The cells with fewer pictures than they should show, in words."""
    for cell, count in promised.items():
        pictures = notebook.cell(cell).locator(".jp-OutputArea-output").locator("img, svg")
        if pictures.count() < count:
            yield f"{cell} shows {pictures.count()} pictures of {count}"


def look(notebook, name, promised):
    """What is wrong with what the notebook shows, in words."""
    page = notebook.page
    page.wait_for_timeout(500)
    faults = page.evaluate(FAULTS, LEAST_CONTRAST)
    faults += missing_pictures(notebook, promised)
    return [f"{name}: {fault}" for fault in faults]


def take_pictures(notebook, name):
    """Of all that the notebook shows, top to bottom."""
    for position, cell in enumerate(notebook.with_outputs()):
        notebook.picture(f"{name}-{position:02}-{cell}", cell, "start")


def open_and_look(page, lab, file, screenshots):
    """All that is wrong with the notebook, in words."""
    name = file.stem
    promised = promised_pictures(file)
    # Where it stands beside what it opens.
    folder = lab.folder / "work" / "notebooks"
    folder.mkdir(exist_ok=True)
    beside = lab.folder / "work" / "tests"
    if not beside.exists():
        beside.symlink_to(file.resolve().parent.parent / "tests")
    shutil.copy(file, folder)
    url, token = lab.address()
    said = []
    on_console = lambda message: message.type == "error" and said.append(message.text)
    on_error = lambda error: said.append(str(error))
    page.on("console", on_console)
    page.on("pageerror", on_error)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    notebook = Notebook(page, file, screenshots)
    notebook.open(f"{url}lab/tree/notebooks/{file.name}?token={token}&reset")
    # As it comes, from somebody else: JupyterLab takes styles out of what it does not trust.
    notebook.picture(f"{name}-as-it-comes")
    faults = [f"{name} as it comes: {fault}" for fault in missing_pictures(notebook, promised)]
    if name.endswith("_zh"):
        assert page.evaluate(CHINESE), "no Chinese letters: install the package `fonts-wqy-zenhei`"
    else:
        faults += run_and_look(notebook, name, promised)
    notebook.shut_down()
    page.remove_listener("console", on_console)
    page.remove_listener("pageerror", on_error)
    return faults + [f"{name}: the browser says: {text}" for text in said]


def run_and_look(notebook, name, promised):
    """Runs all cells, and returns what is wrong with what they show."""
    page = notebook.page
    notebook.menu("Run", "Run All Cells")
    last = notebook.code[-1]
    wait_until(
        lambda: notebook.is_done(last) or page.locator(ERROR).count(),
        NOTEBOOK_SECONDS,
        f"{name} ends",
        lambda: notebook.text(last),
    )
    errors = page.locator(ERROR).all_inner_texts()
    assert not errors, f"{name}: {errors}"
    notebook.wait_for_kernel("Idle", 60)
    faults = look(notebook, f"{name}-light", promised)
    take_pictures(notebook, f"{name}-light")
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    faults += look(notebook, f"{name}-narrow", promised)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    notebook.theme("JupyterLab Dark")
    faults += look(notebook, f"{name}-dark", promised)
    take_pictures(notebook, f"{name}-dark")
    notebook.theme("JupyterLab Light")
    return faults


def main():
    screenshots = Path(sys.argv[1])
    files = [Path(name) for name in sys.argv[2:]]
    shutil.rmtree(screenshots, ignore_errors=True)
    screenshots.mkdir(parents=True)
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright)
                page = browser.new_page()
                page.on("dialog", lambda dialog: dialog.accept())
                for file in files:
                    try:
                        faults += open_and_look(page, lab, file, screenshots)
                    except Exception:
                        page.screenshot(path=screenshots / f"{file.stem}-failed.png")
                        print(lab.said(), file=sys.stderr)
                        raise
                    print(f"{file.stem} was seen")
                browser.close()
        finally:
            lab.close()
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
