"""Answers in a kernel: how marking asks. Nothing that comes back is trusted.

The witness is sent with every question, so that no module of the kernel, patched or shadowed, and
nothing that an earlier question left there stands between: as compiled code, which a kernel of the
same Python need not compile each time, and as source text for any other. Its JSON comes back as the
text of a user expression.
"""

from __future__ import annotations

import asyncio
import binascii
import inspect
import marshal
import math
import re
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Empty
from typing import Any

from ..checks.questions import MAX_REPLY, Call, Question, Reply, parse_replies, write_questions
from ..errors import KernelLost
from . import witness

__all__ = ["ask"]

_WITNESS = inspect.getsource(witness)
_COMPILED = binascii.b2a_base64(
    zlib.compress(marshal.dumps(compile(_WITNESS, "<string>", "exec", dont_inherit=True)))
)
# Code is of one version of Python, and marking without a sandbox takes what the kernel's has.
_EXPRESSION = (
    "(lambda ns, own, of: (exec(of('marshal').loads(of('zlib').decompress("
    f"of('binascii').a2b_base64({_COMPILED!r}))) if of('sys').version == {sys.version!r} "
    f"else {_WITNESS!r}, own), own['testify']"
)


def _expression(questions: str) -> str:
    return f"{_EXPRESSION}({questions!r}, ns))[1])(globals(), {{}}, __import__)"


_GRACE = 10.0  # seconds beyond the witness's own limits before it is interrupted
_LAST_WORDS = 5.0  # seconds to answer after the interrupt


def _patience(questions: Sequence[Question]) -> float:
    """How long the witness itself may take: it limits every question."""
    return sum(q.seconds if isinstance(q, Call) else 10.0 for q in questions) + _GRACE


def _text(content: Any) -> str:
    """The reply's text from an execute_reply's content, or "" if there is none.

    It is the repr of JSON text, whose only escapes are those of backslashes and quotes. Taken apart
    by hand: Python's own parser makes gigabytes of a few megabytes that only look like a text.
    """
    try:
        data = content["user_expressions"]["reply"]["data"]["text/plain"]
    except (KeyError, TypeError):
        return ""
    if not isinstance(data, str) or not 2 <= len(data) <= 2 * MAX_REPLY:
        return ""
    if data[0] != data[-1] or data[0] not in "'\"":
        return ""
    return re.sub(r"\\(.)", r"\1", data[1:-1])


def _answers(message: Any, request: str) -> bool:
    """Whether a message is the reply to our request; a forged one need not have any form."""
    parent = message.get("parent_header") if isinstance(message, dict) else None
    return isinstance(parent, dict) and parent.get("msg_id") == request


async def ask(
    client: Any,
    manager: Any,
    questions: Sequence[Question],
    limit: float = math.inf,
    owed: Callable[[], float] = lambda: 0.0,
) -> list[Reply]:
    """Put questions to the names of a kernel.

    Args:
        client: a started asynchronous kernel client.
        manager: its kernel manager, to interrupt it.
        questions: what to ask.
        limit: seconds that all of it may take, where that is less than the questions allow.
        owed: seconds by which it may take longer by now, since others had the processor.

    Raises:
        KernelLost: the kernel died, or does not answer even after an interrupt.
    """
    asked: list[Question] = [
        replace(q, seconds=min(q.seconds, limit)) if isinstance(q, Call) else q for q in questions
    ]
    expression = _expression(write_questions(asked))
    request = client.execute(
        "", silent=True, store_history=False, user_expressions={"reply": expression}
    )
    deadline = time.monotonic() + min(_patience(asked), limit + _GRACE)
    interrupted = False
    while True:
        # Before each message: a kernel that sends something all the time is no less late.
        if time.monotonic() > deadline and time.monotonic() > deadline + owed():
            if interrupted:
                raise KernelLost("the answer did not return, and cannot be stopped")
            interrupted = True
            deadline = time.monotonic() + _LAST_WORDS - owed()  # of before
            await manager.interrupt_kernel()
        try:
            message = await client.shell_channel.get_msg(timeout=1.0)
        except Empty:
            if not await client.is_alive():
                raise KernelLost("the kernel died") from None
            continue
        except asyncio.CancelledError:
            raise
        except Exception as exc:  # a message of the kernel's that cannot be read
            raise KernelLost(f"the kernel misbehaved ({type(exc).__name__})") from exc
        if _answers(message, request):
            return parse_replies(questions, _text(message.get("content")))
