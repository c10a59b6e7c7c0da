// Metadata as rows of key and value over the textarea, which stays what is sent. JSON that has more
// than plain values keeps to the textarea.
for (const box of document.querySelectorAll("[data-metadata]")) {
  const text = box.querySelector("textarea");
  if (text) enhance(box, text);
}

function parse(text) {
  const trimmed = text.trim();
  if (!trimmed) return [];
  if (trimmed.startsWith("{")) {
    try {
      const entries = Object.entries(JSON.parse(trimmed));
      return entries.every(([, value]) => typeof value === "string") ? entries : null;
    } catch {
      return null;
    }
  }
  const lines = trimmed.split("\n").filter((line) => line.trim());
  if (!lines.every((line) => line.indexOf(":") > 0)) return null;
  return lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}

function enhance(box, text) {
  const [toggle] = box.querySelectorAll("[data-toggle]");
  const [add] = box.querySelectorAll("[data-add]");
  const rows = box.querySelector("[data-rows]");
  const heads = box.querySelector("[data-heads]");
  const empty = rows.firstElementChild.cloneNode(true);
  const field = text.closest(".field");
  let asRows = false;

  function write() {
    const entries = [...rows.children]
      .map((row) => [...row.querySelectorAll("input")].map((input) => input.value.trim()))
      .filter(([key, value]) => key || value);
    const plain = entries.every(([key]) => key && !key.includes(":"));
    const unique = new Set(entries.map(([key]) => key)).size === entries.length;
    text.value =
      plain || !unique
        ? entries.map(([key, value]) => `${key}: ${value}`).join("\n")
        : JSON.stringify(Object.fromEntries(entries), null, 2);
  }

  function append(key = "", value = "") {
    const row = empty.cloneNode(true);
    const [name, content] = row.querySelectorAll("input");
    name.value = key;
    content.value = value;
    row.querySelector("button").addEventListener("click", () => {
      (row.previousElementSibling?.querySelector("input") ?? add).focus();
      row.remove();
      write();
    });
    rows.append(row);
    return name;
  }

  function show(rowsWanted) {
    const entries = rowsWanted ? parse(text.value) : null;
    asRows = Boolean(entries);
    rows.replaceChildren();
    if (entries) for (const [key, value] of entries) append(key, value);
    if (entries && !entries.length) append();
    field.classList.toggle("as-rows", asRows);
    heads.hidden = rows.hidden = add.hidden = !asRows;
    toggle.textContent = asRows ? toggle.dataset.asText : toggle.dataset.asRows;
  }

  rows.addEventListener("input", write);
  add.addEventListener("click", () => append().focus());
  toggle.addEventListener("click", () => {
    show(!asRows);
    (asRows ? rows.querySelector("input") : text).focus();
  });
  toggle.hidden = false;
  show(true);
}
