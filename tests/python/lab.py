"""JupyterLab in a real browser, for the tests that look at it as a person would.

The environment variable CHROMIUM names the browser.
"""

import json
import os
import re
import subprocess
import sys
import time

# All cells are in the page, also those out of sight; no questions about news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

# What JupyterLab makes of an error, and of text on standard error.
ERROR = "[data-mime-type='application/vnd.jupyter.stderr']"


class Lab:
    """A JupyterLab server in a folder of its own, with nothing of the user's settings."""

    def __init__(self, folder):
        self.folder = folder
        for name, values in SETTINGS.items():
            file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        (folder / "work").mkdir()
        environment = dict(os.environ)
        for variable in ("JUPYTER_PATH", "LD_LIBRARY_PATH"):
            environment.pop(variable, None)
        environment.update(
            JUPYTER_CONFIG_DIR=str(folder / "config"),
            JUPYTER_DATA_DIR=str(folder / "data"),
            JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
            JUPYTERLAB_SETTINGS_DIR=str(folder / "settings"),
            JUPYTERLAB_WORKSPACES_DIR=str(folder / "workspaces"),
        )
        self.log = (folder / "log.txt").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"],
            cwd=folder / "work",
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def address(self):
        """Where the server is, once it is up: its URL and the token."""
        runtime = self.folder / "runtime"
        file = runtime / f"jpserver-{self.process.pid}.json"
        wait_until(file.exists, 60, "the server of JupyterLab starts", self.said)
        time.sleep(0.5)
        server = json.loads(file.read_text())
        return server["url"], server["token"]

    def said(self):
        self.log.flush()
        return (self.folder / "log.txt").read_text()[-3000:]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def wait_until(condition, seconds, what, details=lambda: ""):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what}\n{details()}")
        time.sleep(0.1)
    return value


def launch(playwright):
    return playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        args=["--no-sandbox", "--disable-gpu"],
    )


class Notebook:
    """The notebook in the page."""

    def __init__(self, page, file, screenshots):
        """`file` is what the page shows, or a copy of it; pictures go to the folder `screenshots`."""
        self.page = page
        self.screenshots = screenshots
        cells = json.loads(file.read_text())["cells"]
        self.positions = {cell["id"]: number for number, cell in enumerate(cells)}
        self.code = [cell["id"] for cell in cells if cell["cell_type"] == "code"]

    def open(self, url):
        self.page.goto(url)
        self.wait_for_cells()
        self.wait_for_kernel("Idle", 120)
        # Without the list of files.
        self.page.keyboard.press("Control+b")

    def wait_for_cells(self):
        last = self.page.locator(".jp-Notebook .jp-Cell").nth(len(self.positions) - 1)
        last.wait_for(state="attached", timeout=60_000)

    def cell(self, name):
        return self.page.locator(".jp-Notebook > .jp-WindowedPanel-outer .jp-Cell").nth(
            self.positions[name]
        )

    def output(self, name):
        """The HTML of a cell's outputs, empty if it has none."""
        return self.of_outputs(name, "innerHTML")

    def text(self, name):
        return self.of_outputs(name, "innerText")

    def of_outputs(self, name, what):
        # In one step, since the page changes between two.
        areas = self.cell(name).locator(".jp-OutputArea-output")
        return "\n".join(areas.evaluate_all(f"areas => areas.map(area => area.{what})"))

    def prompt(self, name):
        """`[3]:` say, `[*]:` while the cell waits or runs, `[ ]:` before."""
        return self.cell(name).locator(".jp-InputPrompt").inner_text().strip()

    def is_done(self, name):
        return re.fullmatch(r"\[\d+\]:", self.prompt(name)) is not None

    def menu(self, menu, entry):
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
        self.page.locator(
            ".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(entry)}$")
        ).click()

    def theme(self, name):
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Settings$")).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Theme$")).hover()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{name}$")).click()
        kind = "false" if name.endswith("Dark") else "true"
        body = self.page.locator(f"body[data-jp-theme-light='{kind}']")
        body.wait_for(state="attached", timeout=30_000)
        self.page.wait_for_timeout(500)

    def shut_down(self):
        """Ends the kernel."""
        self.menu("Kernel", "Shut Down Kernel")
        self.page.get_by_text("No Kernel | Unknown", exact=True).wait_for(timeout=30_000)

    def with_outputs(self):
        """The code cells that show something."""
        return [name for name in self.code if self.output(name)]

    def select(self, name):
        self.cell(name).locator(".jp-InputPrompt").click()

    def run(self, name):
        self.select(name)
        self.page.keyboard.press("Shift+Enter")

    def replace(self, name, code):
        """Types `code` in the place of what the cell has."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(code)

    def save(self):
        self.page.keyboard.press("Control+s")

    def wait_for_kernel(self, state, seconds):
        """Waits until the status bar says so."""
        said = self.page.get_by_text(f"Rust (kerust) | {state}", exact=True)
        said.wait_for(timeout=seconds * 1000)

    def picture(self, name, cell=None, place="center"):
        if cell:
            self.cell(cell).evaluate(f"cell => cell.scrollIntoView({{ block: '{place}' }})")
            # The browser draws the new place.
            self.page.wait_for_timeout(100)
        self.page.screenshot(path=self.screenshots / f"{name}.png")
