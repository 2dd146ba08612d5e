"""Judgement: what an answer is asked, and what its replies are worth. Pure mathematics."""
