"""The dialects known, one file per platform; a new platform is a new file and one more name here."""

from reflection.importers.dialect import Dialect
from reflection.importers.dialects.google import GOOGLE
from reflection.importers.dialects.linkedin import LINKEDIN
from reflection.importers.dialects.marko import MARKO
from reflection.importers.dialects.meta import META
from reflection.importers.dialects.microsoft import MICROSOFT
from reflection.importers.dialects.pinterest import PINTEREST
from reflection.importers.dialects.tiktok import TIKTOK
from reflection.importers.dialects.warehouse import WAREHOUSE

DIALECTS: tuple[Dialect, ...] = (META, GOOGLE, TIKTOK, LINKEDIN, MICROSOFT, PINTEREST, MARKO, *WAREHOUSE)

__all__ = ["DIALECTS"]
