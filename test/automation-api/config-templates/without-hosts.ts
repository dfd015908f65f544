const refuse = () => Promise.reject(new Error("This test looks at no host and changes none."));

/** What `ConfigTemplates` and shells need where nothing comes to a host. */
export const withoutHosts = {
  scans: { discover: refuse, scan: refuse },
  reader: { find: refuse, run: refuse },
  actions: { run: refuse, lastApplied: refuse, carriedOut: refuse, stored: refuse, verify: refuse },
  aliases: { kept: refuse },
};
