import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isLoopback, type Settings } from "../../config.ts";
import { messageOf } from "../../errors.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

const soonDays = 30;

type TlsSettings = Pick<
  Settings,
  "ROOST_TLS_CERT" | "ROOST_TLS_KEY" | "ROOST_TLS_KEY_PASSWORD" | "ROOST_HOST" | "ROOST_BEHIND_PROXY"
>;

/** The certificate: readable, its key's own, in its time. */
export async function checkCertificate(settings: TlsSettings, now = Date.now()): Promise<Finding> {
  const name = "certificate";
  const { ROOST_TLS_CERT: certFile, ROOST_TLS_KEY: keyFile } = settings;
  if (!certFile || !keyFile) {
    if (isLoopback(settings.ROOST_HOST)) return ok(name, "none: only this machine reaches the server");
    return ok(name, "none: the proxy in front ends TLS");
  }
  try {
    const certificate = new X509Certificate(await readFile(certFile));
    const key = createPrivateKey({
      key: await readFile(keyFile),
      passphrase: settings.ROOST_TLS_KEY_PASSWORD,
    });
    return judge(certificate, certificate.checkPrivateKey(key), certFile, now);
  } catch (error) {
    return fault(
      name,
      certFile,
      `certificate or key cannot be read: ${messageOf(error)}`,
      "check ROOST_TLS_CERT, ROOST_TLS_KEY and ROOST_TLS_KEY_PASSWORD",
    );
  }
}

function judge(certificate: X509Certificate, isKeysOwn: boolean, file: string, now: number): Finding {
  const name = "certificate";
  const names = certificate.subjectAltName?.replaceAll(/\b(DNS|IP Address):/g, "") ?? certificate.subject;
  const left = Math.floor((certificate.validToDate.getTime() - now) / 86_400_000);
  const found = `${file} for ${names}, until ${certificate.validToDate.toISOString().slice(0, 10)}`;
  if (!isKeysOwn)
    return fault(name, found, "the key is not the certificate's", "give the pair that belongs together");
  if (certificate.validFromDate.getTime() > now)
    return fault(
      name,
      found,
      `it is good only from ${certificate.validFrom}`,
      "check the clock of this machine",
    );
  if (left < 0) return fault(name, found, "it has expired", "renew it: the server reads it again by itself");
  if (left < soonDays)
    return warning(
      name,
      found,
      `it expires in ${left} days`,
      "renew it: the server reads it again by itself",
    );
  return ok(name, found);
}
