"""Text with NUL, which users may send and PostgreSQL does not keep, as text without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.string import StrDumper, TextLoader

if TYPE_CHECKING:
    from psycopg.abc import Buffer

_NUL, _INSTEAD = "\0", "\U0010fffd"
"""The last private character stands for it: nobody sends that."""


class Dumper(StrDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace(_NUL, _INSTEAD) if _NUL in obj else obj)


class Loader(TextLoader):
    def load(self, data: Buffer) -> bytes | str:
        text = super().load(data)
        assert isinstance(text, str), "the databases of Headgate are in UTF-8"  # noqa: S101
        return text.replace(_INSTEAD, _NUL) if _INSTEAD in text else text


def register(connection: Any) -> None:
    """Let a connection keep every text."""
    connection.adapters.register_dumper(str, Dumper)
    connection.adapters.register_loader("text", Loader)
