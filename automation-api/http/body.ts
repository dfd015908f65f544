import express, { type Request, type Response } from "express";
import { invalid, RoostError } from "../errors.ts";
import { bodyBytes, jsonDepth, wireJsonDepth } from "./limits.ts";
import { tooLarge } from "./problem.ts";
import type { Route } from "./route.ts";

export interface Body {
  /** As sent, after decompression. */
  bytes: Buffer;
  /** Undefined when nothing was sent. */
  value: unknown;
}

/** Reads and parses the JSON body of a route, within its limits. */
export type BodyReader = (request: Request, response: Response) => Promise<Body>;

export function bodyReader(route: Pick<Route, "bodyLimitBytes" | "protocol" | "body">): BodyReader {
  const limit = route.bodyLimitBytes ?? bodyBytes;
  const read = express.raw({ type: () => true, limit });
  const depth = route.protocol === "pulumi" ? wireJsonDepth : jsonDepth;
  return async (request, response) => {
    refuseTooLong(request, response, limit);
    if (route.protocol !== "pulumi") refuseOtherTypes(request);
    await new Promise<void>((resolve, reject) => {
      read(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
    });
    const bytes: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const value = parseJson(bytes);
    refuseStrange(value, depth, route.protocol !== "pulumi");
    return { bytes, value };
  };
}

/** A body that says beforehand that it is too long is not read to its end. */
function refuseTooLong(request: Request, response: Response, limit: number): void {
  if (Number(request.headers["content-length"] ?? 0) <= limit) return;
  response.setHeader("connection", "close");
  throw tooLarge(limit);
}

function refuseOtherTypes(request: Request): void {
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const type = request.headers["content-type"];
  if (!hasBody || (type && /^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type))) return;
  throw new RoostError("unsupported_media_type", "content-type: expected application/json", {
    faults: [
      {
        field: "header.content-type",
        message: type ? "is not supported here" : "is missing",
        given: type && type.length <= 60 ? type : undefined,
        allowed: "application/json",
      },
    ],
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws invalid with the place of the fault; the text itself is never repeated, it may hold secrets. */
function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalid("body", "is not UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    throw invalid(
      "body",
      position ? `is not JSON (at character ${position})` : "is not JSON, or was cut off",
    );
  }
}

/**
 * Refuses what no field of ours can mean: nesting beyond `depth`, keys that
 * reach into prototypes, and (with `text`) NUL characters, which PostgreSQL
 * cannot store. Walks with a list of its own, so that depth cannot exhaust the stack.
 */
export function refuseStrange(value: unknown, depth: number, text: boolean): void {
  const open: { value: unknown; field: string; level: number }[] = [{ value, field: "body", level: 0 }];
  for (let item = open.pop(); item; item = open.pop()) {
    if (text && typeof item.value === "string" && item.value.includes("\0")) throw nul(item.field);
    if (typeof item.value !== "object" || item.value === null) continue;
    const level = item.level + 1;
    if (level > depth) throw invalid("body", "is nested too deeply", { allowed: `${depth} levels` });
    const inArray = Array.isArray(item.value);
    for (const [key, inner] of Object.entries(item.value)) {
      if (key === "__proto__") throw invalid(item.field, "has a field __proto__, which is not allowed");
      const field = inArray ? `${item.field}[${key}]` : item.level === 0 ? key : `${item.field}.${key}`;
      if (text && key.includes("\0")) throw nul(item.field);
      open.push({ value: inner, field, level });
    }
  }
}

function nul(field: string) {
  return invalid(field.slice(0, 100), "holds a NUL character, which is not allowed");
}

/** The same for path and query: decoded text without NUL. */
export function refuseNul(values: object, place: "path" | "query"): void {
  for (const [key, value] of Object.entries(values)) {
    if (
      [value].flat().some((text) => typeof text === "string" && text.includes("\0")) ||
      key.includes("\0")
    ) {
      throw nul(`${place}.${key.replaceAll("\0", "")}`);
    }
  }
}
