"""`reflection mcp`: a real process, spoken to over its standard input and output by the protocol's own client."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from reflection.api.openapi import CMP_007


def _session(folder: Path, *arguments: str) -> StdioServerParameters:
    values = {"DATABASE_PATH": "reflection.db", "OUTPUT_DIR": "output", "WEIGHTS_PATH": "weights.json"}
    settings = {f"MARKO_{name}": str(folder / value) for name, value in values.items()}
    command = ["-m", "reflection.cli", "mcp", *arguments]
    env = {**os.environ, **settings, "MARKO_VECTOR_BACKEND": "local", "MARKO_BACKGROUND": "none"}
    return StdioServerParameters(command=sys.executable, args=command, env=env)


def test_it_reads_and_offers_writing_only_when_told(tmp_path: Path, learnt: Path) -> None:
    shutil.copy(learnt, tmp_path / "reflection.db")

    async def talk(*arguments: str) -> tuple[set[str], Any]:
        async with Client(stdio_client(_session(tmp_path, *arguments))) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            return names, await client.call_tool("analyze_campaign", {"campaign": CMP_007})

    names, refused = anyio.run(talk)
    assert len(names) == 8
    assert refused.is_error
    names, draft = anyio.run(talk, "--write")
    assert len(names) == 11
    assert draft.structured_content["stored"] is False
