"""Where answers live and how they are asked: this session, or a kernel."""
