// Where panels are: rows of 24 columns, filled from the left, as both Grafana and CloudWatch count.

import { type PanelArgs, PanelKind } from "./args.ts";

export const COLUMNS = 24;

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function layOut(panels: readonly PanelArgs[]): Place[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map(({ width = 12, kind }) => {
    const height = kind === PanelKind.number ? 4 : 8;
    if (x + width > COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const place = { x, y, width, height };
    x += width;
    rowHeight = Math.max(rowHeight, height);
    return place;
  });
}
