// What every page has: the theme switch, copying, menus, messages that can be put away, and where
// the focus starts.
const live = document.getElementById("live");

function say(text) {
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 50);
}

function sayAll(element) {
  say(element.textContent.replace(/\s+/g, " ").trim());
}

// At once; the form of the button saves it.
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    say(live.dataset.sayNotCopied);
    return;
  }
  button.dataset.copied = "";
  say(live.dataset.sayCopied);
  setTimeout(() => delete button.dataset.copied, 1500);
}

document.addEventListener("click", (event) => {
  const jump = event.target.closest("a[href^='#']");
  if (!jump) return;
  // Without the fragment in the address: the answer to a form would keep it, and the focus would go
  // there instead of to what the answer says.
  event.preventDefault();
  document.getElementById(jump.hash.slice(1))?.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=theme], [data-copy], [data-dismiss]");
  if (button?.name === "theme") setTheme(button.value);
  if (button?.dataset.copy) copy(button);
  if (button && "dismiss" in button.dataset) button.closest(".notice").hidden = true;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A part that is swapped keeps the focus within it: on the same link, or where that is gone, such as
// the link to the next page on the last one, on what scrolls.
let within;
let link;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { activeElement } = document;
  within = detail.target?.contains(activeElement) ? detail.target : null;
  link = activeElement.getAttribute("href");
});

document.addEventListener("htmx:afterSettle", () => {
  if (!within || document.activeElement !== document.body) return;
  const links = [...within.querySelectorAll("a[href]")];
  const same = links.find((each) => each.getAttribute("href") === link);
  (same ?? within.querySelector("[tabindex='0']"))?.focus({ preventScroll: true });
});

// It also says what it now shows, such as the new number of rows.
document.addEventListener("htmx:afterSettle", (event) => {
  const announced = event.target.querySelector?.("[data-announce]");
  if (announced) sayAll(announced);
});

// The back button may bring back what was seen before signing out: then it is not to be seen.
window.addEventListener("pageshow", (event) => {
  const { here } = document.body.dataset;
  const [how] = performance.getEntriesByType("navigation");
  const isBack = event.persisted || how?.type === "back_forward";
  if (isBack && here && !document.cookie.includes(`dubadmin_here=${here}`)) location.reload();
});

document.querySelector("[data-focus-first]")?.focus();

// A live region that was there from the beginning is not read out; what has the focus is.
const first = document.querySelector("main :is([role=status], [role=alert]):not([hidden])");
if (first && first !== document.activeElement) sayAll(first);
