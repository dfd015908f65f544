import { describe, expect, it } from "@jest/globals";
import { runnableBlocks, sessionScript, testCommand } from "../../../toolchain/suites/readme.mjs";

const text = `# Example

<!-- run: server -->
\`\`\`sh
npm start
\`\`\`

Then:

<!-- run -->

\`\`\`sh
curl http://127.0.0.1:8000/health
curl http://localhost:8000/ready
\`\`\`

\`\`\`sh
npm run dev
\`\`\`

\`\`\`sh
npm test            # everything
npm test -- engine
\`\`\`
`;

describe("the commands of a README", () => {
  it("are run where they are marked, in their order", () => {
    expect(runnableBlocks(text)).toEqual([
      { line: 5, kind: "server", script: "npm start" },
      {
        line: 13,
        kind: "wait",
        script: "curl http://127.0.0.1:8000/health\ncurl http://localhost:8000/ready",
      },
    ]);
  });

  it("reach the server under test instead of the documented port", () => {
    const script = sessionScript(runnableBlocks(text), { port: 4321 });
    expect(script).toContain("curl http://127.0.0.1:4321/health");
    expect(script).toContain("curl http://localhost:4321/ready");
    expect(script).not.toContain(":8000");
  });

  it("name the test command", () => {
    expect(testCommand(text)).toBe("npm test");
    expect(() => testCommand("# Nothing")).toThrow("npm test");
  });

  it.each([
    ["an unknown mark", "<!-- run: later -->\n```sh\ntrue\n```", "neither"],
    ["a block without end", "<!-- run -->\n```sh\ntrue\n", "no end"],
  ])("are refused with %s", (_, broken, message) => {
    expect(() => runnableBlocks(broken)).toThrow(message);
  });
});
