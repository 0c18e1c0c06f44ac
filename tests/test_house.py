"""The house rules a program can check: sizes, broad excepts, where SQL may stand, docstrings, escaping, no print."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import quantiles

from reflection.domain.metrics import METRICS

ROOT = Path(__file__).parents[1] / "src" / "reflection"
CHANGELOG = ROOT.parents[1] / "CHANGELOG.md"
FILES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}

FILE_LINES, FILE_LINES_HARD = 300, 400
FUNCTION_LINES, FUNCTION_LINES_HARD = 45, 60

LONG_FILES = {
    "settings.py": "one table of everything that can be set, with its checks",
    "explain/gate/words_en.py": "one language's vocabulary, a table",
    "explain/phrases/sentences_en.py": "one language's phrases, a table",
    "memory/semantic.py": "the one implementation of the memory's port; its ranking is elsewhere already",
    "reports/retrospective.py": "one page's sections in their order; layout and plots are elsewhere already",
    "store/campaigns_write.py": "one transaction: what is written for an analysis, in the order of its references",
    "store/migrations/versions/0007_first_tables.py": "the first schema in one step, which is never changed",
    "store/campaigns.py": "a facade: the verbs of the port, each in a transaction of its own",
    "store/learnings.py": "one book, and all of its statements",
    "wiring.py": "the one file that knows every concrete part, and builds each once",
}
"""Files of more than 300 lines, and why each is one thing."""

BROAD_EXCEPTS = {
    "api/middleware.py": "the outermost door of HTTP: nothing leaves it but a problem, and the log gets the cause",
    "engine/background.py": "the outermost door of a thread: reports, and goes on",
    "delivery/sender.py": "whatever a library raises over a hostile answer; a try that failed, with its reason",
    "cli/main.py": "the outermost door of the terminal: one line instead of a traceback",
    "llm/deadline.py": "hands whatever a call raised from its thread to the caller, who gets it raised",
    "memory/chroma.py": "a native library that panics with a BaseException; becomes Unavailable",
    "memory/packaged_model.py": "whatever a damaged model file makes the native runtime raise; becomes Unavailable",
    "memory/openai_embeddings.py": "whatever an SDK or a lying server raises; becomes Unavailable",
    "store/group_commit.py": "hands whatever a transaction raised to those whose records it was for, who get it raised",
    "store/database/connections.py": "rolls the transaction back and raises the same again",
}
"""The only places that may catch everything; each raises again, reports, or is an outermost door."""

SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|PRAGMA\s|BEGIN\s+IMMEDIATE|"
    r"(CREATE|DROP|ALTER)\s+(VIRTUAL\s+)?(TABLE|INDEX|TRIGGER)\s)",
    re.DOTALL,
)
DATABASE_MODULES = {"sqlite3", "sqlalchemy", "alembic"}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def functions(name: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_file_says_what_it_is_for() -> None:
    assert [name for name in FILES if tree(name).body and not ast.get_docstring(tree(name))] == []


def test_every_room_says_what_it_must_not_know() -> None:
    """A file says it itself where its room's sentence is not enough."""
    rooms = [name for name in FILES if name.count("/") == 1 and name.endswith("/__init__.py")]
    words = {name: " ".join((ast.get_docstring(tree(name)) or "").lower().split()) for name in rooms}

    assert len(rooms) > 20
    assert [name for name in rooms if "must not know" not in words[name]] == []


def test_files_are_as_long_as_one_can_read() -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in FILES.items()}

    assert {name: count for name, count in lines.items() if count > FILE_LINES and name not in LONG_FILES} == {}
    assert {name: count for name, count in lines.items() if count > FILE_LINES_HARD} == {}
    assert set(LONG_FILES) <= set(FILES), "an exception for a file that is gone"


def test_functions_are_short() -> None:
    found = [(name, function, lines) for name in FILES for function, lines in functions(name)]
    most = quantiles([lines for _, _, lines in found], n=20)[18]

    assert most < FUNCTION_LINES, "the 95th percentile"
    assert [item for item in found if item[2] > FUNCTION_LINES_HARD] == []


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds)


def test_only_named_places_catch_everything_each_for_a_reason() -> None:
    found = {
        name
        for name in FILES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    }

    assert found == set(BROAD_EXCEPTS)


