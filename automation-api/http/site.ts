import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Route, route } from "./route.ts";

const pages = fileURLToPath(new URL("pages", import.meta.url));
const swagger = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".mjs": "text/javascript; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

interface File {
  url: string;
  file: string;
  summary: string;
}

/** The pages for people: what this is, the API's documentation, resets of hosts. All files are local, no script is inline. */
const files: File[] = [
  { url: "/", file: `${pages}/home.html`, summary: "What this is, with links" },
  { url: "/docs", file: `${pages}/docs.html`, summary: "This documentation" },
  {
    url: "/ui",
    file: `${pages}/reset.html`,
    summary: "Choose what goes in a reset of a host, see what that does, carry it out, take it back",
  },
  ...[
    { file: `${pages}/page.css`, summary: "Style of the pages" },
    { file: `${pages}/icon.svg`, summary: "Icon of the pages" },
    { file: `${pages}/dom.mjs`, summary: "What the pages' scripts make elements with" },
    { file: `${pages}/start.mjs`, summary: "Start of the documentation" },
    { file: `${pages}/sign-in.mjs`, summary: "Who is signed in, for the first page" },
    { file: `${pages}/reset.mjs`, summary: "Script of the page for resets" },
    { file: `${pages}/choice.mjs`, summary: "What is chosen on the page for resets" },
    { file: `${pages}/bytes.mjs`, summary: "How the pages say sizes" },
    { file: `${swagger}/swagger-ui.css`, summary: "Style of the documentation" },
    { file: `${swagger}/swagger-ui-bundle.js`, summary: "Script of the documentation" },
  ].map((each) => ({ ...each, url: `/docs/${path.basename(each.file)}` })),
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

function serveFile({ url, file, summary }: File): Route {
  const type = types[path.extname(file)];
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
