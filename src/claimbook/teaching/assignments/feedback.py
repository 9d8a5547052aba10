"""What a student is told of a value, without a file that holds the answer.

A value is treated like a printed figure: it is what it rounds to at the decimals asked for. The
functions `figure` and `feedback` are copied as they stand into the tests of a notebook, which
has nothing of this package at hand: they use the standard library alone.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Messages = list[tuple[str, str]]  # digest of a rounded value, and what to say of it


def figure(value: Any, decimals: int) -> str:
    """The figure that a value rounds to, as text; half a step goes away from zero.

    Raises TypeError or ValueError if it is no finite number.

    >>> figure(12.25, 1), figure(-0.04, 1), figure(7, 0)
    ('12.3', '0.0', '7')
    """
    from decimal import ROUND_HALF_UP, Decimal

    if isinstance(value, str | bytes | bool) or type(value).__name__ == "bool_":
        raise TypeError("not a number")
    number = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not number.is_finite():
        raise ValueError("not a finite number")
    step = Decimal(1).scaleb(-decimals)
    if abs(number) >= Decimal(10) ** 18:
        return f"{number:e}"
    rounded = number.quantize(step, rounding=ROUND_HALF_UP)
    return str(rounded if rounded else abs(rounded))


def feedback(
    value: Any, salt: str, decimals: int, percent: bool, right: str, known: Messages
) -> str | None:
    """What is wrong with a value, or None if it is right.

    `right` and `known` hold salted digests of rounded values, the latter with what to say.
    """
    import hashlib
    from decimal import Decimal

    def digest(number: Any) -> str:
        return hashlib.sha256(f"{salt}:{figure(number, decimals)}".encode()).hexdigest()[:20]

    if value is None or value is ...:
        return "there is no answer yet: put a number in place of the dots"
    try:
        given = digest(value)
        number = Decimal(repr(float(value)))
    except (TypeError, ValueError, OverflowError):
        return "the answer has to be one finite number, not a text, a table or a missing value"
    if given == right:
        return None
    for one, message in known:
        if given == one:
            return message
    step = Decimal(1).scaleb(-decimals)
    usual = [
        (-number, "the sign is the wrong way round: a fall is below zero, a rise above it"),
        (number / 1000, "this is a thousand times too large: look at the unit asked for"),
        (number * 1000, "this is a thousand times too small: look at the unit asked for"),
        (number / 10**6, "this is a million times too large: look at the unit asked for"),
        (number * 10**6, "this is a million times too small: look at the unit asked for"),
    ]
    if percent:
        usual[:0] = [
            (number * 100, "this is a fraction: the question asks for per cent"),
            (number / 100, "this is multiplied by 100 once too often"),
        ]
    late = "the last digit is wrong: compute with all digits, and round (not cut) once, at the end"
    usual += [(Decimal(figure(number, decimals)) + step * way, late) for way in (1, -1)]
    for other, message in usual:
        if digest(other) == right:
            return message
    if decimals > 0 and number == Decimal(figure(number, decimals - 1)):
        for way in range(-5, 6):
            if digest(number + step * way) == right:
                return f"this is rounded too far: the question asks for {decimals} decimals"
    return "this is not the value, nor a mistake that is known here: read the question again"


def answer_digest(value: float, decimals: int, salt: str) -> str:
    """The salted digest of what a value rounds to.

    >>> answer_digest(12.26, 1, "s") == answer_digest(12.3, 1, "s") != answer_digest(12.3, 1, "t")
    True
    """
    return hashlib.sha256(f"{salt}:{figure(value, decimals)}".encode()).hexdigest()[:20]


def messages(readings: Mapping[str, tuple[float, str]], decimals: int, salt: str) -> Messages:
    """The digests of likely mistakes with their messages; of two alike the first one counts."""
    found: dict[str, str] = {}
    for value, message in readings.values():
        found.setdefault(answer_digest(value, decimals, salt), message)
    return sorted(found.items())


def function_sources(functions: Iterable[Callable[..., Any]], indent: str = "    ") -> str:
    """The code of functions without their docstrings, indented to stand in another function."""
    import ast

    parts = []
    for function in functions:
        tree = ast.parse(inspect.getsource(function))
        node = tree.body[0]
        assert isinstance(node, ast.FunctionDef)
        node.body = node.body[1:]
        for inner in ast.walk(node):  # annotations name what a notebook has not imported
            if isinstance(inner, ast.FunctionDef):
                inner.returns = None
            elif isinstance(inner, ast.arg):
                inner.annotation = None
        parts.append(ast.unparse(tree))
    lines = "\n\n".join(parts).split("\n")
    return "\n".join(f"{indent}{line}" if line else "" for line in lines)
