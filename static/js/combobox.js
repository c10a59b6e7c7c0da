// A text field that finds customers while one types. Inside [data-combobox="<address>"]; picking
// fills the field, or opens the customer where [data-open] stands. With [data-first] Enter takes the
// first; the Tab key takes the one whose whole e-mail was typed. Without this script the field is a plain one.
//
// Other options may come before the customers: whoever hears "find" adds them to its `known`, and
// whoever takes a "pick" of one prevents its default.
const DELAY = 220;

for (const box of document.querySelectorAll("[data-combobox]")) {
  const input = box.querySelector("input[type=text], input[type=search]");
  if (input) enhance(box, input);
}

function enhance(box, input) {
  const panel = document.createElement("div");
  panel.className = "options";
  panel.id = `${input.id}_options`;
  panel.role = "listbox";
  panel.ariaLabel = document.getElementById("live").dataset.found;
  panel.hidden = true;
  const known = document.createElement("div");
  const found = document.createElement("div");
  known.role = found.role = "presentation";
  panel.append(known, found);
  input.after(panel);
  for (const [name, value] of Object.entries({
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": panel.id,
  })) {
    input.setAttribute(name, value);
  }
  const fillsIn = !("open" in box.dataset || "first" in box.dataset);
  let timer;

  const options = () => [...panel.querySelectorAll("[role=option]:not([aria-disabled])")];
  const active = () => panel.querySelector("[aria-selected=true]");

  function show(open) {
    panel.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (open) return;
    mark(null);
    known.replaceChildren();
    found.replaceChildren();
  }

  function mark(option) {
    active()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function showFound() {
    const wanted = document.activeElement === input;
    show(wanted && known.childElementCount + found.childElementCount > 0);
    if (!active() && "first" in box.dataset) mark(options()[0]);
  }

  function findKnown() {
    const detail = { text: input.value.trim(), known: [] };
    box.dispatchEvent(new CustomEvent("find", { detail }));
    known.replaceChildren(...detail.known);
    if (detail.text.length < 2 || "first" in box.dataset) found.replaceChildren();
    if (known.childElementCount) showFound();
  }

  function find() {
    const text = input.value.trim();
    if (text.length < 2) return known.childElementCount ? undefined : show(false);
    const asked = htmx.ajax("GET", box.dataset.combobox, { target: found, values: { q: text } });
    asked.catch(() => {}); // requests.js has said so
  }

  // htmx asks one thing after the other, the last that was typed next: what comes for an older text
  // is not shown.
  found.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.requestConfig.parameters.q === input.value.trim()) showFound();
    else found.replaceChildren();
  });

  function pick(option) {
    clearTimeout(timer);
    const event = new CustomEvent("pick", { detail: option, cancelable: true });
    if (!box.dispatchEvent(event)) return;
    if ("open" in box.dataset) {
      location.assign(option.dataset.url);
      return;
    }
    input.value = option.dataset.value;
    show(false);
    const picked = box.querySelector("[data-picked]");
    if (picked) picked.textContent = option.dataset.label;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function typedInFull() {
    const text = input.value.trim().toLowerCase();
    const found = options().filter(({ dataset }) => dataset.email?.toLowerCase() === text);
    return found.length === 1 && found[0].dataset.value ? found[0] : null;
  }

  function step(by) {
    const all = options();
    if (!all.length) return;
    const at = all.indexOf(active());
    mark(all[(at + by + all.length + (at < 0 && by < 0 ? 1 : 0)) % all.length]);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, DELAY);
    findKnown();
    const picked = box.querySelector("[data-picked]");
    if (picked) picked.textContent = "";
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Tab" && fillsIn && typedInFull()) return pick(typedInFull());
    if (event.key === "Escape" && !panel.hidden && !("first" in box.dataset)) {
      show(false);
    } else if (event.key === "ArrowDown" && panel.hidden && input.value.trim().length > 1) {
      find();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !panel.hidden) {
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !panel.hidden && active()) {
      pick(active());
    } else {
      return;
    }
    event.preventDefault();
  });

  panel.addEventListener("mousedown", (event) => event.preventDefault());
  panel.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]:not([aria-disabled])");
    if (option) pick(option);
  });
  input.addEventListener("blur", () => show(false));
}
