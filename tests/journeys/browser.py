"""Chromium for journeys: found or skipped, and asked what it sees when a test fails."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

CURE = "apt-get install chromium chromium-driver"
SIZE = "1440,900"
SECONDS = 20.0


@contextmanager
def chromium(
    request: pytest.FixtureRequest,
    needs: Callable[[str, str], Path],
    pictures: Path,
    *,
    hosts: Mapping[str, str] | None = None,
) -> Iterator[Chrome]:
    """Start Chromium without a window; what a failing test saw is kept in `pictures`.

    `hosts` says for names of hosts at which `host:port` they are; any certificate is good.
    """
    options = ChromeOptions()
    options.accept_insecure_certs = True
    if hosts:
        rules = ", ".join(f"MAP {host} {place}" for host, place in hosts.items())
        options.add_argument(f"--host-resolver-rules={rules}")
    options.binary_location = str(needs("chromium", CURE))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_argument("--headless=new")
    options.add_argument(f"--window-size={SIZE}")
    options.add_argument("--disable-dev-shm-usage")  # containers give it 64 MiB
    options.add_argument("--no-proxy-server")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own sandbox refuses root
    service = Service(str(needs("chromedriver", CURE)))
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("no_proxy", "localhost,127.0.0.1")  # the driver is on this machine
        driver = Chrome(options=options, service=service)
    driver.set_page_load_timeout(SECONDS)
    driver.set_script_timeout(SECONDS)
    failed_before = request.session.testsfailed
    try:
        yield driver
    finally:
        if request.session.testsfailed > failed_before:
            keep(driver, pictures)
        driver.quit()


def keep(driver: Chrome, pictures: Path) -> None:
    """Keep a screenshot, the document and the console; the report of the test says where."""
    pictures.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(pictures / "page.png"))
    (pictures / "page.html").write_text(driver.page_source)
    (pictures / "console.txt").write_text("\n".join(console(driver)))
    sys.stdout.write(f"what Chromium saw: {pictures / 'page.png'}\n")


def console(driver: Chrome) -> list[str]:
    """What the page's console says: errors of scripts, refused loads."""
    return [str(entry["message"]) for entry in driver.get_log("browser")]  # type: ignore[no-untyped-call]
