/* Team: copying a secret that is shown once, and forgetting it when its dialog closes. */
(function () {
  "use strict";

  const SAID_MS = 2000;
  const LISTS = ["group", "person"];
  const ANY = "*"; // what a list holds for "no filter"

  function say(button) {
    const words = button.lastChild;
    const before = words.textContent;
    if (before === "Copied") return;
    words.textContent = "Copied";
    button.setAttribute("aria-live", "polite");
    setTimeout(() => { words.textContent = before; }, SAID_MS);
  }

  /* Browsers give the clipboard to pages over HTTPS only; elsewhere the text is selected, and copied the old way. */
  function copy(field) {
    field.focus();
    field.select();
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(field.value);
    return document.execCommand("copy") ? Promise.resolve() : Promise.reject(new Error("not copied"));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".sc-copy");
    const field = button && document.getElementById(button.dataset.copy);
    if (field) copy(field).then(() => say(button)).catch(() => {}); // the text stays selected, ready for Ctrl+C
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    team: {
      shut(clicks) {
        return clicks ? false : window.dash_clientside.no_update;
      },
      forget(open) {
        return open ? window.dash_clientside.no_update : null;
      },
      /* Back and forward, and a link that clears the filters: the fields say what the address says. */
      fillFilters(search) {
        const asked = new URLSearchParams(search);
        const values = ["q", "group", "person", "from", "to"].map((name) => asked.get(name) || (LISTS.includes(name) ? ANY : ""));
        return asked.get("tab") === "audit" ? values : values.map(() => window.dash_clientside.no_update);
      },
      readAnew(open) {
        return open ? window.dash_clientside.no_update : String(Date.now());
      },
    },
  });
})();
