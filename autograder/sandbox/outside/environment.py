"""What a kernel needs of the grader's Python, and nothing else: paths to see, variables to have."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from ...compiled import XLA_FLAGS
from .places import Places

__all__ = ["CacheUse", "PythonEnvironment", "variables"]

CacheUse = Literal["none", "read", "write"]
"""What is done with the compilation cache."""

_PACKAGE = Path(__file__).resolve().parents[2]

# Of an installation, only where code lives: /usr/local/share, for one, is where nbgrader keeps
# its exchange, and /usr/share what else the machine is used for.
_PARTS = ("bin", "lib", "lib32", "lib64", "pyvenv.cfg")
_SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/share/fonts",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
)


@dataclasses.dataclass(frozen=True)
class PythonEnvironment:
    """A Python installation as a sandbox sees it.

    Attributes:
        executable: the interpreter to run.
        paths: files and directories to show, read-only, under their own names.
        import_path: directories that must be on `sys.path` besides the interpreter's own.
    """

    executable: str
    paths: tuple[str, ...]
    import_path: tuple[str, ...]

    @classmethod
    def current(cls, also: Iterable[str | os.PathLike[str]] = ()) -> PythonEnvironment:
        """The running interpreter with its installed packages, and `also` these paths.

        A package that is installed editable elsewhere is not seen, save for this one; and of
        this one only the package's directory, since a course may live beside it.
        """
        executable = Path(sys.executable)
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
        # The interpreter of a virtual environment is a link, often through a linked directory.
        prefixes |= {os.path.realpath(prefix) for prefix in prefixes}
        prefixes.add(str(executable.resolve().parents[1]))
        installed = [
            entry
            for entry in sys.path
            if Path(entry).name in ("site-packages", "dist-packages") and os.path.isdir(entry)
        ]
        wanted = [Path(prefix) / part for prefix in prefixes for part in _PARTS]
        wanted += [Path(path) for path in (*_SYSTEM, *installed, *also)]
        wanted += [Path(os.path.realpath(entry)) for entry in installed]
        wanted.append(_PACKAGE)
        return cls(
            executable=str(executable),
            paths=tuple(_outermost(path for path in wanted if path.exists())),
            import_path=(*installed, str(_PACKAGE.parent)),
        )


def _outermost(paths: Iterable[Path]) -> list[str]:
    """Each path once, and none that lies in another; parents come first."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(parent) for parent in kept):
            kept.append(path)
    return [str(path) for path in kept]


def variables(places: Places, *, compiled: bool, cache: CacheUse) -> dict[str, str]:
    """All environment variables of a kernel; none of the grader's own are handed on.

    Args:
        places: where it finds what is its own.
        compiled: whether repeated gradients run compiled.
        cache: what is done with the compilation cache.
    """
    chosen = {}
    if compiled:
        chosen["XLA_FLAGS"] = XLA_FLAGS
    if cache != "none":
        chosen["JAX_COMPILATION_CACHE_DIR"] = places.cache
        # The least time of a compilation that is worth keeping. It gates the writing alone: a miss
        # in a cache that cannot be written would be a warning among the student's output.
        seconds = "0" if cache == "write" else "1000000000"
        chosen["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = seconds
    return chosen | {
        # As nbgrader has it: by this a notebook may know that it is being marked.
        "NBGRADER_EXECUTION": "autograde",
        "HOME": places.home,
        "USER": "student",
        "LOGNAME": "student",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TMPDIR": places.scratch,
        "IPYTHONDIR": places.home + "/.ipython",
        "JUPYTER_CONFIG_DIR": places.home + "/.jupyter",
        "JUPYTER_DATA_DIR": places.home + "/.jupyter",
        "JUPYTER_RUNTIME_DIR": places.home + "/.jupyter",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": places.matplotlib,
        "JAX_PLATFORMS": "cpu",
        # Repeatable marks: the order of sets and dicts of strings must not differ by run.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        # How many of a program's lines XLA is told for each operation that it compiles, for its own
        # notes: a third of what it takes to lower one.
        "JAX_TRACEBACK_IN_LOCATIONS_LIMIT": "0",
        # One thread each: a worker thread started at import makes a process unfit to be forked
        # (issue 4), and a class is marked in parallel by kernels, not by threads within one.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        # glibc reserves 64 MiB of address space for each arena, eight arenas a core.
        "MALLOC_ARENA_MAX": "4",
        # What XLA logs is no output of a student's: what stops a call is raised as well. JAX 0.7
        # calls it an error where the cache has a feature that this processor prefers not to use.
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
