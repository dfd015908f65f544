import { describe, expect, it } from "@jest/globals";
import {
  generate,
  plugins,
  shellSchema,
  sourcesOf,
  themes,
} from "../../../host-provisioning/terminal/index.ts";
import { flatten, inOrder, type PinnedPlugin, sha256 } from "../../../host-provisioning/terminal/plugins.ts";
import { promptSchema, renderPrompt } from "../../../host-provisioning/terminal/prompt.ts";

const none = sourcesOf([]);
const shell = (fields: object = {}) => shellSchema.parse(fields);
const textOf = (fields: object) => generate(shell(fields), none).shell?.files[0].text ?? "";
const refused = (fields: object) => {
  const found = shellSchema.safeParse(fields);
  return found.success ? [] : found.error.issues.map(({ path }) => path.join("."));
};
const left = (segments: object[]) =>
  /^PROMPT='(.*)'\nRPROMPT=/ms.exec(renderPrompt(promptSchema.parse({ left: segments })))?.[1];

/** A plugin of two small files. */
const one = "first() { : }\n";
const two = 'source "${0:A:h}/rest"\nsecond() { : }';
const pinned = (fields: Partial<PinnedPlugin> = {}): PinnedPlugin => ({
  name: "zsh-autosuggestions",
  summary: "",
  version: "1",
  repository: "https://git.example/one",
  commit: "0".repeat(40),
  licence: "MIT",
  files: [
    { path: "one", bytes: one.length, sha256: sha256(one) },
    {
      path: "two",
      bytes: two.length,
      sha256: sha256(two),
      edits: [{ find: 'source "${0:A:h}/rest"', put: "true $& $1" }],
    },
  ],
  cost: { firstCommandMs: 1, keyMs: 1 },
  ...fields,
});

describe("a zsh configuration", () => {
  it("has the name of its content, and a .zshrc of three lines that reads it", () => {
    const { shell: made } = generate(shell(), none);
    expect(made?.version).toBe(sha256(made?.files[0].text ?? ""));
    expect(made?.files.map(({ path }) => path)).toEqual([
      `.local/share/roost/zsh/gen-${made?.version}.zsh`,
      ".zshrc",
    ]);
    expect(made?.files[1].text.trimEnd().split("\n")).toHaveLength(3);
    expect(made?.files[1].text).toContain(`source "$HOME/${made?.files[0].path}"`);
  });

  it("is the same for the same specification, however that is ordered, and another one for another", () => {
    const version = (fields: object) => generate(shell(fields), none).shell?.version;
    const aliases = [
      { name: "a", expansion: "1" },
      { name: "b", expansion: "2" },
    ];
    const made = version({ aliases, environment: { A: "1", B: "2" } });
    expect(version({ environment: { B: "2", A: "1" }, aliases: aliases.toReversed() })).toBe(made);
    expect(version({ aliases, environment: { A: "1", B: "3" } })).not.toBe(made);
  });

  it("holds what a person writes as data", () => {
    const text = textOf({
      environment: { EDITOR: "it's $(id)\n`id`" },
      path: ["~/my bin", "/opt/$x"],
      aliases: [{ name: "x", expansion: "echo 'a' $HOME", kind: "global", os: "linux", requires: "git" }],
    });
    expect(text).toContain("export EDITOR='it'\\''s $(id)\n`id`'\n");
    expect(text).toContain(`path=("$HOME"/'my bin' '/opt/$x' $path)`);
    expect(text).toContain(
      "[[ $OSTYPE == linux* ]] && (( ${+commands[git]} )) && alias -g -- 'x'='echo '\\''a'\\'' $HOME'\n",
    );
  });

  it("leaves out what is not asked for", () => {
    const text = textOf({ theme: "minimal", completion: { enabled: false } });
    for (const absent of ["compinit", "git status", "_roost_decorate", "_roost_duration", "alias "])
      expect(text).not.toContain(absent);
  });

  it.each([
    [{ colour: "red" }, [""]],
    [{ theme: "robbyrussell" }, ["theme"]],
    [{ plugins: ["zsh-autosuggestions", "zsh-autosuggestions"] }, ["plugins"]],
    [{ plugins: ["../x"] }, ["plugins.0"]],
    [{ aliases: [{ name: "a b", expansion: "x" }] }, ["aliases.0.name"]],
    [{ aliases: [{ name: "done", expansion: "x" }] }, ["aliases.0.name"]],
    [{ aliases: [{ name: "a", expansion: "x\nreboot" }] }, ["aliases.0.expansion"]],
    [{ aliases: [{ name: "a", expansion: "x\0" }] }, ["aliases.0.expansion"]],
    [{ aliases: [1, 2].map(() => ({ name: "a", expansion: "x" })) }, ["aliases"]],
    [{ environment: { PATH: "/bin" } }, ["environment.PATH"]],
    [{ environment: { "A=1;reboot": "" } }, ["environment.A=1;reboot"]],
    [{ environment: { A: "\0" } }, ["environment.A"]],
    [{ path: ["bin"] }, ["path.0"]],
    [{ path: ["/a:/b"] }, ["path.0"]],
    [{ options: { sh_word_split: true } }, ["options"]],
    [{ history: { lines: "many" } }, ["history.lines"]],
    [{ prompt: { left: [] } }, ["prompt.left"]],
    [{ prompt: { left: [{ kind: "text", text: "a\nb" }] } }, ["prompt.left.0.text"]],
    [{ prompt: { left: [{ kind: "user", colour: "#12" }] } }, ["prompt.left.0.colour"]],
  ])("is not made from %j", (fields, paths) => {
    expect(refused(fields)).toEqual(paths);
  });
});

