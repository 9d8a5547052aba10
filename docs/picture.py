"""Write docs/card.png, the picture of the README: one claim's card as the built book shows it.

Run it after `make book`, with the environment of the tests: `.venv/bin/python docs/picture.py`.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

CHAPTER, CLAIM = "brics", "brics-gdp-share-2023"
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "_build" / "html" / "book" / "chapters" / f"{CHAPTER}.html"
WIDTH, HEIGHT = 900, 1400
COLOURS = 64  # enough for text and a chart, and a quarter of the size


def main() -> None:
    """Draw the card in a light theme and keep it with a small palette."""
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        context = browser.new_context(
            color_scheme="light",
            device_scale_factor=2,
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        page = context.new_page()
        page.goto(f"{PAGE.as_uri()}#{CLAIM}", wait_until="load")
        content = page.locator(f"section#{CLAIM}").screenshot()
        browser.close()
    picture = Image.open(io.BytesIO(content)).convert("RGB").quantize(COLOURS)
    picture.save(Path(__file__).with_name("card.png"), optimize=True)


if __name__ == "__main__":
    main()
