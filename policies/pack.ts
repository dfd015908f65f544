import type {
  Policies,
  PolicyConfigSchema,
  PolicyResource,
  PolicyResourceOptions,
  ResourceValidationArgs,
  StackValidationArgs,
} from "@pulumi/policy";
import proxies from "@pulumi/policy/proxy.js";
import { z } from "zod";
import { documentUrn } from "./documents.ts";
import { judge, judgedInputs, type Outcome, remedy, repair } from "./evaluate.ts";
import { frameworks } from "./frameworks.ts";
import { kindOf } from "./kinds.ts";
import { guard } from "./known.ts";
import { linkOf, type Props, type Resource, type Rule } from "./rule.ts";
import { dayOf, parseConfig, schemaOf } from "./settings.ts";
import { Stack } from "./stack.ts";

/** What the SDK throws itself where a rule reads what is not known: it tells the user and goes on. */
const { UnknownValueError } = proxies as unknown as {
  UnknownValueError: new (sentinel: string, path: string[]) => Error;
};
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Report = (message: string, urn?: string) => void;

/**
 * Rules as the engine's policies. What the engine tells a policy of a whole stack are outputs, of which a preview
 * knows little; rules judge by inputs, as in a recorded graph, so those are kept from when each resource was judged.
 */
export function toPolicies(rules: readonly Rule[]): Policies {
  const inputs = new Map<string, Props>();
  const excepted = new Map<string, Outcome>();

  const tell = (outcomes: Outcome[], report: Report): void => {
    for (const outcome of outcomes) {
      const { kind, rule, urn, message } = outcome;
      if (kind === "excepted") excepted.set(`${rule.id} ${urn} ${message}`, outcome);
      if (kind === "violation") report(`${message}. ${rule.remediation} (${linkOf(rule)})`, urn);
    }
    const open = outcomes.find(({ kind }) => kind === "cannot-decide");
    if (open?.path === undefined) return;
    if (open.isUnknown) throw new UnknownValueError(unknownText, open.path.split("."));
    report(`${open.message}, so nobody can say whether it is right. (${linkOf(open.rule)})`, open.urn);
  };

  const ofResource = (rule: Rule) => ({
    ...describe(rule),
    validateResource: (args: ResourceValidationArgs, report: Report) => {
      const props = targetOf(args.props);
      inputs.set(args.urn, props);
      const kind = kindOf(args.type);
      if (!rule.kinds.includes(kind)) return;
      tell(
        ask(
          rule,
          toResource(args, props, inputs.get(documentUrn(args.urn))),
          configOf(rule, args),
          new Stack([]),
        ),
        report,
      );
    },
    ...(rule.scope === "resource" &&
      rule.remedy && {
        remediateResource: (args: ResourceValidationArgs) => {
          if (!rule.kinds.includes(kindOf(args.type))) return undefined;
          // Secrets are wrapped here, and what is not known has a mark: both stay as they are.
          const props = targetOf(args.props);
          const patch = remedy(rule, toResource(args, props), parseConfig(rule, args.getConfig()).config);
          return patch && repair(props, patch);
        },
      }),
  });

  const ofStack = (rule: Rule) => ({
    ...describe(rule),
    validateStack: (args: StackValidationArgs, report: Report) => {
      const stack = new Stack(args.resources.map((each) => toStackResource(each, inputs)));
      const config = configOf(rule, args);
      const outcomes = stack.of(...rule.kinds).flatMap((each) => ask(rule, each, config, stack));
      tell(outcomes, report);
    },
  });

  return [
    ...rules.map((rule) => (rule.scope === "resource" ? ofResource(rule) : ofStack(rule))),
    {
      name: "exceptions",
      description: "What is let through for a while is told each time",
      enforcementLevel: "advisory",
      validateStack: (_: StackValidationArgs, report: Report) => {
        for (const { rule, urn, message } of excepted.values()) {
          report(`${rule.id}: ${message}. (${linkOf(rule)})`, urn);
        }
        excepted.clear();
      },
    },
  ];
}

type Config = ReturnType<typeof parseConfig>;

function configOf(rule: Rule, args: { getConfig<T extends object>(): T }): Config {
  return parseConfig(rule, args.getConfig());
}

function ask(rule: Rule, resource: Resource, config: Config, stack: Stack): Outcome[] {
  return judge(rule, resource, { ...config, level: "mandatory" }, stack, dayOf(new Date()));
}

function describe(rule: Rule) {
  const { id, title, severity, level, remediation } = rule;
  const [key, reference] = rule.frameworks[0]!.split(" ");
  const framework = frameworks[key!];
  return {
    name: id,
    description: title,
    enforcementLevel: level,
    severity,
    remediationSteps: remediation,
    url: linkOf(rule),
    tags: [...rule.frameworks],
    configSchema: { properties: propertiesOf(rule) } as PolicyConfigSchema,
    ...(framework && reference && { framework: { ...framework, reference, specification: title } }),
  };
}

function propertiesOf(rule: Rule): PolicyConfigSchema["properties"] {
  const { properties } = z.toJSONSchema(schemaOf(rule), { io: "input" });
  return properties as PolicyConfigSchema["properties"];
}

/** The values behind the SDK's proxy, in which what is not known has a mark. */
function targetOf(props: Props): Props {
  return props.__isSpecialProxy === true ? props.__getSpecialProxyTarget : props;
}

interface Judged {
  urn: string;
  type: string;
  name: string;
  opts: PolicyResourceOptions;
  provider?: { urn: string; props: Props };
}

function toResource({ urn, type, name, opts, provider }: Judged, props: Props, beside?: Props): Resource {
  return {
    urn,
    type,
    kind: kindOf(type),
    name,
    ...judgedInputs(props, beside),
    references: {},
    protect: opts.protect,
    parent: opts.parent,
    provider: provider && { urn: provider.urn, props: guard(targetOf(provider.props)) },
  };
}

function toStackResource(resource: PolicyResource, inputs: ReadonlyMap<string, Props>): Resource {
  const { urn } = resource;
  const references = Object.entries(resource.propertyDependencies)
    .filter(([, of]) => of.length > 0)
    .map(([name, of]) => [name, of.map(({ urn }) => urn)]);
  return {
    ...toResource(resource, inputs.get(urn) ?? targetOf(resource.props), inputs.get(documentUrn(urn))),
    references: Object.fromEntries(references),
    // The engine names a provider for each that has one, and components have none.
    custom: resource.provider !== undefined,
  };
}
