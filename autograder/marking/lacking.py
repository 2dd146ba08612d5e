"""What marking lacks that a student's machine has: a package, a file, a GPU, a newer Python.

An answer that fails for want of it is not wrong. It is not judged: a person is asked, and once the
machine has what was missing, `autograder grade` marks it again. (Asked for in otter-grader#906 and
#615, nbgrader#1295.)

What a kernel says of its errors is the student's to forge. It would earn nothing: not judged is no
mark.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ..answers.source import sketch
from ..checks.questions import Calls, Error, Missing, Raised, Reply
from ..checks.verdict import Verdict

__all__ = [
    "LACKING",
    "OUT_OF_MEMORY",
    "Lacking",
    "assigned",
    "errors_of",
    "errors_shown",
    "lacks",
    "undefined",
]

LACKING = "lacking"
"""The `misconception` of a verdict that marking could not come to."""

OUT_OF_MEMORY = "it took too much memory"
"""Said of a kernel that was ended for it."""

_TABLE: tuple[tuple[str, str, str], ...] = (
    # (exception class or base, pattern in the message, what is missing)
    ("ModuleNotFoundError", r"No module named '?([\w.]+)", "package {0}"),
    ("ImportError", r"cannot import name '(\w+)' from '([\w.]+)'", "{1}.{0}"),
    ("ImportError", r"IProgress not found", "package ipywidgets"),
    ("ImportError|OSError", r"^([\w.+-]+\.so[\w.]*): cannot open", "library {0}"),
    ("FileNotFoundError", r"No such file or directory: b?['\"](.+)['\"]", "file {0}"),
    ("FileNotFoundError|OSError", r"^(\S{1,100}) not found\.?$", "file {0}"),
    # %run, which looks for `helper.ipynb.py` in the end; and %load.
    ("Exception|OSError", r"^File [`'\"]*(.{1,100}?)(?:(?<=\.ipynb)\.py)?[`'\"]* not found\.?$",
     "file {0}"),
    ("ValueError", r"^'(.{1,100})' was not found in history, as a file, url", "file {0}"),
    ("OSError", r"shell not found", "shell"),
    # The sandbox starts no other program: subprocess, and what is made of it.
    # It is named where `posix_spawn` starts it, as Python 3.13 has more of them be.
    ("PermissionError", r"^\[Errno 1\] Operation not permitted(?:: '/[^']*bin/[^']+')?$",
     "leave to start other programs"),
    # multiprocessing's locks live in shared memory, which the sandbox has none of.
    ("FileNotFoundError", r"^\[Errno 2\] No such file or directory$",
     "leave to start other programs"),
    ("StdinNotImplementedError", r"", "keyboard"),
    ("EOFError", r"reading a line", "keyboard"),
    ("ImportError", r"Cannot load backend '?(\w+)", "screen for Matplotlib's {0}"),
    ("ImportError", r"Qt binding modules", "screen for Matplotlib"),
    ("UsageError", r"magic (?:function )?`(%{1,2}\w+)` not found", "magic {0}"),
    ("RuntimeError", r"(?i)(?:unknown|unable to initialize|failed to init\w*) backend:? '?(\w+)",
     "JAX backend {0}"),
    ("RuntimeError|AssertionError|ValueError", r"(?i)\bno\b.{0,40}\b(GPU|CUDA|TPU)|"
     r"(CUDA|GPU|TPU)[^.]{0,40} (?:not available|not found|not enabled)", "GPU"),
    ("URLError|gaierror|ConnectionError|ConnectTimeout|MaxRetryError", r"", "network"),
    ("OSError", r"Network is unreachable|Temporary failure in name resolution", "network"),
    ("KernelLost", OUT_OF_MEMORY, "memory for it"),
    ("MemoryError|XlaRuntimeError|JaxRuntimeError",
     r"^$|(?i:out of memory|unable to allocate|cannot allocate|RESOURCE_EXHAUSTED)",
     "memory for it"),
)  # fmt: skip
# Whoever misspells one of these lacks nothing.
_KNOWN = ("jax", "numpy", "matplotlib", "scipy", "sympy", "tqdm", "math", "autograder", "functools")
# Packages that are no slip, however near their names are to one of those.
_OWN = frozenset(
    {
        "autograd", "fastplotlib", "funtool", "hcipy", "matplot", "mpmath", "numpoly", "numpyro",
        "scilpy", "scipp", "scirpy", "sigpy", "simpy", "skypy", "smplotlib", "vtkplotlib",
    }
)  # fmt: skip
_STORED = re.compile(r"^no stored variable or alias (\w+)$", re.MULTILINE)  # %store -r says so
# What defines names that do not stand in the cell.
_BRINGS = re.compile(r"^[ \t]*(?:%(?:run|load|store)\b|from\s+\S+\s+import\s+\*)", re.MULTILINE)
_NO_ATTRIBUTE = re.compile(r"^module '([\w.]+)' has no attribute")
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
_NOT_IN_MAIN = re.compile(
    r"cannot import name '(\w+)' from '__main__'|module '__main__' has no attribute '(\w+)'"
)


def lacks(error: Error) -> str:
    """What an exception of a student's code says is missing, in words, or ""."""
    kinds = {error.type, *error.kinds}
    for classes, pattern, words in _TABLE:
        if kinds.isdisjoint(classes.split("|")):
            continue
        found = re.search(pattern, error.message)
        if found is None or (classes == "ModuleNotFoundError" and _is_misspelt(found[1])):
            continue
        return words.format(*(group or "" for group in found.groups()))[:200]
    return ""


