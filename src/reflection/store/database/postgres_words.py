"""Words of memories in Postgres: a row for each word of each memory, kept by triggers; and looking memories up.

Rows instead of Postgres' own text index: that cannot be used behind row-level security, and reads all of a word's list
where the first twenty suffice. Words are cut, folded and stemmed as SQLite's index does it (porter, no diacritics), by
functions of the database, so that nobody can write a memory and forget them. Part of the dialect `postgres`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.engine import Connection

from reflection.store.database.dialect import CLEARING

_CLASSES = "asciiword, word, numword, asciihword, hword, numhword, hword_asciipart, hword_part, hword_numpart"
_NUMBERS = "int, uint, float, sfloat, version"
_LETTERS = ("pg_c_utf8", "C.utf8", "und-x-icu")
"""Collations that know all letters, the first one there is taken: the database's own may know ASCII's only."""

KEEP_WORDS = """
CREATE FUNCTION reflection_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (OLD.memory_id, OLD.text, OLD.summary) = (NEW.memory_id, NEW.text, NEW.summary) THEN RETURN NULL; END IF;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM memory_words WHERE workspace = OLD.workspace AND memory = OLD.id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO memory_words (workspace, word, memory, places)
    SELECT NEW.workspace, lexeme, NEW.id, positions
    FROM unnest(reflection_words(NEW.memory_id || ' ' || NEW.text || ' ' || NEW.summary));
  END IF;
  RETURN NULL;
END $$"""
WORD_TRIGGER = (
    "CREATE TRIGGER memories_keep_words AFTER INSERT OR DELETE OR UPDATE ON memories "
    "FOR EACH ROW EXECUTE FUNCTION reflection_keep_words()"
)


def full_text_ddl() -> list[str]:
    """A dictionary, two functions, the table of words and its triggers."""
    letters = ", ".join(f"'{name}'" for name in _LETTERS)
    return [
        "CREATE TEXT SEARCH DICTIONARY reflection_porter (TEMPLATE = pg_catalog.snowball, LANGUAGE = porter)",
        'CREATE TEXT SEARCH CONFIGURATION reflection_words (PARSER = pg_catalog."default")',
        f"ALTER TEXT SEARCH CONFIGURATION reflection_words ADD MAPPING FOR {_CLASSES}, {_NUMBERS} "
        "WITH reflection_porter",
        f"""
DO $do$ DECLARE letters text; BEGIN
  SELECT collname INTO STRICT letters FROM pg_collation WHERE collname IN ({letters})
    AND collencoding IN (-1, pg_char_to_encoding('UTF8'))
    ORDER BY array_position(ARRAY[{letters}], collname::text) LIMIT 1;
  EXECUTE format($make$
CREATE FUNCTION reflection_words(said text) RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT AS $words$
SELECT to_tsvector('reflection_words', regexp_replace(lower(regexp_replace(normalize(said, NFD),
  '[\\u0300-\\u036f]', '', 'g') COLLATE %I), '[^[:alnum:]]+', ' ', 'g')) $words$ $make$, letters);
