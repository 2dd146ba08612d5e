"""Answers in a kernel: how marking asks. Nothing that comes back is trusted.

The witness is sent as source text with every question, so that no module of the kernel, patched or
shadowed, stands between. Its JSON comes back as the text of a user expression.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import time
from collections.abc import Sequence
from queue import Empty
from typing import Any

from ..checks.questions import MAX_REPLY, Call, Question, Reply, parse_replies, write_questions
from ..errors import KernelLost
from . import witness

__all__ = ["ask"]

_WITNESS = inspect.getsource(witness)
_EXPRESSION = (
    "(lambda ns, own: (exec({source!r}, own), own['testify']({questions!r}, ns))[1])"
    "(globals(), {{}})"
)
_GRACE = 10.0  # seconds beyond the witness's own limits before it is interrupted


def _patience(questions: Sequence[Question]) -> float:
    """How long the witness itself may take: it limits every question."""
    return sum(q.seconds if isinstance(q, Call) else 10.0 for q in questions) + _GRACE


def _text(content: Any) -> str:
    """The reply's text from an execute_reply's content, or "" if there is none."""
    try:
        data = content["user_expressions"]["reply"]["data"]["text/plain"]
        if not isinstance(data, str) or len(data) > 2 * MAX_REPLY:
            return ""
        text = ast.literal_eval(data)
    except (KeyError, TypeError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ""
    return text if isinstance(text, str) else ""


async def ask(client: Any, manager: Any, questions: Sequence[Question]) -> list[Reply]:
    """Put questions to the names of a kernel.

    Args:
        client: a started asynchronous kernel client.
        manager: its kernel manager, to see whether the kernel lives and to interrupt it.
        questions: what to ask.

    Raises:
        KernelLost: the kernel died, or does not answer even after an interrupt.
    """
    expression = _EXPRESSION.format(source=_WITNESS, questions=write_questions(questions))
    request = client.execute(
        "", silent=True, store_history=False, user_expressions={"reply": expression}
    )
    deadline = time.monotonic() + _patience(questions)
    interrupted = False
    while True:
        try:
            message = await client.shell_channel.get_msg(timeout=1.0)
        except Empty:
            if not await manager.is_alive():
                raise KernelLost("the kernel died when the answer was asked") from None
            if time.monotonic() > deadline:
                if interrupted:
                    raise KernelLost("the answer did not return, and cannot be stopped") from None
                interrupted = True
                deadline = time.monotonic() + _GRACE
                await manager.interrupt_kernel()
            continue
        except asyncio.CancelledError:
            raise
        except Exception as exc:  # a message of the kernel's that cannot be read
            raise KernelLost(f"the kernel misbehaved ({type(exc).__name__})") from exc
        if message.get("parent_header", {}).get("msg_id") == request:
            return parse_replies(questions, _text(message.get("content")))
