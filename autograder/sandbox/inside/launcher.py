"""The file that the first Python in a sandbox runs: finds this package, and obeys its order.

Run as `python -P -s launcher.py`, with the order on standard input. The package is loaded from
where this file lies, whatever the path of this Python says of it: what lies beside it may be out of
sight, or another version.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2]


class _ThisPackage:
    """Finds it, for this process and all that are forked from it; asked before the path is."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != _FOLDER.name:
            return None
        return importlib.util.spec_from_file_location(
            name, _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
        )


def main() -> None:
    """Do what is read."""
    sys.meta_path.insert(0, _ThisPackage)
    obey = importlib.import_module(f"{_FOLDER.name}.sandbox.inside.obey")
    obey.obey(sys.stdin.buffer.read())


if __name__ == "__main__":
    main()
