"""What can be checked without a container engine, a reader or an operator: the pages and the image say what is true."""

import json
import re
import runpy
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner
from typer.main import get_command

from reflection.api.policies import POLICIES
from reflection.api.routers.problems import FRAMEWORK, kinds
from reflection.cli.main import COMMANDS, GROUPS, make_app
from reflection.settings import variables

ROOT = Path(__file__).parents[2]
PROMISES = 41


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_reference_pages_are_as_the_code_is(capsys: pytest.CaptureFixture[str]) -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "reference_pages.py"))

    assert script["main"](["--check"]) == 0, capsys.readouterr().out


def test_every_route_and_every_problem_is_in_the_api_page() -> None:
    page = text_of("docs/api.md")

    assert [name for name in POLICIES if f"`{name}`" not in page] == []
    own = {code for code, kind in kinds().items() if kind.__module__.startswith("reflection.")}
    assert [code for code in own | set(FRAMEWORK) if f"`/problems/{code}`" not in page] == []


def test_every_command_is_in_the_page_of_commands() -> None:
    page = text_of("docs/cli.md")
    names = [name for name, _ in COMMANDS]
    names += [f"{group} {command.name or command.callback.__name__}"
              for group, app in GROUPS for command in app.registered_commands if command.callback]  # fmt: skip

    assert [name for name in names if f"`reflection {name}`" not in page] == []


def test_every_promise_has_a_line_and_none_is_dropped() -> None:
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", text_of("docs/promises.md"), re.MULTILINE)

    assert [int(number) for number, _ in rows] == list(range(1, PROMISES + 1))
    for number, row in rows:
        cells = [cell.strip() for cell in row.split(" | ")]
        assert len(cells) == 7, number
        assert all(cells), number
        assert cells[1] in ("holds", "holds in part", "does not hold yet"), number
        assert re.search(r"\b20\d\d-\d\d-\d\d\b", cells[-1]), number


@pytest.mark.parametrize("page", ["docs/promises.md", "docs/operations.md", "SECURITY.md"])
def test_every_file_a_page_names_is_there(page: str) -> None:
    named = re.findall(r"`((?:tests|benchmarks|scripts|src|docs)/[\w./]+)(?:::\w+)?`", text_of(page))

    assert len(named) > (20 if page == "SECURITY.md" else 0)
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["docs/promises.md", "SECURITY.md"])
def test_every_test_that_answers_for_something_is_there(page: str) -> None:
    for path, function in re.findall(r"(tests/[\w./]+)(?:::(\w+))?", text_of(page)):
        place = ROOT / path
        tests = "".join(
            file.read_text(encoding="utf-8") for file in (place.rglob("test_*.py") if place.is_dir() else (place,))
        )
        assert f"def {function}(" in tests if function else "\ndef test_" in tests, f"{path}::{function}"


def test_every_command_that_a_promise_gives_can_be_given() -> None:
    commands = re.findall(r"`((?:T|make|python) [^`]+)`", text_of("docs/promises.md"))
    assert len(commands) >= PROMISES
    for command in commands:
        program, *words = command.split()
        if program == "T":
            assert all((ROOT / word).exists() for word in words if word.startswith("tests/")), command
        elif program == "make":
            assert f"\n{words[0]}:" in text_of("Makefile"), command
        elif words[:2] == ["-m", "benchmarks"]:
            assert f'"{words[2]}": (' in text_of("benchmarks/__main__.py"), command
        else:
            assert (ROOT / words[0]).exists(), command


def test_the_metrics_the_operators_read_of_are_there(application) -> None:  # type: ignore[no-untyped-def]
    from reflection.api.metrics import Metrics

    page = Metrics().page(application).decode()
    named = re.findall(r"`(reflection_\w+)", text_of("docs/operations.md"))

    assert len(named) >= 9
    assert [name for name in named if name.removesuffix("_total") not in page] == []


