import { z } from "zod";
import { isGiven } from "../../known.ts";
import type { Resource } from "../../rule.ts";
import { resourceRule } from "../../rule.ts";
import { statements } from "../../statements.ts";
import { documentsOf } from "../iam/policies.ts";
import { isWorld, opening, openingsOf } from "../vpc/openings.ts";

const templateTag = "roost:template";
const ttlTag = "roost:ttl-seconds";
/** Actions that IAM lets nobody limit to a resource. */
const unlimited = [
  "ecr:getauthorizationtoken",
  "ssmmessages:createcontrolchannel",
  "ssmmessages:createdatachannel",
  "ssmmessages:opencontrolchannel",
  "ssmmessages:opendatachannel",
];

export const sessions = resourceRule({
  id: "session-limits",
  title: "A user's session ends by itself, reaches the world by HTTPS only, and has no rights on everything",
  severity: "high",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Tag tasks of a template with roost:ttl-seconds, limit the egress rules of the template's group to the ports that sessions need, name ARNs in the policies of its roles, and let its session role be taken for a named session only.",
  kinds: ["aws:ecs/TaskDefinition", ...opening, "aws:iam/Role", "aws:iam/RolePolicy", "aws:iam/Policy"],
  config: z.object({
    ports: z.array(z.number()).default([443]).describe("Ports open to the world from sessions."),
  }),
  check(resource, { found, config }) {
    const { kind, props } = resource;
    if (kind === "aws:ecs/TaskDefinition" && props.tags?.[templateTag] && !props.tags[ttlTag]) {
      found("is a session's and never ends", "tags");
    }
    if (!isOfTemplate(resource)) return;
    for (const { direction, sources, isAll, from, to, path } of opening.includes(kind)
      ? openingsOf(resource)
      : []) {
      const isAllowed = !isAll && from === to && config.ports.includes(from);
      if (direction === "out" && sources.some(isWorld) && !isAllowed) {
        found("lets sessions reach the world", `${path}cidrBlocks`);
      }
    }
    for (const [path, document] of kind.startsWith("aws:iam/") ? documentsOf(resource) : []) {
      const isWide = statements(document, path).some(
        ({ allows, actions, resources }) =>
          allows && resources.includes("*") && !actions.every((action) => unlimited.includes(action)),
      );
      if (isWide) found("gives sessions rights on everything", path);
    }
    if (kind === "aws:iam/Role" && isGiven(props, "assumeRolePolicy")) {
      for (const { allows, actions, conditions } of statements(props.assumeRolePolicy, "assumeRolePolicy")) {
        const keys = Object.values(conditions).flatMap((each) => Object.keys(each));
        const isNamed = keys.some((key) => key.startsWith("aws:requesttag/"));
        if (allows && actions.includes("sts:tagsession") && !isNamed) {
          found("can be taken for no session in particular", "assumeRolePolicy");
        }
      }
    }
  },
});

/** Below a SessionTemplate, as the URN tells. */
function isOfTemplate({ urn, props }: Resource): boolean {
  return urn.includes(":SessionTemplate$") || isGiven(props.tags, templateTag);
}
