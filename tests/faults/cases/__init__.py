"""The cases, a module for each group. How to add one: see `tests.faults.case`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.faults.case import Case


def collected() -> tuple[Case, ...]:
    """The cases of all groups, group by group."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return tuple(case for module in modules for case in module.CASES)
