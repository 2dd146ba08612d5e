"""A figure as a notebook's output: a picture with its words."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["keep", "output", "show"]

_COLOURS = 128  # enough for lines and for a colour map; the file is a third


def output(figure: Figure, alt: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The output's data and metadata.

    JupyterLab reads no words from a PNG's metadata (4.6), nbconvert and VS Code do; so there is an
    `<img>` of HTML as well.
    """
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight")
    drawn.seek(0)
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(_COLOURS).save(small, "png", optimize=True)
    png = base64.b64encode(small.getvalue()).decode()
    source = f"data:image/png;base64,{png}"
    data = {
        "text/html": f'<img alt="{escape(alt)}" src="{source}" style="max-width: 100%">',
        "image/png": png,
        "text/plain": f"Figure: {alt}",
    }
    return data, {"image/png": {"alt": alt}}


def show(figure: Figure, alt: str) -> None:
    """Show a figure of pyplot's: in a notebook at once, elsewhere as pyplot does."""
    import matplotlib.pyplot as plt
    from IPython import get_ipython
    from IPython.display import display

    figure.set_label(alt)
    if getattr(get_ipython(), "kernel", None) is None:
        plt.show()
        return
    data, metadata = output(figure, alt)
    plt.close(figure)
    display(data, metadata=metadata, raw=True)


def keep(figure: Figure, alt: str, handle: Any = None) -> Any:
    """Show a figure of pyplot's in a notebook such that another can take its place.

    Args:
        figure: it is closed.
        alt: what it shows, in words.
        handle: what an earlier call returned; its picture is replaced.

    Returns:
        The handle of what is shown.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    data, metadata = output(figure, alt)
    plt.close(figure)
    if handle is None:
        return display(data, metadata=metadata, raw=True, display_id=True)
    handle.update(data, metadata=metadata, raw=True)
    return handle
