import { type Input, InputPropertiesError, Output, output } from "@pulumi/pulumi";

/** One wrong argument: where it is, what it is, and what would be right. */
export interface Fault {
  /** Path in the arguments, such as `zones[0]` or `autoscaling.minimum`. */
  field: string;
  /** The value that was given. Never a secret: secrets are given by reference only. */
  value: unknown;
  /** What is allowed, in words: "a whole number from 1 to 365". */
  allowed: string;
}

/**
 * Refuses bad arguments at construction, all at once.
 *
 * @throws InputPropertiesError, which names the component, each field, its value and what is allowed. Pulumi
 * reports it per property, also to programs in other languages.
 */
export function refuse(component: string, name: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw new InputPropertiesError({
    message: faults.map((fault) => `${component} "${name}": ${describe(fault)}`).join("\n"),
    errors: faults.map((fault) => ({ propertyPath: fault.field, reason: describe(fault) })),
  });
}

/**
 * An input that is judged as soon as it is known: a plain value at construction (its fault is returned), an
 * output when it has a value (the resource that uses it then fails with the same words).
 */
export function judged<T>(
  component: string,
  name: string,
  input: Input<T>,
  judge: (value: T) => Fault[],
): { value: Input<T>; faults: Fault[] } {
  if (!Output.isInstance(input) && !(input instanceof Promise)) {
    return { value: input, faults: judge(input as T) };
  }
  const value = output(input).apply((known) => {
    refuse(component, name, judge(known as T));
    return known as T;
  });
  return { value, faults: [] };
}

/** The fault of a value that is none of an enum's, as a list to spread. */
export function oneOf(field: string, value: unknown, choices: Record<string, unknown>): Fault[] {
  const allowed = Object.values(choices);
  return allowed.includes(value) ? [] : [{ field, value, allowed: `one of ${allowed.join(", ")}` }];
}

/** The fault of a number that is not whole or not from `low` to `high`, as a list to spread. */
export function wholeNumber(field: string, value: number, low: number, high: number, unit = ""): Fault[] {
  if (Number.isInteger(value) && value >= low && value <= high) return [];
  return [{ field, value, allowed: `a whole number from ${low} to ${high}${unit && ` ${unit}`}` }];
}

function describe({ field, value, allowed }: Fault): string {
  return `${field} is ${JSON.stringify(value) ?? "missing"}; allowed: ${allowed}`;
}
