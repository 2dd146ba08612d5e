"""All texts of an assignment that a person reads, on one page: `autograder texts`, the formgrader.

The page is served by Jupyter's own server, by handlers that stand beside the formgrader's
(nbgrader/texts.py), so that who may read it, and from where, is Jupyter's to say. What is written
is what the formgrader writes.
"""
