"""A campaign id is not a path: one folder an id, always inside the output folder, on any file system."""

import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflection.store.projections.folder_names import campaign_folder, folder_name, workspace_folder

OUTPUT = Path("output")
DEVICES = {"con", "nul", "aux", "prn", "com1"}
NASTY = [
    "", ".", "..", "../x", "../../etc/passwd", "/etc/passwd", "C:\\x", "C:x", "a/b", "a\\b", "a\0b", "a" * 300,
    "con", "CON", "nul", "nul.txt", "com1", "lpt9.json", "conin$", "x.", "x ", " x", ".hidden", "-rf", "~", "~root",
    "@default", "a~b", "é", unicodedata.normalize("NFD", "é"), "Cmp", "cmp", "CMP", "ﬁ", "fi", "İ", "i", "ß", "ss",
    "\u202etxt", "\n",
    "a\u200bb", "weights.json", "*", "?", "<>|", '"', "%2e%2e%2f", "\ud800", "ａ", "a",
]  # fmt: skip
ids = st.one_of(
    st.text(min_size=1, max_size=300),
    st.text(alphabet="abAB~.-_/\\@é\u0301\0 ", min_size=1, max_size=12),
    st.sampled_from(NASTY),
)


def _is_inside(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return len(posix.parts) == 1 and len(windows.parts) == 1 and not windows.drive and name not in (".", "..")


@pytest.mark.parametrize("name", ["cmp_007_meta_summer_bootcamp", "a", "2026.q1", "a-b_c.d", "x" * 80, "console"])
def test_a_plain_name_is_its_own_folder(name: str) -> None:
    assert folder_name(name) == name


def test_known_dangers_stay_inside_and_apart() -> None:
    names = [folder_name(identifier) for identifier in NASTY]

    assert all(_is_inside(name) and len(name) <= 80 and name.isascii() for name in names)
    assert len({name.casefold() for name in names}) == len(set(NASTY))


@given(stem=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True))
def test_no_folder_is_named_like_a_file_that_stands_beside(stem: str) -> None:
    for suffix in (".json", ".db", ".db-wal", ".db-shm", ".lock", ".pending"):
        name = folder_name(stem + suffix)
        assert "~" in name
        assert not name.endswith(suffix)


@given(identifier=ids)
def test_every_folder_is_inside_the_output_folder(identifier: str) -> None:
    name = folder_name(identifier)

    assert _is_inside(name)
    assert name == name.lower()
    assert name.isascii()
    assert 1 <= len(name) <= 80
    assert not name.endswith((".", " "))
    assert name.partition(".")[0] not in DEVICES
    assert campaign_folder(OUTPUT, "default", identifier).parent == OUTPUT


@given(first=ids, second=ids)
def test_two_ids_never_share_a_folder(first: str, second: str) -> None:
    assert (folder_name(first) == folder_name(second)) == (first == second)


@given(identifier=ids)
def test_nobody_can_choose_an_id_that_lands_in_anothers_folder(identifier: str) -> None:
    taken = folder_name(identifier)

    assert taken == identifier or folder_name(taken) != taken


@given(identifier=ids)
def test_twins_by_case_and_by_spelling_have_folders_of_their_own(identifier: str) -> None:
    twins = {identifier, identifier.upper(), identifier.lower(), identifier.title()}
    twins |= {unicodedata.normalize(form, twin) for form in ("NFC", "NFD", "NFKC") for twin in list(twins)}

    assert len({folder_name(twin).casefold() for twin in twins}) == len(twins)


@given(workspace=ids, campaign=ids, other=ids)
def test_workspaces_never_meet_each_other_nor_a_campaign(workspace: str, campaign: str, other: str) -> None:
    folder = campaign_folder(OUTPUT, workspace, campaign)

    assert folder.parent == workspace_folder(OUTPUT, workspace)
    if workspace != "default":
        assert folder.parent.parent == OUTPUT
        assert folder.parent != campaign_folder(OUTPUT, "default", other)
    assert workspace_folder(OUTPUT, "default") == OUTPUT


@pytest.mark.torture(part="disk")
def test_ten_thousand_ids_have_as_many_folders() -> None:
    owners: dict[str, str] = {}

    @given(identifier=ids)
    @settings(max_examples=10_000)
    def has_a_folder_of_its_own(identifier: str) -> None:
        assert owners.setdefault(folder_name(identifier).casefold(), identifier) == identifier

    has_a_folder_of_its_own()
    assert len(owners) > 5_000
