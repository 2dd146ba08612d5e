"""What our own programs do before they import anything large."""

from __future__ import annotations

import logging
import os
import sys

__all__ = ["hush", "skip_needless_imports"]

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_JAX_HAS_SET = "1"  # when it was imported, unless there was another


def skip_needless_imports() -> None:
    """Spare this process the import of `rfc3987_syntax`, if it has not been imported yet.

    jsonschema, which nbformat and so nbgrader import, would import it at once, and it then builds
    38 parsers of internationalised addresses, for nearly two seconds (jsonschema#1428). Without it
    the formats "iri" and "iri-reference" are not checked; no schema of a notebook has them. Only
    for a process that is ours, such as a command's: it is no business of a library's.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def hush() -> None:
    """Keep from the terminal what libraries say of themselves that tells a grader nothing.

    XLA 0.9 logs as errors that what it kept names a processor's feature that no processor has; its
    true errors are exceptions, or end the process with words of their own. Matplotlib warns where
    it cannot keep its list of fonts; what that costs, we say ourselves.
    """
    if os.environ.get(_LOG_LEVEL, _JAX_HAS_SET) == _JAX_HAS_SET:
        os.environ[_LOG_LEVEL] = "3"
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
