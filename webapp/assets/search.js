/* Search: what keys and pointer do in the field and its list. What fits is asked of the server. */
(function () {
  "use strict";

  const PAUSE_MS = 120;
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const place = () => document.getElementById("search");
  const field = () => document.getElementById("search-text");
  const list = () => document.getElementById("search-results");
  const options = () => [...list().querySelectorAll("[role=option]")];
  let before = null; // who had the focus
  let timer = 0;
  let chosen = -1;

  function isOpen() {
    return place().classList.contains("open");
  }

  function show(open) {
    place().classList.toggle("open", open);
    field().setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  }

  function choose(at) {
    const all = options();
    chosen = all.length ? Math.max(-1, Math.min(at, all.length - 1)) : -1;
    all.forEach((option, place) => {
      option.id = `search-hit-${place}`;
      option.setAttribute("aria-selected", String(place === chosen));
    });
    if (chosen < 0) field().removeAttribute("aria-activedescendant");
    else {
      field().setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  function ask(text) {
    clearTimeout(timer);
    timer = setTimeout(() => set("search-asked", { data: text }), PAUSE_MS);
  }

  /* On a phone the field is part of a sheet that opens with it. */
  function enter() {
    if (document.activeElement !== field()) before = document.activeElement;
    place().classList.add("sheet");
    show(true);
    field().focus();
    field().select();
    ask(field().value);
  }

  function leave(back) {
    clearTimeout(timer);
    show(false);
    place().classList.remove("sheet");
    set("search-text", { value: "" });
    set("search-results", { children: [] });
    field().blur();
    if (back && before && before.isConnected) before.focus();
    before = null;
  }

  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const many = options().length;
      if (many) choose((chosen + step + many) % many);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = options()[Math.max(chosen, 0)];
      if (option) option.click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      leave(true);
    }
  }

  function prepare() {
    const input = field();
    const attributes = { role: "combobox", "aria-expanded": "false", "aria-controls": "search-results", "aria-autocomplete": "list" };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    input.addEventListener("focus", () => {
      if (!isOpen()) enter();
    });
    input.addEventListener("input", () => {
      show(true);
      ask(input.value);
    });
    input.addEventListener("keydown", move);
    new MutationObserver(() => choose(options().length ? 0 : -1)).observe(list(), { childList: true });
    place().addEventListener("focusout", (event) => {
      if (isOpen() && event.relatedTarget && !place().contains(event.relatedTarget)) leave(false);
    });
  }

  document.addEventListener("click", (event) => {
    if (!place()) return;
    if (event.target.closest(".sc-search-open")) enter();
    else if (event.target.closest(".sc-search-close")) leave(true);
    else if (event.target.closest("#search .sc-hit")) setTimeout(() => leave(false));
    else if (isOpen() && !place().contains(event.target)) leave(false);
  });

  const started = new MutationObserver(() => {
    if (!field() || !list()) return;
    started.disconnect();
    prepare();
  });
  started.observe(document.documentElement, { childList: true, subtree: true });

  window.smartcartSearch = { enter };
})();
