"""Every workspace learnt again: one after the other, or each as a task on the cluster.

A lost worker costs the workspaces it was at. Must not know how anything is learnt.
"""

from collections.abc import Callable

from reflection.settings import SECRET_FIELDS, Settings
from reflection.wiring import Application


def relearn_every(
    application: Application, *, progress: Callable[[int, int], object] = lambda done, total: None
) -> dict[str, int]:
    """Learn all workspaces again; workspace -> campaigns that were learnt from.

    Args:
        progress: told how many workspaces are done, and how many there are.
    """
    names = application.store.workspaces()
    if application.cluster is not None:
        counts = application.cluster.each(relearn_alone, names, sendable(application.settings), progress=progress)
        return dict(zip(names, counts, strict=True))
    learnt = {}
    for done, name in enumerate(names, start=1):
        learnt[name] = application.learner.relearn(name).campaigns
        progress(done, len(names))
    return learnt


def relearn_alone(workspace: str, settings: Settings | None) -> int:
    """Learn one workspace again in this process; how many campaigns it was learnt from.

    Args:
        settings: None for those of this process: a worker of another machine has its own.
    """
    with Application(settings or Settings(cluster="")) as application:
        return application.learner.relearn(workspace).campaigns


def sendable(settings: Settings) -> Settings | None:
    """Settings of a database file, without their secrets; None where there is a server: each worker has its own."""
    if settings.database_url is not None:
        return None
    blank = {name: Settings.model_fields[name].get_default(call_default_factory=True) for name in SECRET_FIELDS}
    return settings.model_copy(update={**blank, "cluster": "", "database_path": settings.database_path.resolve()})
