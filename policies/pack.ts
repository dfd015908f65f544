import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { documentUrn } from "./documents.ts";
import { judge, judgedInputs, type Outcome, remedy } from "./evaluate.ts";
import { kindOf } from "./kinds.ts";
import { guard } from "./known.ts";
import {
  diagnosticOf,
  levelOf,
  opened,
  type PackNames,
  policyInfo,
  propsOf,
  repaired,
  structOf,
} from "./protocol.ts";
import { linkOf, type Props, type Resource, type Rule, stackRule } from "./rule.ts";
import { dayOf, type RuleSettings, type Settings, settingsOf } from "./settings.ts";
import { Stack } from "./stack.ts";

/** Tells what the rules let through, when the stack is whole: as a policy, so that it can be set like one. */
const exceptions = stackRule({
  id: "exceptions",
  title: "What is let through for a while is told each time",
  severity: "low",
  level: "advisory",
  frameworks: ["own"],
  remediation: "Nothing, until an exception ends.",
  kinds: [],
  check() {},
});

/**
 * Serves rules as a policy pack, and says its port as the first line of output. The SDK's `PolicyPack` does the same
 * for policies of its own form, and reads each resource anew for every one of them (docs/decisions/0023).
 */
export function servePack(names: PackNames, rules: readonly Rule[]): void {
  const pack = new Pack(names, rules);
  const server = new grpc.Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  server.addService(services.AnalyzerService, {
    configureStack: answer(() => pack.begin()),
    configure: answer((request) => pack.configure(request)),
    getAnalyzerInfo: answer(() => pack.info()),
    getPluginInfo: answer(() => new plugin.PluginInfo().setVersion(names.version)),
    remediate: answer((request) => pack.remediate(request)),
    analyze: answer((request) => pack.analyze(request)),
    analyzeStack: answer((request) => pack.analyzeStack(request)),
  });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}

/** A rule that crashes is an error to the engine, which then goes no further. */
function answer<Request, Reply>(work: (request: Request) => Reply): grpc.handleUnaryCall<Request, Reply> {
  return ({ request }, reply) => {
    try {
      reply(null, work(request));
    } catch (error) {
      reply({ code: grpc.status.UNKNOWN, details: sayingOf(error) });
    }
  };
}

/** An error with what caused it as one text, which is all that an engine is told. */
function sayingOf(error: unknown): string {
  const { message, stack, cause } = Object(error) as Partial<Error>;
  return cause === undefined ? (stack ?? message ?? String(error)) : `${message}:\n${sayingOf(cause)}`;
}

/** A question about one resource, before it is made or when the stack is whole. */
type Asked = messages.AnalyzeRequest | messages.AnalyzerResource;

/**
 * The resource rules that judge a kind, and that repair it. The answers, where there is nothing to tell of a resource,
 * name the other rules, which else count as kept.
 */
interface OfKind {
  judging: Rule[];
  kept: messages.AnalyzeResponse;
  repairing: Rule[];
  leftAsGiven: messages.RemediateResponse;
}

/** A resource that is judged by itself has no stack yet. */
const alone = new Stack([]);

/**
 * The answers to one engine. What it tells of a whole stack are outputs, of which a preview knows little; rules judge
 * by inputs, as in a recorded graph, so those are kept from when each resource was judged.
 */
export class Pack {
  readonly #names: PackNames;
  readonly #rules: readonly Rule[];
  readonly #kinds = new Map<string, OfKind>();
  readonly #inputs = new Map<string, Props>();
  readonly #excepted = new Map<string, Outcome>();
  #settings: ReadonlyMap<Rule, RuleSettings>;

  constructor(names: PackNames, rules: readonly Rule[]) {
    this.#names = names;
    this.#rules = rules;
    this.#settings = this.#settle({});
  }

  /** An operation begins. An engine that was given no settings sends none. */
  begin(): messages.AnalyzerStackConfigureResponse {
    this.#settings = this.#settle({});
    this.#inputs.clear();
    this.#excepted.clear();
    return new messages.AnalyzerStackConfigureResponse();
  }

