/* Single keys: `/` searches, `?` helps, `g` and a letter go to a page. Nothing is taken from somebody who types, and they can be off. */
(function () {
  "use strict";

  const OFF = "sc_keys_off";
  const SEQUENCE_MS = 1200;
  let leading = 0; // when `g` was pressed

  const areOff = () => localStorage.getItem(OFF) === "1";
  const busy = () => document.querySelector(".modal.show, .offcanvas.show");

  function isTyping(target) {
    return target.closest && target.closest("input, textarea, select, [contenteditable=true], [role=grid], [role=menu], .dropdown-menu");
  }

  const linkOf = (letter) => document.querySelector(`.sc-nav a.item[data-go="${CSS.escape(letter)}"]`);

  function goTo(letter) {
    const link = linkOf(letter);
    if (link) link.click();
    return Boolean(link);
  }

  function press(event) {
    const inSequence = Date.now() - leading < SEQUENCE_MS;
    leading = 0;
    if (inSequence) return goTo(event.key);
    if (event.key === "g") leading = Date.now();
    else if (event.key === "/") window.smartcartSearch.enter();
    else if (event.key === "?") window.dash_clientside.set_props("help-dialog", { is_open: true });
    else return false;
    return event.key !== "g";
  }

  document.addEventListener("keydown", (event) => {
    const told = event.key === "Escape" && !busy() && document.querySelector("#notice > *");
    if (told) window.dash_clientside.set_props("notice", { children: null });
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (areOff() || busy() || isTyping(event.target)) return;
    if (press(event)) event.preventDefault();
  });

  /* ---- a menu that closes gives the focus back to its button ---- */
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest && event.target.closest(".dropdown-menu.show");
    const button = menu && menu.parentElement.querySelector("[aria-expanded]");
    if (button) setTimeout(() => button.focus());
  }, true);

  /* ---- the switch in the help dialog ---- */
  function tell() {
    const state = document.querySelector(".sc-keys-state");
    if (!state) return;
    for (const row of document.querySelectorAll(".sc-keys [data-leads]")) row.hidden = !linkOf(row.dataset.leads);
    state.textContent = areOff() ? "Single keys are off" : "Single keys are on";
    document.querySelector(".sc-keys-switch").textContent = areOff() ? "Switch them on" : "Switch them off";
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest(".sc-keys-switch")) return;
    localStorage.setItem(OFF, areOff() ? "0" : "1");
    tell();
  });

  new MutationObserver((changes) => {
    const opened = changes.some((change) => [...change.addedNodes].some((node) => node.nodeType === 1 && node.querySelector(".sc-keys-state")));
    if (opened) tell();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
