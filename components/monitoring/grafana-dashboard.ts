// A dashboard as Grafana's JSON model, from the PromQL of its panels. The types of @grafana/schema judge it in
// test/components/monitoring: at run time nothing of Grafana is needed.

import { type DashboardArgs, type PanelArgs, PanelKind, type QueryArgs, type Unit } from "./args.ts";
import { layOut, type Place } from "./layout.ts";
import { byName } from "./prometheus-rules.ts";

/** The data source that dashboards ask, as Grafana is provisioned with it. */
export const DATA_SOURCE = { type: "prometheus", uid: "prometheus" };

/** https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
const GRAFANA_UNITS: Record<Unit, string> = {
  count: "short",
  percent: "percent",
  ratio: "percentunit",
  seconds: "s",
  milliseconds: "ms",
  bytes: "bytes",
  bytesPerSecond: "Bps",
  perSecond: "reqps",
};

/** Grafana's limit of a uid. */
const LONGEST_UID = 40;

/**
 * @param key names the dashboard: it is its address, so it stays when the title changes.
 * @returns nothing when no panel has PromQL.
 */
export function planGrafanaDashboard(key: string, { title, description, panels }: DashboardArgs) {
  const shown = panels.filter((panel) => Object.values(panel.queries).some(({ prometheus }) => prometheus));
  if (shown.length === 0) return undefined;
  const places = layOut(shown);
  return {
    uid: key.slice(0, LONGEST_UID),
    title,
    description,
    schemaVersion: 42,
    version: 1,
    editable: false,
    timezone: "utc",
    refresh: "1m",
    time: { from: "now-6h", to: "now" },
    tags: ["roost"],
    panels: shown.map((panel, at) => planPanel(at + 1, panel, places[at]!)),
  };
}

function planPanel(id: number, panel: PanelArgs, { x, y, width, height }: Place) {
  return {
    id,
    type: panel.kind === PanelKind.number ? "stat" : "timeseries",
    title: panel.title,
    ...(panel.description !== undefined && { description: panel.description }),
    datasource: DATA_SOURCE,
    gridPos: { x, y, w: width, h: height },
    targets: targets(panel.queries),
    fieldConfig: { defaults: { unit: GRAFANA_UNITS[panel.unit], ...limit(panel) }, overrides: [] },
    options: {},
  };
}

function targets(queries: Record<string, QueryArgs>) {
  return byName(queries)
    .filter(([, { prometheus }]) => prometheus !== undefined)
    .map(([legend, { prometheus }], at) => ({
      refId: refId(at),
      datasource: DATA_SOURCE,
      expr: prometheus,
      legendFormat: legend,
      range: true,
    }));
}

/** A, B, … Z, A1, B1, … */
function refId(at: number): string {
  const letter = String.fromCharCode(65 + (at % 26));
  return at < 26 ? letter : `${letter}${Math.floor(at / 26)}`;
}

function limit({ limit: value, kind }: PanelArgs) {
  if (value === undefined) return {};
  return {
    thresholds: {
      mode: "absolute" as const,
      steps: [
        // Grafana's first step has no value: it is everything below the second.
        { color: "green", value: null },
        { color: "red", value },
      ],
    },
    ...(kind !== PanelKind.number && { custom: { thresholdsStyle: { mode: "line" } } }),
  };
}
