"""The page's files: light, readable, nothing inline, nothing from elsewhere, and the vendored file is what it says."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from reflection import wiring
from reflection.memory import semantic
from reflection.web import site

FOLDER = Path(site.__file__).parent / "static"
MOST_BYTES = 60_000
LONG = {"texts.en.js"}
"""One language's words, a table: a second language is a second file."""

OWN = [name for name in site.sources() if not name.startswith("vendor/")]
SCRIPTS = [name for name in OWN if name.endswith(".js")]


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def test_the_whole_page_is_light() -> None:
    packed = {name: len(site.asset(name).packed) for name in site.names()}  # type: ignore[union-attr]

    assert sum(packed.values()) <= MOST_BYTES, packed


def test_every_file_of_the_folder_is_one_of_the_page_or_is_about_one() -> None:
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}

    assert files - set(site.sources()) == {
        "vendor/README.md", "vendor/LICENSE-preact", "vendor/LICENSE-htm", "vendor/preact-htm.d.ts",
    }  # fmt: skip


def without_comments(name: str) -> list[str]:
    kept, inside = [], False
    for line in text_of(name).splitlines():
        inside = inside or line.startswith("/*")
        if not inside:
            kept.append(line)
        elif line.endswith("*/"):
            inside = False
    return kept


@pytest.mark.parametrize("name", site.names())
def test_an_asset_is_sent_as_it_stands_less_its_comments(name: str) -> None:
    """No line of code goes with them: what is left out is whole lines of comments, and nothing is put in."""
    asset = site.asset(name)

    assert asset is not None
    assert gzip.decompress(asset.packed) == asset.body
    assert asset.media_type == site.MEDIA_TYPES[Path(name).suffix]
    if name != site.SCRIPT:
        lines = without_comments(name)
        sent = [line.lstrip() for line in lines if line.strip()] if name.endswith(".css") else lines
        assert asset.body.decode().splitlines() == sent


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_line_of_every_script_is_in_the_one_that_is_sent(name: str) -> None:
    sent = site.asset(site.SCRIPT).body.decode()  # type: ignore[union-attr]
    lines = [line for line in without_comments(name) if not line.startswith("import ")]
    own = "\n".join(line.removeprefix("export ").lstrip() for line in lines if line.strip())

    assert own.replace(">\n<", "><") in sent


@pytest.mark.parametrize(
    "name", ["../site.py", "vendor/../index.html", "", "vendor", "/etc/passwd", "vendor/README.md", "api.js"]
)
def test_nothing_else_is_ever_opened(name: str) -> None:
    assert site.asset(name) is None


def test_what_checks_the_scripts_is_named_with_its_hash_and_without_an_address() -> None:
    lock = json.loads((Path(__file__).parents[2] / "scripts" / "types" / "package-lock.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert [name for name, package in packages.items() if not package.get("integrity")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_vendored_file_has_the_hash_that_is_written_beside_it() -> None:
    digest = hashlib.sha256((FOLDER / "vendor" / "preact-htm.js").read_bytes()).hexdigest()

    assert f"`{digest}`" in text_of("vendor/README.md")


@pytest.mark.parametrize("name", OWN)
def test_files_are_as_long_as_one_can_read(name: str) -> None:
    assert len(text_of(name).splitlines()) <= (450 if name in LONG else 300)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_says_what_it_is_for_and_imports_what_is_there(name: str) -> None:
    text = text_of(name)

    assert text.startswith("/** ")
    for imported in re.findall(r'from "([^"]+)"', text):
        assert imported.startswith(("./", "../")), imported
        assert (FOLDER / name).parent.joinpath(imported).resolve().is_relative_to(FOLDER)
        assert (FOLDER / name).parent.joinpath(imported).is_file(), imported


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    shell = text_of("index.html")

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", shell) == []
    named = re.findall(r"""(?:src|href)="([^"]+)\"""", shell)
    assert [address for address in named if not address.startswith("/")] == []
    for name in OWN:
        assert re.findall(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z0-9-]+\.[a-z]", text_of(name)) == [], name


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_of_text(name: str) -> None:
    """Hostile texts reach the page as text: Preact escapes them, and nothing here goes around it."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|dangerouslySet|\sstyle="

    assert re.findall(forbidden, text_of(name)) == []


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name.startswith("screens/")])
def test_a_screen_has_its_words_from_the_file_of_texts(name: str) -> None:
    """A second language is a second file: no sentence stands in a template."""
    templates = re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", "", text_of(name))

    assert re.findall(r">\s*([A-Z][a-z]+ [a-z][^<`]*)<", templates) == []


def test_every_text_that_a_script_asks_for_is_there() -> None:
    texts = text_of("texts.en.js")
    for name in SCRIPTS:
        text = text_of(name)
        parts = dict(re.findall(r"const (\w+) = texts\.(\w+);", text))
        asked = set(re.findall(r"\btexts\.(?!en\.js)(\w+)", text))
        asked |= {path for own in parts for path in re.findall(rf"\b{own}\.(\w+)", text)}
        assert [word for word in sorted(asked) if not re.search(rf"\b{word}\b\"?: ", texts)] == [], name


def test_every_part_that_may_not_work_has_words() -> None:
    """What `degraded` may name is told by words, never by its name."""
    source = Path(wiring.__file__).read_text(encoding="utf-8")
    names = set(re.findall(r'"([a-z-]+)": ', source.partition("troubles = {")[2].partition("}")[0]))
    names |= {semantic.NO_MODEL, semantic.NO_VECTORS, semantic.NO_INDEX, semantic.LAGGING}
    words = re.search(r"part: \{ (embedder: .*) \},", text_of("texts.en.js"))

    assert words is not None
    assert set(re.findall(r'"?([a-z-]+)"?: "', words[1])) == names
