"""`reflection mcp`: a real process, spoken to over its standard input and output by the protocol's own client."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from reflection.api.openapi import CMP_007


def _session(folder: Path, *arguments: str) -> StdioServerParameters:
    values = {"DATABASE_PATH": "reflection.db", "OUTPUT_DIR": "output", "WEIGHTS_PATH": "weights.json"}
    settings = {f"MARKO_{name}": str(folder / value) for name, value in values.items()}
    command = ["-m", "reflection.cli", "mcp", *arguments]
    env = {**os.environ, **settings, "MARKO_VECTOR_BACKEND": "local", "MARKO_BACKGROUND": "none"}
    return StdioServerParameters(command=sys.executable, args=command, env=env)


async def _talk(folder: Path, *arguments: str) -> tuple[set[str], Any]:
    """What tools there are, and what comes of asking for an analysis."""
    async with Client(stdio_client(_session(folder, *arguments))) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        return names, await client.call_tool("analyze_campaign", {"campaign": CMP_007})


def test_it_reads_and_does_not_offer_writing_unasked(tmp_path: Path, learnt: Path) -> None:
    shutil.copy(learnt, tmp_path / "reflection.db")
    names, refused = anyio.run(_talk, tmp_path)
    assert len(names) == 8
    assert refused.is_error


@pytest.mark.torture(part="server")
def test_it_offers_writing_when_told(tmp_path: Path, learnt: Path) -> None:
    shutil.copy(learnt, tmp_path / "reflection.db")
    names, draft = anyio.run(_talk, tmp_path, "--write")
    assert len(names) == 11
    assert draft.structured_content["stored"] is False
