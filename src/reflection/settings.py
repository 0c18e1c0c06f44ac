"""Settings: everything that can be configured, read from the environment and `.env`, checked at the start.

Only the doors and wiring read this file; what is inside the engine gets plain values. A wrong value raises
`ConfigurationError` with one line that names the variable, what is wrong and what is allowed. Secrets are
`SecretStr`: no repr, log line or error message shows them. Relative paths are relative to the working
directory.
"""

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import orjson
from limits import RateLimitItem, parse
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from reflection.domain.api_key import ApiKey, api_key
from reflection.domain.validation import plain_problem
from reflection.errors import ConfigurationError

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
SECRET_FIELDS = frozenset({"openai_api_key", "api_keys", "database_url", "mail_url"})
POSTGRES_URL = "postgresql+psycopg://"
MOST_WEIGHT = 1e12
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+|\[[0-9A-Fa-f:.]+\]")
_UNPRINTABLE = re.compile(r"[^\S ]|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_NO_LIMIT = frozenset({"off", "none", "0"})


def _split(value: Any) -> Any:
    """Lists are written with commas: ``a,b``."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _is_network(text: str) -> bool:
    """Whether it is an address or a network: ``10.0.0.0/8``."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _api_keys(value: Any) -> Any:
    parts = _split(value)
    return tuple(api_key(n, part) if isinstance(part, str) else part for n, part in enumerate(parts, start=1))


class Settings(BaseSettings):
    """All settings; each field is the variable ``MARKO_<FIELD>``, except the two ``OPENAI_`` ones."""

    model_config = SettingsConfigDict(
        env_prefix="MARKO_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias="OPENAI_API_KEY",
        description="Lets a language model phrase the insights; without it sentences are deterministic.",
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias="OPENAI_BASE_URL",
        pattern=r"^https?://[^\s]+$",
        description="Another OpenAI-compatible server (http:// or https://).",
    )
    database_path: Path = Field(Path("reflection.db"), description="The SQLite file that holds everything.")
    database_url: SecretStr | None = Field(
        None,
        description="A Postgres database instead of the file: `postgresql+psycopg://user:password@host/name` (extra "
        "`postgres`).",
    )
    output_dir: Path = Field(Path("output"), description="Folder of the artifacts, one subfolder per campaign.")
    vector_backend: Literal["auto", "local", "chroma", "json"] = Field(
        "auto",
        description="`auto` (Chroma if installed, else `local`, and Postgres' pgvector for large workspaces), `local`, "
        "`chroma` or `json`.",
    )
    vector_path: Path = Field(Path("vectors"), description="Folder of the Chroma index.")
    chroma_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#]+/?$",
        description="Address of a Chroma server, such as `http://127.0.0.1:8001`; used in place of the folder.",
    )
    vector_fallback_path: Path = Field(Path("vectors.json"), description="File of the `json` vector index.")
    weights_path: Path = Field(Path("weights.json"), description="The global snapshot of the signal weights.")
    insights_model: str = Field("gpt-4o-mini", min_length=1, description="Language model that phrases the insights.")
    embedding_model: str = Field(
        "packaged",
        min_length=1,
        description="`packaged` (on this machine), `none` (search by words), or an OpenAI model such as "
        "`text-embedding-3-small`, used where OPENAI_API_KEY is set.",
    )
    model_deadline: float = Field(
        8.0,
        ge=0.5,
        le=120.0,
        description="Seconds a call to the language model may take, retries included, 0.5 to 120; then the "
        "deterministic sentences answer. An embedding gets at most 2 of them.",
    )
    model_daily_tokens: int = Field(
        500_000,
        ge=0,
        le=1_000_000_000,
        description="Most tokens a workspace may have the language model read and write per UTC day; 0: it is not "
        "asked.",
    )
    insights_limit: int = Field(
        20, ge=1, le=500, description="How many insights and patterns a list gives by default, 1 to 500."
    )
    api_keys: Annotated[tuple[ApiKey, ...], NoDecode, BeforeValidator(_api_keys)] = Field(
        (),
        description="Keys, separated by commas: `key`, `workspace=key`, `workspace:read=key`, `*=key`. "
        "Without any, only clients on this machine are served.",
    )
    background: Literal["process", "threads", "none"] = Field(
        "process",
        description="Who learns, publishes, embeds and imports behind a server: a `process` that it starts and watches "
        "(one a database), `threads` of its own, or `none` of it (run `reflection worker`).",
    )
    host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Address to listen on; another than loopback needs MARKO_API_KEYS.",
    )
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on, 1 to 65535.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that answer at this address (`reflection serve`), 1 to 64; one worker learns behind "
        "them all.",
    )
    cluster: str = Field(
        "",
        description="Where learning runs in partitions: `local:N` (N processes of this machine) or `dask://host:8786` "
        "(needs the extra `cluster`); empty: in this process. The result is the same, bit for bit.",
    )
    cluster_memory: int = Field(
        4 * 2**30,
        ge=2**28,
        description="Bytes that a process of `local:N` may take; one that takes more is started again.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        (),
        description="Host names clients may use, with commas; empty: loopback without keys, any with keys.",
    )
    goal_metric: Literal["auto", "roas", "conversions_per_spend"] = Field(
        "auto",
        description="`auto` (ROAS where revenue is given), `roas` or `conversions_per_spend`.",
    )
    conversion_weight: float = Field(1.0, description="Weight of conversions in the performance score.")
    ctr_weight: float = Field(1000.0, description="Weight of CTR (a share, not per cent) in the performance score.")
    cpa_weight: float = Field(1.0, description="Weight of CPA in the performance score; it is subtracted.")
    holdback: float = Field(
        0.0,
        ge=0.0,
        lt=1.0,
        description="Share of planned campaigns without advice, at random, to measure if it helps: 0 is off, try 0.2.",
    )
    finding_campaigns: int = Field(
        3, ge=1, le=1_000, description="Real campaigns that a finding or an advice takes at least, 1 to 1000."
    )
    finding_events: int = Field(
        30, ge=1, le=1_000_000, description="Events (conversions; clicks for CTR) that both take at least, 1 to 1000000"
    )
    rate_limit: str = Field(
        "6000/minute",
        description="Requests per key, such as `100/minute` or `10/second`; `off` for no limit.",
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        description="Where people reach this server, for links in alerts: `https://reflection.example.com`; "
        "without it links lead to MARKO_HOST and MARKO_PORT.",
    )
    alert_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        (),
        description="Hosts and networks that webhooks of alerts may go to although they are private, with commas: "
        "`hooks.internal,10.0.0.0/8`; these may be http://.",
    )
    mail_url: SecretStr | None = Field(
        None,
        description="The mail server that alerts by mail go through: `mailtos://user:password@smtp.example.com`; "
        "needs the extra `alerts`.",
    )
    alert_log_days: int = Field(
        30, ge=1, le=3_650, description="Days for which the log of sent and given-up alerts is kept, 1 to 3650."
    )
    history_days: int = Field(
        730,
        ge=90,
        le=36_500,
        description="Days for which replaced contents of campaigns, imports with their undo, and earlier states of "
        "learnings are kept, 90 to 36500.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged: DEBUG, INFO, WARNING or ERROR."
    )
    max_body_bytes: int = Field(
        1_048_576,
        ge=1_024,
        le=1_073_741_824,
        description="Largest request body in bytes, 1024 to 1073741824.",
    )

    @field_validator("database_path", "output_dir", "vector_path", "vector_fallback_path", "weights_path")
    @classmethod
    def _names_a_place(cls, value: Path) -> Path:
        if not str(value).strip() or _UNPRINTABLE.search(str(value)):
            raise ValueError("a path of printable characters, not of spaces alone")
        return value

    @field_validator("openai_api_key")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        key = "" if value is None else value.get_secret_value().strip()
        if not key.isascii() or _UNPRINTABLE.search(key):
            raise ValueError("a key is one line of plain characters")
        return SecretStr(key) if key else None

    @field_validator("allowed_hosts", "alert_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for number, host in enumerate(value, start=1):
            if not _HOST.fullmatch(host) and not (info.field_name == "alert_hosts" and _is_network(host)):
                raise ValueError(f"entry {number} is no host name: write it without https://, port, path or *")
        return value

    @field_validator("database_url")
    @classmethod
    def _of_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(POSTGRES_URL):
            raise ValueError(f"an address that begins with {POSTGRES_URL}; for a file set MARKO_DATABASE_PATH")
        return value

    @field_validator("rate_limit")
    @classmethod
    def _limit_is_readable(cls, value: str) -> str:
        if value.strip().casefold() not in _NO_LIMIT:
            try:
                limit = parse(value)
            except ValueError:
                raise ValueError("write it as '100/minute', '10/second' or 'off'") from None
            if limit.amount < 1:
                raise ValueError("at least one request; write 'off' for no limit")
        return value.strip()

    @field_validator("mail_url")
    @classmethod
    def _is_mail(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("mailto://", "mailtos://")):
            raise ValueError("write it as 'mailtos://user:password@smtp.example.com'")
        return value

    @field_validator("conversion_weight", "ctr_weight", "cpa_weight")
    @classmethod
    def _finite(cls, value: float) -> float:
        if not abs(value) <= MOST_WEIGHT:
            raise ValueError(f"a number from -{MOST_WEIGHT:g} to {MOST_WEIGHT:g}")
        return value

    @field_validator("log_level", "vector_backend", "goal_metric", "background", mode="before")
    @classmethod
    def _any_case(cls, value: Any, info: Any) -> Any:
        if isinstance(value, str):
            return value.strip().upper() if info.field_name == "log_level" else value.strip().lower()
        return value

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read the settings; `values` override the environment, which overrides `.env`.

        Raises:
            ConfigurationError: a value is wrong; the message is one line.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise _wrong_value(error) from None
        except (UnicodeDecodeError, OSError) as error:
            reason = "is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
            raise ConfigurationError(f"the file .env {reason}", hint="write it anew, or remove it") from None

    def for_worker(self) -> bytes:
        """These settings as one line of JSON for the worker's standard input, without the keys of callers.

        The key of the model's server is in it: never for a log, a file or an argument.
        """
        return orjson.dumps(self.model_dump(exclude={"api_keys"}), default=_plain)

    @classmethod
    def from_server(cls, line: bytes) -> Self:
        """The settings that a server handed to its worker (`for_worker`); nothing of the environment is read.

        Raises:
            ConfigurationError: it is not such a line.
        """
        try:
            return cls(_env_file=None, api_keys=(), **orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError, ValidationError):
            raise ConfigurationError("a server's worker reads its settings from standard input") from None

    @property
    def database(self) -> Path | str:
        """Where everything is held: the address of a server's database, or else the file."""
        return self.database_path if self.database_url is None else self.database_url.get_secret_value()

    @property
    def limit(self) -> RateLimitItem | None:
        """The rate limit per key, or None for no limit."""
        return None if self.rate_limit.casefold() in _NO_LIMIT else parse(self.rate_limit)

    def secrets(self) -> tuple[str, ...]:
        """Every secret text, for those who must keep them out of what they print."""
        keys = [key.secret.get_secret_value() for key in self.api_keys]
        others = [one.get_secret_value() for one in (self.openai_api_key, self.database_url, self.mail_url) if one]
        passwords = [urlsplit(self.database_url.get_secret_value()).password] if self.database_url else []
        return tuple(secret for secret in [*keys, *others, *passwords] if secret)


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def place(database: str | Path) -> dict[str, Any]:
    """The settings of a database that is named: by the address of a server's, or as a file whatever else is set."""
    if isinstance(database, str) and "://" in database:
        return {"database_url": database}
    return {"database_path": Path(database), "database_url": None}


def variable_of(field: str) -> str:
    """The environment variable of a field: ``port`` -> ``MARKO_PORT``."""
    return field.upper() if field.startswith("openai_") else f"MARKO_{field.upper()}"


def variables() -> dict[str, str]:
    """Every environment variable with what it means, in the order of the documentation."""
    return {variable_of(name): field.description or "" for name, field in Settings.model_fields.items()}


def check_listening(
    settings: Settings, host: str | None = None, *, any_stored: Callable[[], bool] = lambda: False
) -> None:
    """Refuse to listen beyond this machine without a key: nobody is let in by forgetting.

    Args:
        any_stored: whether keys were made with 'reflection keys create'; asked only where it matters.

    Raises:
        ConfigurationError: the host is not loopback, and there are no keys.
    """
    address = host or settings.host
    if address.strip("[]").casefold() in LOOPBACK_HOSTS or settings.api_keys or any_stored():
        return
    raise ConfigurationError(
        f"MARKO_HOST={address} would serve other machines without any key",
        hint="set MARKO_API_KEYS, make a key with 'reflection keys create', or listen on 127.0.0.1",
    )


def _wrong_value(error: ValidationError) -> ConfigurationError:
    """One line for the first wrong value, with what is allowed; never the value of a secret."""
    first = error.errors(include_url=False, include_context=False)[0]
    location = str(first["loc"][0]).casefold() if first["loc"] else ""
    field = next(
        (name for name in Settings.model_fields if location in (name, f"marko_{name}")),
        "settings",
    )
    name, info = variable_of(field), Settings.model_fields.get(field)
    sent = "" if field in SECRET_FIELDS else f"={str(first.get('input', ''))[:60]!r}"
    problem = plain_problem(first["msg"])
    more = f" (and {error.error_count() - 1} more wrong settings)" if error.error_count() > 1 else ""
    return ConfigurationError(
        f"{name}{sent} is wrong: {problem}{more}",
        hint=f"{name}: {info.description if info else ''} Correct it in the environment or in .env",
        field=name,
    )
