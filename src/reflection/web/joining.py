"""The page's scripts as one script, in the order of their imports: made as it is read, so it can never be stale.

Every module becomes a function of its own that returns what it exports, so that names inside it stay inside it; nothing
else is changed but that imports and exports go. One file is packed a fifth smaller than twenty and is asked for once.
Must not know what a script does.
"""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

_IMPORT = re.compile(r'^import \{ (\w+(?:, \w+)*) \} from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


class NotJoinable(ValueError):
    """A script imports or exports in a way that joining does not know, or exports a name twice."""


def one_script(first: str, read: Callable[[str], str], apart: str) -> str:
    """`first` and every module it needs as one script; modules below the folder `apart` stay imports of it.

    `read` gives a module's text by its path. Raises NotJoinable.
    """
    texts: dict[str, str] = {}
    outside: dict[str, set[str]] = {}

    def collect(name: str, importers: tuple[str, ...]) -> None:
        if name in importers:
            raise NotJoinable(f"{' -> '.join((*importers, name))} imports itself")
        if name in texts:
            return
        text = read(name)
        for words, path in _IMPORT.findall(text):
            imported = _resolved(name, path)
            if imported.startswith(apart):
                outside.setdefault(imported, set()).update(words.split(", "))
            else:
                collect(imported, (*importers, name))
        texts[name] = text

    collect(first, ())
    _refuse_doubles(texts)
    heads = [f'import {{ {", ".join(sorted(words))} }} from "./{path}";\n' for path, words in sorted(outside.items())]
    return "".join([*heads, *(_closure(name, text) for name, text in texts.items())])


def _refuse_doubles(texts: dict[str, str]) -> None:
    exporters: dict[str, str] = {}
    for name, text in texts.items():
        for _, word in _EXPORT.findall(text):
            if exporters.setdefault(word, name) != name:
                raise NotJoinable(f"'{word}' is exported by {exporters[word]} and by {name}")


def _resolved(name: str, path: str) -> str:
    folder = PurePosixPath(name).parent
    parts = path.removeprefix("./")
    while parts.startswith("../"):
        folder, parts = folder.parent, parts[3:]
    return (folder / parts).as_posix()


def _closure(name: str, text: str) -> str:
    """One module as a function that gives what it exports."""
    words = [word for _, word in _EXPORT.findall(text)]
    body = _EXPORT.sub(r"\1", _IMPORT.sub("", text))
    if left := _LEFT.search(body):
        raise NotJoinable(f"{name}: '{left[0][:80]}' is an import or export of another form")
    if not words:
        return f"(() => {{\n{body}}})();\n"
    names = ", ".join(words)
    return f"const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();\n"
