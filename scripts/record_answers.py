"""Record what the program of one checkout answers: every command, every route, the library, the demo, and the files.

    PYTHONPATH=src:. python scripts/record_answers.py FOLDER

Writes one text file for each answer into FOLDER (made anew): exit code, standard output and error of a command; status,
headers and body of a route. The clock stands still during a step and goes on by a minute between two, keys come from
a counter, and after every write the recording waits until it is learnt and published: the same program gives the same
bytes each time. Only ids of recalls and of processes, and durations in `/metrics`, are masked. A command or route that
no step reaches is an error. Works in a temporary folder. Knows only what users know: `python -m reflection.cli`,
`app.main:app`, `Engine`.
"""

import argparse
import hashlib
import importlib
import json
import os
import re
import runpy
import secrets
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import answer_steps
import time_machine

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data" / "samples"
BEGIN = datetime(2026, 4, 20, 9, 0, tzinfo=UTC)
MASKS = (
    (re.compile(r"rcl_[0-9a-f]{20}"), "rcl_<id>"),
    (re.compile(r'"pid": ?\d+'), '"pid":0'),
    (
        re.compile(
            r'^((?:process_|reflection_\w+_seconds|reflection_requests_total\S*"(?:/metrics|/v1/imports)")\S*).*$', re.M
        ),
        r"\1",
    ),
)
LAG = re.compile(r"^reflection_(?:learning_lag_entries|index_lag_memories|outbox_entries).*", re.M)
WAIT_SECONDS = 300.0
REST_SECONDS = 0.2
HOST = "http://127.0.0.1:8000"
LONG = 300_000
"""Longer bodies, and those that are no text, are kept as their digest."""


