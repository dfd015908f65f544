import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Properties } from "../provider/index.ts";

export interface Deed {
  operation: "create" | "update" | "delete";
  name: string;
  id: string;
  properties?: Properties;
}

/** What exists, as a journal in a file: one line of JSON per deed, so that a kill loses none that was done. */
export interface World {
  put(operation: "create" | "update", name: string, id: string, properties: Properties): void;
  remove(name: string, id: string): void;
  find(id: string): Properties | undefined;
  /** All that exists, by id. */
  existing(): Map<string, Deed>;
  /** How many deeds of one kind were done. */
  count(operation: Deed["operation"]): number;
  deeds(): Deed[];
}

/** Opens a world file; one that does not exist yet is an empty world. */
export function openWorld(path: string): World {
  const write = (deed: Deed): void => appendFileSync(path, `${JSON.stringify(deed)}\n`);
  const deeds = (): Deed[] => {
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Deed);
  };
  const existing = (): Map<string, Deed> => {
    const found = new Map<string, Deed>();
    for (const deed of deeds()) {
      if (deed.operation === "delete") found.delete(deed.id);
      else found.set(deed.id, deed);
    }
    return found;
  };
  return {
    put: (operation, name, id, properties) => write({ operation, name, id, properties }),
    remove: (name, id) => write({ operation: "delete", name, id }),
    find: (id) => existing().get(id)?.properties,
    existing,
    count: (operation) => deeds().filter((deed) => deed.operation === operation).length,
    deeds,
  };
}
