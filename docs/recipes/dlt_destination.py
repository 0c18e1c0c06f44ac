"""A destination for dlt: the rows that a dlt source pulls go to the engine. Needs `dlt` and nothing else.

`DESTINATION__REFLECTION__URL` and `DESTINATION__REFLECTION__KEY` (or dlt's config.toml and secrets.toml) say where to
and as whom; a key belongs to one workspace. The page docs/recipes.md says how it is used and what it takes care of.
"""

import json

import dlt
from dlt.destinations.exceptions import DestinationTerminalException
from dlt.sources.helpers import requests

http = requests.Client(raise_for_status=False)  # waits and asks again on 429 and 5xx, as `Retry-After` says


@dlt.destination(name="reflection", batch_size=1_000_000)  # a table in one go: what is sent replaces, it is not added
def reflection(
    items, table, url: str = dlt.config.value, key: str = dlt.secrets.value, currency: str | None = None
) -> None:
    """Send a table's rows as one import; the same rows again are the same import."""
    rows = [{name: json.dumps(v) if isinstance(v, list | dict) else v for name, v in row.items()} for row in items]
    body = {"name": table["name"], "rows": rows, "group_by": "month", "currency": currency}
    text = json.dumps(body, default=str)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = http.post(f"{url}/v1/observations", data=text, headers=headers)
    if answer.status_code in range(400, 429):  # asking again would not help
        raise DestinationTerminalException(answer.text)
    answer.raise_for_status()  # dlt tries the load again
