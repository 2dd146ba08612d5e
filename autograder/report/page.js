"use strict";
// Headings become buttons that sort their table. Without a script the tables are in a good order
// already, and there are no buttons that do nothing.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value ?? cell.textContent.trim();
  };
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const downwards = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", downwards ? "descending" : "ascending");
      const numeric = heading.classList.contains("n");
      const compare = (a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        // What has no value stays at the end, whichever way.
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = numeric ? x - y : x.localeCompare(y, undefined, { numeric: true });
        return downwards ? -order : order;
      };
      body.append(...[...body.rows].sort(compare));
    });
  });
}
// A link into closed details opens them; not every browser does so by itself.
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let closed = false;
  for (let part = target?.parentElement; part; part = part.parentElement) {
    if (part.tagName === "DETAILS" && !part.open) closed = part.open = true;
  }
  if (closed) target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();
