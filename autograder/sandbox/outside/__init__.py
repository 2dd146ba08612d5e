"""The grader's side of the wall: makes sandboxes, starts what runs in them, watches and ends it."""
