"""A verdict rendered: pure functions from verdicts to text and HTML."""
