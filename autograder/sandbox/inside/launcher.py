"""The file that the first Python in a sandbox runs: loads this package, and obeys its order.

Run as `python -P -s launcher.py`, with the order on standard input. The package is loaded from
where this file lies, whatever the path of this Python says of it: what lies beside it may be out of
sight, or another version.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def main() -> None:
    """Load the package, and do what is read."""
    folder = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location(
        folder.name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[folder.name] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    obey = importlib.import_module(f"{folder.name}.sandbox.inside.obey")
    obey.obey(sys.stdin.buffer.read())


if __name__ == "__main__":
    main()
