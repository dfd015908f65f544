const units = ["B", "kB", "MB", "GB", "TB"];

/**
 * "1.2 GB" with powers of 1000, for pages and the command line.
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  let value = bytes;
  let at = 0;
  while (Math.abs(value) >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at === 0 || Math.abs(value) >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
