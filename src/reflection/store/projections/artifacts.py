"""The output folder as a projection of the rows: `output/<campaign>/*.json` and `weights.json`.

The handler of the outbox topic ``artifacts``. A campaign's files are parts of its stored answer and carry the date of
what was known then; `rebuild` writes them as they are told today. A workspace's own are rows of `artifacts`. It writes
what the rows say now, and removes only files it published itself. Must not know what is in the files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import select

from reflection.domain.answers import files_of
from reflection.domain.ports import StoredCampaign
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.store.campaigns_read import chunks, current
from reflection.store.database.connections import Database
from reflection.store.projections import atomic_files
from reflection.store.projections.folder_names import campaign_folder, workspace_folder
from reflection.store.projections.outbox import OutboxEntry
from reflection.store.row_values import unpacked
from reflection.store.tables.campaigns import WORKSPACE_LEVEL, artifacts, campaigns

WEIGHTS = "weights.json"
_PAGE = 500
Telling = Callable[[StoredCampaign], bytes]
"""The JSON of a stored campaign's analysis."""


def as_stored(campaign: StoredCampaign) -> bytes:
    """The answer that was given when the campaign was analysed."""
    return campaign.answer


class ArtifactFolder:
    """Publishes artifacts into a folder.

    Args:
        output: the folder of all campaigns' folders.
        weights_path: where the default workspace's weights.json goes; other workspaces have theirs in their folder.
        current: for a workspace, how a stored campaign is told today, as the JSON of its analysis.
    """

    def __init__(
        self,
        database: Database,
        output: Path,
        weights_path: Path,
        *,
        current: Callable[[str], Telling] = lambda _: as_stored,
    ) -> None:
        self._database = database
        self._current = current
        self._output = output
        self._weights_path = weights_path

    def folder_of(self, workspace: str, campaign_id: str) -> Path:
        """Where a campaign's files are, or will be."""
        return campaign_folder(self._output, workspace, campaign_id)

    def publish(self, entries: Sequence[OutboxEntry]) -> None:
        """Bring the folders of these entries to what the rows say; the handler of topic ``artifacts``."""
        removed: dict[tuple[str, str], set[str]] = {}
        for entry in entries:
            removed.setdefault((entry.workspace, entry.key), set()).update(entry.names)
        for workspace in sorted({workspace for workspace, _ in removed}):
            self._publish_those(workspace, {key: names for (own, key), names in removed.items() if own == workspace})

    def rebuild(self) -> int:
        """Write every file again, as it is told today; how many campaigns and workspaces. Removes nothing."""
        count = 0
        for workspace, campaign_ids in self._keys():
            telling = self._current(workspace)
            self._publish_those(workspace, {campaign_id: set() for campaign_id in campaign_ids}, telling)
            count += len(campaign_ids)
        return count

    def _publish_those(
        self,
        workspace: str,
        earlier: Mapping[str, set[str]],
        telling: Telling = as_stored,
    ) -> None:
        """Bring files of one workspace up to date; `earlier` maps what they belong to -> names published before."""
        folders = self._contents(workspace, list(earlier), telling)
        own = folders.pop(WORKSPACE_LEVEL, {})
        atomic_files.write_folders({self.folder_of(workspace, key): contents for key, contents in folders.items()})
        for campaign_id, names in earlier.items():
            removed = sorted(names - folders.get(campaign_id, {}).keys())
            if removed and campaign_id != WORKSPACE_LEVEL:
                atomic_files.remove_files(self.folder_of(workspace, campaign_id), removed)
        if WORKSPACE_LEVEL in earlier:  # last: the folder is removed when nothing is left in it
            self._publish_workspace(workspace, own, earlier[WORKSPACE_LEVEL] - own.keys())

    def _publish_workspace(self, workspace: str, contents: dict[str, bytes], removed: set[str]) -> None:
        folder = workspace_folder(self._output, workspace)
        if workspace == DEFAULT_WORKSPACE and WEIGHTS in removed:
            atomic_files.remove_files(self._weights_path.parent, [self._weights_path.name])
        elif removed or (workspace != DEFAULT_WORKSPACE and not contents):
            atomic_files.remove_files(folder, sorted(removed))
        if workspace == DEFAULT_WORKSPACE and WEIGHTS in contents:
            atomic_files.write_files(self._weights_path.parent, {self._weights_path.name: contents.pop(WEIGHTS)})
        if contents:
            atomic_files.write_files(folder, contents)

    def _contents(self, workspace: str, campaign_ids: Sequence[str], telling: Telling) -> dict[str, dict[str, bytes]]:
        """What there is to publish: campaign -> file name -> content; campaigns that are gone are left out."""
        contents: dict[str, dict[str, bytes]] = {}
        for chunk in chunks([name for name in campaign_ids if name != WORKSPACE_LEVEL]):
            with self._database.read(workspace) as connection:
                stored = [item.stored for item in current(connection, workspace, chunk).values()]
            contents |= {item.campaign_id: files_of(telling(item)) for item in stored if item is not None}
        if WORKSPACE_LEVEL in campaign_ids:
            contents |= {WORKSPACE_LEVEL: self._own(workspace)}
        return contents

    def _own(self, workspace: str) -> dict[str, bytes]:
        """The workspace's own files."""
        statement = select(artifacts.c.name, artifacts.c.body).where(artifacts.c.workspace == workspace)
        with self._database.read(workspace) as connection:
            return {row.name: unpacked(row.body) for row in connection.execute(statement)}

    def _keys(self) -> Iterator[tuple[str, list[str]]]:
        """Workspaces with their own files and their campaigns, in pages: an analysis may be stored meanwhile."""
        with self._database.read() as connection:
            owners = list(connection.execute(select(artifacts.c.workspace).distinct()).scalars())
        yield from ((workspace, [WORKSPACE_LEVEL]) for workspace in owners)
        after = ("", "")
        key = (campaigns.c.workspace, campaigns.c.campaign_id)
        while True:
            later = (key[0] > after[0]) | ((key[0] == after[0]) & (key[1] > after[1]))
            statement = select(*key).where(later).order_by(*key).limit(_PAGE)
            with self._database.read() as connection:
                page = [(row[0], row[1]) for row in connection.execute(statement)]
            for workspace in dict.fromkeys(name for name, _ in page):
                yield workspace, [campaign_id for own, campaign_id in page if own == workspace]
            if len(page) < _PAGE:
                return
            after = page[-1]
