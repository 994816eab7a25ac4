/* Answers of callbacks: refusals and failures become words, and a server that does not answer becomes a calm banner. */
(function () {
  "use strict";

  const CALLBACKS = "_dash-update-component";
  const UNATTENDED = /^(tick\.n_intervals|pulse\.data)$/;
  const RETRY_MS = 3000;
  const THANKS_MS = 6000;
  const CONFLICT = 409;
  const AWAY = [502, 503, 504];
  const SAID = { 403: "refused", 404: "missing" };
  let missed = ""; // what went unanswered: "", "act" or "fill"
  let asking = 0;
  let leaving = false;

  const ask = window.fetch.bind(window);
  const read = (body) => {
    try {
      return JSON.parse(body);
    } catch {
      return null;
    }
  };
  const nothing = () => new Response(null, { status: 204 }); // to Dash: nothing changes

  /* ---- what a request was about ---- */

  /* A late answer for a page that was left says nothing about the page that is there now. */
  function concernsThisPage(sent) {
    const output = sent.output.replace(/^\.\.|\.\.$/g, "").split("...")[0];
    const id = output.slice(0, output.lastIndexOf("."));
    return id.startsWith("{") || document.getElementById(id) !== null;
  }

  /* Somebody pressed or typed something, rather than that a page came and asks to be filled. */
  function isAct(sent) {
    const changed = new Set(sent.changedPropIds || []);
    return (sent.inputs || []).flat().some((input) => {
      const id = typeof input.id === "string" ? input.id : JSON.stringify(input.id, Object.keys(input.id).sort());
      return changed.has(`${id}.${input.property}`) && input.value && input.id !== "address" && !UNATTENDED.test(`${id}.${input.property}`);
    });
  }

  function kindOf(body) {
    const sent = read(body);
    if (!sent) return "";
    if (isAct(sent)) return "act";
    const changed = sent.changedPropIds || [];
    return changed.length && changed.every((name) => UNATTENDED.test(name)) ? "" : "fill";
  }

  /* ---- refusals and failures ---- */

  async function showFailure(answer, sent) {
    const told = (await answer.json().catch(() => null)) || {};
    if (answer.status === CONFLICT && told.detail) return showConflict(told.detail, sent);
    const reference = told.reference ? ` and the reference ${told.reference}` : "";
    if (isAct(sent)) {
      notify(`That did not work: the server ran into an error. Nothing was changed, and what you typed is still here. Try again; if it stays, tell your admin the time${reference}.`);
      return;
    }
    document.querySelectorAll(".sc-when-failed .sc-reference").forEach((place) => (place.textContent = reference));
    window.smartcart.say("failed");
  }

  /* Nothing failed: what is asked for is at odds with how things are, and the server says how. */
  function showConflict(text, sent) {
    const blocked = document.documentElement.getAttribute("data-sc-state") === "blocked";
    if (isAct(sent)) return void (blocked || notify(text)); // parts of a page that ask on their own are told once
    document.querySelectorAll(".sc-blocked-words").forEach((place) => (place.textContent = text));
    window.dash_clientside.set_props("notice", { children: null });
    window.smartcart.say("blocked");
  }

  function notify(text) {
    const child = (type, props, namespace = "dash_html_components") => ({ type, namespace, props });
    const sign = child("I", { className: "bi bi-x-circle-fill", "aria-hidden": "true" });
    const close = child("Button", {
      className: "btn btn-ghost btn-icon btn-sm sc-toast-close",
      type: "button",
      "aria-label": "Close this message",
      children: child("I", { className: "bi bi-x-lg", "aria-hidden": "true" }),
    });
    const toast = child("Div", { className: "sc-toast bad", children: [sign, child("Div", { className: "w", children: text }), close] });
    window.dash_clientside.set_props("notice", { children: toast });
  }

  function refuse(answer, body) {
    const sent = read(body);
    const ours = sent && (isAct(sent) || concernsThisPage(sent));
    if (answer.status === 401) window.smartcart.signIn();
    else if (AWAY.includes(answer.status)) lose(kindOf(body));
    else if (ours && SAID[answer.status]) window.smartcart.say(SAID[answer.status]);
    else if (ours && kindOf(body)) return void showFailure(answer, sent);
    if (answer.body) answer.body.cancel();
  }

  window.fetch = async function (resource, options) {
    const address = String(typeof resource === "string" ? resource : resource.url);
    if (!address.includes(CALLBACKS)) return ask(resource, options);
    const body = options && options.body;
    try {
      const answer = await ask(resource, options);
      if (answer.ok) return answer;
      refuse(answer, body);
    } catch {
      if (!leaving) lose(kindOf(body));
    }
    return nothing();
  };
  addEventListener("pagehide", () => (leaving = true));
  addEventListener("beforeunload", () => (leaving = true));

  /* ---- the banner ---- */

  function tell(text, kind = "") {
    const banner = document.getElementById("connection");
    if (!banner) return;
    banner.querySelector(".sc-connection-words").textContent = text;
    banner.className = `sc-connection ${text ? "on" : ""} ${kind}`;
  }

  function lose(kind) {
    if (missed !== "fill") missed = kind || missed;
    tell("The server does not answer. Nothing is lost: what you see stays, and we go on as soon as it is back.");
    if (!asking) asking = setInterval(look, RETRY_MS);
  }

  async function look() {
    const answer = await ask("/healthz", { cache: "no-store" }).catch(() => null);
    if (answer && answer.ok) comeBack();
  }

  function comeBack() {
    clearInterval(asking);
    asking = 0;
    const was = missed;
    missed = "";
    if (was === "fill") return location.reload(); // a page that came meanwhile is still empty
    tell(was ? "Connected again. Your last step was not done: please do it once more." : "Connected again.", "good");
    setTimeout(() => asking || tell(""), THANKS_MS);
  }

  addEventListener("offline", () => lose(""));
  addEventListener("online", look);
})();
