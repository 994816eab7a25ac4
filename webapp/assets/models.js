/* The dialog that promotes: which version was meant is known to the button that opened it. */
(function () {
  "use strict";

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    models: {
      openPromote() {
        const { no_update, callback_context } = window.dash_clientside;
        const pressed = callback_context.triggered.find((item) => item.value);
        if (!pressed) return [no_update, no_update, no_update];
        if (!pressed.prop_id.startsWith("{")) return [false, no_update, no_update];
        const { version } = JSON.parse(pressed.prop_id.slice(0, pressed.prop_id.lastIndexOf(".")));
        return [true, version, `Version ${version}`];
      },
    },
  });
})();
