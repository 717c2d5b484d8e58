"""A drawing has each dot where its figures put it."""

from xml.etree import ElementTree as ET

from paige.tools.training.scatter import Dot, scatter

SVG = "{http://www.w3.org/2000/svg}"


def test_dots_stand_by_their_figures_and_have_their_names() -> None:
    dots = [Dot("small & fast", 3, 70, 1.0), Dot("large", 16, 85, 4.0), Dot("same height", 9, 85, 1.0)]
    root = ET.fromstring(scatter("Size", "MB", "%", "ms", dots))  # our own text
    circles = {float(one.get("cx", "")): one for one in root.iter(f"{SVG}circle")}
    small, same, large = (circles[x] for x in sorted(circles))
    assert float(small.get("cy", "")) > float(large.get("cy", "")) == float(same.get("cy", ""))
    assert float(large.get("r", "")) == 2 * float(small.get("r", ""))
    texts = {one.text for one in root.iter(f"{SVG}text")}
    assert {"Size", "MB", "%", "1  small & fast (1.0 ms)", "2  large (4.0 ms)", "1", "2", "3"} <= texts


def test_one_dot_is_a_drawing_too() -> None:
    root = ET.fromstring(scatter("One", "MB", "%", "ms", [Dot("one", 5, 80, 2)]))
    assert len(list(root.iter(f"{SVG}circle"))) == 1
