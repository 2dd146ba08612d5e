"""What docs/instructor.md says to type and to write on a hub, with this test's names in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "Guide"]

_BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A block of a section.

    Attributes:
        language: "python", or "" for what is typed.
        text: what stands in it.
        file: the last name of a Python file in the paragraph before it, or "".
    """

    language: str
    text: str
    file: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


@dataclass(frozen=True)
class Guide:
    """A section of a guide, subsection by subsection.

    Attributes:
        path: the guide.
        section: the section's title.
        names: from each name in the guide to the one in its place.
    """

    path: Path
    section: str
    names: Mapping[str, str]

    def blocks(self, subsection: str) -> list[Block]:
        """The blocks of a subsection, in their order; a section without it is an AssertionError."""
        text = self.path.read_text(encoding="utf-8")
        for prefix, title in (("## ", self.section), ("### ", subsection)):
            found = re.search(
                rf"^{prefix}{re.escape(title)}\n(.*?)(?=^{prefix}|\Z)", text, re.M | re.S
            )
            assert found, f"{self.path.name} has no section {title!r}"
            text = found[1]
        blocks = []
        for match in _BLOCK.finditer(text):
            files = re.findall(r"`([^`]+\.py)`", match["before"])
            file = self._renamed(files[-1]) if files else ""
            blocks.append(Block(match["language"], self._renamed(match["text"]), file))
        return blocks

    def _renamed(self, text: str) -> str:
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(name, self.names[name])
        return text
