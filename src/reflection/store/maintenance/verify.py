"""What must always be true of a database, asked of a real one.

Each invariant is one statement that finds the rows against it; all speak about every workspace, and say
which. Must not repair anything.
"""

import zlib

import orjson
from sqlalchemy import text
from sqlalchemy.engine import Connection

from reflection.errors import Unavailable
from reflection.forecasting import calibration_blob
from reflection.store import knowledge_blob
from reflection.store.database.connections import Database
from reflection.store.row_values import unpacked
from reflection.store.tables import learnings, recommendations
from reflection.store.tables.campaigns import APPEND_ONLY

GUARDS = {
    **dict.fromkeys(APPEND_ONLY, ("UPDATE", "DELETE")),
    **dict.fromkeys((*learnings.NEVER_UPDATED, *recommendations.NEVER_UPDATED), ("UPDATE",)),
}
"""Tables of which the database refuses a change, and which."""

_FEW = 5

_INVARIANTS = {
    "a campaign's current revision is not its last one, or says something else": """
        SELECT c.workspace, c.campaign_id FROM campaigns AS c
        LEFT JOIN campaign_revisions AS r
          ON r.workspace = c.workspace AND r.campaign_id = c.campaign_id AND r.revision = c.revision
        WHERE r.revision IS NULL OR r.content_hash <> c.content_hash OR r.body <> c.body
          OR c.revision <> (SELECT max(m.revision) FROM campaign_revisions AS m
                            WHERE m.workspace = c.workspace AND m.campaign_id = c.campaign_id)""",
    "revisions are missing from a campaign's history": """
        SELECT workspace, campaign_id FROM campaign_revisions
        GROUP BY workspace, campaign_id HAVING max(revision) - min(revision) + 1 <> count(*)""",
    "the ledger does not say that a campaign counts once": """
        SELECT c.workspace, c.campaign_id FROM campaigns AS c
        LEFT JOIN evidence AS e ON e.workspace = c.workspace AND e.campaign_id = c.campaign_id
        GROUP BY c.workspace, c.campaign_id
        HAVING coalesce(sum(e.sign), 0) <> 1 OR sum(e.sign * e.revision) <> c.revision""",
    "the ledger counts a campaign that is not there": """
        SELECT e.workspace, e.campaign_id FROM evidence AS e
        WHERE NOT EXISTS (SELECT 1 FROM campaigns AS c
                          WHERE c.workspace = e.workspace AND c.campaign_id = e.campaign_id)
        GROUP BY e.workspace, e.campaign_id HAVING sum(e.sign) <> 0""",
    "the ledger took back something else than it had added": """
        SELECT m.workspace, m.campaign_id FROM evidence AS m
        LEFT JOIN evidence AS p ON p.workspace = m.workspace AND p.campaign_id = m.campaign_id
          AND p.revision = m.revision AND p.sign = 1
        WHERE m.sign = -1 AND (p.seq IS NULL OR p.seq >= m.seq OR p.payload <> m.payload)""",
    "a campaign has no performance log": """
        SELECT c.workspace, c.campaign_id FROM campaigns AS c LEFT JOIN performance_logs AS p
          ON p.workspace = c.workspace AND p.campaign_id = c.campaign_id WHERE p.campaign_id IS NULL""",
    "a performance log has no campaign": """
        SELECT p.workspace, p.campaign_id FROM performance_logs AS p LEFT JOIN campaigns AS c
          ON p.workspace = c.workspace AND p.campaign_id = c.campaign_id WHERE c.campaign_id IS NULL""",
    "insights have no campaign": """
        SELECT DISTINCT i.workspace, i.campaign_id FROM insights AS i LEFT JOIN campaigns AS c
          ON i.workspace = c.workspace AND i.campaign_id = c.campaign_id WHERE c.campaign_id IS NULL""",
    "sentences have a number that is another's, or that was never given": """
        SELECT i.workspace, coalesce(i.number, i.id) FROM insights AS i JOIN workspaces AS w USING (workspace)
        GROUP BY i.workspace, coalesce(i.number, i.id), w.sentences
        HAVING count(*) > 1 OR coalesce(i.number, i.id) NOT BETWEEN 1 AND w.sentences""",
    "signals of a campaign are not the ones it has": """
        SELECT c.workspace, c.campaign_id FROM campaigns AS c
        WHERE EXISTS (SELECT 1 FROM {keys} AS k WHERE NOT EXISTS (
                SELECT 1 FROM campaign_signals AS s WHERE s.workspace = c.workspace AND s.signal_key = k.value
                  AND s.campaign_id = c.campaign_id))
        UNION
        SELECT s.workspace, s.campaign_id FROM campaign_signals AS s
        LEFT JOIN campaigns AS c ON c.workspace = s.workspace AND c.campaign_id = s.campaign_id
        WHERE c.campaign_id IS NULL
          OR NOT EXISTS (SELECT 1 FROM {keys} AS k WHERE k.value = s.signal_key)""",
    "a campaign is not remembered": """
        SELECT c.workspace, c.campaign_id FROM campaigns AS c LEFT JOIN memories AS m
          ON m.workspace = c.workspace AND m.memory_id = c.memory_id AND m.deleted = 0
        WHERE m.memory_id IS NULL OR m.campaign_id <> c.campaign_id""",
    "a campaign is remembered that is not there": """
        SELECT m.workspace, m.campaign_id FROM memories AS m LEFT JOIN campaigns AS c
          ON c.workspace = m.workspace AND c.campaign_id = m.campaign_id
        WHERE m.campaign_id IS NOT NULL AND m.deleted = 0 AND c.campaign_id IS NULL""",
    "a vector is not whole": """
        SELECT workspace, memory_id FROM memories
        WHERE (vector IS NULL) <> (embedder_id IS NULL) OR length(vector) % 4 <> 0""",
    "a fit rests on ledger entries that are not there": """
        SELECT f.workspace, f.seq FROM fits AS f
        WHERE f.seq > (SELECT coalesce(max(e.seq), 0) FROM evidence AS e WHERE e.workspace = f.workspace)""",
    "a campaign is accepted that is not there": """
        SELECT a.workspace, a.campaign_id FROM acceptances AS a LEFT JOIN campaigns AS c
          ON c.workspace = a.workspace AND c.campaign_id = a.campaign_id WHERE c.campaign_id IS NULL""",
}


