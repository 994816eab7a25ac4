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

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    home: {
      goThere(addresses) {
        const found = addresses.find((address) => address);
        if (found) location.assign(found); // a page that is there already would not be filled again
        return window.dash_clientside.no_update;
      },
      putAway(clicks, search) {
        const { no_update } = window.dash_clientside;
        if (clicks.some((clicked) => clicked)) {
          writeCookie(PUT_AWAY, "away", YEAR);
          return [Date.now(), ""];
        }
        if ((search || "").includes("steps=1")) writeCookie(PUT_AWAY, "", 0);
        return [no_update, no_update];
      },
      looked(path) {
        const parts = (path || "").split("/");
        if (parts[1] === "t" && parts[4] === "segments" && parts[5]) writeCookie(LOOKED, `${parts[2]}/${parts[3]}`, YEAR);
        return window.dash_clientside.no_update;
      },
    },
  });
})();
