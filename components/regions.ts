// Regions of AWS, as far as they can be known without asking.

/** `eu-west-1`, `us-gov-east-1`; Pulumi and AWS agree on no machine-readable list that is offline. */
const REGION =
  /^(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]$/;

export function isRegion(text: string): boolean {
  return REGION.test(text);
}

/** The region of a zone's name: "eu-west-1a" → "eu-west-1"; nothing for what is no ordinary zone. */
export function regionOfZone(zone: string): string | undefined {
  const region = /^(.+-\d)[a-h]$/.exec(zone)?.[1];
  return region !== undefined && isRegion(region) ? region : undefined;
}

/** The region in an ARN; nothing for what is no ARN or has no region. */
export function regionOfArn(arn: string): string | undefined {
  return /^arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]+):/.exec(arn)?.[1];
}