def verify(database: Database) -> list[str]:
    """What is wrong, one sentence each; empty when the database is sound.

    Reads every row; a writing transaction is opened, and rolled back, because the full-text index can only be
    checked in one.
    """
    try:
        return _problems(database)
    except Unavailable as error:  # too damaged to be read to the end
        return [error.message]


def _problems(database: Database) -> list[str]:
    with database.read() as connection, database.dialect.legible(connection):
        problems = database.dialect.integrity_problems(connection)
        if problems:
            return problems  # the rest would only repeat them
        problems = database.dialect.trigger_problems(connection, GUARDS)
        for sentence, statement in _INVARIANTS.items():
            sql = statement.format(keys=database.dialect.json_items("c.signal_keys"))
            against = [f"{row[0]}/{row[1]}" for row in connection.execute(text(sql))]
            if against:
                more = f" and {len(against) - _FEW} more" if len(against) > _FEW else ""
                problems.append(f"{sentence}: {', '.join(against[:_FEW])}{more}")
        problems += _unreadable(connection)
        if not database.dialect.full_text_is_sound(connection):
            problems.append("the full-text index does not say what the rows say: 'rebuild' makes it again")
    return problems


def _unreadable(connection: Connection) -> list[str]:
    problems = []
    for table, key in (("campaigns", "campaign_id"), ("idempotency", "key")):
        for row in connection.execute(text(f"SELECT workspace, {key} AS key, answer FROM {table}")):
            if not _is_json(row.answer):
                problems.append(f"the answer of {table} {row.workspace}/{row.key} cannot be read")
    for row in connection.execute(text("SELECT workspace, name, body FROM artifacts")):
        if not _is_json(row.body):
            problems.append(f"the artifact {row.workspace}/{row.name} cannot be read")
    statement = text("SELECT workspace, id, body, draws, calibration FROM fits WHERE format = :format")
    for row in connection.execute(statement, {"format": knowledge_blob.FORMAT}):
        try:
            knowledge = knowledge_blob.decode(row.body, row.draws, row.calibration)
            calibration_blob.decode(knowledge.calibration)
        except (ValueError, KeyError, TypeError, zlib.error):
            problems.append(f"fit {row.workspace}/{row.id} cannot be read")
    return problems


def _is_json(packed: bytes) -> bool:
    try:
        orjson.loads(unpacked(packed))
    except (ValueError, zlib.error):
        return False
    return True
