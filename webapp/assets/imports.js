/* The check of an import: a changed choice makes the dry run outdated, so checking again comes before importing. */
(function () {
  "use strict";

  const text = (value) => (value === null || value === undefined ? "" : String(value));
  const keyOf = (id) => JSON.stringify([id.part, id.column, id.field, id.word]);

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    imports: {
      choicesChanged(values, ids, before) {
        if (!before) return [true, true, ""];
        const known = before.choices;
        const changed = ids.filter((id, place) => (known[keyOf(id)] ?? "") !== text(values[place])).length;
        if (changed) {
          const words = changed === 1 ? "One choice is changed" : `${changed} choices are changed`;
          return [false, true, `${words}: check again to see what would happen.`];
        }
        if (before.outdated) return [false, true, "The customers have changed: check again to see what would happen."];
        if (before.asked.length) return [true, true, `Say ${before.asked.join(" and ")}, then you can import.`];
        return [true, !before.accepted, ""];
      },
    },
  });
})();
