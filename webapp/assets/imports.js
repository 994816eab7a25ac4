/* The check of an import: a changed role makes the dry run outdated, so checking again comes before importing. */
(function () {
  "use strict";

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    imports: {
      rolesChanged(roles, guessed) {
        const changed = (guessed || []).filter((role, place) => roles[place] !== role).length;
        if (!changed) return [true, false, ""];
        const words = changed === 1 ? "One role is changed" : `${changed} roles are changed`;
        return [false, true, `${words}: check again to see what would happen.`];
      },
    },
  });
})();
