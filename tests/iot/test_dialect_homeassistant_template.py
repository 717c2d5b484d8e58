"""Templates that devices send: what they give, and what they cannot do to us."""

import json
import time
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paige.iot.dialects.homeassistant.template import LONGEST_TEMPLATE, Payload, Template
from paige.iot.errors import DiscoveryInvalid, ReportInvalid

MESSAGE = {
    "state": "ON",
    "nested": {"list": [1, 2.5, {"deep": "x"}]},
    "nothing": None,
    "yes": True,
    "temp": "21.37",
    "hex": "ff",
    "items": 3,
    "0": "zero",
}


def read(template: str, message: Any = None) -> str | None:
    payload = message if isinstance(message, str) else json.dumps(MESSAGE if message is None else message)
    return Template(template).read(Payload(payload.encode()))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ value_json.state }}", "ON"),
        ("{{value_json.nested.list[1]}}", "2.5"),
        ("{{ value_json['nested']['list'][2].deep }}", "x"),
        ("{{ value_json.nothing }}", "None"),
        ("{{ value_json.yes }}", "True"),
        ("{{ value_json.missing }}", ""),
        ("{{ value_json.missing.more }}", None),
        ("{{ value_json.missing | is_defined }}", None),
        ("{{ value_json.missing | default('x') }}", "x"),
        ("{{ value_json.temp | float | round(1) }}", "21.4"),
        ("{{ value_json.temp | float * 2 }}", "42.74"),
        ("{{ value_json.temp | int }}", "21"),
        ("{{ value_json.hex | int(base=16) }}", "255"),
        ("{{ value_json.missing | float(3) }}", "3"),
        ("{{ value_json.missing | float }}", None),
        ("{{ (value_json.temp | float | multiply(100)) | int }}", "2137"),
        ("{{ iif(value_json.yes, 'on', 'off') }}", "on"),
        ("{{ value_json.state | lower }}", "on"),
        ("{{ value_json.state == 'ON' }}", "True"),
        ("{{ 'open' if value_json.yes else 'closed' }}", "open"),
        ("{% if value_json.yes %} open {% else %} closed {% endif %}", "open"),
        ("{% set words = {'ON': 'heat'} %}{{ words[value_json.state] | default('off') }}", "heat"),
        ("{{ '%.1f' | format(value_json.temp | float) }}", "21.4"),
        ("{{ '{:.0f}'.format(value_json.temp | float) }}", "21"),
        ("{{ '%02x' % 10 }}", "0a"),
        ("{{ value_json.temp | regex_replace('[.].*', '') }}", "21"),
        ("{{ value_json.temp | regex_findall_index('[0-9]+') }}", "21"),
        ("{{ value_json.temp.split('.')[0] }}", "21"),
        ("{{ value_json.nested | to_json }}", '{"list":[1,2.5,{"deep":"x"}]}'),
        ("{{ ('[1, 2]' | from_json)[1] }}", "2"),
        ("{{ value_json.nested.list | length }}", "3"),
        ("{{ [3, 1, 2] | max }}-{{ min(3, 1) }}", "3-1"),
        ("{{ value_json.temp ~ ' degrees' }}", "21.37 degrees"),
        ("{{ value_json is defined and value_json.state is defined }}", "True"),
        ("{{ 5 | bitwise_and(4) }}", "4"),
        ("{{ 'abc'[1:] }}", "bc"),
    ],
)
def test_a_template_gives_what_home_assistant_makes_of_it(template: str, expected: str | None) -> None:
    assert read(template) == expected


def test_a_message_that_is_no_json_is_no_reason_to_fail_where_the_template_does_not_need_it() -> None:
    assert read("{{ value }}", "plain") == "plain"
    assert read("{{ value_json.x if value_json is defined else value }}", "plain") == "plain"
    with pytest.raises(ReportInvalid, match="expected JSON"):
        read("{{ value_json.x }}", "plain")
    with pytest.raises(ReportInvalid, match="expected JSON"):
        read("{{ value_json.x | float }}", "plain")


def outcome(template: str, payload: Payload) -> str | None:
    try:
        return Template(template).read(payload)
    except ReportInvalid:
        return "not understood"


