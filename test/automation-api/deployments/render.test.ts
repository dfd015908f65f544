import { describe, expect, it } from "@jest/globals";
import { createLogRenderer } from "../../../automation-api/deployments/render.ts";

const urn = "urn:pulumi:dev::web::demo:index:Box$aws:s3/bucket:Bucket::data";
const step = (op: string, more: object = {}) => ({
  metadata: { op, urn, type: "aws:s3/bucket:Bucket", ...more },
});
const state = (data: object) => ({ kind: "state", data });
const engine = (data: object) => ({ kind: "engine", data });

function log(...events: { kind: string; data: unknown }[]): string {
  return events.map(createLogRenderer()).join("");
}

describe("createLogRenderer", () => {
  it.each([
    ["a place in the queue", state({ state: "queued", position: 2 }), "Deployment queued: 2 before it\n"],
    ["a second attempt", state({ state: "running", attempt: 2 }), "Deployment running: attempt 2\n"],
    [
      "a reason",
      state({ state: "running", reason: "ada asked to cancel." }),
      "Deployment running: ada asked to cancel.\n",
    ],
    ["a good end", state({ state: "succeeded" }), "Deployment succeeded.\n"],
    ["a bad end", state({ state: "failed", error: "a\nb" }), "Deployment failed.\n  a\n  b\n"],
    ["a line of the log", { kind: "log", data: { line: "npm ci" } }, "npm ci\n"],
    ["nothing for outputs, which the summary has", { kind: "outputs", data: { outputs: {} } }, ""],
    ["nothing for the unknown", { kind: "more", data: {} }, ""],
    ["a step", engine({ resourcePreEvent: step("create") }), " +  aws:s3/bucket:Bucket data creating\n"],
    [
      "a plan",
      engine({ resourcePreEvent: { ...step("delete"), planning: true } }),
      " -  aws:s3/bucket:Bucket data delete\n",
    ],
    ["nothing for what stays", engine({ resourcePreEvent: step("same") }), ""],
    ["an unknown step", engine({ resourcePreEvent: step("dance") }), " ?  aws:s3/bucket:Bucket data dance\n"],
    [
      "a diff",
      engine({
        resOutputsEvent: step("update", {
          detailedDiff: {
            a: { diffKind: "add" },
            b: { diffKind: "update" },
            c: { diffKind: "delete-replace" },
          },
        }),
      }),
      " ~  aws:s3/bucket:Bucket data updated [diff: +a,~b,-c]\n",
    ],
    [
      "a failed step",
      engine({ resOpFailedEvent: step("create") }),
      " +  aws:s3/bucket:Bucket data **creating failed**\n",
    ],
    ["a message of the engine", engine({ stdoutEvent: { message: "<{%fg 1%}>hi<{%reset%}>\n" } }), "hi\n"],
    [
      "a finished download",
      engine({ progressEvent: { message: "Downloaded x", done: true } }),
      "Downloaded x\n",
    ],
  ])("shows %s", (_name, event, text) => expect(log(event)).toBe(text));

  it("says faults at once in a line, and all of them at the end, also when the engine died", () => {
    const diagnostic = {
      urn,
      severity: "error",
      prefix: "<{%fg 1%}>error: ",
      message: "no\nway<{%reset%}>\n",
    };
    expect(log(engine({ diagnosticEvent: diagnostic }), state({ state: "failed" }))).toBe(
      [
        "    aws:s3/bucket:Bucket data error: no",
        "Diagnostics:",
        "  aws:s3/bucket:Bucket (data):",
        "    error: no",
        "    way",
        "",
        "Deployment failed.",
        "",
      ].join("\n"),
    );
  });

  it("shows a policy's violation", () => {
    const policyEvent = {
      resourceUrn: urn,
      message: "Buckets are private.\n",
      policyName: "private",
      policyPackName: "ours",
      enforcementLevel: "mandatory",
    };
    expect(log(engine({ policyEvent }), engine({ summaryEvent: { resourceChanges: {} } }))).toContain(
      "  Policies:\n    [mandatory] ours private (aws:s3/bucket:Bucket: data)\n        Buckets are private.\n",
    );
  });

  it("lets no terminal code through", () => {
    expect(log({ kind: "log", data: { line: "\u001b[31mred\u001b[0m\u0007\u001b]0;title\u0007" } })).toBe(
      "red]0;title\n",
    );
  });
});
