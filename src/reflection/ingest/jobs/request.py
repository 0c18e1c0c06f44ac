"""What a user may say about an import, as it comes in: strict, bounded, the same at every door.

Must not know where it came from (a form, JSON, the command line) or what is made of it.
"""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from pydantic import Field, StringConstraints, field_validator

from reflection.domain.campaign import CURRENCIES, Strict
from reflection.errors import InvalidInput

if TYPE_CHECKING:
    from reflection.ingest import ColumnMapping, ImportOptions

_OURS = frozenset({"dry_run", "expected", "campaign_names", "audience_names", "creative_names"})
"""Fields that the importers' options have in another form, or not at all."""

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
    campaign_names: Annotated[
        Short | None, Field(description="how campaigns are named, such as {year}_{platform}_{audience}_{type}")
    ] = None
    audience_names: Annotated[
        Short | None, Field(description="how ad sets are named; {campaign} - {angle} when left out, '' reads nothing")
    ] = None
    creative_names: Annotated[
        Short | None, Field(description="how ads are named; {campaign} - {concept} when left out, '' reads nothing")
    ] = None
    conversion_window: Annotated[
        int | None, Field(ge=1, le=365, strict=False, description="days until conversions are complete")
    ] = None
    as_of: Annotated[dt.date | None, Field(strict=False, description="the day the export was made")] = None
    dry_run: Annotated[bool, Field(strict=False, description="say what would happen, store nothing")] = False

    @field_validator("currency", mode="before")
    @classmethod
    def _code(cls, value: Any) -> Any:
        """An ISO code in any case.

        Raises:
            ValueError: it cannot be one.
        """
        if not isinstance(value, str) or not value:
            return value
        if not re.fullmatch(CURRENCIES, value.upper()):
            raise ValueError("should be a currency's ISO code, such as EUR")
        return value.upper()

    def options(
        self,
        *,
        mapping: "ColumnMapping | None" = None,
        plan: Path | None = None,
        plan_mapping: "ColumnMapping | None" = None,
    ) -> "ImportOptions":
        """These fields as the importers take them, with mappings and plan already read from their files."""
        from reflection.ingest import ImportOptions, Templates

        fields: dict[str, Any] = {
            name: getattr(self, name) for name in ReadingOptions.model_fields if name not in _OURS
        }
        names = {"campaign": self.campaign_names, "audience": self.audience_names, "creative": self.creative_names}
        conventions = {name: template for name, template in names.items() if template is not None}
        return ImportOptions(
            **fields,
            expected=plan or self.expected,
            mapping=mapping,
            plan_mapping=plan_mapping,
            templates=replace(Templates(), **conventions),
        )


class ImportForm(ReadingOptions):
    """The fields of an upload's form besides its files."""

    mapping: Annotated[str, StringConstraints(max_length=MAX_MAPPING), Field(description="a column mapping, JSON")] = ""
    plan_mapping: Annotated[
        str, StringConstraints(max_length=MAX_MAPPING), Field(description="the plan's column mapping, JSON")
    ] = ""

    @field_validator("group_by", "date_order", "currency", "timezone", "conversion_window", "as_of", mode="before")
    @classmethod
    def _left_empty(cls, value: Any, info: Any) -> Any:
        """A form sends what was left empty as an empty text."""
        return cls.model_fields[info.field_name].default if value == "" else value

    def columns(self) -> "ColumnMapping | None":
        """The column mapping of the files.

        Raises:
            InvalidInput: it is none.
        """
        return _mapping(self.mapping, "mapping")

    def plan_columns(self) -> "ColumnMapping | None":
        """The column mapping of the plan.

        Raises:
            InvalidInput: it is none.
        """
        return _mapping(self.plan_mapping, "plan_mapping")


def _mapping(text: str, field: str) -> "ColumnMapping | None":
    if not text.strip():
        return None
    from reflection.ingest import load_mapping

    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("the column mapping is not JSON", field=field) from error
    return load_mapping(body)
