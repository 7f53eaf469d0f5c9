// Everything here is comfort: without it every page is complete, every form posts, and a reload shows the present.
"use strict";
(() => {
  const places = {
    o: "/", m: "/models", d: "/data", f: "/profiles", c: "/contracts", w: "/monitors", s: "/slices", b: "/objectives", n: "/notices",
    a: "/alerts", i: "/incidents", p: "/postmortems", l: "/ledger", u: "/lineage",
  };
  // On the page of an incident: its parts.
  const rooms = { t: "timeline", s: "suspects", m: "do", h: "hypotheses", u: "updates", r: "roles" };
  const goTo = (id) => {
    const part = document.getElementById(id);
    if (!part) return false;
    part.scrollIntoView({ block: "start" });
    const first = (id === "updates" && part.querySelector("textarea")) || (id === "do" && part.querySelector("summary, button, a")) || part;
    const details = first.closest("details");
    if (details) details.open = true;
    if (first === part) part.tabIndex = -1;
    first.focus({ preventScroll: first === part });
    return true;
  };
  let waitsForPlace = false;
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  const open = (selector) => {
    const target = document.querySelector(selector);
    if (!target) return false;
    const details = target.closest("details");
    if (details) details.open = true;
    target.focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const key = event.key;
    if (waitsForPlace) {
      waitsForPlace = false;
      if (places[key]) location.assign(places[key]);
      return;
    }
    if (key === "g") waitsForPlace = true;
    else if (key === "/" && open("#search")) event.preventDefault();
    else if (key === "d") { if (!open("#declare-title")) location.assign("/incidents?declare=1#declare-title"); event.preventDefault(); }
    else if (key === "n" && open("#note-text")) event.preventDefault();
    else if (document.getElementById("room") && rooms[key] && goTo(rooms[key])) event.preventDefault();
    else if (key === "?") document.getElementById("help").showModal();
  });

  // What scrolls by itself can be reached by keyboard too.
  const makeReachable = () => {
    for (const part of document.querySelectorAll(".scroll, .behind, pre, .prose, ol.phases")) {
      if (part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  };
  document.addEventListener("toggle", makeReachable, true);
  addEventListener("resize", makeReachable);
  const finish = (root) => {
    makeReachable();
    for (const time of root.querySelectorAll("time[datetime]")) {
      if (time.dataset.local) continue;
      time.dataset.local = "1";
      time.title += " · " + new Date(time.dateTime).toLocaleString() + " here";
    }
  };

  // Live: what changed is put in place node by node. A field that was touched, a form that is open and what somebody
  // opened to read stay as they are; what they stand in is never thrown away.
  const isField = (node) => node.matches("input, textarea, select");
  const isTouched = (field) => {
    if (field.type === "hidden") return false;
    if (field === document.activeElement) return true;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) {
      const usual = [...field.options].findLast((one) => one.defaultSelected) || field.options[0];
      return usual !== undefined && !usual.selected;
    }
    return field.value !== field.defaultValue;
  };
  const isInUse = (form) => form.closest("details[open]") !== null || [...form.elements].some((one) => isField(one) && isTouched(one));
  const holdsWork = (node) => node.nodeType === 1 && [...node.querySelectorAll("input, textarea, select")].some(isTouched);
  const keyOf = (node) => node.nodeType === 1 ? node.id || node.dataset.key || "" : "";
  const copyAttributes = (old, fresh) => {
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && !(name === "open" && old.nodeName === "DETAILS")) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "tabindex" && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  };
  const morphNode = (old, fresh) => {
    if (old.nodeType !== 1) { if (old.data !== fresh.data) old.data = fresh.data; return; }
    if (isField(old)) {
      // What a form was opened with is what its sender decided on.
      if (isTouched(old) || (old.type === "hidden" && old.form && isInUse(old.form))) return;
      if (old.nodeName === "SELECT" && old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
      copyAttributes(old, fresh);
      return;
    }
    copyAttributes(old, fresh);
    morph(old, fresh);
  };
  const morph = (old, fresh) => {
    const named = new Map([...old.children].map((child) => [keyOf(child), child]).filter(([key]) => key));
    let place = old.firstChild;
    for (const want of [...fresh.childNodes]) {
      const key = keyOf(want);
      let found = key ? named.get(key) : null;
      if (!key && place && place.nodeName === want.nodeName && !keyOf(place)) found = place;
      if (!found) { old.insertBefore(document.importNode(want, true), place); continue; }
      if (found === place) place = place.nextSibling;
      else old.insertBefore(found, place);
      morphNode(found, want);
    }
    while (place) {
      const next = place.nextSibling;
      if (!holdsWork(place)) place.remove();
      place = next;
    }
  };

  // The page of an incident gets its parts ready made, the same for everybody: key and name are put in here.
  const room = document.getElementById("room");
  const put = (name, html, version) => {
    const part = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
    if (!part) return;
    const fresh = part.cloneNode(false);
    fresh.innerHTML = html;
    for (const field of fresh.querySelectorAll('input[type="hidden"][name="key"]')) field.setAttribute("value", field.value.replace(/^live/, `${room.dataset.key}.${version}`));
    for (const field of fresh.querySelectorAll('input[name="actor"], input[data-me]')) field.setAttribute("value", room.dataset.actor);
    if ("signed" in room.dataset) for (const field of fresh.querySelectorAll('input[name="actor"]')) field.readOnly = true;
    morph(part, fresh);
  };
  let isRefreshing = false, isStale = false;
  const refresh = async () => {
    if (isRefreshing) { isStale = true; return; }
    isRefreshing = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of document.querySelectorAll("[data-live]")) {
          const next = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
          if (next) morph(part, next);
        }
        finish(document);
      }
    } finally {
      isRefreshing = false;
      if (isStale) { isStale = false; setTimeout(refresh, 1000); }
    }
  };
  finish(document);
  const stream = document.body.dataset.stream;
  if (stream && window.EventSource) {
    const source = new EventSource(stream);
    const lost = document.getElementById("lost");
    let heardAt = new Date();
    const heard = () => { heardAt = new Date(); if (lost) lost.hidden = true; };
    source.addEventListener("hello", heard);
    source.addEventListener("changed", refresh);
    source.addEventListener("parts", (event) => {
      heard();
      const { version, parts } = JSON.parse(event.data);
      for (const [name, html] of Object.entries(parts)) put(name, html, version);
      finish(document);
    });
    source.addEventListener("error", () => {
      if (!lost) return;
      lost.querySelector("b").textContent = heardAt.toLocaleTimeString();
      lost.hidden = false;
    });
    addEventListener("pagehide", () => source.close());
  }

  // What is typed outlives a reload, a lost connection and a server that went away; sending it well clears it.
  const drafts = `steek ${location.pathname}`;
  const draftKey = (field) => `${field.form.getAttribute("action")} ${[...field.form.elements].filter((one) => one.name === "mitigation").map((one) => one.value)} ${field.name}`;
  const readDrafts = () => { try { return JSON.parse(sessionStorage.getItem(drafts)) || {}; } catch { return {}; } };
  if (room) {
    if (new URLSearchParams(location.search).has("done")) sessionStorage.removeItem(drafts);
    const kept = readDrafts();
    for (const field of document.querySelectorAll("main form[method=post] textarea, main form[method=post] input:not([type=hidden]):not([type=checkbox]):not([name=actor])")) {
      const text = kept[draftKey(field)];
      if (text && !field.value) field.value = text;
    }
    document.addEventListener("input", (event) => {
      const field = event.target;
      if (!field.form || field.form.method !== "post" || !field.matches("textarea, input:not([type=hidden]):not([type=checkbox]):not([name=actor])")) return;
      sessionStorage.setItem(drafts, JSON.stringify({ ...readDrafts(), [draftKey(field)]: field.value }));
    });
  }

  // A link to a form opens it, and puts the cursor where typing begins.
  const reveal = () => {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const details = target && target.closest("details");
    if (details) details.open = true;
    if (target && isField(target)) target.focus();
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => { if (event.target.closest('a[href^="#"]')) setTimeout(reveal); });
  if (room) reveal();
})();
