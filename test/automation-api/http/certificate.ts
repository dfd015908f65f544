import { generateKeyPairSync, sign } from "node:crypto";

/** A self-signed certificate (X.509 version 1, P-256) for `name`, good for two days, and its encrypted key, in PEM. */
export function makeCertificate(name: string, password: string): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = sequence(element(0x31, sequence(commonName, element(0x0c, Buffer.from(name)))));
  const [yesterday, tomorrow] = [-1, 1].map((days) => utcTime(new Date(Date.now() + days * 86_400_000)));
  const signed = sequence(
    element(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    subject,
    sequence(yesterday as Buffer, tomorrow as Buffer),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = element(0x03, Buffer.from([0]), sign("sha256", signed, privateKey));
  const lines =
    sequence(signed, ecdsaWithSha256, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: password })
      .toString(),
  };
}

const commonName = Buffer.from("0603550403", "hex");
const ecdsaWithSha256 = Buffer.from("300a06082a8648ce3d040302", "hex");

/** Tag, length and content, as DER writes them. */
function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function utcTime(at: Date): Buffer {
  return element(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`));
}
