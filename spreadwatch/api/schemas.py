"""JSON Schema of the types that the answers are declared with: what is described is what is sent. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from msgspec import Struct

from spreadwatch.core.snapshot import EXACT, Wire

Schema = dict[str, object]

_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    dict: {"type": "object"},
}


def schema_of(hint: Any) -> Schema:  # noqa: ANN401 - any annotation
    """Return the schema of an annotation. Raises TypeError for one that no answer is declared with."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _declared(arguments[1])
    if origin is NotRequired:
        return schema_of(arguments[0])
    if origin in (Union, UnionType):
        [known] = [one for one in arguments if one is not NoneType]
        return _or_null(schema_of(known))
    if origin in (list, tuple):
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if is_typeddict(hint):
        return _object(hint)
    return dict(_PLAIN[hint]) if hint in _PLAIN else _declared(hint)


def _declared(what: Any) -> Schema:  # noqa: ANN401 - as above
    """Return the schema of how a value is written that JSON has no type for."""
    if what is Decimal:
        what = EXACT
    if isinstance(what, Wire):
        schema: Schema = {"type": "string", "description": what.about}
        if what.pattern:
            schema["pattern"] = what.pattern
        if what.choices:
            schema["enum"] = list(what.choices)
        return schema
    if isinstance(what, type) and issubclass(what, Enum):
        return {"type": "string", "enum": [one.value for one in what]}
    if isinstance(what, type) and issubclass(what, Struct):
        return _object(what)
    raise TypeError(f"no schema for {what!r}: declare what it is on the wire")


def _object(declared: type) -> Schema:
    fields = {name: schema_of(hint) for name, hint in get_type_hints(declared, include_extras=True).items()}
    required = [name for name in fields if name in getattr(declared, "__required_keys__", fields)]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    choices = schema.get("enum")
    more: Schema = {"enum": [*choices, None]} if isinstance(choices, list) else {}
    return {**schema, "type": [schema["type"], "null"], **more}
