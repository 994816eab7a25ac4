/* Links that show the same page otherwise (a sort order, a method): nothing is laid out anew, and nobody is sent to the top. */
(function () {
  "use strict";

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.sc-turn");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.dash_clientside.set_props("address", { search: link.search });
  });
})();
