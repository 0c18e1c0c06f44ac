"""The output folder as a projection of the rows: `output/<campaign>/*.json` and `weights.json`.

The handler of the outbox topic ``artifacts``. A campaign's files are parts of its stored answer and carry the date of
what was known then; `rebuild` writes them as they are told today. A workspace's own are rows of `artifacts`. It writes
what the rows say now, and removes only files it published itself. Must not know what is in the files.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import select

from reflection.domain.answers import FILES, files_of
from reflection.domain.ports import StoredCampaign
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import ReflectionError, Unavailable
from reflection.store.campaigns_read import chunks, current
from reflection.store.database.connections import Database
from reflection.store.projections import atomic_files
from reflection.store.projections.folder_names import OTHERS, campaign_folder, workspace_folder
from reflection.store.projections.outbox import Key, OutboxEntry
from reflection.store.row_values import unpacked
from reflection.store.tables.campaigns import WORKSPACE_LEVEL, artifacts, campaigns

WEIGHTS = "weights.json"
_PAGE = 500
_DAMAGE = (ValueError, KeyError, TypeError, zlib.error)
"""What a row raises that does not say what it said when it was written."""

Failures = dict[Key, ReflectionError]
"""Why, by what could not be written."""

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

    def publish(self, entries: Sequence[OutboxEntry]) -> Failures:
        """Bring the folders of these entries to what the rows say; the handler of topic ``artifacts``.

        Returns:
            What could not be written, and why; all the rest is.
        """
        removed: dict[tuple[str, str], set[str]] = {}
        for entry in entries:
            removed.setdefault((entry.workspace, entry.key), set()).update(entry.names)
        failures: Failures = {}
        for workspace in sorted({workspace for workspace, _ in removed}):
            earlier = {key: names for (own, key), names in removed.items() if own == workspace}
            failures |= {(workspace, key): error for key, error in self._publish_those(workspace, earlier).items()}
        return failures

    def rebuild(self) -> int:
        """Write every file again, as it is told today; how many campaigns and workspaces. Removes nothing.

        Raises:
            ReflectionError: some could not be written (the first reason); all others are.
        """
        count, failures = 0, list[ReflectionError]()
        for workspace, campaign_ids in self._keys():
            telling = self._current(workspace)
            failed = self._publish_those(workspace, {campaign_id: set() for campaign_id in campaign_ids}, telling)
            failures += failed.values()
            count += len(campaign_ids) - len(failed)
        if failures:
            raise failures[0]
        return count

    def clear(self, workspace: str) -> list[str]:
        """Remove every file of a workspace that we may have published, whatever the rows say; what is left, and why."""
        folder = workspace_folder(self._output, workspace)
        if workspace == DEFAULT_WORKSPACE:
            places = [place for place in _folders_in(folder) if not place.name.startswith(OTHERS)]
            own = (self._weights_path.parent, [self._weights_path.name])
        else:
            places, own = _folders_in(folder), (folder, [WEIGHTS])
        left = []
        for place, names in [*((place, list(FILES)) for place in places), own]:
            try:
                atomic_files.remove_files(place, names)
            except ReflectionError as error:
                left.append(f"{place.name}: {error.message}")
        return left

    def _publish_those(
        self,
        workspace: str,
        earlier: Mapping[str, set[str]],
        telling: Telling = as_stored,
    ) -> dict[str, ReflectionError]:
        """Bring files of one workspace up to date; `earlier` maps what they belong to -> names published before.

        Returns:
            What could not be written, and why.
        """
        campaign_ids = [name for name in earlier if name != WORKSPACE_LEVEL]
        places = {self.folder_of(workspace, name): name for name in campaign_ids}
        contents, failures = self._contents(workspace, campaign_ids, telling)
        files = {self.folder_of(workspace, name): own for name, own in contents.items()}
        failures |= {places[folder]: error for folder, error in atomic_files.write_folders(files).items()}
        tasks: dict[str, Callable[[], None]] = {}
        for name in campaign_ids:
            removed = sorted(earlier[name] - contents.get(name, {}).keys())
            if removed and name not in failures:
                tasks[name] = partial(atomic_files.remove_files, self.folder_of(workspace, name), removed)
        if WORKSPACE_LEVEL in earlier:  # last: the folder is removed when nothing is left in it
            tasks[WORKSPACE_LEVEL] = partial(self._publish_workspace, workspace, earlier[WORKSPACE_LEVEL])
        for name, task in tasks.items():
            try:
                task()
            except ReflectionError as error:
                failures[name] = error
        return failures

    def _publish_workspace(self, workspace: str, earlier: set[str]) -> None:
        contents = self._own(workspace)
        removed = earlier - contents.keys()
        folder = workspace_folder(self._output, workspace)
        if workspace == DEFAULT_WORKSPACE and WEIGHTS in removed:
            atomic_files.remove_files(self._weights_path.parent, [self._weights_path.name])
        elif removed or (workspace != DEFAULT_WORKSPACE and not contents):
            atomic_files.remove_files(folder, sorted(removed))
        if workspace == DEFAULT_WORKSPACE and WEIGHTS in contents:
            atomic_files.write_files(self._weights_path.parent, {self._weights_path.name: contents.pop(WEIGHTS)})
        if contents:
            atomic_files.write_files(folder, contents)

    def _contents(
        self, workspace: str, campaign_ids: Sequence[str], telling: Telling
    ) -> tuple[dict[str, dict[str, bytes]], dict[str, ReflectionError]]:
        """What there is to publish: campaign -> file name -> content; and what cannot be told, and why.

        Campaigns that are gone are left out.
        """
        contents: dict[str, dict[str, bytes]] = {}
        failures: dict[str, ReflectionError] = {}
        for chunk in chunks(list(campaign_ids)):
            try:
                contents |= self._files(workspace, chunk, telling)
            except _DAMAGE:
                for name in chunk:
                    try:
                        contents |= self._files(workspace, [name], telling)
                    except _DAMAGE:
                        failures[name] = Unavailable("the stored answer is damaged; 'reflection verify' says more")
        return contents, failures

    def _files(self, workspace: str, campaign_ids: Sequence[str], telling: Telling) -> dict[str, dict[str, bytes]]:
        """Campaign -> file name -> content."""
        with self._database.read(workspace) as connection:
            stored = [item.stored for item in current(connection, workspace, campaign_ids).values()]
        return {item.campaign_id: files_of(telling(item)) for item in stored if item is not None}

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


def _folders_in(folder: Path) -> list[Path]:
    """The folders in a folder; links are none."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return [place for place in folder.iterdir() if place.is_dir() and not place.is_symlink()]
