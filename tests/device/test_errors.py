"""Every exception stands in its folder's tree, and every folder has one base to catch."""

import inspect
from types import ModuleType

import pytest

import paige.audio.errors
import paige.device.errors
import paige.iot.errors
import paige.models.errors

FOLDERS = [paige.audio.errors, paige.models.errors, paige.iot.errors, paige.device.errors]


def exceptions(module: ModuleType) -> list[type[BaseException]]:
    """The exceptions that a module defines."""
    return [
        one
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, BaseException) and one.__module__ == module.__name__
    ]


@pytest.mark.parametrize("module", FOLDERS, ids=lambda module: module.__name__)
def test_every_exception_is_in_its_folders_tree_and_explained(module: ModuleType) -> None:
    tree = module.__doc__ or ""
    assert exceptions(module)
    for one in exceptions(module):
        (line,) = (line for line in tree.splitlines() if one.__name__ in line.split())
        assert one.__doc__
        assert one.__base__ is Exception or len(line.split(one.__name__)[1].split()) >= 3


@pytest.mark.parametrize("module", FOLDERS, ids=lambda module: module.__name__)
def test_every_folder_has_one_base(module: ModuleType) -> None:
    bases = [one for one in exceptions(module) if one.__base__ is Exception]
    assert len(bases) == 1
    assert all(issubclass(one, bases[0]) for one in exceptions(module))
