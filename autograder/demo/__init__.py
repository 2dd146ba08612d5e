"""The demonstration: a sample class, marked through nbgrader from release to feedback."""
