"""Practice: the student's own session, and what it knows when a check is run in it.

notebook (its cells) and runs (which cell set what, and how it ended) → foresight, given, unanswered
(what marking would make of that) → session (the check is run and shown) → progress.
Light: nothing of nbgrader, and no POSIX.
"""
