"""Scripts joined into one: in the order of their imports, each with names of its own, and nothing guessed."""

import pytest

from reflection.web.joining import NotJoinable, one_script

SCRIPTS = {
    "app.js": 'import { html } from "./vendor/v.js";\nimport { One } from "./screens/one.js";\n'
    "const words = 1;\nOne(words);\n",
    "screens/one.js": 'import { h, html } from "../vendor/v.js";\nimport { ask } from "../api.js";\n'
    "const words = 2;\nexport const One = () => ask(words);\n",
    "api.js": "export async function ask(it) {\n  return it;\n}\nexport class Problem {}\n",
}


def test_what_is_needed_comes_first_and_keeps_its_own_names() -> None:
    assert one_script("app.js", SCRIPTS.__getitem__, "vendor/") == (
        'import { h, html } from "./vendor/v.js";\n'
        "const { ask, Problem } = (() => {\nasync function ask(it) {\n  return it;\n}\nclass Problem {}\n"
        "return { ask, Problem };\n})();\n"
        "const { One } = (() => {\nconst words = 2;\nconst One = () => ask(words);\nreturn { One };\n})();\n"
        "(() => {\nconst words = 1;\nOne(words);\n})();\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("api.js", 'import * as all from "./other.js";\n', "another form"),
        ("api.js", 'import { a as b } from "./other.js";\n', "another form"),
        ("api.js", 'import {\n  a,\n} from "./other.js";\n', "another form"),
        ("api.js", "export default 1;\n", "another form"),
        ("api.js", "export let changing = 1;\n", "another form"),
        ("api.js", "export const ask = 1, more = 2;\nexport { ask };\n", "another form"),
        ("api.js", "export const One = 1;\n", "exported by api.js and by screens/one.js"),
        ("api.js", 'import { One } from "./screens/one.js";\n', "imports itself"),
    ],
)
def test_what_joining_does_not_know_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(NotJoinable, match=said):
        one_script("app.js", (SCRIPTS | {name: text}).__getitem__, "vendor/")
