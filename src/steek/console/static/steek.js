// Everything here is comfort: without it every page is complete, every form posts, and a reload shows the present.
"use strict";
(() => {
  const places = {
    o: "/", m: "/models", d: "/data", f: "/profiles", c: "/contracts", w: "/monitors", s: "/slices", b: "/objectives", n: "/notices",
    a: "/alerts", i: "/incidents", p: "/postmortems", l: "/ledger", u: "/lineage",
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
    else if (key === "?") document.getElementById("help").showModal();
  });

  const addLocalTimes = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      if (time.dataset.local) continue;
      time.dataset.local = "1";
      time.title += " · " + new Date(time.dateTime).toLocaleString() + " here";
    }
  };

  // Live: the server says that something new was written; the parts that changed are fetched and put in place,
  // except one in which somebody is typing or has opened a form.
  const isBusy = (part) => part.contains(document.activeElement) && isTyping(document.activeElement) || part.querySelector("details[open] form") !== null;
  let isRefreshing = false, isStale = false;
  const refresh = async () => {
    if (isRefreshing) { isStale = true; return; }
    isRefreshing = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of document.querySelectorAll("[data-live]")) {
          const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
          if (next && !isBusy(part) && next.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(next));
        }
        addLocalTimes(document);
      }
    } finally {
      isRefreshing = false;
      if (isStale) { isStale = false; setTimeout(refresh, 1000); }
    }
  };
  addLocalTimes(document);
  const stream = document.body.dataset.stream;
  if (stream && window.EventSource) {
    const source = new EventSource(stream);
    source.addEventListener("changed", refresh);
    addEventListener("pagehide", () => source.close());
  }
})();
