import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { configTemplates, ParameterFault } from "../../../host-provisioning/config-templates/index.ts";
import { type Facts, quickScript, readFacts } from "../../../host-provisioning/facts/index.ts";
import { locate } from "../../../toolchain/found.mjs";
import { programPath, reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { bareHost, containerHost, guestHost } from "../optimize/three-hosts.ts";

const folder = mkdtempSync(join(tmpdir(), "roost-templates-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const generate = (name: string, facts: Facts, parameters: object = {}) => {
  const template = configTemplates.find((each) => each.name === name);
  if (!template) throw new Error(`no template ${name}`);
  return template.generate(facts, template.parameters.parse(parameters));
};
const values = (...how: Parameters<typeof generate>) =>
  Object.fromEntries(generate(...how).choices.map(({ setting, value }) => [setting, value]));
const large = (memoryGibibytes: number, cpus: number, facts = bareHost()): Facts => {
  facts.hardware.limits = {
    cpus,
    memoryBytes: memoryGibibytes * 1024 ** 3,
    swapBytes: null,
    tasks: null,
    cutBy: [],
  };
  return facts;
};
const faultOf = (...how: Parameters<typeof generate>) => {
  try {
    generate(...how);
  } catch (error) {
    if (error instanceof ParameterFault) return error.parameter;
    throw error;
  }
  return undefined;
};

describe("formulas", () => {
  it("PostgreSQL, by workload, memory and disk", () => {
    expect(values("postgresql", large(16, 8), { version: 15, storage: "nvme" })).toMatchObject({
      max_connections: "100",
      shared_buffers: "4096MB",
      effective_cache_size: "12288MB",
      maintenance_work_mem: "1024MB",
      work_mem: "38836kB",
      wal_buffers: "16384kB",
      random_page_cost: "1.1",
      effective_io_concurrency: "1000",
      max_parallel_workers_per_gather: "4",
      huge_pages: "try",
      wal_compression: "lz4",
    });
    expect(
      values("postgresql", large(128, 32), { version: 14, workload: "warehouse", storage: "hdd" }),
    ).toMatchObject({
      max_connections: "40",
      maintenance_work_mem: "8192MB",
      random_page_cost: "4",
      effective_io_concurrency: "2",
      max_parallel_workers_per_gather: "16",
    });
    const desktop = values("postgresql", large(2, 2), { version: 14, workload: "desktop" });
    expect(desktop).toMatchObject({ shared_buffers: "128MB", huge_pages: "off", max_connections: "20" });
    expect(desktop).not.toHaveProperty("wal_compression");
    expect(values("postgresql", large(1, 2), { version: 16, workload: "oltp" })).toMatchObject({
      work_mem: "4096kB",
      jit: "off",
    });
  });

  it("PostgreSQL's version and disk as the scan tells; a guest's NVMe is a network's", () => {
    const { files } = generate("postgresql", guestHost());
    expect(files[0]?.path).toBe("/etc/postgresql/15/main/conf.d/60-roost.conf");
    expect(values("postgresql", guestHost())).toMatchObject({ effective_io_concurrency: "200" });
    expect(faultOf("postgresql", bareHost())).toBe("version");
  });

  it("the limits of control groups, not the machine's memory", () => {
    // 2 GiB of 3.8, and 512 MiB on 3 of 4 processors.
    expect(values("postgresql", guestHost())).toMatchObject({ shared_buffers: "512MB" });
    expect(values("nginx", containerHost())).toMatchObject({ worker_processes: "3" });
    expect(values("redis", containerHost())).toMatchObject({ maxmemory: "384mb" });
  });

  it("nginx: connections by open files and by memory, backlog by somaxconn, reuseport from two workers on", () => {
    const facts = large(64, 4);
    facts.system.sysctl["net.core.somaxconn"] = 4096;
    expect(values("nginx", facts, { openFiles: 8192 })).toMatchObject({
      worker_processes: "4",
      worker_connections: "4032",
    });
    expect(values("nginx", large(0.5, 4))).toMatchObject({ worker_connections: "819" });
    expect(generate("nginx", facts, { port: 8080 }).files[0]?.text).toContain(
      "listen 8080 default_server reuseport backlog=4096;",
    );
    expect(generate("nginx", large(64, 1), { port: 8080 }).files[0]?.text).not.toContain("reuseport");
    facts.system.sysctl["fs.nr_open"] = 4096;
    expect(faultOf("nginx", facts)).toBe("openFiles");
  });

  it("limits: never over fs.nr_open, which would lock everybody out; services by systemd", () => {
    const facts = guestHost();
    expect(generate("limits", facts).files.map(({ path }) => path)).toEqual([
      "/etc/security/limits.d/60-roost.conf",
      "/etc/systemd/system.conf.d/60-roost.conf",
    ]);
    expect(generate("limits", containerHost()).files).toHaveLength(1);
    facts.system.sysctl["fs.nr_open"] = 100_000;
    expect(faultOf("limits", facts)).toBe("openFilesMost");
    expect(faultOf("limits", facts, { openFiles: 9000, openFilesMost: 8000 })).toBe("openFiles");
  });

  it("Redis: its unit may open a file for each client", () => {
    const { files } = generate("redis", guestHost(), { use: "store", clients: 5000 });
    expect(files[1]?.text).toContain("LimitNOFILE=5032\n");
    expect(files[0]?.text).toContain("maxmemory 1228mb\nmaxmemory-policy noeviction\n");
  });

  it("sysctl: as judged, what is asked for wins, and what is never set is refused", () => {
    expect(values("sysctl", bareHost())).toEqual({
      "vm.swappiness": "10",
      "net.ipv4.tcp_congestion_control": "cubic",
      "fs.file-max": "2097152",
    });
    expect(values("sysctl", bareHost(), { set: { "vm.swappiness": 5 } })["vm.swappiness"]).toBe("5");
    expect(faultOf("sysctl", bareHost(), { set: { "vm.drop_caches": 3 } })).toBe("set.vm.drop_caches");
    expect(faultOf("sysctl", bareHost(), { set: { "vm.no_such": 3 } })).toBe("set.vm.no_such");
    expect(values("sysctl", containerHost())).toEqual({});
  });

  it("no parameter brings a line of its own", () => {
    const breaking = ["a\nb", "a;b", "a\0b", "\u2028"];
    for (const text of breaking) {
      expect(() => generate("sysctl", bareHost(), { set: { [text]: 1 } })).toThrow();
      expect(() => generate("limits", bareHost(), { domain: text })).toThrow();
      expect(() => generate("postgresql", bareHost(), { version: 15, cluster: text })).toThrow();
    }
    expect(() =>
      generate("sysctl", bareHost(), { set: { "vm.swappiness": "1\nvm.drop_caches=3" } }),
    ).toThrow();
  });
});

const { database } = locate();
/** Debian's, else the embedded one; none where the database is somewhere else. */
const postgres =
  programPath("postgres") ??
  (database.found && database.path !== "" ? join(database.path, "bin/postgres") : "");

/** The real programs, on facts of this very machine. */
describe("accepted by", () => {
  const mark = "0123456789abcdef";
  const here = () => {
    const output = execFileSync("/bin/sh", ["-s"], {
      input: quickScript(mark),
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    return readFacts(output, mark) as Facts;
  };
  /** Writes the text and runs the template's validator on it. @returns what it printed; throws when it refuses. */
  const judged = (name: string, text: string, given = generate(name, here()).validator) => {
    const file = join(folder, `${name}.conf`);
    writeFileSync(file, text);
    const program = programPath(given?.program ?? "") ?? given?.program ?? "";
    const words = (given?.arguments ?? []).map((word) => word.replace("{file}", file));
    return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };

  (reasonToSkip("nginx", "root") ? it.skip : it)("nginx", () => {
    for (const parameters of [{}, { role: "proxy", port: 18_080 }]) {
      const [file] = generate("nginx", here(), parameters).files;
      expect(() => judged("nginx", file?.text ?? "")).not.toThrow();
      expect(() => judged("nginx", `${file?.text}worker_connections;`)).toThrow(/worker_connections/);
    }
  });

  (reasonToSkip("sysctl") ? it.skip : it)("sysctl, which writes nothing", () => {
    const [file] = generate("sysctl", here()).files;
    for (const { setting, value } of generate("sysctl", here()).choices)
      expect(judged("sysctl", file?.text ?? "")).toContain(`${setting} = ${value}`);
    expect(() => judged("sysctl", `${file?.text}no.such.key = 1\n`)).toThrow(/no\/such\/key/);
  });

  (reasonToSkip("postgres") || !postgres ? it.skip : it)(
    "PostgreSQL",
    () => {
      const version = Number(
        /(\d+)\./.exec(execFileSync(postgres, ["--version"], { encoding: "utf8" }))?.[1],
      );
      const data = join(folder, "data");
      mkdirSync(data);
      writeFileSync(join(data, "PG_VERSION"), `${version}\n`);
      const how = {
        program: postgres,
        arguments: ["-C", "shared_buffers", "-D", data, "-c", "config_file={file}"],
        scope: "file" as const,
      };
      for (const workload of ["oltp", "warehouse", "desktop"]) {
        const { files, choices } = generate("postgresql", here(), { version, workload });
        const [, digits, unit] = /^(\d+)(kB|MB)$/.exec(choices[1]?.value ?? "") ?? [];
        const pages = (Number(digits) * (unit === "MB" ? 1024 : 1)) / 8;
        expect(Number(judged("postgresql", files[0]?.text ?? "", how))).toBe(Math.floor(pages));
        const broken = `${files[0]?.text}work_mem = many\n`;
        expect(() => judged("postgresql", broken, how)).toThrow(/work_mem/);
      }
    },
    30_000,
  );
});
