"""A student's LaTeX becomes a formula that draws and does nothing else, or stays text."""

from __future__ import annotations

import re
import time

import pytest
from bs4 import BeautifulSoup, Tag

from autograder.feedback.formulas import MAX_ELEMENTS, mathml
from autograder.feedback.press import Press
from autograder.feedback.sheet import Made, Sheet
from autograder.feedback.workshop import SECONDS, markdown

HOSTILE = {
    "a link": r"\href{javascript:alert(1)}{x}",
    "a style": r"\style{position:fixed;top:0}{x}",
    "a class": r"\class{autograder-card}{x}",
    "markup in text": r"\text{<img src=x onerror=alert(1)>}",
    "markup beside letters": r"x<script>alert(1)</script>",
    "an entity": r"\text{&lt;img src=x onerror=alert(1)&gt;}",
    "a black page": r"\rule{800em}{600em}",
    "a raised box": r"\raise{300em}{\color{white}{\rule{80em}{60em}}}",
    "a far shift": r"a\hspace{-9000em}b\hspace{9000em}c",
    "a macro of itself": r"\def\x{\x\x}\x",
    "braces without end": "{" * 1900 + "}" * 1900,
    "fractions in fractions": r"\frac{1}{" * 300 + "x" + "}" * 300,
    "powers of powers": "x^{" * 300 + "x" + "}" * 300,
    "many letters": "x_1^2" * 799,
    "environments": r"\begin{matrix}" * 200,
    "signs of dollars": r"\$" * 1900,
    "a backslash": "\\",
    "an unknown command": r"\autograde{100}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_latex_draws_at_most(name: str) -> None:
    began = time.process_time()
    made = mathml(HOSTILE[name])
    assert time.process_time() - began < SECONDS
    if made is None:
        return
    tree = BeautifulSoup(made, "html.parser")
    assert made.count("</") <= MAX_ELEMENTS
    for element in tree.find_all(True):
        assert re.fullmatch("m[a-z]+", element.name), element.name
        assert not {"href", "style", "class", "id", "mathbackground"} & set(element.attrs)
        assert not any(name.startswith("on") for name in element.attrs)
        assert re.fullmatch(r"[\w.-]*", "".join(map(str, element.attrs.values())))
    assert not re.search(r"\d{3}em", made)


@pytest.mark.parametrize("name", ["an unknown command", "braces without end", "environments"])
def test_what_is_no_formula_stays_text(name: str) -> None:
    latex = HOSTILE[name]
    assert mathml(latex) is None
    made = markdown(f"${latex}$ <b>and</b> $x^2$", {})
    assert f"${latex}$" in BeautifulSoup(made, "html.parser").get_text()
    assert made.count("<math") == 1


def test_what_is_no_formula_is_escaped() -> None:
    made = markdown(r"$\unknown<img src=x onerror=alert(1)>$", {})
    assert "<img" not in made
    assert "&lt;img" in made


def test_a_formula_is_what_it_was() -> None:
    made = markdown(
        r"Where $f'(x) = 2x - 4$ is $0$, $$\frac{1}{2} \Longrightarrow \sqrt{x^2}$$", {}
    )
    tree = BeautifulSoup(made, "html.parser")
    inline, _, block = tree.find_all("math")
    assert isinstance(block, Tag)
    assert inline.get_text() == "f′(x)=2x−4"
    assert block["display"] == "block"
    assert {"mfrac", "msqrt", "msup"} <= {e.name for e in block.find_all(True)}
    assert "$" not in tree.get_text()


def test_nobody_can_write_the_mark_of_a_formula() -> None:
    """The marks that stand for formulas while the rest is cleaned are other ones each time."""
    made = markdown("formula0n0. formula0. $x$", {})
    assert made.count("<math") == 1
    assert "formula0n0. formula0." in made


def test_an_output_of_latex_is_a_formula() -> None:
    press = Press()
    sheet = Sheet(press)
    found: list[Made] = []
    for text in (r"$\displaystyle x^{2}$", r"$$\frac{1}{2}$$", "<b>$x", r"$\unknown{x}$"):
        sheet.ask("latex", text, found.append)
    sheet.fill()
    press.close()
    assert [made.count("<math") for made in found] == [1, 1, 0, 0]
    assert "&lt;b&gt;$x" in found[2]
    assert r"$\unknown{x}$" in found[3]
    assert all("contain:paint" in made for made in found)
