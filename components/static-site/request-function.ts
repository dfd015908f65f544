// The function that runs at the edge for each request of a file.

import { SiteMode } from "./args.ts";

/**
 * JavaScript for CloudFront functions 2.0: S3 knows keys, not folders, so a path without a file's name becomes one.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 *
 * A redirect begins with exactly one slash: `//host` would lead to another site.
 */
export function requestFunction(mode: SiteMode, indexDocument: string): string {
  const index = JSON.stringify(indexDocument);
  const body = mode === SiteMode.application ? `request.uri = "/" + ${index};` : pages(index);
  return `function handler(event) {
  const request = event.request;
  const uri = request.uri;
  const file = uri.slice(uri.lastIndexOf("/") + 1);
  if (file.includes(".")) return request;
  ${body}
  return request;
}
`;
}

function pages(index: string): string {
  return `if (file !== "") {
    const query = Object.keys(request.querystring)
      .map((key) => {
        const given = request.querystring[key];
        const values = given.multiValue || [given];
        return values.map(({ value }) => (value === "" ? key : key + "=" + value)).join("&");
      })
      .join("&");
    const folder = (uri + "/").replace(/^[\\/\\\\]+/, "/");
    const location = folder + (query === "" ? "" : "?" + query);
    return { statusCode: 301, statusDescription: "Moved Permanently", headers: { location: { value: location } } };
  }
  request.uri = uri + ${index};`;
}
