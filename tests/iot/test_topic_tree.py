import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from paige.iot.topic_tree import TopicTree, valid_filter, valid_topic

LEVELS = st.sampled_from(["", "a", "b", "$SYS", "lamp 1"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = st.builds(
    lambda levels, rest: "/".join([*levels, *rest]),
    st.lists(st.one_of(LEVELS, st.just("+")), max_size=4),
    st.sampled_from([["#"], [], ["a"]]),
).filter(valid_filter)


@given(st.lists(FILTERS, max_size=12), TOPICS)
def test_it_finds_exactly_the_filters_that_paho_says_match(filters: list[str], topic: str) -> None:
    tree: TopicTree[str] = TopicTree()
    for each in filters:
        tree.add(each, each)
    assert sorted(tree.match(topic)) == sorted({each for each in filters if topic_matches_sub(each, topic)})


@given(st.lists(FILTERS, min_size=1, max_size=12, unique=True), st.data())
def test_what_is_discarded_is_found_no_longer_and_leaves_nothing_behind(
    filters: list[str], data: st.DataObject
) -> None:
    tree: TopicTree[str] = TopicTree()
    for each in filters:
        tree.add(each, each)
    gone = data.draw(st.sampled_from(filters))
    tree.discard(gone, gone)
    assert tree.values(gone) == ()
    assert all(tree.values(each) == (each,) for each in filters if each != gone)
    for each in filters:
        tree.discard(each, each)
    assert tree._root.children == {}


def test_a_value_under_several_filters_that_match_is_found_once() -> None:
    tree: TopicTree[str] = TopicTree()
    for each in ("home/+/state", "home/lamp/#", "home/lamp/state"):
        tree.add(each, "dialect")
    assert tree.match("home/lamp/state") == ("dialect",)


@pytest.mark.parametrize(
    ("topic_filter", "valid"),
    [
        ("a/+/c", True),
        ("#", True),
        ("+", True),
        ("a/#", True),
        ("", False),
        ("a/b#", False),
        ("#/a", False),
        ("a+/b", False),
        ("a\0b", False),
        ("\ud800", False),
        ("a" * 65536, False),
    ],
)
def test_a_filter_that_would_make_a_broker_hang_up_is_known(topic_filter: str, valid: bool) -> None:
    assert valid_filter(topic_filter) is valid


@pytest.mark.parametrize("topic", ["a/+/set", "a/#", "", "a\0", "\udcff"])
def test_a_topic_that_nothing_can_be_published_to_is_known(topic: str) -> None:
    assert not valid_topic(topic)
    assert valid_topic("zigbee2mqtt/Küche/Lampe 1/set")
