import { z } from "zod";
import { additions, areaNames } from "../optimize/areas.ts";
import { judge } from "../optimize/judge.ts";
import { whyNever } from "../optimize/never.ts";
import { profileNames, profileOf } from "../optimize/profiles.ts";
import { sysctlName, sysctlPath, valueFor, valueIn } from "../optimize/settings.ts";
import { type Choice, heading, ParameterFault, template } from "./template.ts";

const parameters = z.strictObject({
  profile: z.enum(profileNames).default("server_production").describe("What the host is tuned for."),
  set: z
    .record(
      z.string().regex(/^[a-z0-9_]+(\.[A-Za-z0-9_-]+)+$/, "expected a name such as vm.swappiness"),
      z.union([z.int(), z.string().regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, "expected words on one line")]),
    )
    .default({})
    .describe("Further settings, which win over the profile's."),
});

/** What the profile means on this host as one file of sysctl.d; what else it would set is left to optimize. */
export const sysctl = template({
  name: "sysctl",
  summary: "Kernel settings of a tuning profile, as they are right for the host",
  parameters,
  generate(facts, { profile, set }) {
    const found = (name: string) => facts.system.sysctl[name];
    for (const name of Object.keys(set)) {
      const never = whyNever(name);
      if (never) throw new ParameterFault(`set.${name}`, `${never.reason} See ${never.source}`);
      if (found(name) === undefined)
        throw new ParameterFault(`set.${name}`, "the host's kernel has no such setting");
    }
    const settings = [
      ...judge(profileOf(profile), facts).flatMap((judgement) => judgement.settings),
      ...areaNames.flatMap((area) => additions(profile, area, facts)),
    ];
    const choices: Choice[] = settings.flatMap((setting) => {
      const name = sysctlName(setting.path);
      const there = name === undefined ? undefined : found(name);
      if (name === undefined || there === undefined || name in set) return [];
      const text = Number.isInteger(there) ? BigInt(there).toString() : String(there);
      const value = valueFor(setting, valueIn(text));
      // A limit that the kernel meets by itself is not frozen.
      if (setting.operator !== "equal" && value === valueIn(text)) return [];
      return [{ setting: name, value, reason: setting.reason }];
    });
    for (const [name, value] of Object.entries(set))
      choices.push({ setting: name, value: String(value), reason: "As asked." });
    const lines = choices.flatMap(({ setting, value, reason }) => [`# ${reason}`, `${setting} = ${value}`]);
    return {
      files: [
        { path: "/etc/sysctl.d/60-roost.conf", mode: "0644", text: [heading, ...lines, ""].join("\n") },
      ],
      choices,
      validator: { program: "sysctl", arguments: ["--dry-run", "-p", "{file}"], scope: "file" },
      refresh: [],
      live: choices.map(({ setting, value }) => ({ path: sysctlPath(setting), value })),
    };
  },
});
