"""What commands print: nothing in a name hides, or turns round what stands beside it."""

import unicodedata

import pytest
from rich.text import Text

from reflection.cli.session import console, messages, text_table, visible

UNSEEN = "\u202e\u200b\u2066\ufeff\u200d\u061c\x9b"
WRITTEN = "\\u202e\\u200b\\u2066\\ufeff\\u200d\\u061c\\u009b"


def test_names_are_shown_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    table = text_table("signal")
    table.add_row(f"a{UNSEEN}b")
    table.add_row(Text(f"c{UNSEEN}d", style="green"))
    console().print(table)
    console().print(f"[bold]e{UNSEEN}f[/]")
    messages().print(f"g{UNSEEN}h")
    out, err = capsys.readouterr()
    assert [line.strip() for line in out.splitlines()[1:]] == [
        f"{one}{WRITTEN}{two}" for one, two in ("ab", "cd", "ef")
    ]
    assert err.strip() == f"g{WRITTEN}h"


def test_every_sign_of_that_kind_is_shown_and_no_other_is_touched() -> None:
    plane = [chr(code) for code in range(0x80, 0x10000) if not 0xD800 <= code < 0xE000]
    unseen = [char for char in plane if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")]
    marks = {
        "\u0600",
        "\u0601",
        "\u0602",
        "\u0603",
        "\u0604",
        "\u0605",
        "\u06dd",
        "\u070f",
        "\u0890",
        "\u0891",
        "\u08e2",
    }
    assert [char for char in unseen if visible(char) == char and char not in marks] == []  # these have a shape
    letters = "".join(char for char in plane if unicodedata.category(char)[0] in "LNPSM" and char not in "\u115f\u3164")
    assert visible(letters) == letters
