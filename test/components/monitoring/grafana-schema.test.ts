// Dashboards against Grafana's own types. Grafana itself cannot be run here: the compiler judges the shape,
// this test the few values that types do not fix.

import { type Dashboard, defaultDashboard, type Panel } from "@grafana/schema";
import { describe, expect, it } from "@jest/globals";
import { keycloakDashboard, Unit } from "../../../components/index.ts";
import { planGrafanaDashboard } from "../../../components/monitoring/grafana-dashboard.ts";
import { layOut } from "../../../components/monitoring/layout.ts";
import { keycloak, web } from "./example.ts";

type Planned = NonNullable<ReturnType<typeof planGrafanaDashboard>>;
type PlannedPanel = Planned["panels"][number];

/** Grafana's type with the texts of its enums, as JSON has them. */
type AsJson<T> = unknown extends T
  ? unknown
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends (infer E)[]
        ? AsJson<E>[]
        : { [K in keyof T]: AsJson<T[K]> };

/** Compiles only while everything that we render is something that Grafana knows. */
const asGrafana = (planned: Planned): AsJson<Omit<Dashboard, "panels">> & { panels: AsJson<Panel>[] } =>
  planned;
type Unknown<Ours, Theirs> = Exclude<keyof Ours, keyof Theirs>;
type None<Key extends never> = Key;
const unknown: [
  None<Unknown<Planned, Dashboard>>,
  None<Unknown<PlannedPanel, Panel>>,
  None<Unknown<PlannedPanel["fieldConfig"]["defaults"], NonNullable<Panel["fieldConfig"]>["defaults"]>>,
][] = [];

const planned = planGrafanaDashboard("keycloak", keycloakDashboard(keycloak))!;

describe("a dashboard for Grafana", () => {
  it("is of the version that @grafana/schema describes", () => {
    expect(asGrafana(planned).schemaVersion).toBe(defaultDashboard.schemaVersion);
    expect(unknown).toEqual([]);
  });

  it("has an address of its own, cannot be edited, and is looked at in UTC", () => {
    expect(planned).toMatchObject({ uid: "keycloak", editable: false, timezone: "utc" });
    expect(planGrafanaDashboard("k".repeat(60), web)!.uid).toHaveLength(40);
  });

  it("asks the provisioned data source, each panel by its own letters", () => {
    const ids = planned.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { targets, datasource } of planned.panels) {
      expect(datasource).toEqual({ type: "prometheus", uid: "prometheus" });
      expect(targets.map(({ refId }) => refId)).toEqual(targets.map((_, at) => String.fromCharCode(65 + at)));
      for (const { expr } of targets) expect(expr).toBeTruthy();
    }
  });

  it("shows what PromQL can tell and leaves the rest to CloudWatch", () => {
    expect(planGrafanaDashboard("web", web)!.panels.map(({ title }) => title)).toEqual([
      "Errors",
      "Processor",
    ]);
    expect(planGrafanaDashboard("none", { ...web, panels: [web.panels[2]!] })).toBeUndefined();
  });

  it("draws limits, and units as Grafana names them", () => {
    const [errors, processor] = planGrafanaDashboard("web", web)!.panels;
    expect(errors!.fieldConfig.defaults).toEqual({
      unit: "percentunit",
      thresholds: {
        mode: "absolute",
        steps: [
          { color: "green", value: null },
          { color: "red", value: 0.01 },
        ],
      },
    });
    expect(processor!.fieldConfig.defaults).toMatchObject({
      unit: "percent",
      custom: { thresholdsStyle: { mode: "line" } },
    });
  });

  it("gives more than 26 queries of a panel different letters", () => {
    const queries = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`q${at}`, { prometheus: "up" }]),
    );
    const many = { ...web, panels: [{ title: "Many", unit: Unit.count, queries }] };
    const letters = planGrafanaDashboard("many", many)!.panels[0]!.targets.map(({ refId }) => refId);
    expect(new Set(letters).size).toBe(60);
  });
});

describe("layOut", () => {
  const panel = (width: number, kind: "graph" | "number" = "graph") => ({ ...web.panels[0]!, width, kind });

  it("fills rows of 24 columns, each as high as its highest panel", () => {
    const places = layOut([panel(6, "number"), panel(6), panel(12), panel(13), panel(12), panel(24)]);
    expect(places.map(({ x, y, width, height }) => [x, y, width, height])).toEqual([
      [0, 0, 6, 4],
      [6, 0, 6, 8],
      [12, 0, 12, 8],
      [0, 8, 13, 8],
      [0, 16, 12, 8],
      [0, 24, 24, 8],
    ]);
  });

  it("lets no two panels meet, whatever their widths", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const widths = Array.from({ length: 12 }, (_, at) => 4 + ((seed * 7919 + at * 104_729) % 21));
      const places = layOut(
        widths.map((width, at) => panel(width, (seed + at) % 3 === 0 ? "number" : "graph")),
      );
      const cells = places.flatMap(({ x, y, width, height }) =>
        Array.from(
          { length: width * height },
          (_, cell) => `${x + (cell % width)},${y + Math.floor(cell / width)}`,
        ),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(Math.max(...places.map(({ x, width }) => x + width))).toBeLessThanOrEqual(24);
    }
  });
});
