// The command palette, Ctrl-K or Cmd-K: the links and buttons of this very page, found by typing, and below
// them the customers that combobox.js finds. What a role may not do is not on the page, and so not
// here.
const dialog = document.getElementById("palette");
const box = dialog?.querySelector("[data-combobox]");
const input = dialog?.querySelector("input");
// What each is called stands on the dialog, in the language of the page.
const PLACES = [
  ["go", ".side > .nav a"],
  ["this", "main .head :is(a, button).button"],
  ["you", ".side > .person :is(.item:not([data-show-palette]), [name=theme])"],
];
const elements = new WeakMap();

function words(text) {
  return text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
}

function labelOf(element) {
  const text = element.textContent.trim();
  return element.name === "theme" ? dialog.dataset.look.replace("{name}", text) : text;
}

function option(element, id) {
  const made = document.createElement("div");
  made.className = "option";
  made.role = "option";
  made.id = id;
  made.ariaSelected = "false";
  const icon = element.querySelector("svg")?.cloneNode(true);
  const label = document.createElement("span");
  label.textContent = labelOf(element);
  made.append(...(icon ? [icon] : []), label);
  for (const key of (element.dataset.key ?? "").split(" ").filter(Boolean)) {
    const shown = document.createElement("kbd");
    shown.textContent = key;
    shown.ariaHidden = "true";
    made.append(shown);
  }
  elements.set(made, element);
  return made;
}

function group(name, selector, typed, offered) {
  const found = [...document.querySelectorAll(selector)].filter((element) => {
    if (element.href && offered.has(element.href)) return false;
    offered.add(element.href);
    const known = words(labelOf(element));
    return typed.every((word) => known.some((each) => each.startsWith(word)));
  });
  const made = document.createElement("div");
  made.role = "group";
  made.ariaLabel = dialog.dataset[name];
  const title = document.createElement("p");
  title.className = "small muted";
  title.ariaHidden = "true";
  title.textContent = dialog.dataset[name];
  made.append(title, ...found.map((element, n) => option(element, `palette-${name}-${n}`)));
  return found.length ? made : null;
}

function open() {
  input.value = "";
  dialog.showModal();
  input.dispatchEvent(new Event("input"));
}

if (dialog) {
  box.addEventListener("find", ({ detail }) => {
    const typed = words(detail.text);
    const offered = new Set(); // a page that is in the navigation is not offered twice
    const groups = PLACES.map(([name, where]) => group(name, where, typed, offered));
    detail.known.push(...groups.filter(Boolean));
  });

  // A click on the element itself: a link is followed, a form sent, as if the pointer had done it.
  box.addEventListener("pick", (event) => {
    const element = elements.get(event.detail);
    if (!element) return;
    event.preventDefault();
    dialog.close();
    element.click();
  });

  document.addEventListener("keydown", (event) => {
    const wanted = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!wanted || event.key.toLowerCase() !== "k" || event.isComposing) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector("dialog[open]")) open();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-palette]")) open();
    if (event.target === dialog) dialog.close();
  });
}
