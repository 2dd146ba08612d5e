"""Which text is hard to read, as a browser computes its colours."""

from __future__ import annotations

from playwright.sync_api import Locator

__all__ = ["hard_to_read"]

_POOR = """root => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgba = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
        const f = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
    };
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const found = rgba(getComputedStyle(e).backgroundColor);
            if (found[3] === 255) return found;
        }
        return [255, 255, 255];
    };
    const poor = new Set();
    const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const element = words.currentNode.parentElement;
        if (!words.currentNode.data.trim()) continue;
        const pair = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (ratio < 4.5) poor.add(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 120)}`);
    }
    return [...poor];
}"""


def hard_to_read(part: Locator) -> list[str]:
    """The text of a part that has less than 4.5 to 1 with what lies behind it, and its ratio."""
    found: list[str] = part.evaluate(_POOR)
    return found