  /** @throws SettingsError */
  configure(request: messages.ConfigureAnalyzerRequest): InstanceType<typeof emptyMessages.Empty> {
    const given = [...request.getPolicyconfigMap().entries()].map(([id, config]) => {
      const enforcementLevel = levelOf(config.getEnforcementlevel());
      return [id, { ...propsOf(config.getProperties()), enforcementLevel }];
    });
    this.#settings = this.#settle(Object.fromEntries(given));
    return new emptyMessages.Empty();
  }

  #settle(given: Settings): ReadonlyMap<Rule, RuleSettings> {
    return new Map([...this.#rules, exceptions].map((rule) => [rule, settingsOf(rule, given)]));
  }

  info(): messages.AnalyzerInfo {
    const { name, version, displayName = name, description = "" } = this.#names;
    return new messages.AnalyzerInfo()
      .setName(name)
      .setVersion(version)
      .setDisplayname(displayName)
      .setDescription(description)
      .setSupportsconfig(true)
      .setPoliciesList([...this.#rules, exceptions].map(policyInfo));
  }

  remediate(request: messages.AnalyzeRequest): messages.RemediateResponse {
    const { repairing, leftAsGiven } = this.#of(request.getType());
    if (repairing.length === 0) return leftAsGiven;
    let inputs = propsOf(request.getProperties());
    const made: messages.Remediation[] = [];
    for (const rule of repairing) {
      const { level, config } = this.#settings.get(rule)!;
      if (level !== "remediate") continue;
      const patch = remedy(rule, toResource(request, opened(inputs)), config);
      if (!patch) continue;
      inputs = repaired(inputs, patch);
      made.push(
        new messages.Remediation()
          .setPolicyname(rule.id)
          .setPolicypackname(this.#names.name)
          .setPolicypackversion(this.#names.version)
          .setDescription(rule.title)
          .setProperties(structOf(inputs)),
      );
    }
    if (made.length === 0) return leftAsGiven;
    return new messages.RemediateResponse()
      .setRemediationsList(made)
      .setNotApplicableList(leftAsGiven.getNotApplicableList());
  }

  analyze(request: messages.AnalyzeRequest): messages.AnalyzeResponse {
    const { judging, kept } = this.#of(request.getType());
    const props = opened(propsOf(request.getProperties()));
    this.#inputs.set(request.getUrn(), props);
    const resources = judging.length > 0 ? [this.#resourceOf(request, props)] : [];
    const found = judging.flatMap((rule) => this.#ask(rule, resources, alone));
    if (found.length === 0) return kept;
    return new messages.AnalyzeResponse()
      .setDiagnosticsList(found)
      .setNotApplicableList(kept.getNotApplicableList());
  }

  analyzeStack(request: messages.AnalyzeStackRequest): messages.AnalyzeResponse {
    const stack = new Stack(request.getResourcesList().map((each) => this.#stackResourceOf(each)));
    const ofStack = this.#rules.filter(({ scope }) => scope === "stack");
    const found = ofStack.flatMap((rule) => this.#ask(rule, stack.of(...rule.kinds), stack));
    const strange = ofStack.filter(({ kinds }) => stack.of(...kinds).length === 0).map(notApplicable);
    return new messages.AnalyzeResponse()
      .setDiagnosticsList([...found, ...this.#tellExcepted()])
      .setNotApplicableList(strange);
  }

  #of(type: string): OfKind {
    const kind = kindOf(type);
    let known = this.#kinds.get(kind);
    if (!known) {
      const all = this.#rules.filter(({ scope }) => scope === "resource");
      const judging = all.filter(({ kinds }) => kinds.includes(kind));
      const repairing = judging.filter((rule) => "remedy" in rule);
      const others = (some: Rule[]) => all.filter((rule) => !some.includes(rule)).map(notApplicable);
      known = {
        judging,
        kept: writtenOnce(new messages.AnalyzeResponse().setNotApplicableList(others(judging))),
        repairing,
        leftAsGiven: writtenOnce(new messages.RemediateResponse().setNotApplicableList(others(repairing))),
      };
      this.#kinds.set(kind, known);
    }
    return known;
  }

  #ask(rule: Rule, resources: readonly Resource[], stack: Stack): messages.AnalyzeDiagnostic[] {
    const { level, ...settings } = this.#settings.get(rule)!;
    if (level === "disabled") return [];
    const today = dayOf(new Date());
    return resources
      .flatMap((resource) => {
        try {
          return judge(rule, resource, { ...settings, level: "mandatory" }, stack, today);
        } catch (cause) {
          throw new Error(`The policy ${rule.id} crashed over ${resource.urn}`, { cause });
        }
      })
      .flatMap((outcome) => this.#tell(outcome, level === "advisory" ? "advisory" : "mandatory"));
  }

  #tell(outcome: Outcome, level: "advisory" | "mandatory"): messages.AnalyzeDiagnostic[] {
    const { kind, rule, urn, message, isUnknown } = outcome;
    const link = `(${linkOf(rule)})`;
    const say = (text: string, at = level) => [
      diagnosticOf(this.#names, rule, { level: at, urn, message: text }),
    ];
    if (kind === "violation") return say(`${message}. ${rule.remediation} ${link}`);
    if (kind === "cannot-decide") {
      return isUnknown
        ? say(`can't run policy '${rule.id}' during preview: ${message}. ${link}`, "advisory")
        : say(`${message}, so nobody can say whether it is right. ${link}`);
    }
    this.#excepted.set(`${rule.id} ${urn} ${message}`, outcome);
    return [];
  }

  #tellExcepted(): messages.AnalyzeDiagnostic[] {
    const { level } = this.#settings.get(exceptions)!;
    if (level === "disabled") return [];
    return [...this.#excepted.values()].map(({ rule, urn, message }) =>
      diagnosticOf(this.#names, exceptions, {
        level: level === "advisory" ? "advisory" : "mandatory",
        urn,
        message: `${rule.id}: ${message}. (${linkOf(rule)})`,
      }),
    );
  }

  #resourceOf(asked: Asked, props: Props): Resource {
    return toResource(asked, props, this.#inputs.get(documentUrn(asked.getUrn())));
  }

  #stackResourceOf(asked: messages.AnalyzerResource): Resource {
    const props = this.#inputs.get(asked.getUrn()) ?? opened(propsOf(asked.getProperties()));
    const references = [...asked.getPropertydependenciesMap().entries()];
    return {
      ...this.#resourceOf(asked, props),
      references: Object.fromEntries(references.map(([input, from]) => [input, from.getUrnsList()])),
      // The engine names a provider for each that has one, and components have none.
      custom: asked.hasProvider(),
    };
  }
}

/** An answer that many resources are given: to write it takes longer than to judge one of them. */
function writtenOnce<Reply extends { serializeBinary(): Uint8Array }>(reply: Reply): Reply {
  const bytes = reply.serializeBinary();
  reply.serializeBinary = () => bytes;
  return reply;
}

function notApplicable({ id }: Rule): messages.PolicyNotApplicable {
  return new messages.PolicyNotApplicable().setPolicyName(id);
}

function toResource(asked: Asked, props: Props, beside?: Props): Resource {
  const options = asked.getOptions();
  const provider = asked.getProvider();
  return {
    urn: asked.getUrn(),
    type: asked.getType(),
    kind: kindOf(asked.getType()),
    name: asked.getName(),
    ...judgedInputs(props, beside),
    references: {},
    protect: options?.getProtect(),
    parent: options?.getParent() || undefined,
    provider: provider && { urn: provider.getUrn(), props: guard(opened(propsOf(provider.getProperties()))) },
  };
}
