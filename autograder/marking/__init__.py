"""From submissions to marks: the rubric, the run of a notebook, and what is written down."""
