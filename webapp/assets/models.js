/* The dialog that promotes: which version was meant is known to the button that opened it.
   Nobody confirms before they see what it would change. */
(function () {
  "use strict";

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    models: {
      openPromote() {
        const { no_update, callback_context } = window.dash_clientside;
        const pressed = callback_context.triggered.find((item) => item.value);
        if (!pressed) return Array(5).fill(no_update);
        if (!pressed.prop_id.startsWith("{")) return [false, ...Array(4).fill(no_update)];
        const { version } = JSON.parse(pressed.prop_id.slice(0, pressed.prop_id.lastIndexOf(".")));
        return [true, version, `Version ${version}`, "Looking up what would change…", true];
      },
    },
  });
})();
