/* What a chart card's menu does: the figures as a table, CSV from that table, PNG and SVG from the drawn chart, a link to it. */
(function () {
  "use strict";

  const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  /* A number keeps all its digits; a word that a spreadsheet would run as a formula is neutralised. */
  function cellText(cell) {
    if (cell.dataset.v !== undefined) return cell.dataset.v;
    const text = cell.textContent;
    const safe = FORMULA.test(text) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  }

  function csvOf(table) {
    const lines = [...table.querySelectorAll("tr")].map((row) => [...row.children].map(cellText).join(","));
    return new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" });
  }

  /* The drawing that the card shows: the first, or where there are two the other. */
  function shownPlot(card) {
    const plots = [...card.querySelectorAll(".js-plotly-plot")];
    return plots[card.classList.contains("as-other") ? plots.length - 1 : 0];
  }

  function saveImage(card, format) {
    const plot = shownPlot(card);
    if (!plot || !window.Plotly) return;
    const shown = plot.getBoundingClientRect();
    const width = shown.width || card.clientWidth; // behind its table a plot has no size
    const height = shown.height || plot.layout.height;
    const ground = getComputedStyle(card).backgroundColor;
    const layout = Object.assign({}, plot.layout, { paper_bgcolor: ground });
    const options = { format, width: Math.round(width), height: Math.round(height), scale: format === "png" ? 2 : 1, filename: card.dataset.file };
    window.Plotly.downloadImage({ data: plot.data, layout, config: {} }, options);
  }

  function say(text, tone) {
    const part = (type, children, props) => ({ type, namespace: "dash_html_components", props: Object.assign({ children }, props) });
    const mark = part("I", null, { className: "bi " + (tone === "good" ? "bi-check-circle-fill" : "bi-exclamation-triangle-fill"), "aria-hidden": "true" });
    const close = part("Button", part("I", null, { className: "bi bi-x-lg", "aria-hidden": "true" }), {
      type: "button", className: "btn btn-ghost btn-icon btn-sm sc-toast-close", "aria-label": "Close this message",
    });
    const toast = part("Div", [mark, part("Div", text, { className: "w" }), close], { className: "sc-toast " + tone });
    window.dash_clientside.set_props("notice", { children: toast });
  }

  /* The address holds page, version and filters; the card's name behind it leads to the chart. */
  async function copyLink(card) {
    const link = location.href.split("#")[0] + "#" + card.id;
    try {
      await navigator.clipboard.writeText(link);
      say("The link to this chart is copied. Filters go with it.", "good");
    } catch {
      say("Your browser does not let pages copy. The link is: " + link, "warn"); // without HTTPS there is no clipboard
    }
  }

  /* Whoever comes by such a link sees the chart, once it is drawn. */
  function findLinked() {
    const name = decodeURIComponent(location.hash.slice(1));
    if (!name) return;
    const reach = () => {
      const card = document.getElementById(name);
      if (!card || !card.classList.contains("sc-chart")) return false;
      card.scrollIntoView({ block: "center" });
      return true;
    };
    const observer = new MutationObserver(() => reach() && setTimeout(() => { reach(); observer.disconnect(); }, 600));
    observer.observe(document.documentElement, { childList: true, subtree: true });
    setTimeout(() => observer.disconnect(), 15000);
  }

  const actions = {
    "sc-do-table": (card) => card.classList.toggle("as-table"),
    "sc-do-csv": (card) => save(card.dataset.file + ".csv", csvOf(card.querySelector(".sc-chart-table table"))),
    "sc-do-png": (card) => saveImage(card, "png"),
    "sc-do-svg": (card) => saveImage(card, "svg"),
    "sc-do-link": copyLink,
    "sc-do-other": (card) => {
      card.classList.remove("as-table");
      card.classList.toggle("as-other");
      const plot = shownPlot(card);
      if (plot && window.Plotly) window.Plotly.Plots.resize(plot); // it was drawn while it had no room
    },
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest(".sc-chart-again")) {
      const theme = document.documentElement.getAttribute("data-bs-theme");
      const narrow = window.matchMedia("(max-width: 767.98px)").matches;
      window.dash_clientside.set_props("display", { data: { theme, narrow } }); // all figures are drawn for it anew
      return;
    }
    const entry = event.target.closest("[class*='sc-do-']");
    const card = entry && entry.closest(".sc-chart");
    if (!card) return;
    const name = Object.keys(actions).find((action) => entry.classList.contains(action));
    actions[name](card);
  });

  findLinked();
})();