describe("a prompt", () => {
  it.each<[object[], string]>([
    [[{ kind: "user" }, { kind: "host", bold: true }], "%n %B%m%b "],
    [[{ kind: "directory", depth: 1, colour: "#a0b0c0" }], "%F{#a0b0c0}%1~%f "],
    [
      [{ kind: "git" }, { kind: "character", text: "a.b)%", root: ":" }],
      "%(1V.%1v .)%(?.%F{green}.%F{red})%(!,:,a.b%)%%)%f ",
    ],
    [
      [{ kind: "user" }, { kind: "status" }, { kind: "newline" }, { kind: "jobs" }],
      "%n%(?.. %?)\n%(1j.%j .) ",
    ],
    [[{ kind: "text", text: "100% '$(id)" }], "100%% '\\''$(id) "],
  ])("of %j is %j", (segments, expected) => {
    expect(left(segments)).toBe(expected);
  });

  it("is there for each theme", () => {
    for (const { name } of themes) expect(textOf({ theme: name })).toContain("PROMPT='");
  });
});

describe("a plugin", () => {
  it("becomes one text, with its edits put in as they are", () => {
    expect(flatten(pinned(), sourcesOf([one, two])).text).toBe(`${one}true $& $1\nsecond() { : }\n`);
  });

  it("is refused when a file is missing, is another one, has another size, or an edit does not fit", () => {
    const [first, second] = pinned().files as [PinnedPlugin["files"][0], PinnedPlugin["files"][0]];
    const faults = (fields: Partial<PinnedPlugin>, sources = sourcesOf([one, two])) =>
      flatten(pinned(fields), sources).faults.map(({ kind, path }) => [kind, path]);
    expect(faults({}, sourcesOf([one]))).toEqual([["missing", "two"]]);
    expect(
      faults(
        {},
        new Map([
          [sha256(one), two],
          [sha256(two), two],
        ]),
      ),
    ).toEqual([["missing", "one"]]);
    expect(faults({ files: [{ ...first, bytes: 1 }, second] })).toEqual([["size", "one"]]);
    expect(faults({ files: [{ ...first, edits: [{ find: "i", put: "" }] }] })).toEqual([]);
    expect(
      faults({
        files: [
          {
            ...first,
            edits: [
              { find: "r", put: "" },
              { find: "t() {", put: "" },
            ],
          },
        ],
      }),
    ).toEqual([]);
    expect(faults({ files: [{ ...first, edits: [{ find: " ", put: "" }] }] })).toEqual([["edit", "one"]]);
  });

  it("comes behind those that it must follow, whatever the order asked for", () => {
    const names = (list: PinnedPlugin[]) => inOrder(list).map(({ name }) => name);
    const a = pinned({ name: "a", after: ["b"] });
    const b = pinned({ name: "b", after: ["c", "absent"] });
    const c = pinned({ name: "c" });
    expect(names([a, b, c])).toEqual(["c", "b", "a"]);
    expect(names([a, c])).toEqual(["a", "c"]);
    expect(names([pinned({ name: "x", after: ["y"] }), pinned({ name: "y", after: ["x"] })])).toEqual([
      "y",
      "x",
    ]);
  });

  it("over the budget is refused with what each costs", () => {
    const asked = shell({ plugins: ["zsh-autosuggestions"], budget: { keyMs: 0.5 } });
    expect(generate(asked, sourcesOf([one, two]), [pinned()]).faults).toEqual([
      {
        field: "plugins",
        message: "cost 1 ms before each key, and the budget is 0.5 ms (zsh-autosuggestions 1)",
      },
    ]);
    const affordable = generate(
      { ...asked, budget: { firstCommandMs: 1, keyMs: 1 } },
      sourcesOf([one, two]),
      [pinned()],
    );
    expect(affordable.shell?.plugins).toEqual([
      { name: "zsh-autosuggestions", version: "1", commit: "0".repeat(40), licence: "MIT" },
    ]);
  });

  it("of the catalogue is pinned, licensed and within the default budget with all others", () => {
    for (const { commit, licence, repository, files } of plugins) {
      expect([commit, repository]).toEqual([
        expect.stringMatching(/^[0-9a-f]{40}$/),
        expect.stringMatching(/^https:\/\//),
      ]);
      expect(licence).toMatch(/^(MIT|BSD-3-Clause|Apache-2\.0|ISC)$/);
      for (const file of files) expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    const names = plugins.map(({ name }) => name);
    const { faults } = generate(shell({ plugins: names }), none);
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^zsh-autosuggestions: its file .* is not among the sources/),
      expect.stringMatching(/^zsh-syntax-highlighting: its file/),
      expect.stringMatching(/^zsh-syntax-highlighting: its file/),
    ]);
  });
});
