// A form that somebody has filled in is not left by accident: the browser asks first. Sending it is
// no accident. One that came back with what was typed before is filled in already.
const filled = new Set(document.querySelectorAll("form[data-guard=filled]"));

function isChanged(field) {
  if (!field.name || field.type === "hidden" || field.localName === "button") return false;
  if (!field.options) {
    return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  }
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(first, 0);
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("form[data-guard]");
  if (!form || form.dataset.guard === "filled") return;
  if ([...form.elements].some(isChanged)) filled.add(form);
  else filled.delete(form);
});

document.addEventListener("submit", ({ target }) => filled.delete(target));

window.addEventListener("beforeunload", (event) => {
  if (filled.size) event.preventDefault();
});