class Recording:
    """The folder of answers, their order, and the clock, which every answer moves on by a minute."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.steps = folder, 0
        self.prefix = ""
        self.clock = time_machine.travel(BEGIN, tick=False)
        self._traveller = self.clock.start()

    def begin(self, name: str) -> None:
        """The next part, a day later; its answers get a folder of this name."""
        self.prefix, self.steps = name, 0
        self._traveller.shift(timedelta(days=1))

    def next_minute(self) -> None:
        """Move the clock on; the forked process of a command inherits where it stands."""
        self.steps += 1
        self._traveller.shift(timedelta(minutes=1))

    def move_to(self, instant: datetime) -> None:
        """Set the clock."""
        self._traveller.move_to(instant)

    def keep(self, name: str, text: str) -> None:
        """Write one answer."""
        name, text = masked(name), masked(text)
        slug = re.sub(r"[^\w.=-]+", "_", name)[:90].strip("_")
        path = self.folder / self.prefix / f"{self.steps:03d}_{slug}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n{text}", encoding="utf-8")

    def keep_files(self, source: Path) -> None:
        """Keep what a part published: the artifacts and the weights."""
        for path in sorted([*source.glob("output/**/*.json"), *source.glob("*.json")]):
            target = self.folder / f"{self.prefix}_files" / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


def forked(work: Callable[[], object]) -> int:
    """Run something in a process of its own, which has imported already what is slow to import; its exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            work()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
        except Exception:  # noqa: BLE001 - the outermost frame of a process
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Terminal:
    """`python -m reflection.cli ...`, one process for each command."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.reached: set[tuple[str, ...]] = set()

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> str:
        """Run and keep one command; its standard output."""
        self.recording.next_minute()
        self.reached |= {arguments[:1], arguments[:2]}

        def command() -> None:
            os.environ.update(environment)
            for number, text in ((1, "stdout"), (2, "stderr")):
                os.dup2(os.open(f"../{text}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            reader, writer = os.pipe()
            os.write(writer, stdin.encode())
            os.close(writer)
            os.dup2(reader, 0)
            count_secrets()
            sys.argv = ["reflection", *arguments]
            runpy.run_module("reflection.cli", run_name="__main__", alter_sys=True)

        code = forked(command)
        out, err = (Path(f"../{name}").read_bytes().decode("utf-8", "replace") for name in ("stdout", "stderr"))
        settings = "".join(f"{name}={value} " for name, value in environment.items())
        name = f"{settings}reflection {' '.join(arguments)}"
        self.recording.keep(name, f"exit code {code}\n--- stdout\n{out}--- stderr\n{err}")
        return out

    def unreached(self) -> set[tuple[str, ...]]:
        """The commands that `--help` lists and no step ran."""
        commands = set()
        for group in ((), ("keys",), ("workspace",)):
            listed = self(*group, "--help").partition("Commands")[2]
            commands |= {(*group, name) for name in re.findall(r"^│ ([a-z-]+) ", listed, re.M)}
        return commands - self.reached - {("keys",), ("workspace",), ("serve",)}


def count_secrets() -> None:
    """Keys of a counter in place of random ones: their ids and texts stand in answers."""
    counter = iter(range(1_000_000))

    def digest(size: int) -> bytes:
        return hashlib.shake_256(f"{datetime.now(UTC)} {next(counter)}".encode()).digest(size)

    secrets.token_bytes = lambda size=32: digest(size or 32)
    secrets.token_hex = lambda size=32: digest(size or 32).hex()
    secrets.token_urlsafe = lambda size=32: digest(size or 32).hex()


class Door:
    """The served application, in this process; every answer is kept."""

    def __init__(self, recording: Recording, client: Any) -> None:
        self.recording, self.client = recording, client
        self.waiting = {"X-Request-ID": "settle"}
        """Headers of the requests that wait; where keys are needed, with one that may see `/metrics`."""
        self.reached: set[tuple[str, str]] = set()

    def __call__(self, method: str, url: str, body: Any = None, **options: Any) -> Any:
        """Send and keep one request; the response."""
        self.recording.next_minute()
        if body is not None:
            options |= {"json": body} if not isinstance(body, str | bytes) else {"content": body}
        headers = {"X-Request-ID": f"step-{self.recording.steps}", **options.pop("headers", {})}
        answer = self.client.request(method, url, headers=headers, **options)
        self.reached.add((method, url.partition("?")[0]))
        if method not in ("GET", "HEAD"):
            self.settle()
        skipped = {"content-length"} if masked(readable(answer)) != readable(answer) else set()
        lines = "".join(f"{name}: {value}\n" for name, value in sorted(answer.headers.items()) if name not in skipped)
        sent = json.dumps(body)[:2000] if body is not None and not isinstance(body, bytes) else ""
        self.recording.keep(f"{method} {url}", f"{sent}\nstatus {answer.status_code}\n{lines}\n{readable(answer)}\n")
        return answer

    def settle(self) -> None:
        """Wait until what was written is imported, learnt, embedded and published."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            behind = self._importing()  # first: what an import that ends now has written, the lags show after it
            page = self.client.get("/metrics", headers=self.waiting).text
            behind += [line for line in LAG.findall(page) if not line.endswith(" 0.0")]
            if not behind:
                return
            time.sleep(0.1)
        raise SystemExit(f"step {self.recording.steps} is not learnt and published after five minutes:\n{behind}")

    def _importing(self) -> list[str]:
        answer = self.client.get("/v1/imports?limit=100", headers=self.waiting)
        states = [item["state"] for item in answer.json().get("items", ())]
        return [state for state in states if state in ("running", "undoing")]

    def unreached(self, described: dict[str, Any]) -> set[str]:
        """The routes of the description that no step reached."""
        missing = set()
        for template, methods in described["paths"].items():
            path = re.compile(re.sub(r"\{\w+\}", "[^/]+(?:/[^/]+)*?", template) + "$")
            for method in methods:
                if not any(method.upper() == sent and path.match(url) for sent, url in self.reached):
                    missing.add(f"{method.upper()} {template}")
        return missing - answer_steps.UNENDING


def masked(text: str) -> str:
    """The text without what differs each time."""
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text


def readable(answer: Any) -> str:
    """The body as text; a binary or very long one as its digest."""
    try:
        text = answer.content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if len(text) < LONG and "\0" not in text:
        return text
    return f"{len(answer.content)} bytes, SHA-256 {hashlib.sha256(answer.content).hexdigest()}"


def rest_briefly() -> None:
    """Background threads rest four times as long as they work; a recording would mostly wait for that."""
    whole = threading.Event.wait

    def wait(event: threading.Event, timeout: float | None = None) -> bool:
        return whole(event, timeout if timeout is None else min(timeout, REST_SECONDS))

    threading.Event.wait = wait  # type: ignore[method-assign]


