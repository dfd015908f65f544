// A file of its own, since the page's policy allows no inline script. No validator: nothing is sent elsewhere.
const swaggerUi = Reflect.get(globalThis, "SwaggerUIBundle");
swaggerUi({ url: "/openapi.json", dom_id: "#documentation", deepLinking: true, validatorUrl: null });
