"""Open every page of the built site in headless Chromium, wide and narrow, light and dark, and say how accessible it is.

    python docs/browse.py build/site path/to/axe.min.js

Runs axe-core on each page. The score is the one of Lighthouse: the share of checks that pass, weighted. Fails under 95, on
errors in the console, on requests to other hosts or that fail, and on pages wider than the screen. Needs the packages
selenium and axe-core, and Chromium with its driver: `make docs-check`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BAR = 95
WEIGHTS = {"critical": 10, "serious": 7, "moderate": 3, "minor": 1, None: 3}
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
FLAGS = (
    "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update "
    "disable-sync disable-extensions hide-scrollbars"
)


class Quiet(SimpleHTTPRequestHandler):
    """Serves the site without a word."""

    def log_message(self, *args: Any) -> None:
        pass


def browser() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS.split(), f"user-data-dir={tempfile.mkdtemp()}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, Service("/usr/bin/chromedriver"))


def look(driver: webdriver.Chrome, url: str, axe: str, size: tuple[int, int], scheme: str) -> tuple[float, list[str]]:
    """The score of a page, and what is wrong with it."""
    phone = size[0] < 600
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": phone}
    )
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    driver.get(url)
    driver.execute_script(axe)
    found = driver.execute_async_script("const done = arguments[0]; axe.run().then(done)")
    wrong = [f"{rule['id']} ({rule['impact']}): {rule['help']}: {rule['nodes'][0]['html'][:160]}" for rule in found["violations"]]
    wide = driver.execute_script("return document.documentElement.scrollWidth")
    wrong += [f"the page is {wide} pixels wide on a screen of {size[0]}"] if wide > size[0] + 1 else []
    wrong += [f"console: {entry['message'][:200]}" for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    return score(found), wrong + requests(driver, url)


def score(found: dict[str, Any]) -> float:
    """The weighted share of rules that pass, of those that apply."""
    weigh = lambda rules: sum(WEIGHTS.get(rule["impact"], 3) for rule in rules)  # noqa: E731
    heaviest = lambda rule: max(WEIGHTS.get(check["impact"], 3) for check in _checks(rule["nodes"][0]))  # noqa: E731
    passed = sum(heaviest(rule) for rule in found["passes"])
    return 100 * passed / max(1, passed + weigh(found["violations"]))


def _checks(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [*node["any"], *node["all"], *node["none"]] or [{"impact": None}]


def requests(driver: webdriver.Chrome, url: str) -> list[str]:
    """Requests of a page to other hosts, and those that failed."""
    wrong = []
    host = url.split("/")[2]
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked = message["params"]["request"]["url"]
            if asked.startswith("http") and asked.split("/")[2] != host:
                wrong.append(f"asks another host: {asked}")
        if message["method"] == "Network.responseReceived" and message["params"]["response"]["status"] >= 400:
            wrong.append(f"failed: {message['params']['response']['url']}")
    return wrong


def main(site: Path, axe: str) -> int:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    base, driver, bad = f"http://127.0.0.1:{server.server_port}", browser(), 0
    driver.execute_cdp_cmd("Network.enable", {})
    for page in sorted(path.relative_to(site) for path in site.rglob("*.html") if path.name != "404.html"):
        for name, size in SIZES.items():
            for scheme in ("light", "dark"):
                points, wrong = look(driver, f"{base}/{page}", axe, size, scheme)
                bad += points < BAR or bool(wrong)
                print(f"{points:5.1f}  {page} ({name}, {scheme})", *(f"\n         {fault}" for fault in wrong), flush=True)
    driver.quit()
    print(f"{bad} of these have faults" if bad else "no faults")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")))
