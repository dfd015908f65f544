// The page that a script of ours runs in. The types of this project are those of a server, which has none.
export const page = Reflect.get(globalThis, "document");

/**
 * @param {string} name
 * @param {object} [properties]
 * @param {...unknown} children elements and texts
 */
export function make(name, properties = {}, ...children) {
  const made = Object.assign(page.createElement(name), properties);
  made.append(...children);
  return made;
}