def test_the_image_is_not_roots_and_asks_for_its_health() -> None:
    text = text_of("Dockerfile")
    final = text.rpartition("\nFROM ")[2]

    assert re.search(r"^USER [1-9]\d*$", final, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*\n\s+CMD \[.*/health", final, re.MULTILINE)
    assert '--require-hashes -r "$LOCK"' in text
    assert re.findall(r"^ARG LOCK=(.*)$", text, re.MULTILINE) == ["requirements.lock"]
    assert set(re.findall(r"https?://([^/:'\"]+)", text)) <= {"127.0.0.1"}
    assert set(re.findall(r"MARKO_[A-Z_]+", text)) <= set(variables())


def test_the_compose_file_is_one_and_says_what_the_engine_understands() -> None:
    """By the schema of the Compose specification, as `check-jsonschema` brings it; what it sets and runs, by ours."""
    result = CliRunner().invoke(
        check_jsonschema, ["--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    )
    assert result.exit_code == 0, result.output
    compose = yaml.safe_load(text_of("compose.yaml"))
    ours = [service for service in compose["services"].values() if service["image"].startswith("reflection:")]
    assert {service["command"][0] for service in ours} == {"serve", "worker"}
    for service in ours:
        assert set(service["environment"]) <= set(variables())
        assert (ROOT / service["build"]["args"]["LOCK"]).exists()
        command = get_command(make_app()).get_command(None, service["command"][0])  # type: ignore[attr-defined]
        command.make_context(service["command"][0], service["command"][1:])
    assert {
        volume.partition(":")[0] for service in compose["services"].values() for volume in service["volumes"]
    } == set(compose["volumes"])


def test_the_image_gets_what_it_copies_and_nothing_else() -> None:
    copied = {name.strip("./") for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text_of("Dockerfile"), re.MULTILINE)
              for name in line.split()}  # fmt: skip
    sent = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}

    assert all((ROOT / name).exists() for name in copied)
    assert copied <= sent
    assert text_of(".dockerignore").startswith("*\n"), "nothing is sent unless it is named"


def test_every_page_is_in_the_site_and_every_link_leads_to_a_file() -> None:
    """What the site's own strict build does not look at: pages nobody lists, links to pictures, folders and files."""
    listed = re.findall(r'"([\w/-]+\.md)"', text_of("zensical.toml"))
    pages = list((ROOT / "docs").rglob("*.md"))
    links = [
        (path, link.partition("#")[0])
        for path in [*pages, *ROOT.glob("*.md")]
        for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
        if not re.match(r"https?://|mailto:|#", link)
    ]

    assert sorted(listed) == sorted(path.relative_to(ROOT / "docs").as_posix() for path in pages)
    assert [(path.name, link) for path, link in links if not (path.parent / link).exists()] == []
    assert [link for path, link in links if path in pages and (path.parent / link).is_dir()] == []


LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


def locked(name: str) -> dict[str, str]:
    """The packages of a lock file and their versions."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text_of(name), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(name: str) -> None:
    text = text_of(name)
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(entries) == len(locked(name)) > 0
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "index-url" not in text


def test_the_oracle_runs_beside_what_is_shipped_and_nobody_else_needs_it() -> None:
    run, oracle = locked("requirements.lock"), locked("requirements-oracle.lock")

    assert {name: run[name] for name in run.keys() & oracle.keys()}.items() <= oracle.items()
    assert [name for name in LOCKS if {"numpyro", "jax"} & locked(name).keys()] == ["requirements-oracle.lock"]


def test_what_developers_need_comes_on_top_of_what_runs() -> None:
    run, everything = locked("requirements.lock"), locked("requirements-dev.lock")

    assert run.items() <= everything.items()
    assert {"pytest", "mypy", "schemathesis", "scikit-learn", "crepes", "ruff"} <= everything.keys() - run.keys()


def test_every_slow_proof_is_in_a_part_that_make_runs() -> None:
    listed = re.search(r"^TORTURE := (.*)$", text_of("Makefile"), re.MULTILINE)
    assert listed
    parts = {re.sub(r"-\d+$", "", part) for part in listed[1].split()}
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    marks = [mark for text in tests for mark in re.findall(r"mark\.torture\b.*", text)]
    named = [re.match(r'mark\.torture\(part=f?"([a-z]+)(?:-\{[^"]+\})?"\)', mark) for mark in marks]

    assert all(named), marks
    assert {name[1] for name in named if name} == parts
    assert [part for part in listed[1].split() if f"\ntorture-{part}: ## " not in text_of("Makefile")] == []


def test_the_license_is_the_one_that_is_named() -> None:
    assert "Apache License" in text_of("LICENSE").splitlines()[0]
    assert 'license = "Apache-2.0"' in text_of("pyproject.toml")
    assert "[LICENSE](LICENSE)" in text_of("README.md")


def test_the_bill_of_materials_is_the_lock_file_and_the_same_bytes_every_time() -> None:
    script, lock = runpy.run_path(str(ROOT / "scripts" / "sbom.py")), text_of("requirements.lock")

    told = json.loads(script["bill"](lock, "1.2.3"))

    assert {part["name"]: part["version"] for part in told["components"]} == locked("requirements.lock")
    assert all(part["externalReferences"] for part in told["components"]), "each with the hashes of its files"
    assert script["bill"](lock, "1.2.3") == script["bill"](lock, "1.2.3")
    assert 'path = "scripts/sbom.py"' in text_of("pyproject.toml"), "what is built has it"


def test_no_page_of_the_site_loads_anything_from_elsewhere() -> None:
    pages = {
        path.name: path.read_text(encoding="utf-8") for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    }

    fetched = r"^\s*```\s*mermaid"  # the site's script fetches a renderer for these in the reader's browser
    assert [name for name, text in pages.items() if re.search(fetched, text, re.MULTILINE)] == []
    assert "font = false" in text_of("zensical.toml")
    foreign = r"<(?:script|iframe|img|link)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//"
    assert [name for name, text in pages.items() if re.search(foreign, text)] == []
