"""`autograder grade`: a class marked on all cores of this machine.

command → run (one process, which alone writes to the gradebook) → pool (the workers, each a process
of its own) → worker (submissions to results), and display, which shows how far it is.
"""
