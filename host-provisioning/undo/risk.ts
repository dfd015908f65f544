/** What a change touches, as far as people may be locked out by it. */
export interface Touched {
  /** Names of packages and units. */
  names?: string[];
  /** Absolute paths of settings. */
  files?: string[];
  /** Values of the running kernel, by their paths. */
  live?: string[];
}

/** What people log in by, what the network comes up by, and what it lets in. */
const waysIn =
  /^(openssh-server|libpam|libc6|sudo|systemd|network-manager|ifupdown|ssh\.|networking\.|NetworkManager|nftables|ufw)/;

/** A limit that does not hold ends each login. */
const limits = /^\/etc\/security\//;

/** With another value there nothing may come in any more. */
const network = /^\/proc\/sys\/net\//;

/** Whether a change goes back by itself unless somebody logs in anew and confirms it. Pure. */
export function isRisky({ names = [], files = [], live = [] }: Touched): boolean {
  return (
    names.some((name) => waysIn.test(name)) ||
    files.some((path) => limits.test(path)) ||
    live.some((path) => network.test(path))
  );
}
