"""Parameters checked against the SDK's own typed definitions, so that a typo is refused here as it is at Stripe."""

import re
import sys
import types
import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal

import typing_extensions
from stripe import RequestOptions

from sandbox.stripe_api.refusals import ParameterRefusal

#: names that only type checkers import in the SDK's modules
_ONLY_FOR_TYPES = {"StripeContext": str, "Mapping": Mapping}
_TRUTH = frozenset({"true", "false"})
_METADATA_PAIRS, _METADATA_NAME, _METADATA_TEXT = 50, 40, 500


def checked(definition: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with numbers, truth values and lists in place of text. Raises ParameterRefusal.

    `definition` is one of the SDK's `…Params` TypedDicts; what it inherits from RequestOptions is no parameter.
    """
    return _object(definition, given, "")


@cache
def _fields(definition: type) -> dict[str, Any]:
    """Name → type, without the SDK's request options and without NotRequired around it."""
    own = {
        name: hint for name, hint in definition.__annotations__.items() if name not in RequestOptions.__annotations__
    }
    holder = types.SimpleNamespace(__annotations__=own)
    return typing.get_type_hints(holder, vars(sys.modules[definition.__module__]), _ONLY_FOR_TYPES)


def _object(definition: type, given: Mapping[str, Any], path: str) -> dict[str, Any]:
    fields = _fields(definition)
    for name in given:
        if name not in fields:
            param = _below(path, name)
            raise ParameterRefusal(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)
    required: frozenset[str] = getattr(definition, "__required_keys__", frozenset())
    for name in fields:
        if name in required and name not in given:
            raise missing(_below(path, name))
    return {name: _value(fields[name], value, _below(path, name)) for name, value in given.items()}


def missing(param: str) -> ParameterRefusal:
    return ParameterRefusal(f"Missing required param: {param}.", code="parameter_missing", param=param)


def _below(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _value(wanted: Any, given: Any, path: str) -> Any:
    choices = _choices(wanted)
    if isinstance(given, dict):
        return _branch(choices, given, path)
    if given == "":
        return _empty(choices, path)
    literals = [text for choice in choices if typing.get_origin(choice) is Literal for text in typing.get_args(choice)]
    if (named := [text for text in literals if text != ""]) and not (bool in choices and given in _TRUTH):
        # The SDK writes `Literal[...] | str` to stay open to what comes; Stripe itself knows its values.
        if given in named or (_parsed_number(choices, given) is not None):
            return given if given in named else _parsed_number(choices, given)
        raise ParameterRefusal(f"Invalid {path}: must be one of {_listed(named)}", param=path)
    return _leaf(choices, given, path)


def _choices(wanted: Any) -> tuple[Any, ...]:
    """The alternatives of a type, whichever way its union is written."""
    if typing.get_origin(wanted) in {typing_extensions.NotRequired, typing_extensions.Required}:
        return _choices(typing.get_args(wanted)[0])
    if typing.get_origin(wanted) in {typing.Union, types.UnionType}:
        return tuple(part for choice in typing.get_args(wanted) for part in _choices(choice))
    return (wanted,)


def _branch(choices: tuple[Any, ...], given: dict[str, Any], path: str) -> Any:
    for choice in choices:
        origin = typing.get_origin(choice)
        if typing_extensions.is_typeddict(choice):
            return _object(choice, given, path)
        if origin is dict:
            return _pairs(given, path)
        if origin is list:
            return _list(typing.get_args(choice)[0], given, path)
    raise ParameterRefusal(f"Invalid string: {path} takes no object", param=path)


def _list(wanted: Any, given: dict[str, Any], path: str) -> list[Any]:
    if set(given) != {str(index) for index in range(len(given))}:
        raise ParameterRefusal("Invalid array", param=path)
    return [_value(wanted, given[str(index)], f"{path}[{index}]") for index in range(len(given))]


def _pairs(given: dict[str, Any], path: str) -> dict[str, str]:
    """Key-value pairs within metadata's limits (docs.stripe.com/api/metadata)."""
    if len(given) > _METADATA_PAIRS:
        raise ParameterRefusal(f"Metadata can have at most {_METADATA_PAIRS} keys.", param=path)
    for name, text in given.items():
        if not isinstance(text, str):
            raise ParameterRefusal(f"Invalid string: {path}[{name}] takes no object", param=path)
        if len(name) > _METADATA_NAME or len(text) > _METADATA_TEXT:
            raise ParameterRefusal(
                f"Metadata keys have at most {_METADATA_NAME} characters, values at most {_METADATA_TEXT}.", param=path
            )
    return given


def _empty(choices: tuple[Any, ...], path: str) -> str:
    if any(typing.get_origin(choice) is Literal and "" in typing.get_args(choice) for choice in choices):
        return ""
    raise ParameterRefusal(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=path,
    )


def _leaf(choices: tuple[Any, ...], given: str, path: str) -> Any:
    if bool in choices:
        if given in _TRUTH:
            return given == "true"
        raise ParameterRefusal(f"Invalid boolean: {given[:80]}", param=path)
    if (number := _parsed_number(choices, given)) is not None:
        return number
    if str in choices or Any in choices:
        return given
    if int in choices:
        raise ParameterRefusal(f"Invalid integer: {given[:80]}", code="parameter_invalid_integer", param=path)
    if Decimal in choices or float in choices:
        raise ParameterRefusal(f"Invalid decimal: {given[:80]}", param=path)
    kind = "array" if any(typing.get_origin(choice) is list for choice in choices) else "object"
    raise ParameterRefusal(f"Invalid {kind}", param=path)


def _parsed_number(choices: tuple[Any, ...], given: str) -> int | Decimal | None:
    if int in choices and re.fullmatch(r"-?[0-9]{1,15}", given, re.ASCII):
        return int(given)
    if (Decimal in choices or float in choices) and len(given) < 40:
        try:
            number = Decimal(given)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    return None


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