keys = st.sampled_from(["a", "b", "items", "keys", "value", "0", "ü", "copy", "x y"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
steps = st.one_of(
    keys.filter(str.isidentifier).filter(str.isascii).map(".{}".format),
    keys.map("['{}']".format),
    st.integers(0, 3).map("[{}]".format),
)


@settings(max_examples=300)
@given(path=st.lists(steps, min_size=1, max_size=4), message=values, defined=st.booleans())
def test_the_short_way_of_a_plain_path_gives_what_jinja_gives(
    path: list[str], message: Any, defined: bool
) -> None:
    text = "value_json" + "".join(path) + (" | is_defined" if defined else "")
    payload = Payload(json.dumps(message).encode())
    short = outcome("{{ " + text + " }}", payload)
    long = outcome("{{ (" + text + ") }}", payload)
    assert short == long or "built-in method" in str(long)  # which Python prints with an address


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("{{ states('light.x') }}", "'states'"),
        ("{{ now() }}", "'now'"),
        ("{{ this.state }}", "'this'"),
        ("{% for i in value_json %}{{ i }}{% endfor %}", "'for'"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "'macro'"),
        ("{% include 'x' %}", "'include'"),
        ("{{ value | timestamp_custom }}", "'timestamp_custom'"),
        ("{{ lipsum(n=1000000) }}", "'lipsum'"),
        ("{{ range(10) }}", "'range'"),
        ("{{ value", "end of"),
        ("{{ " + "(" * 3000 + " }}", "recursion"),
        ("{{ " + "1+" * 3000 + "1 }}", "recursion"),
        ("{{ " + "9" * 5000 + " }}", "digits"),
        (" " + "x" * LONGEST_TEMPLATE + "x", "characters"),
    ],
)
def test_what_is_not_available_is_refused_by_name_when_it_is_discovered(template: str, named: str) -> None:
    with pytest.raises(DiscoveryInvalid, match=named):
        Template(template)


DOUBLED = "{% set x = [value, value] %}" + "{% set x = [x, x] %}" * 40 + "{{ x }}"
HOSTILE = [
    "{{ 'a' * 10 ** 9 }}",
    "{{ value * 1000000000 }}",
    "{{ [0] * 1000000000 }}",
    "{{ 10 ** 1000000000 }}",
    "{{ (9 ** 999) ** 999 ** 999 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{}}'.format(1, 1000000000) }}",
    "{{ value.format(value) }}",
    "{{ 1 | round(1000000000) }}",
    "{{ 1.5 | round(-1000000000) }}",
    "{{ value | replace('', value) }}",
    "{{ value.replace('', value) }}",
    "{{ value | list | join(value) }}",
    DOUBLED,
    DOUBLED.replace("[x, x]", "x ~ x"),
    DOUBLED.replace("[x, x]", "x + x"),
    DOUBLED.replace("[x, x]", "{'a': x, 'b': x}"),
    "{{ value | regex_replace('(a+)+$', '') }}",
    "{{ value | regex_match('(a|a)*b') }}",
    "{{ value | regex_search('a*a*a*a*a*a*b') }}",
    "{{ value | regex_findall('(.*)\\\\1') }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ value_json.__init__.__globals__ }}",
    "{{ value.ljust(1000000000) }}",
    "{{ value.encode('utf-32') }}",
]


@pytest.mark.parametrize("template", HOSTILE)
@pytest.mark.parametrize("payload", ["a" * 200, "{0}" * 300, '{"a": "' + "a" * 2000 + '"}'])
def test_a_hostile_template_is_stopped_before_it_costs_anything(template: str, payload: str) -> None:
    tracemalloc.start()
    begun = time.process_time()
    try:
        result = Template(template).read(Payload(payload.encode()))
    except (DiscoveryInvalid, ReportInvalid):
        result = ""
    taken = time.process_time() - begun
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(result or "") < 300_000
    assert taken < 2
    assert peak < 30_000_000


@settings(max_examples=200, deadline=None)
@given(
    template=st.text(alphabet="{}%|.[]()'\" abvalue_json+*~=ifset0129\\", max_size=60),
    payload=st.text(max_size=20),
)
def test_no_template_raises_anything_but_what_it_says(template: str, payload: str) -> None:
    with suppress(DiscoveryInvalid, ReportInvalid):
        found = Template(template).read(Payload(payload.encode("utf-8", "replace")))
        assert found is None or isinstance(found, str)


def test_a_command_is_written_with_the_variables_of_its_kind() -> None:
    template = Template.of("{{ {'red': red, 'all': value} | to_json }}", frozenset({"red"}))
    assert template.write("1,2,3", red=1) == '{"red":1,"all":"1,2,3"}'
    with pytest.raises(DiscoveryInvalid, match="'green'"):
        Template.of("{{ green }}", frozenset({"red"}))
