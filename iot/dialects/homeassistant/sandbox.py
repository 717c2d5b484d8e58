"""Jinja for templates that come from devices: the part they use, in bounds that no template can leave.

What is there, with Home Assistant's meaning:

    expressions, `if`, `set`; not `for`, macros, imports: without them a template's cost is bounded by its
    length and by the sizes of what it refers to, and those are bounded here
    filters     FILTERS below
    functions   GLOBALS below
    methods     METHODS below

Anything else is refused when the device is discovered, with the name of what is not available.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from paige.iot.dialects.homeassistant import filters

LARGEST_TEXT = 200_000
"""Characters that any single operation may produce."""

LARGEST_INTEGER_BITS = 4096


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


METHODS: Mapping[type, frozenset[str]] = {
    str: _words("""
        capitalize count endswith find format index isdigit isnumeric lower lstrip replace rfind rsplit rstrip
        split startswith strip title upper
    """),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}

_NODES = _words("""
    Add And Assign Call Compare Concat CondExpr Const Dict Div Filter FloorDiv Getattr Getitem If Keyword List
    Mod Mul Name Neg Not Operand Or Output Pair Pos Pow Slice Sub Template TemplateData Test Tuple
""")
_TESTS = _words("""
    boolean defined divisibleby eq even false float ge gt in integer iterable le lower lt mapping ne none
    number odd sameas sequence string true undefined upper == != > >= < <=
""")
_FIELD_WIDTH = re.compile(r"\d{4,}|\*")
_FIELD = re.compile(r"[{%]")


class DeviceEnvironment(ImmutableSandboxedEnvironment):
    """Renders what devices send."""

    # Intercepting an operator also keeps Jinja from computing it while it compiles.
    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__()
        self.filters = {**FILTERS, _BOUND: _bounded}
        self.tests = {name: self.tests[name] for name in _TESTS} | {"is_number": filters.is_number}
        self.globals = dict(GLOBALS)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401  # Jinja's signature
        """Only the methods named above, and nothing of other objects."""
        return attr in METHODS.get(type(obj), ())

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401  # Jinja's
        """The operators with which a short template makes a large value."""
        if operator == "%" and isinstance(left, str):
            _check_format(left, right if isinstance(right, tuple) else (right,))
        elif operator == "*":
            _check_product(left, right)
        elif operator == "**" and not _small_power(left, right):
            raise SecurityError("the power is too large")
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, ANN401  # Jinja's signature, so that `self` stays free as a keyword
        """A function or method, where what it makes is not too large."""
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str) and getattr(__obj, "__name__", "") == "replace" and len(args) >= 2:
            filters.check_replacement(owner, str(args[0]), str(args[1]), LARGEST_TEXT)
        return super().call(__context, __obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:  # noqa: ANN401  # Jinja's signature
        """`str.format`, without fields as wide as a template likes."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None
        text = str(value.__self__)

        def bounded(*args: object, **kwargs: object) -> str:
            _check_format(text, (*args, *kwargs.values()))
            return wrapped(*args, **kwargs)

        return bounded


def check(tree: nodes.Template) -> None:
    """Refuse what is not among the statements and expressions above.

    Raises:
        SecurityError: It is used; the text names it.
    """
    for node in tree.find_all(nodes.Node):
        name = type(node).__name__
        if name not in _NODES:
            raise SecurityError(f"'{name.lower()}' is not available")


def bound(tree: nodes.Template, environment: DeviceEnvironment) -> int:
    """Bound every variable that a template sets, in place: naming it again is what makes values grow.

    Returns:
        How many characters a payload may have for this template.
    """
    loads = sum(1 for name in tree.find_all(nodes.Name) if name.ctx == "load")
    budget = LARGEST_TEXT // max(1, loads)
    for assignment in tree.find_all(nodes.Assign):
        size = nodes.Const(budget, lineno=assignment.lineno)
        wrapped = nodes.Filter(assignment.node, _BOUND, [size], [], None, None, lineno=assignment.lineno)
        assignment.node = wrapped.set_environment(environment)
    return budget


_BOUND = "bounded by its budget"  # no template can write this name


def _bounded(value: object, budget: int) -> object:
    """The value itself, where what it holds, counted as often as it would print, fits the budget."""
    size, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            size += len(item)
        elif isinstance(item, Mapping):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
        size += 1
        if size + len(waiting) > budget:
            raise SecurityError("a variable holds too much")
    return value


def _check_format(text: str, values: tuple[object, ...]) -> None:
    if _FIELD_WIDTH.search(text) or re.search(r"\{[^{}]*\{", text):
        raise SecurityError("a field is too wide")
    longest = max((len(str(value)) for value in values), default=0)
    if len(text) + len(_FIELD.findall(text)) * (longest + 1000) > LARGEST_TEXT:
        raise SecurityError("the text would be too long")


def _check_product(left: Any, right: Any) -> None:  # noqa: ANN401  # whatever a template multiplies
    for value, times in ((left, right), (right, left)):
        if isinstance(value, (str, bytes, list, tuple)):
            if not isinstance(times, int) or len(value) * times > LARGEST_TEXT // 100:
                raise SecurityError("the product would be too large")
            return
    integers = isinstance(left, int) and isinstance(right, int)
    if integers and left.bit_length() + right.bit_length() > LARGEST_INTEGER_BITS:
        raise SecurityError("the product would be too large")


def _small_power(base: object, exponent: object) -> bool:
    if isinstance(base, int) and isinstance(exponent, int):
        return abs(exponent) * max(1, base.bit_length()) <= LARGEST_INTEGER_BITS
    return isinstance(base, (int, float, Undefined)) and isinstance(exponent, (int, float, Undefined))


def _format(value: object, *args: object, **kwargs: object) -> str:
    text = str(value)
    _check_format(text, (*args, *kwargs.values()))
    return text % (kwargs or args)


def _replace(value: object, old: str, new: str, count: int = -1) -> str:
    return filters.replace(value, old, new, count, LARGEST_TEXT)


FILTERS: Mapping[str, Callable[..., Any]] = {**filters.FILTERS, "format": _format, "replace": _replace}
GLOBALS: Mapping[str, Callable[..., Any]] = {
    name: filters.FILTERS[name] for name in ("bool", "float", "iif", "int", "is_number", "max", "min")
}
