/* What a chart card's menu does: the figures as a table, CSV from that table, PNG and SVG from the drawn chart. */
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

  function saveImage(card, format) {
    const plot = card.querySelector(".js-plotly-plot");
    if (!plot || !window.Plotly) return;
    const { width, height } = plot.getBoundingClientRect();
    const ground = getComputedStyle(card).backgroundColor;
    const layout = Object.assign({}, plot.layout, { paper_bgcolor: ground });
    const options = { format, width: Math.round(width), height: Math.round(height), scale: format === "png" ? 2 : 1, filename: card.dataset.file };
    window.Plotly.downloadImage({ data: plot.data, layout, config: {} }, options);
  }

  const actions = {
    "sc-do-table": (card) => card.classList.toggle("as-table"),
    "sc-do-csv": (card) => save(card.dataset.file + ".csv", csvOf(card.querySelector(".sc-chart-table table"))),
    "sc-do-png": (card) => saveImage(card, "png"),
    "sc-do-svg": (card) => saveImage(card, "svg"),
  };

  document.addEventListener("click", (event) => {
    const entry = event.target.closest("[class*='sc-do-']");
    const card = entry && entry.closest(".sc-chart");
    if (!card) return;
    const name = Object.keys(actions).find((action) => entry.classList.contains(action));
    actions[name](card);
  });
})();
