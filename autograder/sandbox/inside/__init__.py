"""The student's side of the wall: what runs in a sandbox before a student's first line does."""
