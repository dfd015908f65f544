import type { Value } from "../provider/index.ts";
import { recordOf } from "./inputs.ts";

/** One server to log in to, with defaults filled in. */
export interface Hop {
  host: string;
  port: number;
  user: string;
  hostKey: string | undefined;
  password: string | undefined;
  privateKey: string | undefined;
  privateKeyPassword: string | undefined;
  agentSocketPath: string | undefined;
  /** Failed attempts after which to give up; -1: never. */
  dialErrorLimit: number;
  /** Time for one attempt, from the first packet to the end of the login; 0: no limit. */
  perDialTimeoutSeconds: number;
}

export interface ConnectionInputs extends Hop {
  proxy: Hop | undefined;
}

export function readConnection(value: Value | undefined): ConnectionInputs {
  const { proxy } = recordOf(value);
  return { ...readHop(value), proxy: proxy ? readHop(proxy) : undefined };
}

function readHop(value: Value | undefined): Hop {
  const inputs = recordOf(value);
  const text = (name: string): string | undefined => {
    const found = inputs[name];
    return typeof found === "string" && found !== "" ? found : undefined;
  };
  const number = (name: string, otherwise: number): number => Number(inputs[name] ?? otherwise);
  return {
    host: text("host") ?? "",
    port: number("port", 22),
    user: text("user") ?? "root",
    hostKey: text("hostKey"),
    password: text("password"),
    privateKey: text("privateKey"),
    privateKeyPassword: text("privateKeyPassword"),
    agentSocketPath: text("agentSocketPath") ?? process.env.SSH_AUTH_SOCK,
    dialErrorLimit: number("dialErrorLimit", 10),
    perDialTimeoutSeconds: number("perDialTimeout", 15),
  };
}
