// What every page has: the theme switch, copying, menus, messages that can be put away, and where
// the focus starts.
const live = document.getElementById("live");

function say(text) {
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 50);
}

function showTheme() {
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    const chosen = button.dataset.setTheme === document.documentElement.dataset.theme;
    button.setAttribute("aria-pressed", String(chosen));
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Without storage the choice lasts as long as this page.
  }
  showTheme();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    say("Copying is not allowed by this browser.");
    return;
  }
  button.dataset.copied = "";
  say("Copied.");
  setTimeout(() => delete button.dataset.copied, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set-theme], [data-copy], [data-dismiss]");
  if (button?.dataset.setTheme) setTheme(button.dataset.setTheme);
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

// A part that is swapped keeps the focus within it, even when what had it is gone: the link to the
// next page on the last one.
let within;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  within = detail.target?.contains(document.activeElement) ? detail.target : null;
});

document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement !== document.body) return;
  within?.querySelector("[tabindex='0']")?.focus({ preventScroll: true });
});

// It also says what it now shows, such as the new number of rows.
document.addEventListener("htmx:afterSettle", (event) => {
  const text = event.target.querySelector?.("[data-announce]")?.textContent;
  if (text) say(text.replace(/\s+/g, " ").trim());
});

showTheme();
document.querySelector("[data-focus-first]")?.focus();
