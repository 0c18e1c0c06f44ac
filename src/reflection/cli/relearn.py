"""`reflection relearn` and `reflection rebuild`: what can be computed again from the stored truth."""

from typing import Annotated

import typer

from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    console,
    messages,
    open_application,
    print_json,
    progress_bar,
)
from reflection.domain.number_of import number_of
from reflection.domain.workspaces import DEFAULT_WORKSPACE


def relearn(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    every: Annotated[
        bool, typer.Option("--all", help="Every workspace, each as a task of its own on the cluster.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Learn everything again from the stored evidence.

    The result is the same as before unless the method changed; safe beside a running server. Stopped at any moment
    (also by a kill), what was known before stays, and the next one starts again. With MARKO_CLUSTER a large workspace
    is learnt in partitions, and `--all` learns workspaces beside each other; what is learnt is the same, bit for bit.

    \b
    Examples:
      reflection relearn
      MARKO_CLUSTER=local:4 reflection relearn --all
    """
    if every:
        _relearn_all(as_json=as_json)
        return
    with open_application() as application, progress_bar() as bar:
        task = bar.add_task("learning", total=None)
        knowledge = application.learner.relearn(
            workspace, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
        behind = application.learner.lag(workspace)
    result = {"campaigns": knowledge.campaigns, "effects": len(knowledge.effects), "as_of": knowledge.as_of}
    if as_json:
        print_json({**result, "behind": behind})
        return
    console().print(
        f"Learnt from {number_of(knowledge.real_campaigns, 'campaign')}: {number_of(len(knowledge.effects), 'effect')}."
    )
    if behind:
        messages().print(
            f"{number_of(behind, 'newer entry', 'newer entries')} came meanwhile; a running server, or the next "
            "submission, learns what is new."
        )


def _relearn_all(*, as_json: bool) -> None:
    from reflection.worker.relearning import relearn_every

    with open_application() as application, progress_bar() as bar:
        task = bar.add_task("workspaces", total=None)
        learnt = relearn_every(application, progress=lambda done, total: bar.update(task, completed=done, total=total))
    if as_json:
        print_json({"workspaces": learnt})
    else:
        console().print(
            f"Learnt {number_of(len(learnt), 'workspace')} from {number_of(sum(learnt.values()), 'campaign')}."
        )


def rebuild(as_json: JsonOption = False) -> None:
    """Write every projection again: artifacts, weights.json, the vector index.

    They may be deleted or damaged at any time; the database is the truth. The first time after an upgrade rows of
    before there were seals get theirs for what they say now; from then on the database lets in no row without.

    \b
    Example:
      reflection rebuild
    """
    from reflection.store.maintenance.sealing import seal_rest

    with open_application() as application:
        sealed = seal_rest(application.database)
        count = application.rebuild()
    if as_json:
        print_json({"rebuilt": count, "sealed": sealed})
    else:
        console().print(f"Rebuilt {count} projections.")
        if sealed:
            rows = number_of(sealed, "row")
            console().print(f"Sealed {rows} that had no seal; no row is let in without one any longer.")