def _is_misspelt(module: str) -> bool:
    top = module.split(".")[0]
    # "matplotlib_venn", "jax_md": what stands before the line below is spelt as it should be.
    if top in _OWN or top.split("_")[0] in _KNOWN:
        return False
    return bool(difflib.get_close_matches(top, _KNOWN, n=1, cutoff=0.8))


def assigned(source: str) -> frozenset[str]:
    """The names that a cell's own statements give a value; none of what is no Python."""
    seen = sketch(source)
    return seen.stores if seen.sound else frozenset()


class Lacking:
    """Follows a run: which names have no value for want of something that marking lacks.

    Args:
        python: the version with which the notebook was written, where that is newer than
            marking's; else "".
    """

    def __init__(self, python: str = "") -> None:
        self._python = python
        self._names: dict[str, str] = {}  # from name to what is missing
        self._of_any_name = ""  # what is missing where nobody knows which names it would have set
        self._since_the_last_check = ""

    def saw(self, source: str, outputs: Sequence[Any]) -> None:
        """Take note of a cell that has run.

        Args:
            source: its text.
            outputs: what nbformat holds of its run.
        """
        names = assigned(source)
        stored = {name: f"stored variable {name}" for name in _not_stored(outputs)}
        self._names.update(stored)
        error = next(errors_shown(outputs), None)
        what = "" if error is None else self._why(error)
        found = what or next(iter(stored.values()), "")
        self._since_the_last_check = found or self._since_the_last_check
        if what and (not sketch(source).sound or _BRINGS.search(source)):
            self._of_any_name = what
        for name in names:
            self._names.pop(name, None)
            if what:
                self._names[name] = what

    def _why(self, error: Error) -> str:
        """What was missing, here or in the cell that should have defined a name."""
        name = undefined(error)
        if name:
            return self._names.get(name, self._of_any_name)
        return lacks(error) or self._newer(error)

    def _newer(self, error: Error) -> str:
        """The Python with which what an error is about may have worked, or ""."""
        if not self._python:
            return ""
        found = _NO_ATTRIBUTE.search(error.message) if error.type == "AttributeError" else None
        of_python = found is not None and found[1].split(".")[0] in sys.stdlib_module_names
        return f"Python {self._python}" if of_python or error.type == "SyntaxError" else ""

    def failed(self, outputs: Sequence[Any]) -> str:
        """What was missing where a test of the author's own raised an error, or ""."""
        return next(filter(None, map(self._why, errors_shown(outputs))), "")

    def excused(self, replies: Sequence[Reply], verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The verdicts of a check, "unjudged" where marking lacked what the answer needs."""
        errors = [error for reply in replies for error in errors_of(reply)]
        reasons = [*filter(None, map(self._why, errors))]
        missing = any(isinstance(reply, Missing) for reply in replies)
        blank = any(verdict.misconception == "not_answered" for verdict in verdicts)
        if missing or (blank and self._of_any_name):
            # Nobody knows what the cell before this check would have gone on to define.
            reasons += filter(None, [self._since_the_last_check])
        self._since_the_last_check = ""
        return [
            verdict if verdict.right else self._instead(verdict, reasons) for verdict in verdicts
        ]

    def excused_by(self, words: str, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The verdicts of a check in which the kernel was lost, as the words on its loss say."""
        what = self._why(Error("KernelLost", ("KernelLost",), words))
        return [self._instead(verdict, [what]) for verdict in verdicts] if what else [*verdicts]

    def _instead(self, verdict: Verdict, reasons: Sequence[str]) -> Verdict:
        what = self._names.get(verdict.answer) or next(iter(reasons), "")
        if not what:
            return verdict
        fact = (
            f"Marking has no {what}, which your code needs, so this was not judged. That is not "
            "your fault: a person will look at it."
        )
        return Verdict(verdict.answer, "unjudged", 0.0, fact, "", LACKING)


def undefined(error: Error) -> str:
    """The name that nobody had given a value, or ""; a module beside may have looked for it."""
    found = _UNDEFINED.search(error.message) if error.type == "NameError" else None
    if error.type in ("ImportError", "AttributeError"):
        found = _NOT_IN_MAIN.search(error.message)
    return "" if found is None else found[1] or found[2]


def _not_stored(outputs: Sequence[Any]) -> Iterator[str]:
    """The names of which a cell's output says that no value of them is stored."""
    for output in outputs:
        if output.get("output_type") == "stream":
            yield from _STORED.findall(str(output.get("text", ""))[:2000])


def errors_shown(outputs: Sequence[Any]) -> Iterator[Error]:
    """The errors among a cell's outputs, as nbformat holds them."""
    for output in outputs:
        if output.get("output_type") == "error":
            name = str(output.get("ename", ""))[:80]
            yield Error(name, (name,), str(output.get("evalue", ""))[:600])


def errors_of(reply: Reply) -> Iterator[Error]:
    """The errors of the student's code of which a reply tells."""
    if isinstance(reply, Missing) and reply.failed_cell is not None:
        yield reply.failed_cell
    if isinstance(reply, Calls):
        yield from (outcome.error for outcome in reply.outcomes if isinstance(outcome, Raised))
