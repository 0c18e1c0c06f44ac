"""What a user may say about an import, as it comes in: strict, bounded, the same at every door.

Must not know where it came from (a form, JSON, the command line) or what is made of it.
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from pydantic import Field, StringConstraints, field_validator

from reflection.campaign import CURRENCIES, Strict
from reflection.errors import InvalidInput

if TYPE_CHECKING:
    from reflection.importers import ColumnMapping, ImportOptions

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
MAX_MAPPING = 100_000


class ReadingOptions(Strict):
    """How rows are to be read; every default means 'see for yourself, and say what you saw'."""

    platform: Short = "auto"
    expected: Annotated[
        Literal["previous-period", "trailing-28d"], Field(description="where no plan says what was expected")
    ] = "previous-period"
    group_by: Literal["campaign", "month"] = "campaign"
    conversions: Annotated[Short, Field(description="a column, an indicator or an event")] = ""
    currency: Annotated[str, Field(pattern=CURRENCIES)] | None = None
    timezone: Annotated[Short | None, Field(description="IANA name of the account's days")] = None
    locale: Annotated[Short, Field(description="how numbers are written, such as de_DE")] = ""
    date_order: Literal["mdy", "dmy"] | None = None
    objective: Short = ""
    campaign: Annotated[Short, Field(description="its name, where the file has none")] = ""
    as_of: Annotated[dt.date | None, Field(strict=False, description="the day the export was made")] = None
    dry_run: Annotated[bool, Field(strict=False, description="say what would happen, store nothing")] = False

    def options(self, *, mapping: "ColumnMapping | None" = None, plan: Path | None = None) -> "ImportOptions":
        """The importers' options."""
        from reflection.importers import ImportOptions

        given: dict[str, Any] = {
            name: getattr(self, name) for name in ReadingOptions.model_fields if name not in ("dry_run", "expected")
        }
        return ImportOptions(**given, expected=plan or self.expected, mapping=mapping)


class ImportForm(ReadingOptions):
    """The fields of an upload's form besides its files."""

    mapping: Annotated[str, StringConstraints(max_length=MAX_MAPPING), Field(description="a column mapping, JSON")] = ""

    @field_validator("group_by", "date_order", "currency", "timezone", "as_of", mode="before")
    @classmethod
    def _left_empty(cls, value: Any, info: Any) -> Any:
        """A form sends what was left empty as an empty text."""
        return cls.model_fields[info.field_name].default if value == "" else value

    def columns(self) -> "ColumnMapping | None":
        """The column mapping.

        Raises:
            InvalidInput: it is none.
        """
        if not self.mapping.strip():
            return None
        from reflection.importers import load_mapping

        try:
            body = orjson.loads(self.mapping)
        except orjson.JSONDecodeError as error:
            raise InvalidInput("the column mapping is not JSON", field="mapping") from error
        return load_mapping(body)
