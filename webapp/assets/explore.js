/* Explore and Data are drawn anew whenever their address changes; who works in them with the keyboard stays where they were. */
(function () {
  "use strict";

  const BODY = ":is(#explore-body, #data-body)";
  let kept = null;

  /* By id, and links by where they lead. */
  function counterpart({ id, href }) {
    if (id) return document.getElementById(id);
    return [...document.querySelectorAll(`${BODY} a`)].find((link) => link.getAttribute("href") === href);
  }

  document.addEventListener("focusin", (event) => {
    const target = event.target;
    if (target.tagName === "H1") return; // the shell looks after whoever has lost their place
    kept = target.closest(BODY) ? { id: target.id, href: target.getAttribute("href"), form: target.form } : null;
  });

  function comeBack() {
    const lost = document.activeElement === document.body || document.activeElement.tagName === "H1";
    if (!kept || !lost) return;
    const refused = kept.form && document.querySelector(`${BODY} input.is-invalid`);
    const found = refused || counterpart(kept);
    if (found) found.focus({ preventScroll: true });
  }

  let waiting = 0;
  new MutationObserver((changes) => {
    if (!kept || !changes.some((change) => change.target.nodeType === 1 && change.target.closest(BODY))) return;
    clearTimeout(waiting);
    waiting = setTimeout(comeBack, 100);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
