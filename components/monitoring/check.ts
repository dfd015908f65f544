import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { checkName } from "../kubernetes/names.ts";
import {
  type AlertGroupArgs,
  type CloudWatchQueryArgs,
  Comparison,
  type DashboardArgs,
  PanelKind,
  type QueryArgs,
  Severity,
  Unit,
} from "./args.ts";

/** Faults of dashboards, whose keys name files and addresses. */
export function checkDashboards(dashboards: Record<string, DashboardArgs> = {}): Fault[] {
  return Object.entries(dashboards).flatMap(([key, { panels }]) => {
    const at = `dashboards.${key}`;
    const titles = panels.map(({ title }) => title);
    return [
      ...checkName(at, key, 40),
      ...(panels.length === 0
        ? [{ field: `${at}.panels`, value: panels, allowed: "at least one panel" }]
        : []),
      ...panels.flatMap(({ title, kind, unit, width, queries }, index) => {
        const field = `${at}.panels[${index}]`;
        return [
          ...(titles.indexOf(title) < index
            ? [{ field: `${field}.title`, value: title, allowed: "each title once" }]
            : []),
          ...(kind === undefined ? [] : oneOf(`${field}.kind`, kind, PanelKind)),
          ...oneOf(`${field}.unit`, unit, Unit),
          ...wholeNumber(`${field}.width`, width ?? 12, 4, 24, "columns"),
          ...(Object.keys(queries).length === 0
            ? [{ field: `${field}.queries`, value: queries, allowed: "at least one query" }]
            : []),
          ...Object.entries(queries).flatMap(([legend, query]) =>
            checkQuery(`${field}.queries.${legend}`, query),
          ),
        ];
      }),
    ];
  });
}

/** Faults of alerts. PromQL itself is judged by promtool. */
export function checkAlerts(alerts: Record<string, AlertGroupArgs> = {}): Fault[] {
  const seen = new Map<string, string>();
  return Object.entries(alerts).flatMap(([group, { rules, labels = {} }]) => [
    ...checkName(`alerts.${group}`, group),
    ...Object.keys(labels)
      .filter((label) => !/^[a-z_][a-z0-9_]*$/.test(label) || label === "severity")
      .map((label) => ({
        field: `alerts.${group}.labels.${label}`,
        value: label,
        allowed: "a label's name in small letters, other than severity",
      })),
    ...Object.entries(rules).flatMap(([name, rule]) => {
      const field = `alerts.${group}.rules.${name}`;
      const other = seen.get(name);
      seen.set(name, group);
      return [
        ...(/^[A-Z][A-Za-z0-9]*$/.test(name)
          ? []
          : [{ field, value: name, allowed: "a name in capitals and small letters, such as KeycloakDown" }]),
        ...(other === undefined
          ? []
          : [{ field, value: name, allowed: `a name that group ${other} does not have` }]),
        ...oneOf(`${field}.severity`, rule.severity, Severity),
        ...oneOf(`${field}.comparison`, rule.comparison, Comparison),
        ...(Number.isFinite(rule.threshold)
          ? []
          : [{ field: `${field}.threshold`, value: rule.threshold, allowed: "a number" }]),
        ...wholeNumber(`${field}.minutes`, rule.minutes, 1, 1440, "minutes"),
        ...checkQuery(`${field}.query`, rule.query),
      ];
    }),
  ]);
}

function checkQuery(field: string, { prometheus, cloudWatch }: QueryArgs): Fault[] {
  if (!prometheus && !cloudWatch) {
    return [{ field, value: { prometheus, cloudWatch }, allowed: "prometheus, cloudWatch or both" }];
  }
  return cloudWatch ? checkCloudWatch(`${field}.cloudWatch`, cloudWatch) : [];
}

function checkCloudWatch(field: string, { statistic, periodSeconds = 60 }: CloudWatchQueryArgs): Fault[] {
  const faults: Fault[] = [];
  if (!/^(Average|Sum|Maximum|Minimum|SampleCount|p\d{1,2}(\.\d{1,2})?|p100)$/.test(statistic)) {
    const allowed = "Average, Sum, Maximum, Minimum, SampleCount or a percentile such as p99";
    faults.push({ field: `${field}.statistic`, value: statistic, allowed });
  }
  if (![10, 30].includes(periodSeconds) && (periodSeconds <= 0 || periodSeconds % 60 !== 0)) {
    faults.push({
      field: `${field}.periodSeconds`,
      value: periodSeconds,
      allowed: "10, 30 or a multiple of 60",
    });
  }
  return faults;
}