END $do$""",
        "CREATE TABLE memory_words (workspace text NOT NULL, word text NOT NULL, memory bigint NOT NULL, "
        "places smallint[] NOT NULL, CONSTRAINT pk_memory_words PRIMARY KEY (workspace, word, memory))",
        "CREATE INDEX ix_memory_words_memory ON memory_words (workspace, memory)",
        KEEP_WORDS,
        WORD_TRIGGER,
    ]


def drop_full_text_ddl() -> list[str]:
    """The statements that take `full_text_ddl` away again."""
    return [
        "DROP TRIGGER memories_keep_words ON memories",
        "DROP FUNCTION reflection_keep_words()",
        "DROP TABLE memory_words",
        "DROP FUNCTION reflection_words(text)",
        "DROP TEXT SEARCH CONFIGURATION reflection_words",
        "DROP TEXT SEARCH DICTIONARY reflection_porter",
    ]


def full_text_search(
    connection: Connection, terms: Sequence[str], conditions: str, values: Mapping[str, Any]
) -> list[tuple[str, float]]:
    """By BM25 within the workspace, the mean length that of the memories found.

    A compound counts as often as its rarest word does, where its words follow each other.
    """
    phrases = [phrase for phrase in _phrases(connection, terms) if phrase]
    if not phrases:
        return []
    names = {f"word{i}_{k}": word for i, phrase in enumerate(phrases) for k, word in enumerate(phrase)}
    found = " UNION ALL ".join(
        f"SELECT {i} AS term, w0.memory, {_least(len(phrase))} AS often FROM {_joined(i, len(phrase))}"
        for i, phrase in enumerate(phrases)
    )
    statement = text(
        f"WITH found AS ({found}), counted AS (SELECT term, count(*) AS having FROM found GROUP BY term), "
        "of_all AS (SELECT count(*) AS memories FROM memories WHERE workspace = :workspace), "
        "sized AS (SELECT memory, (SELECT sum(cardinality(places)) FROM memory_words AS w "
        "WHERE w.workspace = :workspace AND w.memory = f.memory) AS size "
        "FROM (SELECT DISTINCT memory FROM found) AS f), "
        "mean AS (SELECT avg(size) AS size FROM sized) "
        "SELECT m.memory_id, sum(greatest(ln((o.memories - c.having + 0.5) / (c.having + 0.5)), 1e-6) * "
        "(f.often * 2.2 / (f.often + 1.2 * (0.25 + 0.75 * s.size / mean.size))))::float8 AS score "
        "FROM found AS f JOIN counted AS c USING (term) JOIN sized AS s USING (memory) CROSS JOIN of_all AS o "
        "CROSS JOIN mean JOIN memories AS m ON m.id = f.memory "
        f"WHERE m.workspace = :workspace AND m.deleted = 0{conditions} "
        "GROUP BY m.memory_id ORDER BY score DESC, m.memory_id LIMIT :limit"
    )
    return [(row.memory_id, row.score) for row in connection.execute(statement, {**values, **names})]


def rare_terms(connection: Connection, workspace: str, terms: Sequence[str], most: int) -> list[tuple[int, int]]:
    """Of the workspace: the beginning of each word's rows in the table's own order."""
    phrases = [(number, phrase) for number, phrase in enumerate(_phrases(connection, terms)) if phrase]
    if not phrases:
        return []
    names = {f"word{i}_{k}": word for i, phrase in phrases for k, word in enumerate(phrase)}
    statement = " UNION ALL ".join(
        f"SELECT * FROM (SELECT {i} AS term, w0.memory FROM {_joined(i, len(phrase))} LIMIT {most}) AS t{i}"
        for i, phrase in phrases
    )
    rows = connection.execute(_text(statement), {**names, "workspace": workspace})
    return [(row[0], row[1]) for row in rows]


def _phrases(connection: Connection, terms: Sequence[str]) -> list[tuple[str, ...]]:
    """The stems of each term, in their order; none of a term without letters or digits."""
    stems: dict[int, list[str]] = {}
    for number, lexeme, _ in connection.execute(_STEMS, {"terms": list(terms)}):
        stems.setdefault(number, []).append(lexeme)
    return [tuple(stems.get(number, ())) for number in range(1, len(terms) + 1)]


def _joined(term: int, words: int) -> str:
    """The rows of memories in which so many words follow each other, as a FROM clause with its WHERE."""
    tables = [f"memory_words AS w{k}" for k in range(words)]
    conditions = [f"w{k}.workspace = :workspace AND w{k}.word = :word{term}_{k}" for k in range(words)]
    conditions += [f"w{k}.memory = w0.memory" for k in range(1, words)]
    if words > 1:
        follow = " AND ".join(f"p + {k} = ANY(w{k}.places)" for k in range(1, words))
        conditions.append(f"EXISTS (SELECT 1 FROM unnest(w0.places) AS p WHERE {follow})")
    return f"{', '.join(tables)} WHERE {' AND '.join(conditions)}"


def _least(words: int) -> str:
    return f"least({', '.join(f'cardinality(w{k}.places)' for k in range(words))})"


def memories_among(
    connection: Connection, column: str, others: str, conditions: str, values: Mapping[str, Any]
) -> list[Any]:
    """`column` and others of a workspace's living memories whose `column` is in the JSON array `wanted`."""
    kind = "bigint[]" if column == "id" else "text[]"
    statement = (
        f"SELECT m.{column}, {others} FROM memories AS m WHERE m.workspace = :workspace AND m.deleted = 0 "
        f"AND m.{column} = ANY((:wanted)::{kind}){conditions}"
    )
    wanted = [name for name in orjson.loads(values["wanted"]) if "\0" not in str(name)]  # which no row has
    return [tuple(row) for row in connection.execute(_text(statement), {**values, "wanted": wanted})]


def rebuild_full_text(connection: Connection, after: int) -> int | None:
    """The words of so many memories at a time, which nobody changes meanwhile; at the end those of no memory go."""
    values = {"after": after, "portion": _PORTION}
    last: int | None = max(connection.execute(_LOCKED, values).scalars(), default=None) if after != CLEARING else None
    if last is None:
        connection.exec_driver_sql(
            "DELETE FROM memory_words AS w "
            "WHERE NOT EXISTS (SELECT 1 FROM memories AS m WHERE m.workspace = w.workspace AND m.id = w.memory)"
        )
        return None
    for statement in _MAKE_AGAIN:
        connection.execute(statement, {"after": after, "last": last})
    return last


def full_text_remains(connection: Connection) -> bool:
    """Never: what was made stands where it is asked."""
    return False


def full_text_is_sound(connection: Connection) -> bool:
    """Whether the rows of words are those that the memories have."""
    own = "SELECT workspace, word, memory, places FROM memory_words"
    differing = f"SELECT 1 FROM (({own} EXCEPT {_OUGHT}) UNION ALL ({_OUGHT} EXCEPT {own})) AS d LIMIT 1"
    return connection.exec_driver_sql(differing).first() is None


@lru_cache(maxsize=256)
def _text(statement: str) -> TextClause:
    return text(statement)


_OUGHT = (
    "SELECT m.workspace, t.lexeme, m.id, t.positions FROM memories AS m "
    "CROSS JOIN LATERAL unnest(reflection_words(m.memory_id || ' ' || m.text || ' ' || m.summary)) AS t"
)
_PORTION = 1_000
_LOCKED = text("SELECT id FROM memories WHERE id > :after ORDER BY id LIMIT :portion FOR UPDATE")
_MAKE_AGAIN = (
    text(
        "DELETE FROM memory_words WHERE (workspace, memory) IN "
        "(SELECT m.workspace, m.id FROM memories AS m WHERE m.id > :after AND m.id <= :last)"
    ),
    text(
        f"INSERT INTO memory_words (workspace, word, memory, places) {_OUGHT} WHERE m.id > :after AND m.id <= :last "
        "ON CONFLICT DO NOTHING"  # what came meanwhile has its words
    ),
)
_STEMS = text(
    "SELECT t.number, w.lexeme, place FROM unnest((:terms)::text[]) WITH ORDINALITY AS t(term, number), "
    "unnest(reflection_words(t.term)) AS w, unnest(w.positions) AS place ORDER BY t.number, place"
)
