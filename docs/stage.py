"""Put the pages together in build/docs: what is written in docs/, the lessons with their outputs, the reference, the pictures.

Run by `make docs`, after the lessons have run.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import shutil
from pathlib import Path

import latex2mathml.converter
import nbformat
import yaml
from nbconvert import MarkdownExporter

import catlearn as cl
from catlearn import R

ROOT = Path(__file__).resolve().parent.parent
SOURCE, PAGES, LESSONS = ROOT / "docs", ROOT / "build" / "docs", ROOT / "build" / "notebooks"

ROOMS = {
    "core": "The syntax: wires, objects, diagrams, families, functors.",
    "categories": "The semantics: Smooth, Para(C), Lens(C), CoKl(A, C), and functors between them.",
    "algebra": "Polynomial functors, algebras and coalgebras; folds, trees, machines, automata, graphs.",
    "nets": "Layers and short composites; 2-cells by name.",
    "equivariant": "Groups, representations as typed wires, diagram categories, equivariant layers.",
    "learn": "Losses, regularisers, optimisers, the learner, `fit`, checkpoints.",
    "laws": "The equations, as callables that return None or a counterexample.",
    "draw": "String diagrams, plots, what notebooks show.",
    "interop": "Functors to and from other libraries.",
    "datasets": "Small real data.",
    "cli": "The command line.",
}


def main() -> None:
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    for file in [*SOURCE.rglob("*.md"), *SOURCE.rglob("*.css"), *SOURCE.rglob("*.js")]:
        place = PAGES / file.relative_to(SOURCE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(filled(file.read_text(encoding="utf-8")), encoding="utf-8")
    lessons = [lesson(path) for path in sorted(LESSONS.glob("*.ipynb"))]
    reference = [{name: f"reference/{name}.md"} for name in ROOMS]
    (PAGES / "reference").mkdir()
    (PAGES / "reference" / "index.md").write_text(index(), encoding="utf-8")
    for name, about in ROOMS.items():
        (PAGES / "reference" / f"{name}.md").write_text(room(name, about), encoding="utf-8")
    measured()
    nav = [
        {"Home": ["index.md", {"Install": "install.md"}, {"Tour": "tour.md"}, {"Command line": "command-line.md"}]},
        {"Lessons": ["lessons/index.md", *lessons]},
        {"How to": [{f"add a {what}": f"how-to/{what}.md"} for what in ("category", "functor", "layer")]},
        {"Words and papers": [{"Dictionary": "dictionary.md"}, {"Papers": "papers.md"}, {"How to cite": "cite.md"}]},
        {"Measured": [{"Measurements": "measured.md"}]},
        {"Reference": ["reference/index.md", *reference]},
    ]
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    python = next(plugin for plugin in settings["plugins"] if isinstance(plugin, dict))["mkdocstrings"]["handlers"]["python"]
    python["paths"] = [str(ROOT)]
    python["options"]["extensions"] = [str(SOURCE / "doctests.py")]
    settings |= {"nav": nav, "docs_dir": str(PAGES), "site_dir": str(ROOT / "build" / "site")}
    (ROOT / "build" / "mkdocs.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


# lessons


def lesson(path: Path) -> dict[str, str]:
    """Write a lesson that has run as a page, and say where it stands in the navigation."""
    notebook = nbformat.read(path, as_version=4)
    text, resources = MarkdownExporter().from_notebook_node(notebook)
    folder = PAGES / "lessons"
    folder.mkdir(exist_ok=True)
    for name, data in resources.get("outputs", {}).items():
        (folder / f"{path.stem}_{name}").write_bytes(data)
        text = text.replace(f"({name})", f"({path.stem}_{name})")
    (folder / f"{path.stem}.md").write_text(with_mathml(plain(text)), encoding="utf-8")
    title = re.search(r"^# (.*)$", text, re.MULTILINE)
    return {title.group(1) if title else path.stem: f"lessons/{path.stem}.md"}


def plain(text: str) -> str:
    """Outputs that are text as blocks of text, and HTML by itself."""
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    blocks = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(block if block.startswith("```") else _outputs(block) for block in blocks)


def _outputs(text: str) -> str:
    fenced = lambda m: _fence(m.group(1)) if m.group(1).strip() else m.group(1)  # noqa: E731
    found = re.sub(r"((?:^    .*\n|^\n(?=    ))+)", fenced, text, flags=re.MULTILINE)
    return re.sub(r"\n{4,}", "\n\n", found)


def _fence(block: str) -> str:
    lines = [line[4:] for line in block.strip("\n").splitlines()]
    return "\n```text\n" + "\n".join(lines) + "\n```\n"


def with_mathml(text: str) -> str:
    """LaTeX between dollars as MathML, outside of code."""
    parts = re.split(r"(```.*?```|`[^`\n]*`|<svg.*?</svg>|<pre.*?</pre>)", text, flags=re.DOTALL)
    shown = lambda kind: lambda m: latex2mathml.converter.convert(" ".join(m.group(1).split()), display=kind)  # noqa: E731
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"\$\$(.+?)\$\$", shown("block"), parts[i], flags=re.DOTALL)
        parts[i] = re.sub(r"\$([^$\n]+(?:\n[^$\n]+)?)\$", lambda m: f"<span>{shown('inline')(m)}</span>", parts[i])  # no block
    return "".join(parts)


# the reference


def index() -> str:
    """The rooms of the house, from the ground up."""
    rows = "\n".join(f"| [`catlearn.{name}`]({name}.md) | {about} |" for name, about in ROOMS.items())
    head = "# Reference\n\nThe rooms of the house, ground floor first. Nothing imports upwards.\n\n"
    return f"{head}| room | what is in it |\n|---|---|\n{rows}\n"


def room(name: str, about: str) -> str:
    """A page with all modules of a room."""
    package = importlib.import_module(f"catlearn.{name}")
    modules = sorted(m.name for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))
    shown = [m for m in modules if (importlib.import_module(m).__doc__ or "") and not m.rsplit(".", 1)[1].startswith("_")]
    own = [package.__name__] if any(getattr(x, "__module__", "") == package.__name__ for x in vars(package).values()) else []
    return "\n\n".join([f"# catlearn.{name}", about, *(f"::: {module}" for module in own + shown)]) + "\n"


# papers


PAPER = re.compile(r"arXiv (?P<number>[0-9]{4}[.][0-9]{4,5})(?P<after>[^.;]*)")
SECTION = re.compile(
    r"[)]?,? *((?:§|equation|eqs?[.]|definition|theorem|example|proposition|Algorithm|Example|table|lemma)[^;]*)"
)
NAME = r"(?:de )?[A-ZŠ][\w-]+"
CITED = re.compile(  # who, the year if it is told, and what stands between that and the brackets
    rf"((?:{NAME} et al[.]|{NAME}(?:(?:,| and|,? [A-Z][.]) {NAME})*)(?: (?:19|20)[0-9]{{2}})?)(?:[ ,][^.;:()]*)?[(][^()]*$"
)


def papers() -> str:
    """A row for each paper that a docstring names: who wrote it, and where it is used, with the section."""
    places: dict[str, list[str]] = {}
    writers: dict[str, str] = {}
    for name, text in docstrings():
        flat = " ".join(text.split())
        for found in PAPER.finditer(flat):
            number = found["number"]
            section = SECTION.match(found["after"])
            where = f"[`{name.rsplit('.', 1)[1]}`][{name}]" + (f", {section.group(1).strip(' )')}" if section else "")
            places.setdefault(number, [])
            places[number] += [where] if where not in places[number] else []
            who = CITED.search(flat[: found.start()])
            if who and len(who.group(1)) > len(writers.get(number, "")):
                writers[number] = who.group(1).strip(" ,")
    rows = [f"| {writers.get(number, '')} | {number} | {'; '.join(where)} |" for number, where in sorted(places.items())]
    return "\n".join(["| who | arXiv | where |", "|---|---|---|", *rows])


def docstrings() -> list[tuple[str, str]]:
    """The docstrings of the package's modules, and of the public classes and functions in them, with their names."""
    found = []
    for path in sorted((ROOT / "catlearn").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        public = [n for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef) and not n.name.startswith("_")]
        found += [(f"{module}.{n.name}", ast.get_docstring(n) or "") for n in public]
        found += [(module, ast.get_docstring(tree) or "")]
    return [(name, text) for name, text in found if "arXiv" in text and name.count(".") > 1]


# pictures and measurements


def filled(text: str) -> str:
    """The page with its pictures drawn, `<!-- picture: name -->`, and its table of papers, `<!-- papers -->`."""
    text = text.replace("<!-- papers -->", papers()) if "<!-- papers -->" in text else text
    return re.sub(r"<!-- picture: (\w+) -->", lambda m: picture(m.group(1)), text)


def picture(name: str) -> str:
    """A picture of the pages, by name."""
    model = R(8, 8, 1) >> cl.conv(16, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
    things = {
        "model": model,
        "lens": cl.reverse(R(3) >> cl.dense(4) >> cl.tanh >> cl.dense(2)),
        "learner": cl.supervised(model, cl.softmax_cross_entropy, cl.nesterov(0.05, 0.9)),
        "tied": (R(4) >> cl.dense(4) >> cl.dense(4)).reparameterise(cl.copy((R(4) >> cl.dense(4)).param)),
    }
    return cl.draw(things[name])._repr_html_()


def measured() -> None:
    """The results of the benchmarks, with their pictures."""
    for image in (ROOT / "benchmarks").glob("*.png"):
        shutil.copy(image, PAGES / image.name)
    text = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    (PAGES / "measured.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
