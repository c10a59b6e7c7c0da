// What goes to the server: one submit per form, no empty parameters in addresses, a busy state,
// and a message that stays when an update failed.
const failed = document.getElementById("failed");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "";
  // Later, because a disabled button would not send its own name and value.
  setTimeout(() => setButtons(form, true));
  // What comes is a file and not a page, so nothing else would say that this form is free again.
  if ("downloads" in form.dataset) setTimeout(() => setFree(form), 2000);
});

function setFree(form) {
  delete form.dataset.sent;
  setButtons(form, false);
}

function setButtons(form, disabled) {
  for (const button of form.elements) {
    if (button.type === "submit") button.disabled = disabled;
  }
}

// The back button brings the page back as it was left: with its buttons disabled.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) setFree(form);
});

// While typing, the search has been sent already when the field is left.
document.addEventListener(
  "change",
  (event) => {
    if (event.target.matches("[hx-trigger] [type=search]")) event.stopPropagation();
  },
  true,
);

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  for (const [name, value] of Object.entries(event.detail.parameters)) {
    if (value === "") delete event.detail.parameters[name];
  }
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.target?.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  detail.target?.removeAttribute("aria-busy");
  if (detail.successful) failed.hidden = true;
});

const last = new WeakMap();

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse } = event.detail;
  if ("quiet" in (target?.dataset ?? {}) && last.get(target) === serverResponse) {
    // Polled and unchanged: a live region would read it out again.
    event.detail.shouldSwap = false;
  }
  if (target) last.set(target, serverResponse);
});

// What each failure is called stands on the notice itself, in the language of the page.
function tell(what, status) {
  const why = failed.getAttribute(`data-${what}`) ?? failed.dataset.error;
  failed.querySelector("[data-why]").textContent = why.replace("{status}", status);
  failed.hidden = false;
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  tell(detail.xhr.status, detail.xhr.status);
});
document.addEventListener("htmx:sendError", () => tell("away"));
document.addEventListener("htmx:timeout", () => tell("slow"));
document.addEventListener("htmx:swapError", () => tell("odd"));

failed.querySelector("[data-retry]").addEventListener("click", () => location.reload());
