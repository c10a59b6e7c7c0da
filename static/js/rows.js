// Rows of a list by keyboard: j and k, or the arrows within it, move on; x selects the row. Enter
// opens it, because what has the focus is the row's own link.
const ROWS = "[data-rows] > tr";

function move(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.querySelector("a"));
  const at = rows.indexOf(document.activeElement.closest(ROWS));
  const row = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  const link = row?.querySelector("a");
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
  return Boolean(link);
}

function select() {
  const box = document.activeElement.closest(ROWS)?.querySelector("input[type=checkbox]");
  box?.click();
  return Boolean(box);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: select,
  ArrowDown: () => document.activeElement.matches(`${ROWS} *`) && move(1),
  ArrowUp: () => document.activeElement.matches(`${ROWS} *`) && move(-1),
};

document.addEventListener("shortcut", (event) => {
  if (KEYS[event.detail]?.()) event.preventDefault();
});
