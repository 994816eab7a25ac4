/* Draws what the server calls `Fixed`: a tree of plain elements that stays as it is, without a component of Dash for each. */
(function () {
  "use strict";

  function element(part) {
    if (part === null || typeof part !== "object") return part;
    const { children, ...props } = part.props;
    return window.React.createElement(part.type.toLowerCase(), props, ...[].concat(children ?? []).map(element));
  }

  window.smartcart_ui = { Fixed: ({ content }) => window.React.createElement(window.React.Fragment, null, ...content.map(element)) };
})();
