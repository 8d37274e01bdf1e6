"""What the exchange told last of one symbol on one side, beside its quotes. Pure."""

from typing import TypeVar, cast

Value = TypeVar("Value")


class Told(dict[type, object]):
    """The newest value of each type, such as Mark or Book. Never changed: `plus` makes another one.

    A value carries the moment at which it was heard, and stays when its stream falls silent: who shows it says how
    old it is.
    """

    __slots__ = ()

    def last(self, kind: type[Value]) -> Value | None:
        """Return the newest value of a type, None before the first."""
        return cast(Value | None, self.get(kind))

    def plus(self, value: object) -> "Told":
        """Return the same with a newer value of its type."""
        return Told({**self, type(value): value})
