import { z } from "zod";
import { plannedReply } from "../host-actions/contract.ts";
import { type Route, route } from "../http/route.ts";
import { generated as generatedShell, installedShell } from "../terminal/contract.ts";
import type { ShellInstalls } from "../terminal/service.ts";
import * as contract from "./contract.ts";
import { applyRequest, generateRequest } from "./requests.ts";
import type { ConfigTemplates } from "./service.ts";

const tag = "Configuration";
const applied = z.union([installedShell, contract.appliedConfig]);

export function configTemplateRoutes(templates: ConfigTemplates, shells: ShellInstalls): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/config/templates",
      summary: "List the templates of configuration files, with their parameters",
      tag,
      access: "host:read",
      replies: { 200: { description: "All of them.", schema: contract.templateList } },
      handler: async ({ principal }) => ({ status: 200, body: templates.list(principal) }),
    }),
    route({
      method: "post",
      path: "/api/v1/config/generate",
      summary:
        "Make configuration files from a host's last scan, or a shell's from its description; nothing is changed",
      tag,
      access: "host:read",
      body: generateRequest,
      bodyLimitBytes: 4 * 1024 * 1024,
      replies: {
        200: {
          description: "The files, and why each value is what it is.",
          schema: z.union([generatedShell, contract.generated]),
        },
      },
      handler: async ({ principal, body }) => ({
        status: 200,
        body:
          "sources" in body
            ? await shells.generate(principal, body)
            : await templates.generate(principal, body),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/config/apply",
      summary:
        "Generate from a new scan, let the program itself judge it on a copy, and put it in place with an undo record",
      tag,
      access: "host:connect",
      body: applyRequest,
      bodyLimitBytes: 4 * 1024 * 1024,
      replies: {
        201: { description: "A preview: nothing was changed.", schema: applied },
        202: { description: "Queued as a deployment of the host.", schema: applied },
      },
      async handler({ principal, body, requestId, traceParent, signal }) {
        const options = { requestId, traceParent, signal };
        return "sources" in body
          ? plannedReply(await shells.zshrc(principal, body, options))
          : plannedReply(await templates.apply(principal, body, options));
      },
    }),
  ];
}
