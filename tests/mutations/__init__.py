"""Right answers, broken on purpose or only written otherwise: a check must tell them apart."""
