// Selecting customers in the list: all of a page at once, and how many are selected.
const LIST = "#table";

function boxes() {
  return [...document.querySelectorAll(`${LIST} input[name=ids]`)];
}

function show() {
  const chosen = boxes().filter((box) => box.checked).length;
  const all = document.querySelector(`${LIST} [data-all]`);
  const option = document.querySelector(`${LIST} [data-chosen]`);
  if (!all || !option) return;
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
  const { some, none } = option.dataset;
  option.textContent = chosen ? some.replace("{number}", chosen) : none;
}

// In the capture phase, because the list's own form would take any change in it for a new filter.
document.addEventListener(
  "change",
  (event) => {
    const { target } = event;
    if (target.matches(`${LIST} [data-all]`)) {
      for (const box of boxes()) box.checked = target.checked;
    } else if (!target.closest(LIST) || target.form?.id === "list") {
      return;
    }
    event.stopPropagation();
    if (target.name === "ids" || "all" in target.dataset) {
      document.getElementById("id_which").value = "chosen";
    }
    show();
  },
  true,
);

document.addEventListener("htmx:afterSettle", show);
window.addEventListener("pageshow", show);
show();
