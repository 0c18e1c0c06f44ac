"""Every workspace in turn, or each as a task on the cluster; so all of them learnt again.

A lost worker costs the workspaces it was at. Must not know how anything is learnt.
"""

from collections.abc import Callable
from typing import TypeVar

from reflection.settings import SECRET_FIELDS, Settings
from reflection.wiring import Application

Result = TypeVar("Result")


def of_each_workspace(
    application: Application,
    here: Callable[[str], Result],
    alone: Callable[[str, Settings | None], Result],
    progress: Callable[[int, int], object],
) -> dict[str, Result]:
    """Workspace -> what is made of it.

    Args:
        here: makes it in this process. alone: the same as a task of the cluster, importable by name.
        progress: told how many workspaces are done, and how many there are.
    """
    names = application.store.workspaces()
    if application.cluster is not None:
        made = application.cluster.each(alone, names, sendable(application.settings), progress=progress)
        return dict(zip(names, made, strict=True))
    results = {}
    for done, name in enumerate(names, start=1):
        results[name] = here(name)
        progress(done, len(names))
    return results


def relearn_every(
    application: Application, *, progress: Callable[[int, int], object] = lambda done, total: None
) -> dict[str, int]:
    """Learn all workspaces again; workspace -> campaigns that were learnt from.

    Args:
        progress: told how many workspaces are done, and how many there are.
    """
    return of_each_workspace(
        application, lambda name: application.learner.relearn(name).campaigns, relearn_alone, progress
    )


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
