"""HTML and LaTeX of a student's, cut down to what does nothing but show.

Cleaned by nh3 to an allow-list without scripts, styles, classes, frames, forms and foreign
pictures. (nbconvert's own way, bleach, takes minutes for pages made to take long.)
"""

from __future__ import annotations

import base64
import binascii
import functools
import io
import re
import warnings

import nh3

__all__ = ["TOO_LARGE", "clean", "is_base64", "is_small", "tame"]

MAX_HTML = 500_000  # characters, pictures not counted; a table of Pandas' has a few thousand
MAX_TAGS = 15_000  # a tenth of a second's work each 5000, if they are nested to do harm
MAX_LEVELS = 200
MAX_PIXELS = 40_000_000  # of one picture; a page of print at 600 dots an inch has 35 million
TOO_LARGE = "<em>This output is too large to be shown here.</em>"
UNSHOWN = "<em>(A picture that is not shown here. PNG and JPEG pictures are.)</em>"

# fmt: off
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl",
    "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img",
    "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
    "var",
}
# Gone with all that is in them: shown as text, a table's style sheet would be a page of noise.
_GONE = {
    "script", "style", "template", "noscript", "iframe", "object", "embed", "applet", "svg",
    "math", "head", "title", "textarea", "select", "button", "link", "meta", "base",
}
_PLAIN = {
    "align", "alt", "border", "colspan", "open", "rowspan", "scope", "start", "title", "valign",
}
# fmt: on
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
# No SVG: a kilobyte of it, made of copies of copies, is never drawn.
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,([A-Za-z0-9+/=\s]*)\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*\Z")
_DATA = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]*")
_NO_SOURCE = re.compile(r"<img(?![^>]* src=)[^>]*>")


def is_base64(text: str) -> bool:
    """Whether a text is nothing but base64."""
    return _BASE64.match(text) is not None


def is_small(data: str) -> bool:
    """Whether a picture, in base64, can be unpacked by a browser without harm."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(base64.b64decode(data))) as picture:  # reads its head only
                width, height = picture.size
    except (UnidentifiedImageError, binascii.Error):
        return True  # none: a browser shows its alternative text
    except Exception:  # noqa: BLE001 - a bomb by Pillow's measure, or made to break who looks
        return False
    return width * height <= MAX_PIXELS


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value with which an attribute may stay. A picture holds its data; it fetches nothing."""
    if name == "href":
        return value if _LINK.match(value) else None
    if name == "src":
        found = _IMAGE.match(value)
        return value if found and is_small(found[1]) else None
    if name in ("width", "height"):
        return value if re.fullmatch(r"\d{1,4}%?", value) else None
    return value


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes={"*": _PLAIN, "a": {"href"}, "img": {"src", "width", "height"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        strip_comments=True,
    )


def clean(markup: str) -> str:
    """HTML of a student's as HTML that does nothing but show."""
    if len(_DATA.sub("", markup)) > MAX_HTML or markup.count("<") > MAX_TAGS:
        return TOO_LARGE
    cleaned = _NO_SOURCE.sub(UNSHOWN, _cleaner().clean(markup))
    # Thousands of levels stop the parsers after this one.
    return cleaned if _levels(cleaned) <= MAX_LEVELS else TOO_LARGE


def _levels(markup: str) -> int:
    """How deeply the elements of sound HTML are nested."""
    level = deepest = 0
    for tag in re.finditer(r"<(/?)(\w+)", markup):
        if tag[2] not in ("br", "hr", "img"):
            level += -1 if tag[1] else 1
            deepest = max(deepest, level)
    return deepest


# Commands with which MathJax links, styles, loads, or defines others (and itself, for ever).
_COMMANDS = re.compile(
    r"\\(?=(?:href|url|require|class|cssId|style|data|html\w*|unicode|mmlToken|includegraphics|input"
    r"|def|edef|gdef|xdef|let|futurelet|newcommand|renewcommand|providecommand|newenvironment"
    r"|renewenvironment|DeclareMathOperator|Newextarrow|Tooltip|texttip|toggle|mathtip|action)"
    r"(?![A-Za-z]))"
)


def tame(latex: str) -> str:
    """Mathematics without the commands that do more than set it: their names remain, as letters."""
    return _COMMANDS.sub("", latex)
