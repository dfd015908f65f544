import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Route, route } from "./route.ts";

const pages = fileURLToPath(new URL("pages", import.meta.url));
const swagger = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

interface File {
  url: string;
  file: string;
  type: string;
  summary: string;
}

/** The pages for people: what this is, the API's documentation, resets of hosts. All files are local, no script is inline. */
const files: File[] = [
  {
    url: "/",
    file: `${pages}/home.html`,
    type: "text/html; charset=utf-8",
    summary: "What this is, with links",
  },
  {
    url: "/docs",
    file: `${pages}/docs.html`,
    type: "text/html; charset=utf-8",
    summary: "This documentation",
  },
  {
    url: "/docs/page.css",
    file: `${pages}/page.css`,
    type: "text/css; charset=utf-8",
    summary: "Style of the pages",
  },
  {
    url: "/docs/icon.svg",
    file: `${pages}/icon.svg`,
    type: "image/svg+xml",
    summary: "Icon of the pages",
  },
  {
    url: "/docs/start.mjs",
    file: `${pages}/start.mjs`,
    type: "text/javascript; charset=utf-8",
    summary: "Start of the documentation",
  },
  {
    url: "/docs/sign-in.mjs",
    file: `${pages}/sign-in.mjs`,
    type: "text/javascript; charset=utf-8",
    summary: "Who is signed in, for the first page",
  },
  {
    url: "/ui",
    file: `${pages}/reset.html`,
    type: "text/html; charset=utf-8",
    summary: "Choose what goes in a reset of a host, see what that does, carry it out, take it back",
  },
  {
    url: "/ui/reset.mjs",
    file: `${pages}/reset.mjs`,
    type: "text/javascript; charset=utf-8",
    summary: "Script of the page for resets",
  },
  {
    url: "/ui/choice.mjs",
    file: `${pages}/choice.mjs`,
    type: "text/javascript; charset=utf-8",
    summary: "What is chosen on the page for resets",
  },
  {
    url: "/docs/swagger-ui.css",
    file: `${swagger}/swagger-ui.css`,
    type: "text/css; charset=utf-8",
    summary: "Style of the documentation",
  },
  {
    url: "/docs/swagger-ui-bundle.js",
    file: `${swagger}/swagger-ui-bundle.js`,
    type: "text/javascript; charset=utf-8",
    summary: "Script of the documentation",
  },
];

/** `/`, `/docs`, `/ui` and their files, `/openapi.json`. `document` is called once, after all routes are known. */
export function siteRoutes(document: () => unknown): Route[] {
  let openapi: string | undefined;
  return [
    route({
      method: "get",
      path: "/openapi.json",
      summary: "This API as an OpenAPI 3.1 document",
      tag: "Documentation",
      access: "public",
      replies: { 200: { description: "OpenAPI 3.1.", contentType: "application/json" } },
      handler: async () => {
        openapi ??= JSON.stringify(document());
        return { status: 200, body: openapi };
      },
    }),
    ...files.map(serveFile),
  ];
}

function serveFile({ url, file, type, summary }: File): Route {
  let text: string | undefined;
  return route({
    method: "get",
    path: url,
    summary,
    tag: "Documentation",
    access: "public",
    replies: { 200: { description: "The file.", contentType: type } },
    handler: async () => {
      text ??= readFileSync(file, "utf8");
      return { status: 200, body: text };
    },
  });
}