def serve(recording: Recording, steps: Callable[[Door], None], **environment: str) -> None:
    """Serve the application in a process of its own and take the steps there."""

    def session() -> None:
        usual = {"MARKO_RATE_LIMIT": "off", "MARKO_LOG_LEVEL": "ERROR", "MARKO_BACKGROUND": "threads"}
        os.environ.update(usual | environment)  # a worker of its own would have the machine's clock
        rest_briefly()
        count_secrets()
        from starlette.testclient import TestClient

        application = importlib.import_module("app.main").app
        with TestClient(application, HOST, raise_server_exceptions=False, client=("127.0.0.1", 50000)) as client:
            door = Door(recording, client)
            door.settle()  # what the terminal left to the background
            steps(door)

    if code := forked(session):
        raise SystemExit(f"the steps over HTTP ended with {code}")
    recording.next_minute()


def fresh(name: str, database: Path | None = None) -> Path:
    """Go into a new folder beside the present one, with a copy of a database where one is given."""
    folder = Path.cwd().parent / name
    folder.mkdir()
    if database is not None:
        shutil.copy(database, folder / "reflection.db")
    shutil.copytree(Path.cwd().parent / "inputs", folder / "inputs")
    os.chdir(folder)
    return folder


def isolate() -> Path:
    """A temporary folder with the inputs, and an environment without this machine's settings."""
    top = Path(tempfile.mkdtemp(prefix="answers-"))
    (top / "inputs").mkdir()
    (top / "start").mkdir()
    for path in (*SAMPLES.glob("*.json"), *SAMPLES.glob("*/*.csv"), *ROOT.glob("tests/*/files/*/*.csv")):
        shutil.copy(path, top / "inputs")
    keep = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
    os.environ.clear()
    os.environ |= keep | {
        "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb", "TZ": "UTC", "LANG": "C.UTF-8", "TMPDIR": str(top),
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MARKO_VECTOR_BACKEND": "local",
    }  # fmt: skip
    time.tzset()
    os.chdir(top / "start")
    return top


def record(recording: Recording) -> None:
    """All parts: the terminal on an empty database and on the history, HTTP, keys, the library, the demo."""
    recording.begin("terminal")
    fresh("terminal")
    terminal = Terminal(recording)
    answer_steps.terminal(terminal)
    recording.keep_files(Path.cwd())
    history = Path.cwd() / "history.db"
    for name, environment in answer_steps.VARIANTS.items():
        recording.begin(name)
        fresh(name, history)
        answer_steps.variant(terminal, environment)
        recording.keep_files(Path.cwd())
    recording.begin("demo")
    fresh("demo")
    answer_steps.demo(terminal)
    recording.keep_files(Path("demo-output"))
    if missing := terminal.unreached():
        raise SystemExit(f"commands that no step reaches: {sorted(missing)}")
    recording.begin("http")
    fresh("http", history)
    serve(recording, http)
    recording.keep_files(Path.cwd())
    recording.begin("keys")
    fresh("keys", history)
    serve(recording, answer_steps.keys, MARKO_API_KEYS=answer_steps.KEYS, MARKO_RATE_LIMIT="100000/hour")
    recording.begin("library")
    fresh("library", history)
    if forked(lambda: answer_steps.library(lambda name, value: recording.keep(name, json.dumps(value, indent=1)))):
        raise SystemExit("the library's steps failed")
    recording.keep_files(Path.cwd())


def http(door: Door) -> None:
    """The steps over HTTP, and whether they reach every route that is described."""
    answer_steps.http(door)
    described = door("GET", "/openapi.json").json()
    if missing := door.unreached(described):
        raise SystemExit(f"routes that no step reaches: {sorted(missing)}")


def main() -> None:
    """Record everything into a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the answers go; made anew")
    options = parser.parse_args()
    folder = options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    top = isolate()
    try:
        _ = importlib.import_module("reflection").Engine  # imported once, before the processes are forked
        record(Recording(folder))
    finally:
        os.chdir("/")
        shutil.rmtree(top)


if __name__ == "__main__":
    main()
