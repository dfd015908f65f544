import { runInNewContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { requestFunction } from "../../../components/static-site/request-function.ts";

type Values = { value: string; multiValue?: { value: string }[] };
type Answer = { uri?: string; statusCode?: number; headers?: { location: { value: string } } };

/** Runs the text that CloudFront would run. */
function run(mode: "pages" | "application", uri: string, querystring: Record<string, Values> = {}): Answer {
  const code = requestFunction(mode, "index.html");
  return runInNewContext(`${code}; handler(event)`, { event: { request: { uri, querystring } } }) as Answer;
}

describe("the function at the edge", () => {
  it.each([
    ["pages", "/", "/index.html"],
    ["pages", "/guide/", "/guide/index.html"],
    ["pages", "/guide/start.html", "/guide/start.html"],
    ["pages", "/app.3f2a.js", "/app.3f2a.js"],
    ["application", "/", "/index.html"],
    ["application", "/users/42", "/index.html"],
    ["application", "/users/", "/index.html"],
    ["application", "/assets/app.js", "/assets/app.js"],
  ] as const)("as %s turns %s into %s", (mode, uri, expected) => {
    expect(run(mode, uri).uri).toBe(expected);
  });

  it("redirects a folder without its slash, and keeps the query", () => {
    const query = {
      a: { value: "1", multiValue: [{ value: "1" }, { value: "2" }] },
      flag: { value: "" },
      b: { value: "x%20y" },
    };
    expect(run("pages", "/guide", query)).toMatchObject({
      statusCode: 301,
      headers: { location: { value: "/guide/?a=1&a=2&flag&b=x%20y" } },
    });
    expect(run("pages", "/guide").headers?.location.value).toBe("/guide/");
  });

  it("never leads to another site", () => {
    expect(run("pages", "//evil").headers?.location.value).toBe("/evil/");
    const path = fc.string({ unit: fc.constantFrom("/", "\\", "a", "b", "@", ":") });
    fc.assert(
      fc.property(path, (text) => {
        const location = run("pages", `/${text}`).headers?.location.value;
        if (location === undefined) return;
        const base = "https://docs.example.com";
        expect(new URL(location, base).origin).toBe(base);
      }),
    );
  });
});
