import { z } from "zod";
import { resourceRule } from "../../rule.ts";
import { imageFault, registries } from "../images.ts";
import { containersOf } from "./containers.ts";

export const ecsPinnedImages = resourceRule({
  id: "ecs-pinned-images",
  title: "Tasks run images that cannot change behind their name, from registries that are approved",
  severity: "medium",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Name the image by digest (name@sha256:…), or by a tag of a repository whose tags are immutable.",
  kinds: ["aws:ecs/TaskDefinition"],
  config: z.object({
    registries,
    immutable: registries.describe("Hosts whose tags are immutable, so that tags do."),
  }),
  check(task, { found, config }) {
    for (const { name, image } of containersOf(task)) {
      const fault = imageFault(String(image ?? ""), config);
      if (fault) found(`${fault} in container ${name}`, "containerDefinitions");
    }
  },
});
