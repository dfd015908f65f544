import { z } from "zod";
import { heading, numberOf, ParameterFault, template } from "./template.ts";

const parameters = z.strictObject({
  openFiles: z.int().min(1024).max(1_048_576).default(65_536).describe("Soft limit of open files."),
  openFilesMost: z
    .int()
    .min(1024)
    .max(1_073_741_816)
    .default(524_288)
    .describe("Hard limit of open files: what a program may raise its own to."),
  domain: z
    .string()
    .regex(/^(\*|@?[a-z_][a-z0-9_-]{0,31})$/, "expected *, a user or @group")
    .default("*")
    .describe("Whose logins; services have the limit whoever they run as."),
});

/** limits.conf is for logins alone: services of systemd get theirs from a file of its own. */
export const limits = template({
  name: "limits",
  summary: "Open files and processes of logins and of services",
  parameters,
  generate(facts, { openFiles, openFilesMost, domain }) {
    const openMost = numberOf(facts, "fs.nr_open", 1_048_576);
    // PAM refuses the whole login over a limit that the kernel does not take.
    if (openFilesMost > openMost)
      throw new ParameterFault(
        "openFilesMost",
        `over the host's fs.nr_open of ${openMost} nobody could log in`,
      );
    if (openFiles > openFilesMost)
      throw new ParameterFault("openFiles", `the soft limit is over the hard one of ${openFilesMost}`);
    const threads = numberOf(facts, "kernel.threads-max", 32_768);
    const tasks = Math.min(facts.hardware.limits.tasks ?? threads, Math.floor(threads / 2));
    const row = (kind: string, item: string, value: number) => `${domain} ${kind} ${item} ${value}`;
    const text = [
      heading,
      row("soft", "nofile", openFiles),
      row("hard", "nofile", openFilesMost),
      row("soft", "nproc", tasks),
      row("hard", "nproc", tasks),
      "",
    ].join("\n");
    const services = [heading, "[Manager]", `DefaultLimitNOFILE=${openFiles}:${openFilesMost}`, ""].join(
      "\n",
    );
    const isSystemd = facts.services.manager === "systemd";
    const systemd = {
      path: "/etc/systemd/system.conf.d/60-roost.conf",
      mode: "0644",
      text: services,
    } as const;
    return {
      files: [
        { path: "/etc/security/limits.d/60-roost.conf", mode: "0644", text },
        ...(isSystemd ? [systemd] : []),
      ],
      choices: [
        {
          setting: "nofile",
          value: `${openFiles}:${openFilesMost}`,
          reason: `not over fs.nr_open, which is ${openMost}`,
        },
        {
          setting: "nproc",
          value: String(tasks),
          reason: "half of the kernel's threads, or what the control group allows: one user cannot take all",
        },
      ],
      validator: null,
      refresh: isSystemd ? [{ how: "reexec", unit: "-" }] : [],
      shows: isSystemd
        ? [
            {
              program: "systemctl",
              arguments: ["show", "--property=DefaultLimitNOFILE", "--property=DefaultLimitNOFILESoft"],
              text: `DefaultLimitNOFILE=${openFilesMost}\nDefaultLimitNOFILESoft=${openFiles}`,
            },
          ]
        : [],
    };
  },
});
