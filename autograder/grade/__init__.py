"""`autograder grade`: a class marked on all cores of this machine, or of several.

command → run (one process, which alone writes to the gradebook) → engine → display, which shows how
far it is. An engine has workers that find out what submissions are worth: pool's are processes of
this machine (worker), cluster's are a Dask cluster's (envelope, told by order, over parcel). What
both do where the course lies is in submissions.
"""
