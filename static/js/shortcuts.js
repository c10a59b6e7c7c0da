// Keys: "/" finds, "g c" and the like go somewhere, "e" edits, "?" shows them all. Whoever dictates
// or types by accident can turn them off in the dialog.
const dialog = document.getElementById("shortcuts");
const enabled = dialog?.querySelector("[name=shortcuts]");
let prefix = "";
let forget;

function stored() {
  try {
    return localStorage.getItem("shortcuts") !== "off";
  } catch {
    return true;
  }
}

function isTyping(element) {
  return element.isContentEditable || element.matches("input, textarea, select");
}

function isVisible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function follow(key) {
  const targets = [...document.querySelectorAll("[data-key]")];
  // The page's own field or link comes after the one in the frame. A link works in a closed menu, too.
  const target = targets.findLast(
    (each) => each.dataset.key === key && (each.href || isVisible(each)),
  );
  if (!target) return false;
  if (target.matches("input")) {
    target.focus();
    target.select();
  } else {
    target.click();
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  const held = event.ctrlKey || event.metaKey || event.altKey;
  // Some keyboards have [ and ] behind AltGr, which browsers report as Ctrl and Alt.
  if ((held && !event.getModifierState("AltGraph")) || event.isComposing) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]") || !stored()) return;
  const key = prefix ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  clearTimeout(forget);
  if (key === "?") {
    dialog?.showModal();
  } else if (key === "g") {
    prefix = "g";
    forget = setTimeout(() => (prefix = ""), 1200);
  } else if (!follow(key)) {
    const offered = new CustomEvent("shortcut", { detail: key, cancelable: true });
    if (document.dispatchEvent(offered)) return;
  }
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-shortcuts]")) dialog?.showModal();
  if (event.target === dialog) dialog.close();
});

if (enabled) {
  enabled.checked = stored();
  enabled.addEventListener("change", () => {
    try {
      localStorage.setItem("shortcuts", enabled.checked ? "on" : "off");
    } catch {
      // Without storage they stay on.
    }
  });
}
