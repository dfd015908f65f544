import type { IncomingMessage } from "node:http";
import { RoostError } from "../errors.ts";
import { type Route, route } from "../http/route.ts";
import { programArchive } from "./contract.ts";
import { uploadLimitBytes } from "./domain.ts";
import type { Programs } from "./service.ts";

/** Uploads that one process holds in memory at once. */
const uploadsAtOnce = 4;

export function programRoutes(programs: Programs): Route[] {
  let uploading = 0;
  return [
    route({
      method: "post",
      path: "/api/v1/programs",
      summary: "Upload a program: a gzipped tar with Pulumi.yaml and sources",
      tag: "Programs",
      access: "program:run-code",
      bodyKind: "binary",
      bodyLimitBytes: uploadLimitBytes,
      idempotent: false,
      replies: { 201: { description: "Kept; name it in a deployment.", schema: programArchive } },
      async handler({ principal, raw, requestId }) {
        if (uploading >= uploadsAtOnce) {
          raw.response.setHeader("connection", "close");
          throw new RoostError("rate_limited", "Too many uploads at once; try again.", {
            retryAfterSeconds: 2,
          });
        }
        uploading += 1;
        try {
          const bytes = await readLimited(raw.request, () => raw.response.setHeader("connection", "close"));
          const archive = await programs.upload(principal, bytes, requestId);
          return { status: 201, body: archive };
        } finally {
          uploading -= 1;
        }
      },
    }),
  ];
}

/** @param onTooLarge called before the error: the rest of the body is not read, so the connection must end. */
async function readLimited(request: IncomingMessage, onTooLarge: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = Number(request.headers["content-length"] ?? 0) > uploadLimitBytes ? Infinity : 0;
  if (size === 0) {
    // A destroyed request takes its connection along, and with it the reply.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > uploadLimitBytes) break;
      chunks.push(chunk);
    }
  }
  if (size > uploadLimitBytes) {
    onTooLarge();
    const message = `is larger than ${uploadLimitBytes} bytes`;
    throw new RoostError("too_large", `The archive ${message}.`, { faults: [{ field: "body", message }] });
  }
  return Buffer.concat(chunks);
}
