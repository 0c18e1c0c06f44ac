"""Where a database is: a file, or the address of a server's. Must not open anything."""

import os

from sqlalchemy import exc, make_url
from sqlalchemy.engine import URL

from reflection.errors import ConfigurationError
from reflection.store.database.statements import SQLITE

Place = str | os.PathLike[str] | URL
"""A file, or the address of a server's database."""


def url_of(place: Place) -> URL:
    """The address of a file, or of a server's database; a text with ``://`` is one.

    Raises:
        ConfigurationError: it is no address.
    """
    if isinstance(place, URL):
        return place
    if isinstance(place, str) and "://" in place:
        try:
            return make_url(place)
        except exc.ArgumentError:
            raise ConfigurationError("the address of the database cannot be read") from None
    return URL.create(SQLITE, database=os.fspath(place))


def database_name(place: Place) -> str:
    """What people may be told of a place: the path, or the address without its password."""
    url = url_of(place)
    if url.get_backend_name() == SQLITE:
        return str(url.database)
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
