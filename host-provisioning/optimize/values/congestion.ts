import { hostKind, isKernelAtLeast } from "../host-kind.ts";
import { type Finding, type Question, refused } from "../judgement.ts";
import { type Setting, sysctl } from "../settings.ts";
import { sources } from "../sources.ts";

const name = "net.ipv4.tcp_congestion_control";

/** The sender decides how fast a connection goes: a server sends, a desktop receives. */
export function judgeCongestion({ profile, asked, facts, modules }: Question): Finding[] {
  if (hostKind(facts) === "container")
    return [
      refused(
        `A container's /proc/sys is read-only; it is given when it is started, with --sysctl ${name}=….`,
        sources.dockerSysctl,
      ),
    ];
  const offered = String(facts.system.sysctl["net.ipv4.tcp_available_congestion_control"] ?? "").split(" ");
  const has = (algorithm: string) => offered.includes(algorithm) || modules.has(`tcp_${algorithm}`);
  if (profile !== "server_production") {
    const reason = "The sender decides, and a desktop mostly receives: bbr there changes next to nothing.";
    if (!has("cubic")) return [refused(`${reason} cubic is not there.`, sources.cubic)];
    return [finding(asked, "cubic", reason, sources.cubic, [])];
  }
  if (!has("bbr") || !isKernelAtLeast(facts, 4, 9)) {
    const reason = "bbr, which is better for who sends, is not in this kernel.";
    return has(asked)
      ? [finding(asked, asked, reason, sources.cubic, [])]
      : [refused(`${reason} Nor is ${asked}.`, sources.cubic)];
  }
  const reason = "The sender decides, and a server sends: bbr keeps its speed where packets get lost.";
  const pacing = sysctl(
    "net.core.default_qdisc",
    "equal",
    "fq",
    "bbr paces what it sends, which fq does best; interfaces that come up later get it.",
    sources.bbr,
  );
  return [finding(asked, "bbr", reason, sources.bbr, modules.has("sch_fq") ? [pacing] : [])];
}

function finding(asked: string, value: string, reason: string, source: string, more: Setting[]): Finding {
  const verdict = asked === value ? "applied" : "replaced";
  return { verdict, settings: [...more, sysctl(name, "equal", value, reason, source)], reason, source };
}
