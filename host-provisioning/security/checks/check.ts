import type { ListName } from "../lists.ts";

/** What of a host a check looks at. */
export type Subject =
  /** Kernel settings, by dotted names. */
  | { sysctl: string[] }
  /** A keyword of the SSH server, in small letters. */
  | { sshd: string }
  | { loginDefs: string }
  /** Files and folders; `*` in a name stands for any letters but a slash. */
  | { permissions: string[] }
  /** Options of what is mounted there. */
  | { mount: string }
  /** Kernel module. */
  | { module: string }
  /** Names of packages that are installed. */
  | { packages: string[] }
  /** Names of processes that run. */
  | { processes: string[] }
  /** Things that were worked out of several facts. */
  | { list: ListName };

/** What each value of the subject has to be. */
export type Expectation =
  | { is: (string | number)[] }
  | { atLeast: number }
  | { between: [number, number] }
  /** A list between commas that holds none of these. */
  | { avoids: string[] }
  /** No bit but these, owned by root, and by one of these groups; default: root's. */
  | { mode: number; groups?: string[] }
  | { has: string }
  | { none: true }
  | { some: true };

export interface Check {
  /** Names it for good: reports and exceptions point to it. */
  id: string;
  title: string;
  severity: "high" | "medium" | "low";
  /** Section of the CIS Debian Linux 12 Benchmark v1.1.0. */
  cis?: string;
  /** Recommendation of ANSSI-BP-028 v2.0. */
  anssi?: string;
  /** Where neither has it. */
  source?: string;
  subject: Subject;
  expect: Expectation;
  fix: string;
}
