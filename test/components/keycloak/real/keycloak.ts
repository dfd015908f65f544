import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { type EmbeddedDatabase, startEmbedded } from "../../../../automation-api/db/embedded.ts";
import { keycloakContainerfile } from "../../../../components/index.ts";
import { keycloakFolder } from "../../../../toolchain/servers/keycloak.mjs";

/** One container as it is rendered, with the values of its secrets. */
export interface Rendered {
  /** Program and arguments. */
  command: string[];
  environment: Record<string, string>;
  /** What is mounted: path → text. */
  files?: Record<string, string>;
}

const program = promisify(execFile);

/**
 * A Keycloak built as the Containerfile says and started as a component says, on this machine's loopback. What
 * differs is where it is: its folders, its ports, and a database without TLS.
 */
export class RealKeycloak {
  readonly #root = mkdtempSync(join(tmpdir(), "roost-keycloak-"));
  readonly #home = join(this.#root, "keycloak");
  #database: EmbeddedDatabase | undefined;
  #server: ChildProcess | undefined;
  #said = "";
  #ports = { web: 0, management: 0, cluster: 0 };

  async start(server: Rendered): Promise<void> {
    // User postgres, whose server it is where this runs as root, must come through.
    chmodSync(this.#root, 0o711);
    cpSync(keycloakFolder(), this.#home, { recursive: true });
    const [, build = ""] = /^RUN (.*) && /m.exec(keycloakContainerfile({ base: "keycloak@sha256:1" })) ?? [];
    await this.#runToEnd(this.#here(build).split(" "), this.#surroundings());
    const [web, management, cluster] = await Promise.all([1, 2, 3].map(freePort));
    this.#ports = { web: web!, management: management!, cluster: cluster! };
    this.#database = await startEmbedded({ folder: this.#root, tcpPort: 0 });
    const { command, environment } = this.#moved(server);
    this.#server = spawn(command[0]!, command.slice(1), {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...environment,
        KC_HTTP_HOST: "127.0.0.1",
        KC_HTTP_PORT: String(web),
        KC_HTTP_MANAGEMENT_PORT: String(management),
        KC_CACHE_EMBEDDED_NETWORK_BIND_ADDRESS: "127.0.0.1",
        KC_CACHE_EMBEDDED_NETWORK_BIND_PORT: String(cluster),
      },
    });
    for (const stream of [this.#server.stdout!, this.#server.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#said = (this.#said + text).slice(-8000);
      });
    }
    await this.#ready();
  }

  /** Runs a job beside the server, on its database, to its end. @throws Error with what it says when it fails */
  async job(job: Rendered): Promise<void> {
    const { command, environment } = this.#moved(job);
    await this.#runToEnd(command, environment);
  }

  /** A request as the load balancer of that address passes it on. */
  fetch(address: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    return fetch(`http://127.0.0.1:${this.#ports.web}${url.pathname}${url.search}`, {
      redirect: "manual",
      ...init,
      headers: {
        ...(init.headers as Record<string, string>),
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": url.host,
        "X-Forwarded-For": "203.0.113.7",
      },
    });
  }

  async stop(): Promise<void> {
    const running = this.#server;
    if (running?.pid !== undefined && running.exitCode === null) {
      const ended = new Promise((resolve) => running.once("exit", resolve));
      process.kill(-running.pid, "SIGKILL");
      await ended;
    }
    await this.#database?.stop();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** The same on this machine, with this database. */
  #moved({ command, environment, files = {} }: Rendered) {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(this.#here(path)), { recursive: true });
      writeFileSync(this.#here(path), text);
    }
    const { user, password, port, database } = this.#database!.connection;
    return {
      command: command.map((each) => this.#here(each)),
      environment: {
        ...this.#surroundings(),
        ...Object.fromEntries(
          Object.entries(environment).map(([name, value]) => [name, this.#here(value)] as const),
        ),
        KC_DB_URL: `jdbc:postgresql://127.0.0.1:${port}/${database}`,
        KC_DB_USERNAME: String(user),
        KC_DB_PASSWORD: String(password),
      },
    };
  }

  /** What an image has around it, and a JVM that is quick to start rather than quick in the long run. */
  #surroundings(): Record<string, string> {
    const { PATH = "", JAVA_HOME } = process.env;
    return {
      PATH,
      HOME: this.#root,
      ...(JAVA_HOME && { JAVA_HOME }),
      JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx512m",
      JAVA_OPTS_APPEND: "-XX:TieredStopAtLevel=1",
    };
  }

  /** Keycloak's folder in its image, and those that platforms mount, are here. */
  #here(text: string): string {
    return text.replaceAll("/opt/keycloak", this.#home).replaceAll("/opt/roost", join(this.#root, "mounted"));
  }

  async #runToEnd([name = "", ...args]: string[], env: Record<string, string>): Promise<void> {
    try {
      await program(name, args, { env });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${args.join(" ")}:\n${stdout}${stderr}`);
    }
  }

  /** As the load balancer asks: the management port says when it is. */
  async #ready(): Promise<void> {
    for (;;) {
      if (this.#server!.exitCode !== null) throw new Error(`Keycloak ended:\n${this.#said}`);
      const health = `http://127.0.0.1:${this.#ports.management}/health/ready`;
      if ((await fetch(health).catch(() => undefined))?.ok) return;
      await wait(100);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
