"""What a change of the interface breaks for programs that were written against docs/openapi.json.

    breaking(published, current)    one line for each thing a caller would notice; empty where all is as it was, or more

A request may be asked for no more than before, an answer may hold no less: new routes, optional parameters and further
fields of answers break nothing, and neither do further words of an answer's enumeration (docs/operations.md says so).
Must not know the application.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
HIGHER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
DEEP = 12
"""Schemas that hold themselves are followed so far."""


def breaking(published: Schema, current: Schema) -> list[str]:
    """What a caller of `published` would notice of `current`, both OpenAPI descriptions."""
    return sorted(set(_Comparison(published, current).lines()))


class _Comparison:
    def __init__(self, published: Schema, current: Schema) -> None:
        self._documents = published, current

    def lines(self) -> Iterator[str]:
        old, new = (document["paths"] for document in self._documents)
        for path, item in old.items():
            for method in METHODS:
                if method not in item:
                    continue
                name = f"{method.upper()} {path}"
                if method not in new.get(path, {}):
                    yield f"{name} is gone"
                else:
                    yield from self._operation(name, item[method], new[path][method])

    def _operation(self, name: str, old: Schema, new: Schema) -> Iterator[str]:
        yield from self._parameters(name, *(self._by_name(operation) for operation in (old, new)))
        before, now = old.get("requestBody"), new.get("requestBody")
        if now and now.get("required") and not (before and before.get("required")):
            yield f"{name} asks for a body"
        yield from self._contents(f"{name}: the body", before or {}, now or {}, request=True)
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{name}: no answer {status} any longer"
            else:
                yield from self._contents(f"{name}: {status}", answer, new["responses"][status], request=False)

    def _by_name(self, operation: Schema) -> dict[tuple[str, str], Schema]:
        return {(one["in"], one["name"]): one for one in operation.get("parameters", ())}

    def _parameters(self, name: str, old: Mapping[Any, Schema], new: Mapping[Any, Schema]) -> Iterator[str]:
        for key in old.keys() - new.keys():
            yield f"{name}: parameter {key[1]} is gone"
        for key, parameter in new.items():
            if key not in old:
                if parameter.get("required"):
                    yield f"{name}: parameter {key[1]} is required"
                continue
            if parameter.get("required") and not old[key].get("required"):
                yield f"{name}: parameter {key[1]} is required"
            yield from self._schemas(
                f"{name}: parameter {key[1]}", old[key].get("schema", {}), parameter.get("schema", {}), True, 0
            )

    def _contents(self, name: str, old: Schema, new: Schema, *, request: bool) -> Iterator[str]:
        for media, content in old.get("content", {}).items():
            if media not in new.get("content", {}):
                yield f"{name}: {media} is gone"
                continue
            schemas = content.get("schema", {}), new["content"][media].get("schema", {})
            yield from self._schemas(name, *schemas, request, 0)

    def _schemas(self, name: str, old: Schema, new: Schema, request: bool, depth: int) -> Iterator[str]:
        old, new = (self._resolved(side, schema) for side, schema in enumerate((old, new)))
        if depth > DEEP or (old == new and not _refers(old)):
            return
        before, now = _kinds(old), _kinds(new)
        lost = (before - now if now else set()) if request else (now - before if before else set())
        if lost:
            yield f"{name}: {' and '.join(sorted(lost))} {'is not taken' if request else 'may come'} now"
        if request:
            yield from _narrower(name, old, new)
        yield from self._fields(name, old, new, request, depth)
        if "items" in old and "items" in new:
            yield from self._schemas(f"{name}[]", old["items"], new["items"], request, depth + 1)

    def _fields(self, name: str, old: Schema, new: Schema, request: bool, depth: int) -> Iterator[str]:
        fields, now = old.get("properties", {}), new.get("properties", {})
        if fields and not now and not request:
            yield f"{name}: no fields are described any longer"
            return
        for field in fields.keys() - now.keys() if now else ():
            yield f"{name}.{field} is gone"
        asked, was = set(new.get("required", ())), set(old.get("required", ()))
        for field in sorted(asked - was if request else was - asked):
            yield f"{name}.{field} {'is required' if request else 'may be missing'}"
        for field in fields.keys() & now.keys():
            yield from self._schemas(f"{name}.{field}", fields[field], now[field], request, depth + 1)

    def _resolved(self, side: int, schema: Schema) -> Schema:
        """A schema behind its reference, and the only kind that is not null in the place of a choice with null."""
        if "$ref" in schema:
            return self._resolved(side, self._documents[side]["components"]["schemas"][schema["$ref"].split("/")[-1]])
        kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        if len(kinds) == 1:
            inner = self._resolved(side, kinds[0])
            return {**inner, "nullable": True} if len(schema["anyOf"]) > 1 else inner
        return schema


def _refers(schema: Schema) -> bool:
    return "$ref" in str(schema)


def _kinds(schema: Schema) -> set[str]:
    """Names of the JSON types a schema takes; empty where it says nothing."""
    if "anyOf" in schema:
        return {kind for one in schema["anyOf"] for kind in (_kinds(one) or {str(one.get("$ref", "anything"))})}
    kinds = schema.get("type")
    named = {kinds} if isinstance(kinds, str) else set(kinds or ())
    if "number" in named:
        named.add("integer")
    return named | ({"null"} if named and schema.get("nullable") else set())


def _narrower(name: str, old: Schema, new: Schema) -> Iterator[str]:
    """Values that were taken and are not any longer."""
    if "enum" in new:
        for word in old.get("enum", ("anything else",)):
            if word not in new["enum"]:
                yield f"{name}: {word!r} is not taken now"
    for key, sign in [*((key, 1) for key in LOWER), *((key, -1) for key in HIGHER)]:
        if key in new and (key not in old or sign * new[key] > sign * old[key]):
            yield f"{name}: {key} is {new[key]} now"
