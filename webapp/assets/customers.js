/* Customers in a grid: the key as a link, a segment with its mark, a row that opens its customer, and the order in the address. */
(function () {
  "use strict";

  const make = (...parts) => window.React.createElement(...parts);
  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});

  components.CustomerLink = function (props) {
    if (props.value === undefined || props.value === null) return null;
    return make("a", { className: "sc-go", href: props.base + encodeURIComponent(props.value), tabIndex: -1 }, props.value);
  };

  components.SegmentName = function (props) {
    if (!props.value || !props.data) return null;
    const mark = make("span", { className: "sc-mark " + props.data[props.colDef.field + "_mark"], "aria-hidden": "true" });
    return make("span", { className: "sc-seg" }, mark, make("span", null, props.value));
  };

  /* The columns in sight lie in containers of their own, so that a row's link is found by the row's number. */
  function open(cell) {
    const row = cell.closest(".ag-row");
    const grid = cell.closest(".sc-people");
    const link = row && grid && grid.querySelector(`.ag-row[row-index="${row.getAttribute("row-index")}"] a.sc-go`);
    if (link) link.click();
  }

  document.addEventListener("click", (event) => {
    const cell = event.target.closest(".sc-people .ag-cell");
    if (!cell || event.target.closest("a") || String(window.getSelection())) return;
    open(cell);
  });

  document.addEventListener("keydown", (event) => {
    const cell = event.key === "Enter" && event.target.closest && event.target.closest(".sc-people .ag-cell");
    if (cell) open(cell);
  });

  /* Filters and search are drawn anew with the address. Focus stays where it was among them; where that has gone, "+ Filter" has it. */
  const BAR = ".sc-filter-bar, .sc-people-search";
  let held = null;

  document.addEventListener("focusin", (event) => {
    if (event.target.closest(BAR)) held = event.target.id || "";
    else if (!event.target.closest(".modal") && event.target.tagName !== "H1") held = null;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(`${BAR}, .modal`)) held = null;
  });

  new MutationObserver(() => {
    if (held === null || document.querySelector(".modal.show")) return;
    const active = document.activeElement;
    if (active !== document.body && active.tagName !== "H1") return;
    const adding = [...document.querySelectorAll(".sc-filters > .add")].pop() || document.querySelector(".sc-filter > button");
    const target = (held && document.getElementById(held)) || adding;
    if (target) target.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });

  const FIRST = "customer_key";

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    customers: {
      /* The address without the order, which the grid keeps by itself: only another selection makes another grid. */
      selection(search, before) {
        const asked = new URLSearchParams(search || "");
        asked.delete("sort");
        asked.delete("desc");
        const now = location.pathname + "?" + asked;
        return now === before ? window.dash_clientside.no_update : now;
      },
      order(request, search) {
        if (!request) return window.dash_clientside.no_update;
        const asked = new URLSearchParams(search || "");
        const before = String(asked);
        const [by] = request.sortModel || [];
        asked.delete("sort");
        asked.delete("desc");
        if (by && (by.colId !== FIRST || by.sort === "desc")) asked.set("sort", by.colId);
        if (by && by.sort === "desc") asked.set("desc", "1");
        const same = [...new URLSearchParams(before)].sort().join() === [...asked].sort().join();
        return same ? window.dash_clientside.no_update : "?" + asked;
      },
    },
  });
})();
