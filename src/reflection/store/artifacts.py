"""The output folder as a projection of the rows: `output/<campaign>/*.json` and `weights.json`.

The handler of the outbox topic ``artifacts``. It writes what the rows say now, and removes only files it
published itself. Must not know what is in the files.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import select

from reflection.store import files
from reflection.store.database import Database
from reflection.store.folders import campaign_folder, workspace_folder
from reflection.store.outbox import OutboxEntry
from reflection.store.rows import unpacked
from reflection.store.schema import WORKSPACE_LEVEL, artifacts
from reflection.workspaces import DEFAULT_WORKSPACE

WEIGHTS = "weights.json"
_PAGE = 500


class ArtifactFolder:
    """Publishes artifacts into a folder.

    Args: output: the folder of all campaigns' folders. weights_path: where the default workspace's
        weights.json goes; other workspaces have theirs in their folder.
    """

    def __init__(self, database: Database, output: Path, weights_path: Path) -> None:
        self._database = database
        self._output = output
        self._weights_path = weights_path

    def folder_of(self, workspace: str, campaign_id: str) -> Path:
        """Where a campaign's files are, or will be."""
        return campaign_folder(self._output, workspace, campaign_id)

    def publish(self, entries: Sequence[OutboxEntry]) -> None:
        """Bring the folders of these entries to what the rows say; the handler of topic ``artifacts``."""
        gone: dict[tuple[str, str], set[str]] = {}
        for entry in entries:
            gone.setdefault((entry.workspace, entry.key), set()).update(entry.names)
        for (workspace, campaign_id), names in gone.items():
            self._publish_one(workspace, campaign_id, names)

    def rebuild(self) -> int:
        """Write every file again from the rows; how many campaigns and workspaces. Removes nothing."""
        count = 0
        for workspace, campaign_id in self._keys():
            self._publish_one(workspace, campaign_id, set())
            count += 1
        return count

    def _publish_one(self, workspace: str, campaign_id: str, earlier_names: set[str]) -> None:
        contents = self._contents(workspace, campaign_id)
        if campaign_id == WORKSPACE_LEVEL:
            self._publish_workspace(workspace, contents, earlier_names - contents.keys())
            return
        folder = self.folder_of(workspace, campaign_id)
        if contents:
            files.write_files(folder, contents)
        gone = sorted(earlier_names - contents.keys())
        if gone:
            files.remove_files(folder, gone)

    def _publish_workspace(self, workspace: str, contents: dict[str, bytes], gone: set[str]) -> None:
        folder = workspace_folder(self._output, workspace)
        if workspace == DEFAULT_WORKSPACE and WEIGHTS in gone:
            files.remove_files(self._weights_path.parent, [self._weights_path.name])
        elif gone:
            files.remove_files(folder, sorted(gone))
        if workspace == DEFAULT_WORKSPACE and WEIGHTS in contents:
            files.write_files(self._weights_path.parent, {self._weights_path.name: contents.pop(WEIGHTS)})
        if contents:
            files.write_files(folder, contents)

    def _contents(self, workspace: str, campaign_id: str) -> dict[str, bytes]:
        with self._database.read() as connection:
            found = connection.execute(
                select(artifacts.c.name, artifacts.c.body)
                .where(artifacts.c.workspace == workspace, artifacts.c.campaign_id == campaign_id)
                .order_by(artifacts.c.name)
            )
            return {row.name: unpacked(row.body) for row in found}

    def _keys(self) -> Iterator[tuple[str, str]]:
        """Every workspace and campaign that has artifacts, in pages: an analysis may be stored meanwhile."""
        after = ("", "")
        key = (artifacts.c.workspace, artifacts.c.campaign_id)
        while True:
            later = (key[0] > after[0]) | ((key[0] == after[0]) & (key[1] > after[1]))
            statement = select(*key).where(later).distinct().order_by(*key).limit(_PAGE)
            with self._database.read() as connection:
                page = [(row[0], row[1]) for row in connection.execute(statement)]
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1]
