/* The part of the shell that lives in the browser: theme, width, focus, notices, sign-out, sessions that end. */
(function () {
  "use strict";

  const NARROW = window.matchMedia("(max-width: 767.98px)");
  const DARK = window.matchMedia("(prefers-color-scheme: dark)");
  const YEAR = 31536000;
  const TOAST_MS = 9000;
  const root = document.documentElement;

  function readCookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  function writeCookie(name, value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; SameSite=Lax${secure}`;
  }

  function setTheme(theme) {
    root.setAttribute("data-bs-theme", theme);
    writeCookie("sc_theme", theme);
  }

  /* Until somebody chooses a theme it follows the system's; the cookie, by which figures are drawn, says only which one it is now. */
  const followsSystem = () => readCookie("sc_follows") === "1" || !readCookie("sc_theme");
  const systemTheme = () => (DARK.matches ? "dark" : "light");

  function followSystem() {
    writeCookie("sc_follows", "1");
    setTheme(systemTheme());
  }

  /* Before Dash starts: the first figures are drawn for this theme and width. */
  if (followsSystem()) followSystem();
  else setTheme(readCookie("sc_theme") === "dark" ? "dark" : "light");
  writeCookie("sc_narrow", NARROW.matches ? "1" : "0");

  /* Pages that show figures follow this and have them drawn anew. */
  function drawAnew() {
    window.dash_clientside.set_props("display", { data: { theme: root.getAttribute("data-bs-theme"), narrow: NARROW.matches } });
  }

  NARROW.addEventListener("change", () => {
    writeCookie("sc_narrow", NARROW.matches ? "1" : "0");
    drawAnew();
  });

  DARK.addEventListener("change", () => {
    if (!followsSystem()) return;
    followSystem();
    drawAnew();
  });

  /* ---- the CSRF token that Dash sends with its own requests, for forms and uploads ---- */
  function csrf() {
    const settings = JSON.parse(document.getElementById("_dash-config").textContent);
    return { header: settings.csrf_header_name, token: readCookie(settings.csrf_token_name) };
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.classList.contains("sc-csrf") || event.target.elements.csrf_token) return;
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "csrf_token";
    field.value = csrf().token;
    event.target.append(field);
  });

  /* ---- what stands in a page's place: a session that ended leads to sign-in, a refusal becomes a page in words ---- */
  function signIn() {
    location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
  }

  function say(state) {
    if (state) root.setAttribute("data-sc-state", state);
    else root.removeAttribute("data-sc-state");
  }

  /* ---- a page that fills: what is being read is marked, so that what stands below it does not come before and jump ---- */
  const FIRST_MS = 150;
  const SETTLE_MS = 80; // the mark goes a moment before the content comes
  const FILL_MS = 10000;
  let filling = null;

  function mark(page) {
    for (const part of page.querySelectorAll("[data-dash-is-loading]")) part.setAttribute("data-sc-reading", "");
    for (const part of page.querySelectorAll("[data-sc-reading]:not([data-dash-is-loading])")) {
      setTimeout(() => part.hasAttribute("data-dash-is-loading") || part.removeAttribute("data-sc-reading"), SETTLE_MS);
    }
  }

  function endFilling(page) {
    filling.disconnect();
    filling = null;
    for (const part of page.querySelectorAll("[data-sc-reading]")) part.removeAttribute("data-sc-reading");
  }

  function fill() {
    const page = document.getElementById("page");
    if (!page) return;
    if (filling) endFilling(page);
    const begun = Date.now();
    const observer = new MutationObserver(() => mark(page));
    filling = observer;
    observer.observe(page, { attributes: true, attributeFilter: ["data-dash-is-loading"], childList: true, subtree: true });
    mark(page);
    const timer = setInterval(() => {
      if (filling !== observer) return clearInterval(timer);
      const spent = Date.now() - begun;
      if (spent < FIRST_MS || (page.querySelector("[data-sc-reading]") && spent < FILL_MS)) return;
      clearInterval(timer);
      endFilling(page);
    }, FIRST_MS);
  }

  /* ---- arriving at a page: title, scroll, focus on its heading (not on the first visit) ---- */
  const SETTLED_MS = 5000;
  let visits = 0;
  let arrived = null;

  function focusHeading() {
    const heading = document.querySelector("#page h1");
    if (!heading || heading === document.activeElement) return;
    heading.setAttribute("tabindex", "-1");
    heading.focus({ preventScroll: true });
  }

  /* The waiting heading gives way to the real one; focus moves along unless somebody has taken it elsewhere. */
  function followHeading() {
    if (arrived) arrived.disconnect();
    const observer = new MutationObserver(() => document.activeElement === document.body && focusHeading());
    arrived = observer;
    observer.observe(document.getElementById("page"), { childList: true, subtree: true });
    setTimeout(() => observer.disconnect(), SETTLED_MS);
  }

  function arrive(title) {
    if (!title) return window.dash_clientside.no_update;
    say(null);
    fill();
    document.title = title;
    visits += 1;
    if (visits > 1) {
      window.scrollTo(0, 0);
      requestAnimationFrame(() => {
        focusHeading();
        followHeading();
      });
    }
    return window.dash_clientside.no_update;
  }

  /* ---- links of the navigation: another page without a reload, unless a new tab was meant ---- */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.sc-go");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.dash_clientside.set_props("address", { pathname: link.pathname, search: link.search });
  });

  /* ---- notices: they leave by themselves unless somebody reads or points at them ---- */
  function watchNotices(region) {
    let timer = 0;
    const dismiss = () => window.dash_clientside.set_props("notice", { children: null });
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(dismiss, TOAST_MS);
    };
    new MutationObserver(restart).observe(region, { childList: true, subtree: true, characterData: true });
    region.addEventListener("mouseenter", () => clearTimeout(timer));
    region.addEventListener("focusin", () => clearTimeout(timer));
    region.addEventListener("mouseleave", restart);
    region.addEventListener("click", (event) => {
      if (event.target.closest(".sc-toast-close, a")) dismiss();
    });
  }

  /* ---- dialogs: the first field has the focus; afterwards whatever opened them, or the heading ---- */
  let opener = "";
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (pressed && !pressed.closest(".modal")) opener = pressed.id;
  }, true);

  function enterDialog(dialog) {
    const fields = [...dialog.querySelectorAll(".modal-body input:not([type=radio]), .modal-body select, .modal-body textarea")];
    const first = fields.find((field) => field.offsetParent) || dialog.querySelector(".modal-footer .btn-primary");
    if (first) first.focus();
  }

  function leaveDialog() {
    if (document.activeElement !== document.body) return;
    const button = opener && document.getElementById(opener);
    if (button) button.focus();
    else focusHeading();
  }

  const holdsDialog = (node) => node.nodeType === 1 && (node.matches(".modal") || node.querySelector(".modal"));
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (holdsDialog(node)) setTimeout(() => enterDialog(node), 80);
      for (const node of change.removedNodes) if (holdsDialog(node)) setTimeout(leaveDialog, 400);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  const started = new MutationObserver(() => {
    const region = document.getElementById("notice");
    if (!region) return;
    started.disconnect();
    watchNotices(region);
    fill();
  });
  started.observe(root, { childList: true, subtree: true });

  /* ---- for upload.js and connection.js ---- */
  window.smartcart = { csrf, signIn, say };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    shell: {
      arrive,
      go(path) {
        if (path) location.replace(path); // not within the page: Dash would not fill a page that comes of its own answer
        return window.dash_clientside.no_update;
      },
      toggleTheme(clicks, display) {
        if (!clicks) return window.dash_clientside.no_update;
        const theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
        writeCookie("sc_follows", "0"); // chosen by somebody
        setTheme(theme);
        return Object.assign({}, display, { theme, narrow: NARROW.matches });
      },
      toggleDrawer() {
        const asked = window.dash_clientside.callback_context.triggered.some((item) => item.prop_id.startsWith("drawer-open") && item.value);
        return asked;
      },
      openDialog(opened) {
        const asked = window.dash_clientside.callback_context.triggered.filter((item) => item.value);
        if (!asked.length) return window.dash_clientside.no_update;
        return !asked.some((item) => item.prop_id.includes("cancel"));
      },
    },
  });
})();
