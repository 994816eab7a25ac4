/* Sends a chosen or dropped file to the upload route, shows how far it is, and goes to the page of the import. */
(function () {
  "use strict";

  const MEGABYTE = 1024 * 1024;
  const running = new WeakMap();

  function part(form, name) {
    return form.querySelector(".sc-upload-" + name);
  }

  function complain(form, words) {
    form.classList.remove("going");
    part(form, "error").textContent = words;
  }

  function show(form, share, words) {
    const bar = form.querySelector(".progress-bar");
    bar.style.width = share * 100 + "%";
    bar.closest("[role=progressbar]").setAttribute("aria-valuenow", String(Math.round(share * 100)));
    part(form, "words").textContent = words;
  }

  function problemIn(form, file, name) {
    const limit = Number(form.dataset.limit);
    if (part(form, "name") && !name) return "Give the customers a name first, then choose the file.";
    if (file.size === 0) return `${file.name} is empty. Choose a file with a header and at least one row.`;
    if (file.size > limit * MEGABYTE) {
      return `${file.name} has ${(file.size / MEGABYTE).toFixed(1)} MB; the limit is ${limit} MB. Split it, or ask your admin for a higher limit.`;
    }
    return "";
  }

  function refusal(request) {
    try {
      const answer = JSON.parse(request.responseText);
      return [answer.title, answer.detail].filter(Boolean).join(". ").replace("..", ".");
    } catch {
      return "The file could not be stored. Nothing was changed. Try again.";
    }
  }

  function send(form, file) {
    const name = part(form, "name") ? part(form, "name").value.trim() : "";
    const problem = problemIn(form, file, name);
    if (problem) return complain(form, problem);

    const body = new FormData();
    if (form.dataset.dataset) body.append("dataset", form.dataset.dataset);
    else body.append("name", name);
    body.append("file", file);

    const request = new XMLHttpRequest();
    const { header, token } = window.smartcart.csrf();
    request.open("POST", form.dataset.url);
    request.setRequestHeader(header, token);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) {
        show(form, event.loaded / event.total, event.loaded < event.total ? `Sending ${file.name}: ${Math.round((100 * event.loaded) / event.total)}%` : `Storing ${file.name}`);
      }
    });
    request.addEventListener("load", () => finish(form, request));
    request.addEventListener("error", () => complain(form, "The connection broke. Nothing was changed. Try again."));
    request.addEventListener("abort", () => complain(form, "Cancelled. Nothing was changed."));
    part(form, "error").textContent = "";
    show(form, 0, `Sending ${file.name}`);
    form.classList.add("going");
    running.set(form, request);
    request.send(body);
    return undefined;
  }

  function finish(form, request) {
    if (request.status === 401) return window.smartcart.signIn();
    if (request.status !== 201) return complain(form, refusal(request));
    form.classList.remove("going");
    window.dash_clientside.set_props("address", { pathname: JSON.parse(request.responseText).url, search: "" });
    return undefined;
  }

  /* One input for every zone, which stays in the page: a loose one may be swept away while its dialog is open. */
  function chooser() {
    let picker = document.getElementById("sc-upload-picker");
    if (!picker) {
      picker = Object.assign(document.createElement("input"), { id: "sc-upload-picker", type: "file", hidden: true });
      picker.accept = ".csv,.tsv,.txt,.gz,.xlsx,.parquet,text/csv,text/tab-separated-values,application/gzip,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
      document.body.append(picker);
    }
    picker.value = "";
    return picker;
  }

  document.addEventListener("click", (event) => {
    const form = event.target.closest(".sc-upload");
    if (!form) return;
    if (event.target.closest(".sc-upload-cancel")) running.get(form).abort();
    if (!event.target.closest(".sc-upload-choose")) return;
    const picker = chooser();
    picker.onchange = () => picker.files.length && send(form, picker.files[0]);
    picker.click();
  });

  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target.closest && event.target.closest(".sc-drop");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) send(zone.closest(".sc-upload"), event.dataTransfer.files[0]);
    });
  }
})();
