/**
 * How the engine marks, in states and events, objects that are no plain ones: as `@pulumi/pulumi/runtime/rpc` names them,
 * whose import takes 0.2 s. What runs without the control plane has its own copy of what it reads of them.
 */

/** Under this key stands what an object is: specialSigKey. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
/** Its `value`, or in a state its `ciphertext`, is hidden: specialSecretSig. */
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** An output that carries along whether it is `secret`: specialOutputValueSig. */
export const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/** A reference to the resource of its `urn`: specialResourceSig. */
export const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
/** Stands for a value that is not known yet: unknownValue. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
