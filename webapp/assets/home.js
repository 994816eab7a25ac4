/* Home: the way to the sample, and the first steps that somebody puts away or has taken. */
(function () {
  "use strict";

  const YEAR = 31536000;
  const PUT_AWAY = "sc_steps";
  const LOOKED = "sc_looked";

  function writeCookie(name, value, age) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${age}; SameSite=Lax${secure}`;
  }

  /* The help's button: Home of the dataset that one is in, with the first steps. */
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".sc-first-steps")) return;
    const [, , team, place] = location.pathname.split("/");
    const dataset = place && !["new", "team", "account"].includes(place) ? `/${place}` : "";
    writeCookie(PUT_AWAY, "", 0);
    location.assign(`/t/${team}${dataset}?steps=1`);
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    home: {
      goThere(addresses) {
        const found = addresses.find((address) => address);
        if (found) location.assign(found); // a page that is there already would not be filled again
        return window.dash_clientside.no_update;
      },
      putAway(clicks) {
        if (!clicks) return window.dash_clientside.no_update;
        writeCookie(PUT_AWAY, "away", YEAR);
        if (location.search) window.dash_clientside.set_props("address", { search: "" });
        return Date.now();
      },
      arrive(path, search) {
        const parts = (path || "").split("/");
        if (parts[1] === "t" && parts[4] === "segments" && parts[5]) writeCookie(LOOKED, `${parts[2]}/${parts[3]}`, YEAR);
        if ((search || "").includes("steps=1")) writeCookie(PUT_AWAY, "", 0); // asked for again, so they stay
        return window.dash_clientside.no_update;
      },
    },
  });
})();
