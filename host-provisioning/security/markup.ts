/** Part of a page, with what links to it. */
export interface Section {
  id: string;
  title: string;
  html: string;
}

/** @param html of ours: texts of others went through `plain`. */
export function section(id: string, title: string, html: string): Section {
  return { id, title, html: `<section id="${id}">\n<h2>${plain(title)}</h2>\n${html}\n</section>` };
}

/** @param rows as `row` makes them. */
export function table(heads: string[], rows: string[]): string {
  if (rows.length === 0) return "<p>None.</p>";
  const head = heads.map((text) => `<th scope="col">${plain(text)}</th>`).join("");
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table></div>`;
}

export function row(cells: string[]): string {
  return `<tr>${cells.map(cell).join("")}</tr>`;
}

export function cell(text: string): string {
  return `<td>${plain(text)}</td>`;
}

/** What may be long and has no blanks: paths, settings. */
export function code(text: string): string {
  return `<td class="code">${plain(text)}</td>`;
}

/** Names and values; those without a value are left out. */
export function list(fields: [name: string, value: string | number | null | undefined][]): string {
  const known = fields.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const lines = known.map(([name, value]) => `<dt>${plain(name)}</dt><dd>${plain(String(value))}</dd>`);
  return `<dl>\n${lines.join("\n")}\n</dl>`;
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function plain(text: string): string {
  // What does not print would only hide something.
  return text
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, (letter) => (letter === "\n" ? letter : "?"))
    .replaceAll(/[&<>"']/g, (letter) => entities[letter] as string);
}
