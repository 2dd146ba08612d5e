"""The marks in our own sentences, as HTML and as plain text."""

from __future__ import annotations

import pytest

from autograder.feedback.sentences import as_html, as_text


@pytest.mark.parametrize(
    ("sentence", "html", "text"),
    [
        ("`f` *along* x.", "<code>f</code> <em>along</em> x.", "f along x."),
        ("`y = 2*a*x`", "<code>y = 2*a*x</code>", "y = 2*a*x"),
        ("2*a*x and 2 * a * x", "2*a*x and 2 * a * x", "2*a*x and 2 * a * x"),
        ("`*a` and `*b`", "<code>*a</code> and <code>*b</code>", "*a and *b"),
        ("*not squared*, `a`", "<em>not squared</em>, <code>a</code>", "not squared, a"),
        ("a < b & `<b>`", "a &lt; b &amp; <code>&lt;b&gt;</code>", "a < b & <b>"),
        ("`{x}` and \\1", "<code>{x}</code> and \\1", "{x} and \\1"),
        ("one ` alone", "one ` alone", "one ` alone"),
    ],
)
def test_code_and_emphasis(sentence: str, html: str, text: str) -> None:
    assert as_html(sentence) == html
    assert as_text(sentence) == text