def test_nothing_is_caught_and_dropped_without_a_word() -> None:
    """An `except` whose body is `pass` hides what happened; `contextlib.suppress` of one named error does not."""
    for name in FILES:
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ExceptHandler):
                assert not all(isinstance(part, ast.Pass) for part in node.body), f"{name}:{node.lineno}"


def _speaks_sql(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and SQL.match(node.value) is not None
    if isinstance(node, ast.Import):
        return bool({alias.name.split(".")[0] for alias in node.names} & DATABASE_MODULES)
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in DATABASE_MODULES


def test_sql_stands_in_the_store_only() -> None:
    outside = [name for name in FILES if not name.startswith("store/")]

    assert [name for name in outside for node in ast.walk(tree(name)) if _speaks_sql(node)] == []
    assert any(_speaks_sql(node) for node in ast.walk(tree("store/database/sqlite.py"))), "or this test cannot see it"


def test_no_statement_is_made_of_what_a_caller_wrote() -> None:
    """Text of SQL may be put together from our own names, in the files of the dialects and in verification."""
    made = {
        name
        for name in FILES
        if name.startswith("store/") and "/versions/" not in name
        for node in ast.walk(tree(name))
        if isinstance(node, ast.JoinedStr)
        and (text := next((part.value for part in node.values if isinstance(part, ast.Constant)), ""))
        and SQL.match(str(text))
    }

    ours = [f"store/database/{name}{part}.py" for name in ("sqlite", "postgres") for part in ("", "_tables", "_words")]
    dialects = {*ours, "store/database/ddl.py", "store/database/postgres_vectors.py"}
    assert made <= dialects | {"store/maintenance/verify.py", "store/database/migrate.py"}


def test_what_is_sent_as_it_is_made_is_told_by_streams_only() -> None:
    """A route's iterator would be walked outside its pool, by as many threads as there are readers."""
    assert {name for name, path in FILES.items() if "(StreamingResponse)" in path.read_text()} == {"api/streams.py"}
    assert not [name for name, path in FILES.items() if re.search(r"return (Streaming|File)Response", path.read_text())]


def test_templates_escape_everything() -> None:
    for path in ROOT.rglob("*.html*"):
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", ""), path.name
        assert "autoescape false" not in text, path.name


def test_only_errors_of_the_tree_are_raised_where_a_caller_could_see_them() -> None:
    """ValueError and KeyError of our own making are bugs of the caller's code, not refusals; doors never raise them."""
    for name in FILES:
        if not name.startswith(("cli/", "api/")):
            continue
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                assert ast.unparse(node.exc.func) not in ("ValueError", "KeyError", "RuntimeError"), (
                    f"{name}:{node.lineno}"
                )


METRIC_WORDS = {
    "domain/metrics.py": "the table itself",
    "explain/phrases/sentences_en.py": "how English names them",
    "explain/questions/words_en.py": "how English asks for them",
}
"""Files that may list metrics: the table, and words that another language has others for."""


def _metrics_in(node: ast.AST) -> set[str]:
    """Ratios (CTR, CPA, ...) named by a literal collection; counts are also columns of files and of tables."""
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []
    items = node.keys if isinstance(node, ast.Dict) else items
    strings = {item.value for item in items if isinstance(item, ast.Constant)}
    return {name for name in strings if name in METRICS and not METRICS[name].total}


def test_metrics_are_listed_in_one_table() -> None:
    lists = {
        (name, node.lineno)
        for name in FILES
        if name not in METRIC_WORDS
        for node in ast.walk(tree(name))
        if len(_metrics_in(node)) >= 3
    }

    assert lists == set(), "take them from domain/metrics.py"
    assert set(METRIC_WORDS) <= set(FILES)


def test_the_changelog_says_nothing_twice() -> None:
    """It merges by union, which repeats what one side moved and the other left where it was."""
    lines = [line for line in CHANGELOG.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]
    assert {line for line in lines if lines.count(line) > 1} == set()


def _modules_in(source: ast.Module) -> set[str]:
    imports = [node for node in ast.walk(source) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_a_script_that_tests_run_changes_no_module_for_those_after_it() -> None:
    scripts = ROOT.parents[1] / "scripts"
    for name in ("api_examples", "reference_pages", "generate_example_outputs"):
        source = ast.parse((scripts / f"{name}.py").read_text(encoding="utf-8"))
        changes = [
            ast.unparse(node)
            for node in ast.walk(source)
            if isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) in _modules_in(source)
        ]
        assert changes == [], f"{name}: use `with patch.object(...)`"
