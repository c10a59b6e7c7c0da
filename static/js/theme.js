// Runs before the first paint, so that a chosen theme never flashes. Django's admin keeps the same
// key with the same three words, and so follows the choice made here.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    document.cookie = `tz=${zone}; path=/; max-age=31536000; samesite=lax`;
  }
  // What the person chose comes with the page; the browser keeps it for signing in and the admin.
  try {
    if (root.dataset.theme) localStorage.setItem("theme", root.dataset.theme);
    root.dataset.theme ??= localStorage.getItem("theme") || "auto";
  } catch {
    root.dataset.theme ??= "auto";
  }
})();
