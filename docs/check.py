"""Is the built site whole? No dead links or references, and nothing is loaded from another host. `make docs` runs it."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {("script", "src"), ("link", "href"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("video", "src")}
HINTS = {"canonical", "alternate", "next", "prev"}  # links that no browser loads


class Page(HTMLParser):
    """What a page loads, links to, and can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        for kind, attribute in LOADING:
            if tag == kind and attribute in found and found.get("rel") not in HINTS:
                self.loads.append(found[attribute])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])


def faults(site: Path) -> list[str]:
    """What is wrong with a site, in words."""
    pages = {path: read(path) for path in site.rglob("*.html")}
    every = [(path, url) for path, page in pages.items() for url in page.loads]
    found = [f"{path.relative_to(site)} loads {url}" for path, url in every if urlsplit(url).netloc]
    found += [
        f"{path.relative_to(site)} loads {url}"
        for path in site.rglob("*.css")
        for url in re.findall(r"url\((https?://[^)]+)\)|@import", path.read_text(encoding="utf-8"))
    ]
    for path in pages:  # mkdocstrings leaves them as they were written, without a word
        names = re.findall(r"\]\[(catlearn[\w.]*)\]", path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(site)} refers to {name}, which is on no page" for name in names]
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        for link in page.links + page.loads:
            where = dead(site, path, link, pages)
            found += [f"{path.relative_to(site)} links to {link}: {where}"] if where else []
    return found


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def dead(site: Path, path: Path, link: str, pages: dict[Path, Page]) -> str | None:
    """Why a link leads nowhere; None for one that is fine, or to another host."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        return "there is no such file"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "there is no such place on the page"
    return None


if __name__ == "__main__":
    site = Path(sys.argv[1]).resolve()
    wrong = faults(site)
    print("\n".join(wrong) or f"{sum(1 for _ in site.rglob('*.html'))} pages: no dead link, nothing from another host")
    sys.exit(bool(wrong))
