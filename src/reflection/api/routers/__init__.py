"""One file per subject of the HTTP interface; `reflection.api.policies` lists them all.

An id in a path may hold anything that is accepted in a body, a line break too, which the framework's `:path` leaves
out: what was stored could then never be read nor deleted.
"""

from typing import ClassVar

from starlette.convertors import PathConvertor, register_url_convertor


class WholePath(PathConvertor):
    """The rest of a path, line breaks included; what `:path` means in every route of ours."""

    regex: ClassVar[str] = r"[\s\S]*"


register_url_convertor("path", WholePath())
