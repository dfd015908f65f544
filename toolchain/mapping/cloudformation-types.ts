import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Property, PropertyType, SpecDatabase } from "@aws-cdk/service-spec-types";
import type { Field, ResourceShape, Shape } from "./shapes.ts";

/** Every resource type of CloudFormation, from the specification that AWS publishes for its CDK. */
export function readCloudFormationTypes(): ResourceShape[] {
  const database = loadAwsServiceSpecSync();
  return [...database.all("resource")]
    .map((resource): ResourceShape => {
      const identifier = resource.cfnRefIdentifier ?? resource.primaryIdentifier ?? [];
      return {
        type: resource.cloudFormationType,
        inputs: fieldsOf(resource.properties, database),
        outputs: Object.keys(resource.attributes).sort(),
        ...(identifier.length === 1 ? { ref: identifier[0]! } : {}),
      };
    })
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}

function fieldsOf(properties: Record<string, Property>, database: SpecDatabase): Record<string, Field> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type, required = false, documentation = "" }]) => [
      name,
      { shape: shapeOf(type, database), required, documentation },
    ]),
  );
}

function shapeOf(type: PropertyType, database: SpecDatabase): Shape {
  switch (type.type) {
    case "string":
    case "date-time":
      return { kind: "text" };
    case "number":
    case "integer":
      return { kind: "number" };
    case "boolean":
      return { kind: "boolean" };
    case "json":
      return { kind: "json" };
    case "tag":
      return { kind: "tags" };
    case "array":
      return type.element.type === "tag"
        ? { kind: "tags" }
        : { kind: "list", element: shapeOf(type.element, database) };
    case "map":
      return { kind: "map", element: shapeOf(type.element, database) };
    case "ref": {
      const definition = database.get("typeDefinition", type.reference.$ref);
      return {
        kind: "object",
        name: `${definition.name}@${definition.$id}`,
        fields: () => fieldsOf(definition.properties, database),
      };
    }
    case "union":
      return shapeOf(
        type.types.find(({ type: kind }) => kind === "ref") ??
          type.types.find(({ type: kind }) => kind === "json") ??
          type.types[0]!,
        database,
      );
    default:
      return { kind: "any" };
  }
}
