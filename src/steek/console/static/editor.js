// What is typed into a postmortem is not lost: it outlives a reload, a lost connection and the sending of another form
// of the page, and leaving with it unsent is asked about. It comes back with the version that its writer looked at, so
// that what somebody else stored meanwhile is never overwritten.
"use strict";
(() => {
  const place = `steek editor ${location.pathname}`;
  const read = () => { try { return JSON.parse(localStorage.getItem(place)) || {}; } catch { return {}; } };
  const write = (kept) => {
    if (Object.keys(kept).length) localStorage.setItem(place, JSON.stringify(kept));
    else localStorage.removeItem(place);
  };
  const plain = (text) => text.replaceAll("\r\n", "\n");
  const keyOf = (field) => `${field.form.getAttribute("action")} ${field.form.elements.part?.value ?? ""} ${field.form.elements.role?.value ?? ""} ${field.name}`;
  const fields = [...document.querySelectorAll("main textarea, main input:not([type=hidden]):not([name=actor])")].filter((field) => field.form && "keeps" in field.form.dataset);
  const isChanged = (field) => plain(field.value) !== plain(field.defaultValue);
  const wasStored = new URLSearchParams(location.search).has("done");

  const kept = read();
  for (const field of fields) {
    const found = kept[keyOf(field)];
    if (!found) continue;
    if ((found.isSent && wasStored) || plain(found.text) === plain(field.defaultValue)) { delete kept[keyOf(field)]; continue; }
    field.value = found.text;
    if (field.form.elements.version) field.form.elements.version.value = found.version;
    const details = field.closest("details");
    if (details) details.open = true;
    const told = document.createElement("p");
    told.className = "small message";
    told.textContent = "Typed before and not stored yet. ";
    const away = document.createElement("button");
    away.type = "button";
    away.textContent = "Throw it away";
    away.addEventListener("click", () => {
      const rest = read();
      delete rest[keyOf(field)];
      write(rest);
      field.value = field.defaultValue;
      if (field.form.elements.version) field.form.elements.version.value = field.form.elements.version.defaultValue;
      told.remove();
    });
    told.append(away);
    field.before(told);
  }
  write(kept);

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!fields.includes(field)) return;
    const now = read();
    if (isChanged(field)) now[keyOf(field)] = { text: field.value, version: field.form.elements.version?.value };
    else delete now[keyOf(field)];
    write(now);
  });

  let isSending = false;
  document.addEventListener("submit", (event) => {
    isSending = true;
    const now = read();
    for (const [key, one] of Object.entries(now)) now[key] = { ...one, isSent: fields.some((field) => field.form === event.target && keyOf(field) === key) };
    write(now);
  });
  addEventListener("pageshow", () => { isSending = false; });
  addEventListener("beforeunload", (event) => {
    if (!isSending && fields.some(isChanged)) event.preventDefault();
  });
})();
