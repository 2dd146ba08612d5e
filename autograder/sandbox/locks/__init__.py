"""The locks in the wall: Landlock, seccomp, namespaces. They know neither side."""
