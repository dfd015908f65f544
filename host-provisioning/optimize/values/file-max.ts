import { hostKind } from "../host-kind.ts";
import { type Finding, type Question, refused } from "../judgement.ts";
import { isMet, sysctl } from "../settings.ts";
import { sources } from "../sources.ts";

/** The kernel sizes it by the memory, systemd lifts it to the greatest number that there is. */
export function judgeFileMax({ asked, facts }: Question): Finding[] {
  if (hostKind(facts) === "container")
    return [refused("fs.file-max is the whole machine's, not a container's.", sources.namespaces)];
  const found = facts.system.sysctl["fs.file-max"];
  const reason =
    "Only ever raised. What a service may open is LimitNOFILE of its unit, which this does not change.";
  const setting = sysctl("fs.file-max", "atLeast", asked, reason, sources.fs);
  if (typeof found !== "number") return [refused("This kernel does not tell its limit.", sources.fs)];
  if (isMet(setting, BigInt(found).toString()))
    return [
      refused(
        `It would lower the limit from ${found}. Services meet LimitNOFILE of their units first.`,
        sources.execLimits,
      ),
    ];
  return [{ verdict: "applied", settings: [setting], reason, source: sources.fs }];
}
